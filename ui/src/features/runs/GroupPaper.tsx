/** Groups of runs on paper, with the runs of those that are open. */

import { useQueryClient } from "@tanstack/react-query";
import { type TableSpec, tableQuery } from "../../api/runs";
import type { GroupedColumn, GroupsAnswer } from "../../api/schema.gen";
import { formatCount, formatNumber, plural } from "../../lib/format";
import { type PaperColumn, PaperNote, PaperTable } from "../../ui/PaperTable";
import { type Line, nameOf, SHOWN } from "./GroupTable";

/** Lines that are printed at most. */
const MOST = 400;

interface Props {
  answer: GroupsAnswer;
  lines: readonly Line[];
  spec: TableSpec;
  /** Columns of the screen's table, of which members were asked for. */
  columns: readonly string[];
  goal: string;
  best: number;
  filterOf: (group: number) => string;
}

export function GroupPaper({ answer, lines, spec, columns, goal, best, filterOf }: Props) {
  const client = useQueryClient();
  const told = new Map(answer.columns.map((one) => [one.column, one]));
  const member = (group: number, run: number) => {
    const table = client.getQueryData(tableQuery({ ...spec, filter: filterOf(group), columns: [...columns] }, 0, SHOWN).queryKey);
    return { name: run === SHOWN ? `and ${plural((answer.runs[group] ?? 0) - SHOWN, "more run")}` : (table?.names[run] ?? ""), value: (id: string) => (run < SHOWN ? table?.columns[columns.indexOf(id)]?.values[run] : undefined) };
  };
  const lead: PaperColumn[] = [{ id: "runs", head: "n", room: 34, numeric: true }, ...answer.by.map((id) => ({ id, head: nameOf(id), room: 90 }))];
  return (
    <>
      {(lines.length > MOST || answer.columns.length < columns.length) && (
        <PaperNote
          parts={[
            lines.length > MOST && `the first ${formatCount(MOST)} of ${formatCount(lines.length)} lines`,
            answer.columns.length < columns.length && `the first ${answer.columns.length} of ${columns.length} metrics: scroll to the others before printing`,
          ]}
        />
      )}
      <PaperTable
        label="Groups of runs"
        lead={lead}
        columns={answer.columns.map(({ column }) => ({ id: column, head: `${column === goal ? "★ " : ""}${nameOf(column)}`, room: 120, numeric: true }))}
        rows={lines.slice(0, MOST).map(({ group, run }) => {
          const one = run === undefined ? null : member(group, run);
          return {
            key: `${group} ${run ?? ""}`,
            best: one === null && group === best,
            faint: one !== null,
            cell: (id) => {
              if (one) return id === (answer.by[0] ?? "runs") ? one.name : told.has(id) ? formatNumber(one.value(id)) : "";
              if (id === "runs") return formatCount(answer.runs[group] ?? 0);
              const column = told.get(id);
              return column ? statsOf(column, group, group === best && id === goal) : String(answer.values[group]?.[answer.by.indexOf(id)] ?? "not logged");
            },
          };
        })}
      />
    </>
  );
}

function statsOf(column: GroupedColumn, group: number, star: boolean) {
  const [mean, deviation, best] = [column.mean[group] ?? null, column.deviation[group] ?? null, column.best[group] ?? null];
  if (mean === null) return "no number";
  return (
    <>
      {star && "★ "}
      <b>{formatNumber(mean)}</b>
      {deviation !== null && ` ± ${formatNumber(deviation, 2)}`}
      {best !== null && ` ${formatNumber(best)}`}
    </>
  );
}
