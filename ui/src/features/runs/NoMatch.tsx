import { useQueries } from "@tanstack/react-query";
import { type KeyKind, keysQuery } from "../../api/keys";
import { type TableSpec, tableQuery } from "../../api/runs";
import { clauses } from "../../lib/filter";
import { plural } from "../../lib/format";
import { Button } from "../../ui/Button";
import { Empty } from "../../ui/Empty";
import { slips } from "./slips";

/** Clauses that are tried without. */
const MOST = 6;
/** With more keys of a kind than this nothing is said of what is missing among them. */
const KEYS = 5000;
const KINDS: readonly KeyKind[] = ["metrics", "params", "tags"];

interface Props {
  trash: boolean;
  total: number;
  hidden: number;
  spec: TableSpec | null;
  onFilter: (filter: string) => void;
}

/** No run fits: which part of the filter is to blame, and a way on for each. */
export function NoMatch({ trash, total, hidden, spec, onFilter }: Props) {
  const parts = clauses(spec?.filter ?? "").slice(0, MOST);
  const several = parts.length > 1 ? parts : [];
  const without = several.map((_, i) => parts.filter((__, j) => j !== i).join(" and "));
  const counts = useQueries({
    queries: spec ? without.map((filter) => tableQuery({ ...spec, filter, order_by: [], columns: [] }, 0, 0)) : [],
  });
  const keys = useQueries({
    queries: KINDS.map((kind) => ({ ...keysQuery(kind, spec?.experiment_ids ?? [], "", KEYS), enabled: !!spec?.filter })),
  });
  if (!spec?.filter && hidden > 0) return <Empty icon="search" title="All runs are hidden" />;
  if (!spec?.filter) return <Empty icon="trash" title={trash ? "No run is in the trash" : "No runs"} />;
  const known = Object.fromEntries(
    KINDS.flatMap((kind, i) => {
      const { data, isPlaceholderData } = keys[i] ?? {};
      return data && !isPlaceholderData && data.length < KEYS ? [[kind, data.map((key) => key.key)]] : [];
    }),
  );
  const missing = slips(spec.filter, known);
  return (
    <Empty icon="search" title="No run matches">
      <p>
        None of {plural(total, "run")} fits <code>{spec.filter}</code>.
      </p>
      {missing.map((slip) => (
        <div key={slip.text} data-testid="slip">
          <p>
            No run here has <code>{slip.text}</code>.
          </p>
          {slip.instead.map((one) => (
            <Button key={one.field} onClick={() => onFilter(one.filter)}>
              Did you mean <code>{one.field}</code>?
            </Button>
          ))}
        </div>
      ))}
      {several.map((part, i) => {
        const matched = counts[i]?.data?.matched;
        return (
          matched !== undefined &&
          matched > 0 && (
            <Button key={part} onClick={() => onFilter(without[i] ?? "")}>
              {plural(matched, "run")} without <code>{part}</code>
            </Button>
          )
        );
      })}
      <Button onClick={() => onFilter("")}>Clear the filter</Button>
    </Empty>
  );
}

/** No experiment has this number. */
export function Gone() {
  return (
    <Empty icon="experiments" title="There is no such experiment">
      <p>Perhaps it was removed for ever, or the link is from another server.</p>
    </Empty>
  );
}
