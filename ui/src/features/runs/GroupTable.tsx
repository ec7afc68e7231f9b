/** Runs put together by what they share: how many, and mean, deviation and best of each metric, over all that match. */

import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useMemo, useRef, useState } from "react";
import { ApiError } from "../../api/http";
import { type TableSpec, tableQuery } from "../../api/runs";
import type { GroupedColumn, GroupsAnswer, Objective } from "../../api/schema.gen";
import { groupsQuery, MOST_GROUPS } from "../../api/table";
import { column, columnId, type ColumnSpec, nameOf as specName, parseColumn, quoteKey, type SortKey } from "../../lib/columns";
import { alsoWith, clauseOf } from "../../lib/filter";
import { exactNumber, formatCount, formatNumber, plural } from "../../lib/format";
import { Button } from "../../ui/Button";
import { Empty, Trouble } from "../../ui/Empty";
import { Icon } from "../../ui/Icon";
import { usePrinting } from "../../ui/usePrinting";
import { groupsAsked } from "./groupsAsked";
import { GroupPaper } from "./GroupPaper";
import s from "./GroupTable.module.css";

interface Props {
  spec: TableSpec;
  specs: readonly ColumnSpec[];
  by: readonly string[];
  sort: readonly SortKey[];
  objective: Pick<Objective, "key" | "direction" | "statistic"> | null;
  onSort: (sort: SortKey[]) => void;
  onFilter: (filter: string) => void;
}

/** Runs that an open group shows; the rest is one click away. */
export const SHOWN = 20;
const ROW = 32;
/** Widths of a column of the groups' values and of one with statistics. */
const [VALUE, STATS] = [150, 210];

export type Line = { group: number; run?: number };

export function GroupTable({ spec, specs, by, sort, objective, onSort, onFilter }: Props) {
  // What lies to the right is asked for when somebody goes there.
  const [whole, setWhole] = useState(false);
  const most = whole ? Number.POSITIVE_INFINITY : Math.ceil((window.innerWidth - VALUE * by.length) / STATS);
  const goal = objective ? columnId(column("metrics", objective.key, objective.statistic)) : "";
  const { asked, first, all } = useMemo(() => groupsAsked(spec, specs, by, sort, most, goal), [spec, specs, by, sort, most, goal]);
  const query = useQuery(groupsQuery(asked));
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const answer = query.data;
  const keys = useMemo(() => answer?.values.map((value) => JSON.stringify(value)) ?? [], [answer]);
  const lines = useMemo(() => {
    const all: Line[] = [];
    for (const [group, key] of keys.entries()) {
      all.push({ group });
      if (open.has(key)) for (let run = 0; run < Math.min(SHOWN + 1, answer?.runs[group] ?? 0); run += 1) all.push({ group, run });
    }
    return all;
  }, [keys, open, answer]);
  const box = useRef<HTMLDivElement>(null);
  const printing = usePrinting();
  const rows = useVirtualizer({ count: lines.length, getScrollElement: () => box.current, estimateSize: () => ROW, overscan: 8, initialRect: { width: 800, height: 600 } });
  if (query.error && !answer) {
    return query.error instanceof ApiError && query.error.status === 400 ? (
      <Empty icon="search" title="These groups cannot be made">
        <p>{query.error.message}</p>
      </Empty>
    ) : (
      <Trouble error={query.error} onRetry={() => void query.refetch()} />
    );
  }
  if (!answer) return <p className={s.note} role="status">Grouping…</p>;
  const best = bestGroup(answer, objective);
  const toggle = (group: number) => {
    const key = keys[group] ?? "";
    const next = new Set(open);
    if (!next.delete(key)) next.add(key);
    setOpen(next);
  };
  const filterOf = (group: number) =>
    answer.by.reduce((text, column, i) => {
      const field = fieldOf(column);
      const value = answer.values[group]?.[i];
      return alsoWith(text, clauseOf(field, value === null || value === undefined ? null : String(value)));
    }, spec.filter);
  const arrows = (event: React.KeyboardEvent) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const all = [...(box.current?.querySelectorAll<HTMLElement>("[data-toggle]") ?? [])];
    const at = all.indexOf(document.activeElement as HTMLElement);
    if (at < 0) return;
    event.preventDefault();
    all[at + (event.key === "ArrowDown" ? 1 : -1)]?.focus();
  };
  const width = 90 + VALUE * answer.by.length + STATS * all.length;
  const told = new Map(answer.columns.map((one) => [one.column, one]));
  return (
    <div className={`${s.outer} ${query.isPlaceholderData ? s.stale : ""}`}>
      <p className={s.sum} role="status" data-testid="group-count">
        {plural(answer.total, "group")} of {plural(answer.matched, "run")}
        {answer.by.length ? `, by ${answer.by.map(nameOf).join(", ")}` : ", because no param varies but seeds"}
        {answer.columns.length > 0 && " · mean ± deviation, and the best run"}
        {answer.total > MOST_GROUPS && ` · the first ${formatCount(MOST_GROUPS)} in this order`}
      </p>
      {printing && <GroupPaper {...{ answer, lines, spec, goal, best, filterOf }} columns={all} />}
      <div className={s.grid} ref={box} role="treegrid" aria-label="Groups of runs" aria-rowcount={lines.length + 1} tabIndex={-1} onKeyDown={arrows} onScroll={(event) => event.currentTarget.scrollLeft > 0 && setWhole(true)} data-testid="group-table">
        <div className={s.head} role="row" aria-rowindex={1} style={{ minWidth: width }}>
          <Head id="runs" title="n" {...{ first, onSort }} narrow />
          {answer.by.map((column) => (
            <Head key={column} id={column} title={nameOf(column)} {...{ first, onSort }} />
          ))}
          {all.map((id) => (
            <Head key={id} id={id} title={`${id === goal ? "★ " : ""}${nameOf(id)}`} {...{ first, onSort }} wide down={told.get(id)?.direction === "max"} />
          ))}
        </div>
        <div style={{ height: rows.getTotalSize(), minWidth: width, position: "relative" }} role="presentation">
          {rows.getVirtualItems().map((item) => {
            const line = lines[item.index];
            if (!line) return null;
            const place = { transform: `translateY(${item.start}px)` };
            if (line.run !== undefined) {
              return <Member key={`${keys[line.group]}-${line.run}`} {...{ spec, line, answer, place, onFilter }} columns={all} index={item.index} filter={filterOf(line.group)} />;
            }
            const opened = open.has(keys[line.group] ?? "");
            return (
              <div key={keys[line.group]} className={s.row} role="row" aria-rowindex={item.index + 2} aria-level={1} aria-expanded={opened} style={place} data-best={line.group === best || undefined} data-testid="group-row">
                <div className={s.count} role="gridcell">
                  <button type="button" data-toggle aria-expanded={opened} aria-label={`${opened ? "Close" : "Open"} the group of ${plural(answer.runs[line.group] ?? 0, "run")}`} onClick={() => toggle(line.group)}>
                    <Icon name={opened ? "down" : "right"} size={12} /> {formatCount(answer.runs[line.group] ?? 0)}
                  </button>
                </div>
                {answer.by.map((column, i) => (
                  <div key={column} className={s.value} role="gridcell" dir="auto" title={String(answer.values[line.group]?.[i] ?? "not logged")}>
                    {answer.values[line.group]?.[i] ?? <span className={s.none}>not logged</span>}
                  </div>
                ))}
                {all.map((id) => (
                  <Stats key={id} column={told.get(id)} group={line.group} star={line.group === best && id === goal} />
                ))}
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}

function Head({ id, title, first, onSort, narrow, wide, down }: {
  id: string;
  title: string;
  first: SortKey | undefined;
  onSort: (sort: SortKey[]) => void;
  narrow?: boolean;
  wide?: boolean;
  down?: boolean;
}) {
  const sorted = first?.id === id ? first : undefined;
  return (
    <div className={narrow ? s.count : wide ? s.stats : s.value} role="columnheader" aria-sort={sorted ? (sorted.descending ? "descending" : "ascending") : "none"}>
      <button type="button" onClick={() => onSort([{ id, descending: sorted ? !sorted.descending : (down ?? narrow ?? false) }])}>
        <span dir="auto">{title}</span>
        {sorted && <span aria-hidden="true">{sorted.descending ? "↓" : "↑"}</span>}
      </button>
    </div>
  );
}

function Stats({ column, group, star }: { column: GroupedColumn | undefined; group: number; star: boolean }) {
  if (!column) {
    return (
      <div className={s.stats} role="gridcell">
        …
      </div>
    );
  }
  const mean = column.mean[group] ?? null;
  const deviation = column.deviation[group] ?? null;
  const best = column.best[group] ?? null;
  const run = column.best_run[group];
  if (mean === null) {
    return (
      <div className={s.stats} role="gridcell">
        <span className={s.none}>no number</span>
      </div>
    );
  }
  return (
    <div className={s.stats} role="gridcell" title={`mean ${exactNumber(Number(mean))}, n = ${column.n[group]}${deviation === null ? "" : `, deviation ${exactNumber(Number(deviation))}`}`}>
      <strong className="num">
        {star && <span aria-hidden="true">★ </span>}
        {formatNumber(Number(mean))}
      </strong>
      <span className="num">{deviation === null ? "" : `± ${formatNumber(Number(deviation), 2)}`}</span>
      {best !== null && run && (
        <Link to="/runs/$runId" params={{ runId: run }} title="The best run of the group" className="num">
          {formatNumber(Number(best))}
        </Link>
      )}
    </div>
  );
}

function Member({ spec, columns, line, answer, place, index, filter, onFilter }: {
  spec: TableSpec;
  columns: string[];
  line: Line;
  answer: GroupsAnswer;
  place: React.CSSProperties;
  index: number;
  filter: string;
  onFilter: (filter: string) => void;
}) {
  const query = useQuery(tableQuery({ ...spec, filter, columns }, 0, SHOWN));
  const at = line.run ?? 0;
  const id = query.data?.run_ids[at];
  return (
    <div className={`${s.row} ${s.member}`} role="row" aria-rowindex={index + 2} aria-level={2} style={place} data-testid="group-member">
      <div className={s.count} role="gridcell" />
      <div className={s.value} role="gridcell" style={{ width: VALUE * Math.max(1, answer.by.length) }}>
        {at === SHOWN ? (
          <Button kind="quiet" onClick={() => onFilter(filter)}>
            All {plural(answer.runs[line.group] ?? 0, "run")}
          </Button>
        ) : id ? (
          <Link to="/runs/$runId" params={{ runId: id }} dir="auto">
            {query.data?.names[at]}
          </Link>
        ) : (
          "…"
        )}
      </div>
      {at < SHOWN &&
        columns.map((column, i) => {
          const value = query.data?.columns[i]?.values[at];
          return (
            <div key={column} className={s.stats} role="gridcell">
              <span className="num">{value === null || value === undefined ? "" : formatNumber(Number(value))}</span>
            </div>
          );
        })}
    </div>
  );
}

export const nameOf = (id: string) => {
  const spec = parseColumn(id);
  return spec ? specName(spec) : id;
};

const fieldOf = (column: string) => {
  const spec = parseColumn(column);
  return spec ? `${spec.kind}.${quoteKey(spec.key)}` : column;
};

const isObjective = (id: string, objective: Props["objective"]) => objective !== null && id === columnId(column("metrics", objective.key, objective.statistic));

/** The group with the best mean of the objective, when all groups are here and there is more than one. */
export function bestGroup(answer: Pick<GroupsAnswer, "columns" | "total" | "runs">, objective: Props["objective"]): number {
  const column = answer.columns.find((one) => isObjective(one.column, objective));
  if (!column || !objective || answer.total > answer.runs.length || answer.total < 2) return -1;
  let best = -1;
  let value = Number.NaN;
  for (const [i, mean] of column.mean.entries()) {
    const number = mean === null ? Number.NaN : Number(mean);
    if (Number.isNaN(number)) continue;
    if (best < 0 || (objective.direction === "max" ? number > value : number < value)) [best, value] = [i, number];
  }
  return best;
}
