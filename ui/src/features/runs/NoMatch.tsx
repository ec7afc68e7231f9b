import { useQueries } from "@tanstack/react-query";
import { type TableSpec, tableQuery } from "../../api/runs";
import { clauses } from "../../lib/filter";
import { plural } from "../../lib/format";
import { Button } from "../../ui/Button";
import { Empty } from "../../ui/Empty";

/** Clauses that are tried without. */
const MOST = 6;

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
  if (!spec?.filter && hidden > 0) return <Empty icon="search" title="All runs are hidden" />;
  if (!spec?.filter) return <Empty icon="trash" title={trash ? "No run is in the trash" : "No runs"} />;
  return (
    <Empty icon="search" title="No run matches">
      <p>
        None of {plural(total, "run")} fits <code>{spec.filter}</code>.
      </p>
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
