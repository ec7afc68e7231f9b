/** Columns of the grid with their widths and how their cells read. */

import { type ColumnSpec, columnId } from "../../lib/columns";
import { exactNumber, formatNumber } from "../../lib/format";
import { lowerIsBetter } from "../../lib/direction";
import { oneLine } from "../../lib/shown";
import type { Meaning, Objective } from "../../api/schema.gen";
import type { TableSpec } from "../../api/runs";
import type { Cell } from "./useRows";
import type { CellPaint } from "./view";

export type FixedColumn = "select" | "name" | "status" | "experiment" | "started" | "took";

/** How the cells of a metric are drawn: for `spec`'s runs, `lower`: less is better. */
export interface CellLooks {
  how: CellPaint;
  spec: TableSpec;
  lower: boolean;
}

export interface GridColumn {
  id: string;
  /** What the server sorts by. */
  sort: string | null;
  title: string;
  note: string;
  width: number;
  fixed: FixedColumn | null;
  spec: ColumnSpec | null;
  numeric: boolean;
  objective: boolean;
  descendingFirst: boolean;
  looks?: CellLooks;
}

const base = { spec: null, note: "", numeric: false, objective: false, descendingFirst: false };

/** Wide enough for this name, within reason: the beginnings of names are often alike. */
const roomFor = (letters: number) => Math.round(Math.min(340, Math.max(210, letters * 7.6 + 62)));

/** `causes`: some run in sight says why it ended as it did, which needs room. `longest`: letters of the longest name in sight. */
export function pinnedColumns(narrow: boolean, causes: boolean, tree: boolean, longest: number): GridColumn[] {
  const select: GridColumn = { ...base, id: "select", sort: null, title: "Select", width: 34, fixed: "select" };
  const name: GridColumn = { ...base, id: "name", sort: "attributes.run_name", title: "Run", width: (narrow ? 150 : roomFor(longest)) + (tree ? 60 : 0), fixed: "name" };
  const status: GridColumn = { ...base, id: "status", sort: "attributes.status", title: "Status", width: causes ? 176 : 104, fixed: "status" };
  return narrow ? [select, name] : [select, name, status];
}

export function flowingColumns(
  specs: readonly ColumnSpec[],
  options: { narrow: boolean; experiments: boolean; objective: Objective | null; meanings: Meanings },
  sample: (id: string) => readonly Cell[] | undefined,
): GridColumn[] {
  const data = specs.map((spec) => dataColumn(spec, options, sample(columnId(spec))));
  const facts: GridColumn[] = [
    { ...base, id: "started", sort: "attributes.start_time", title: "Started", width: 100, fixed: "started", descendingFirst: true },
    { ...base, id: "took", sort: "attributes.duration", title: "Took", width: 92, fixed: "took", numeric: true, descendingFirst: true },
  ];
  if (options.experiments) {
    facts.unshift({ ...base, id: "experiment", sort: "attributes.experiment_id", title: "Experiment", width: 140, fixed: "experiment" });
  }
  if (!options.narrow) return [...facts, ...data];
  // A phone shows two columns beside the name: the objective first, the circumstances last.
  data.sort((a, b) => Number(b.objective) - Number(a.objective));
  return [...data, { ...base, id: "status", sort: "attributes.status", title: "Status", width: 104, fixed: "status" }, ...facts];
}

function dataColumn(
  spec: ColumnSpec,
  { objective, meanings }: { objective: Objective | null; meanings: Meanings },
  values: readonly Cell[] | undefined,
): GridColumn {
  const id = columnId(spec);
  const metric = spec.kind === "metrics";
  const best = metric && spec.key === objective?.key && spec.stat === objective.statistic;
  const said = metric ? meanings[spec.key] : undefined;
  const note = [spec.stat === "last" ? "" : spec.stat, said?.unit].filter(Boolean).join(", ");
  const texts = (values ?? []).filter((value): value is string => typeof value === "string");
  const numeric = metric || (texts.length > 0 && texts.every((text) => text.trim() !== "" && Number.isFinite(Number(text))));
  const longest = metric ? 8 : Math.max(0, ...texts.slice(0, 200).map((text) => text.length));
  const head = spec.key.length + (note ? note.length + 1 : 0);
  const room = Math.max(longest * 7.4 + (best ? 62 : 0), Math.min(head, 18) * 7.2 + 26 + (best ? 14 : 0));
  const width = Math.round(Math.min(220, Math.max(metric ? 96 : 76, room + 20)));
  return {
    ...base,
    id,
    sort: id,
    title: spec.key,
    note,
    width,
    fixed: null,
    spec,
    numeric,
    objective: best,
    descendingFirst: metric && !lowerIsBetter(spec.key, (best ? objective : said)?.direction),
  };
}

/** What was said of metrics, by key. */
export type Meanings = Readonly<Record<string, Meaning>>;

export interface CellLook {
  text: string;
  quiet: boolean;
}

/** A param reads as it was written; a metric with four digits; what is not there is a dash. */
export function cellLook(spec: ColumnSpec, value: Cell | undefined): CellLook {
  if (value === undefined || value === null) return { text: "–", quiet: true };
  if (spec.kind !== "metrics") return { text: oneLine(String(value)), quiet: false };
  const text = formatNumber(value);
  return { text, quiet: text === "NaN" };
}

/** The same with every digit and every line. */
export function wholeCell(spec: ColumnSpec, value: Cell | undefined): string {
  if (value === undefined || value === null) return "not logged";
  return spec.kind === "metrics" ? exactNumber(value) : String(value);
}
