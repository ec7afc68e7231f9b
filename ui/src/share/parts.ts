/** Parts of the page: facts, tables, charts, texts. */

import { exactNumber, formatDelta, formatDuration, formatNumber, formatTime, toNumber } from "../lib/format";
import { lowerIsBetter } from "../lib/direction";
import { chart, swatch } from "./chart";
import type { Cells, Contents, Detail } from "./contents";
import { make, replace } from "./dom";
import { differs, keyOf, matching, sorted, winner } from "./table";

/** Rows drawn before somebody asks for all. */
const ROWS = 100;

export function section(title: string, ...children: (Node | false | null)[]): HTMLElement {
  const kept = children.filter((one): one is Node => one instanceof Node);
  return make("section", { "aria-label": title }, make("h2", {}, title), ...kept);
}

export function facts(list: readonly (readonly [string, string])[]): HTMLElement {
  return make("dl", {}, ...list.map(([name, value]) => make("div", {}, make("dt", { dir: "auto" }, name), make("dd", { dir: "auto" }, value))));
}

const scroll = (label: string, table: HTMLElement) => make("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": label }, table);

const isMetric = (cells: Cells) => cells.column.startsWith("metrics.");
const low = (contents: Contents, key: string) => (key === contents.objective?.key || `metrics.${key}` === contents.objective?.column ? contents.objective.direction === "min" : lowerIsBetter(key));
const arrow = (contents: Contents, key: string) => (low(contents, key) ? " ↓" : " ↑");

/** Runs down, columns across: sorted by a click, searched by words and conditions, the best marked. */
export function runsTable(contents: Contents): HTMLElement {
  const best = winner(contents);
  const wanted = contents.columns.filter((one) => isMetric(one) || differs(one) || contents.runs.length === 1);
  const columns = [...wanted.filter(isMetric), ...wanted.filter((one) => !isMetric(one))];
  const equal = contents.columns.filter((one) => !columns.includes(one));
  const names: Cells = { column: "params.Run", values: contents.runs.map((run) => run.name) };
  const started: Cells = { column: "metrics.Started", values: contents.runs.map((run) => run.start) };
  let order: { cells: Cells; descending: boolean } | null = null;
  let all = false;
  const body = make("tbody", { "data-testid": "runs" });
  const count = make("span", { class: "faint", role: "status" });
  const more = make("p", {});
  const search = make("input", { type: "search", "aria-label": "Search runs", placeholder: "Search: words, loss<0.1, model=cnn", input: () => render() });
  const heads = [names, started, ...columns].map((cells) => {
    const label = cells === names ? "Run" : cells === started ? "Started" : keyOf(cells.column) + (isMetric(cells) ? arrow(contents, keyOf(cells.column)) : "");
    const head = make("th", { scope: "col", class: isMetric(cells) ? "right" : "" });
    head.append(
      make("button", {
        type: "button",
        title: cells.column,
        click: () => {
          const first = cells === started || (isMetric(cells) && !low(contents, keyOf(cells.column)));
          order = order?.cells !== cells ? { cells, descending: first } : order.descending === first ? { cells, descending: !first } : null;
          render();
        },
      }, label),
    );
    return { cells, head };
  });
  const render = () => {
    const found = matching(contents, search.value);
    const rows = order ? sorted(found, order.cells, order.descending) : found;
    for (const { cells, head } of heads) {
      if (order?.cells === cells) head.setAttribute("aria-sort", order.descending ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    }
    count.textContent = rows.length === contents.runs.length ? `${rows.length} runs` : `${rows.length} of ${contents.runs.length} runs`;
    replace(body, ...(all ? rows : rows.slice(0, ROWS)).map((row) => runRow(contents, columns, row, row === best)));
    replace(more, !all && rows.length > ROWS && make("button", { type: "button", click: () => ((all = true), render()) }, `Show all ${rows.length}`));
  };
  render();
  const table = make("table", {}, make("thead", {}, make("tr", {}, ...heads.map((one) => one.head))), body);
  return section(
    "Runs",
    contents.runs.length > 1 ? make("p", { class: "tools" }, search, count) : null,
    scroll("Table of runs", table),
    more,
    equal.length > 0 && details(`${equal.length} params are equal in all runs`, facts(equal.map((one) => [keyOf(one.column), String(one.values[0] ?? "–")]))),
  );
}

function runRow(contents: Contents, columns: readonly Cells[], row: number, best: boolean): HTMLElement {
  const run = contents.runs[row];
  if (!run) return make("tr");
  const cells = columns.map((one) => {
    const value = one.values[row] ?? null;
    if (!isMetric(one)) return make("td", { dir: "auto" }, value === null ? "–" : String(value));
    return make("td", { class: "right", title: exactNumber(value) }, value === null ? "–" : formatNumber(value));
  });
  return make(
    "tr",
    { class: best ? "best" : "" },
    make("th", { scope: "row", title: run.run_id, dir: "auto" }, swatch(contents, { run: row }), `${best ? "★ " : ""}${run.name}`, run.status === "FINISHED" ? "" : make("small", {}, ` ${run.status.toLowerCase()}`)),
    make("td", { class: "right" }, run.start === null ? "–" : formatTime(run.start)),
    ...cells,
  );
}

/** Keys down, runs across: what differs, the best of each metric, the difference to the first run. */
export function sideBySide(contents: Contents, kind: "params" | "metrics"): HTMLElement | null {
  const columns = contents.columns.filter((one) => one.column.startsWith(`${kind}.`));
  if (columns.length === 0) return null;
  const shown = kind === "metrics" ? columns : columns.filter(differs);
  const equal = columns.filter((one) => !shown.includes(one));
  const heads = contents.runs.map((run, i) => make("th", { scope: "col", title: run.run_id, dir: "auto" }, swatch(contents, { run: i }), run.name));
  const rows = shown.map((one) => {
    const key = keyOf(one.column);
    const numbers = one.values.map((value) => toNumber(value)).filter((value): value is number => value !== null && !Number.isNaN(value));
    const top = kind === "metrics" && numbers.length > 1 && differs(one) ? (low(contents, key) ? Math.min(...numbers) : Math.max(...numbers)) : null;
    const cells = one.values.map((value, i) => {
      if (kind === "params") return make("td", { dir: "auto" }, value === null ? "–" : String(value));
      const best = top !== null && value !== null && toNumber(value) === top;
      const delta = i > 0 ? formatDelta(value, one.values[0]) : "";
      return make("td", { class: best ? "best" : "", title: exactNumber(value) }, `${best ? "★ " : ""}${value === null ? "–" : formatNumber(value)} `, delta && make("small", {}, delta));
    });
    return make("tr", {}, make("th", { scope: "row", dir: "auto" }, key + (kind === "metrics" ? arrow(contents, key) : "")), ...cells);
  });
  const title = kind === "params" ? "Params" : "Metrics";
  const table = make("table", { "data-testid": kind }, make("thead", {}, make("tr", {}, make("th", { scope: "col" }, title), ...heads)), make("tbody", {}, ...rows));
  return section(
    title,
    rows.length > 0 ? scroll(`${title}, run by run`, table) : make("p", { class: "faint" }, "Equal in all runs."),
    equal.length > 0 && rows.length > 0 && details(`${equal.length} equal in all runs`, facts(equal.map((one) => [keyOf(one.column), String(one.values[0] ?? "–")]))),
  );
}

/** A run's metrics in few numbers. */
export function stories(contents: Contents, detail: Detail): HTMLElement | null {
  if (detail.metrics.length === 0) return null;
  const rows = detail.metrics.map((one) => {
    const cell = (value: number | string | null, step: number | null) =>
      make("td", { class: "right", title: exactNumber(value) }, formatNumber(value) || "–", step === null ? null : make("small", {}, ` at ${step}`));
    return make("tr", {}, make("th", { scope: "row", dir: "auto" }, one.key + (one.key === contents.objective?.key ? " ★" : "")), cell(one.last, one.last_step), cell(one.min, one.min_step), cell(one.max, one.max_step), make("td", { class: "right" }, one.count + (one.nans ? `, ${one.nans} NaN` : "")));
  });
  const heads = ["Metric", "Last", "Lowest", "Highest", "Points"].map((word, i) => make("th", { scope: "col", class: i ? "right" : "" }, word));
  return section("Metrics", scroll("Metrics of the run", make("table", { "data-testid": "metrics" }, make("thead", {}, make("tr", {}, ...heads)), make("tbody", {}, ...rows))));
}

export function charts(contents: Contents): HTMLElement | null {
  const there = new Set(contents.curves.map((one) => one.key));
  // The objective comes first, as among the columns.
  const keys = contents.columns.filter(isMetric).map((one) => keyOf(one.column)).filter((key) => there.has(key));
  if (keys.length === 0) return null;
  const drawn = keys.map((key) => chart(contents, key, contents.curves.filter((one) => one.key === key)));
  return section("Charts", make("p", { class: "faint" }, "Drag over a chart to zoom, double-click to see all."), make("div", { class: "charts" }, ...drawn));
}

export function details(title: string, ...children: Node[]): HTMLElement {
  return make("details", {}, make("summary", {}, title), ...children);
}

export function took(start: number | null, end: number | null): string {
  return start === null || end === null ? "–" : formatDuration(end - start);
}
