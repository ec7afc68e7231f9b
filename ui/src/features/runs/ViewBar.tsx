/** Which saved view this is, what was changed since, and which of its columns are in no run here any more. */

import { useQueries, useQuery } from "@tanstack/react-query";
import { type KeyKind, keysQuery } from "../../api/keys";
import { useEditView, viewQuery, viewsQuery } from "../../api/views";
import { type ColumnSpec, columnId, joinList, parseSort, joinSort, parseColumn, splitList } from "../../lib/columns";
import { formatCount } from "../../lib/format";
import { Button } from "../../ui/Button";
import { say } from "../../ui/Toasts";
import { differs, NONE, savedPart, toView, whole } from "./savedViews";
import { type RunsSearch, readView, writeView } from "./view";
import type { ViewsProps } from "./Views";
import s from "./Views.module.css";

/** Columns that are looked up, and named in the sentence. */
const [MOST_ASKED, MOST_NAMED] = [60, 3];

export function ViewBar({ experiments, search: shown, onSearch }: Omit<ViewsProps, "onClose">) {
  const search = whole(shown, experiments);
  return (
    <>
      {search.v && search.v !== NONE && <Shown {...{ experiments, search, onSearch }} id={search.v} />}
      <Lost {...{ experiments, search, onSearch }} />
    </>
  );
}

function Shown({ id, experiments, search, onSearch }: Omit<ViewsProps, "onClose"> & { id: string }) {
  const { data: view, error } = useQuery(viewQuery(id));
  const home = view?.experiment_id ?? experiments[0] ?? "";
  const mayEdit = useQuery({ ...viewsQuery(home), enabled: Boolean(view) }).data?.may_edit;
  const edit = useEditView();
  if (error) return <p className={s.bar}>The saved view of this link is gone; what it showed is still here.</p>;
  if (!view) return null;
  const failed = (trouble: Error) => say(trouble.message, { tone: "error" });
  const update = () =>
    edit.mutate(
      { key: id, edit: { search: savedPart(search) } },
      { onError: failed, onSuccess: () => say(`Updated “${view.name}”`, { undo: () => void edit.mutateAsync({ key: id, edit: { search: view.search } }).catch(failed) }) },
    );
  const changed = differs(search, view.search);
  return (
    <div className={s.bar} role="group" aria-label="Saved view" data-screen-only>
      <span>
        View <b dir="auto">{view.name}</b>
        {changed && ", changed"}
      </span>
      {changed && mayEdit && (
        <Button kind="quiet" icon="check" onClick={update} disabled={edit.isPending}>
          Update the view
        </Button>
      )}
      {changed && (
        <Button kind="quiet" icon="undo" onClick={() => onSearch(toView(search, view.search, id))}>
          As it was saved
        </Button>
      )}
    </div>
  );
}

function Lost({ experiments, search, onSearch }: Omit<ViewsProps, "onClose">) {
  const lost = useLost(experiments, search);
  if (lost.size === 0) return null;
  const names = [...lost].slice(0, MOST_NAMED).map((id) => `“${id.slice(0, 80)}”`).join(", ");
  const more = lost.size > MOST_NAMED ? ` and ${formatCount(lost.size - MOST_NAMED)} more` : "";
  return (
    <div className={s.bar} role="status" data-testid="lost-columns">
      <span dir="auto">
        No run here has {names}
        {more}.
      </span>
      <Button kind="quiet" icon="cross" onClick={() => onSearch((now) => without(whole(now, experiments), lost))}>
        Take out of the view
      </Button>
    </div>
  );
}

/** Columns, groups and orders by a key that no run here has, as far as that is known. */
function useLost(experiments: readonly string[], search: RunsSearch): Set<string> {
  const view = readView(search);
  const named = [...(view.columns ?? []), ...[...(view.group ?? []), ...view.sort.map((key) => key.id)].flatMap((id) => parseColumn(id) ?? [])];
  const asked = new Map<string, ColumnSpec>();
  for (const spec of named) if (spec.kind !== "attributes" && asked.size < MOST_ASKED) asked.set(columnId(spec), spec);
  const specs = [...asked.values()];
  const answers = useQueries({ queries: specs.map((spec) => keysQuery(spec.kind as KeyKind, experiments, spec.key, 1000)) });
  return new Set(
    specs.flatMap((spec, i) => {
      const { data, isPlaceholderData } = answers[i] ?? {};
      const known = data && !isPlaceholderData && data.length < 1000;
      return known && !data.some((key) => key.key === spec.key) ? [columnId(spec)] : [];
    }),
  );
}

function without(search: RunsSearch, lost: ReadonlySet<string>): RunsSearch {
  const { columns, group } = readView(search);
  const left = group?.filter((id) => !lost.has(id));
  return {
    ...(columns ? writeView({ columns: columns.filter((spec) => !lost.has(columnId(spec))) }) : {}),
    ...(group?.length ? { group: left?.length ? joinList(left) : undefined } : {}),
    sort: joinSort(parseSort(search.sort ?? "").filter((key) => !lost.has(key.id))) || undefined,
    ...("pin" in search ? { pin: joinList(splitList(String(search.pin ?? "")).filter((id) => !lost.has(id))) || undefined } : {}),
  };
}
