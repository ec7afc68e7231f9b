/** The runs on paper: all that are here in the order of the table, with every column that is shown. */

import { useQueryClient } from "@tanstack/react-query";
import { tableQuery, WINDOW } from "../../api/runs";
import { clock } from "../../lib/clock";
import { nameOf, parseColumn, type SortKey } from "../../lib/columns";
import { formatCount, formatTime, plural } from "../../lib/format";
import { type PaperColumn, PaperNote, PaperTable } from "../../ui/PaperTable";
import { usePrinting } from "../../ui/usePrinting";
import { cellContent } from "./GridRow";
import type { GridColumn } from "./layout";
import s from "./Paper.module.css";
import { byColumn, type RowAt } from "./useRows";
import type { useRunsPage } from "./useRunsPage";
import { isOpened } from "./view";

/** Rows and columns that are printed at most: a dozen sheets. Files have the rest. */
const [MOST_ROWS, MOST_COLUMNS] = [400, 60];

type Page = ReturnType<typeof useRunsPage>;

export function Paper({ page }: { page: Page }) {
  return usePrinting() ? <Sheets page={page} /> : null;
}

function Sheets({ page }: { page: Page }) {
  const client = useQueryClient();
  const { rows, view, shown } = page;
  // The first windows were here when the page came up; after a long way down only those in sight are sure.
  const kept = (row: number): RowAt | undefined => {
    const table = shown && !rows.stale ? client.getQueryData(tableQuery(shown, Math.floor(row / WINDOW) * WINDOW).queryKey) : undefined;
    const index = row % WINDOW;
    return table && index < table.run_ids.length ? { window: byColumn(table), index } : undefined;
  };
  const at = (row: number) => rows.at(row) ?? (row >= 0 ? kept(row) : undefined);
  let from = 0;
  while (from < rows.count && !at(from)) from += WINDOW;
  const numbers = Array.from({ length: rows.lead }, (_, i) => i - rows.lead);
  for (let row = from; row < Math.min(rows.count, from + MOST_ROWS) && at(row); row += 1) numbers.push(row);
  const printed = numbers.length - rows.lead;
  const lead = page.pinned.filter((column) => column.fixed === "name");
  const all = [...page.pinned.filter((column) => column.fixed !== "name" && column.fixed !== "select"), ...page.columns];
  const columns = all.slice(0, MOST_COLUMNS);
  const byId = new Map([...lead, ...columns].map((column) => [column.id, column]));
  return (
    <div className={s.paper} data-testid="paper">
      <PaperNote
        parts={[
          rowWords(from, printed, rows.count),
          columns.length < all.length && `the first ${columns.length} of ${formatCount(all.length)} columns`,
          view.filter && `where ${view.filter}`,
          view.hidden.length > 0 && `${formatCount(view.hidden.length)} hidden`,
          view.trash && "in the trash",
          view.sort.length > 0 && `by ${view.sort.map(orderWords).join(", ")}`,
          `printed ${formatTime(clock())}`,
        ]}
      />
      <PaperTable
        label={`Runs of ${page.name}`}
        lead={lead.map(onPaper)}
        columns={columns.map(onPaper)}
        rows={numbers.map((row) => {
          const data = at(row);
          const table = data?.window.table;
          const run = (data && table?.run_ids[data.index]) ?? "";
          return {
            key: `${row}`,
            best: rows.best?.run_id === run,
            faint: (data && table?.lifecycle[data.index] === "deleted") ?? false,
            cell: (id) => {
              const column = byId.get(id);
              if (!column) return null;
              const { node } = cellContent(column, data, {
                row,
                selected: false,
                opened: view.tree ? isOpened(view.opened, run) : null,
                best: rows.best,
                experimentName: page.experimentName,
              });
              return column.fixed === "name" ? <div className={s.name}>{node}</div> : node;
            },
          };
        })}
      />
    </div>
  );
}

function rowWords(from: number, printed: number, count: number): string {
  if (printed >= count) return plural(count, "run");
  if (from === 0) return `the first ${formatCount(printed)} of ${plural(count, "run")}`;
  return `runs ${formatCount(from + 1)} to ${formatCount(from + printed)} of ${formatCount(count)}`;
}

function orderWords({ id, descending }: SortKey): string {
  const spec = parseColumn(id);
  return `${spec ? nameOf(spec) : id} ${descending ? "↓" : "↑"}`;
}

/** A name of so many letters is not broken. */
const WORD = 14;
/** Smaller type and narrower margins than on the screen, and long texts may break. */
const room = (width: number) => Math.min(150, Math.max(40, (width - 20) * 0.62 + 8));

function onPaper(column: GridColumn): PaperColumn {
  const metric = column.spec?.kind === "metrics";
  const head = Math.min(WORD, column.title.length + (column.objective ? 2 : 0)) * 5.4 + 10;
  return {
    id: column.id,
    head: (
      <>
        {column.objective && "★ "}
        <span className={column.title.length <= WORD ? s.word : undefined}>{column.title}</span>
        {column.note && <small> {column.note}</small>}
      </>
    ),
    room: Math.max(head, column.fixed === "name" ? 150 : column.fixed === "started" ? 106 : metric && !column.looks ? (column.objective ? 84 : 50) : room(column.width)),
    numeric: metric || column.fixed === "took",
  };
}
