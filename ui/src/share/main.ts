/** The page of an exported file: reads the JSON in it and draws. No request, no markup out of the data. */

import { formatTime, plural } from "../lib/format";
import "../ui/tokens.css";
import "../ui/RunDot.css";
import type { Contents, Detail } from "./contents";
import { make } from "./dom";
import { charts, details, facts, runsTable, section, sideBySide, stories, took } from "./parts";
import "./share.css";

const block = document.getElementById("runstone-data");
const page = document.getElementById("page");
if (block && page) page.append(...whole(JSON.parse(block.textContent ?? "") as Contents));

function whole(contents: Contents): HTMLElement[] {
  const parts = contents.kind === "run" ? ofRun(contents) : contents.kind === "comparison" ? ofComparison(contents) : [charts(contents), runsTable(contents)];
  return [top(contents), ...parts.filter((one) => one !== null)];
}

function top(contents: Contents): HTMLElement {
  const goal = contents.objective;
  const words = [
    plural(contents.runs.length, "run"),
    goal && `best by ${goal.column.slice("metrics.".length)}${goal.unit && `, ${goal.unit}`}, ${goal.direction === "min" ? "lower" : "higher"} is better`,
    `made ${formatTime(contents.made)}`,
    contents.source && `from ${contents.source}`,
  ];
  return make(
    "header",
    {},
    make("h1", { dir: "auto" }, contents.title),
    make("p", { class: "faint" }, words.filter(Boolean).join(" · "), " "),
    make("p", { class: "tools" }, themes(), make("button", { type: "button", click: () => save(contents) }, "Save the data (JSON)")),
    contents.verdict.length > 0 && make("div", { class: "verdict", "data-testid": "verdict" }, ...contents.verdict.map((line) => make("p", { dir: "auto" }, line))),
    contents.left_out.length > 0 && make("p", { class: "left" }, `Not in this file: ${contents.left_out.join("; ")}.`),
  );
}

function themes(): HTMLElement {
  const root = document.documentElement;
  const choice = make("select", { "aria-label": "Theme", change: () => (choice.value ? root.setAttribute("data-theme", choice.value) : root.removeAttribute("data-theme")) });
  for (const [value, word] of [["", "As the system"], ["light", "Light"], ["dark", "Dark"], ["contrast", "High contrast"]]) choice.append(make("option", { value }, word));
  return choice;
}

function save(contents: Contents): void {
  const link = make("a", { href: URL.createObjectURL(new Blob([JSON.stringify(contents, null, 1)], { type: "application/json" })), download: "runs.json" });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

function ofRun(contents: Contents): (HTMLElement | null)[] {
  const run = contents.runs[0];
  const detail = contents.details[0];
  if (!run || !detail) return [runsTable(contents)];
  const params = contents.columns.filter((one) => one.column.startsWith("params."));
  const about = facts([
    ["Experiment", run.experiment_name],
    ["Run id", run.run_id],
    ["Status", run.status.toLowerCase() + (detail.cause ? `: ${detail.cause}` : "")],
    ["Started", run.start === null ? "–" : formatTime(run.start)],
    ["Took", took(run.start, run.end)],
    ...(run.user ? ([["By", run.user]] as const) : []),
  ]);
  return [
    section("Run", about),
    stories(contents, detail),
    charts(contents),
    params.length > 0 ? section("Params", facts(params.map((one) => [one.column.slice(7), String(one.values[0] ?? "–")]))) : null,
    ...context(detail),
  ];
}

function context(detail: Detail): (HTMLElement | null)[] {
  const note = detail.tags["mlflow.note.content"];
  const own = Object.entries(detail.tags).filter(([key]) => !key.startsWith("runstone.") && key !== "mlflow.note.content");
  return [
    note ? section("Notes", make("p", { class: "note", dir: "auto" }, note)) : null,
    own.length > 0 ? section("Tags", facts(own)) : null,
    detail.datasets.length > 0 ? section("Datasets", facts(detail.datasets.map((one) => [one.context || "used", `${one.name} ${one.digest}`]))) : null,
    detail.texts.length > 0
      ? section("Context", ...detail.texts.map((one) => details(one.name + (one.cut ? " (cut)" : ""), make("pre", { tabindex: 0, dir: "auto" }, one.text))))
      : null,
  ];
}

function ofComparison(contents: Contents): (HTMLElement | null)[] {
  return [sideBySide(contents, "metrics"), sideBySide(contents, "params"), charts(contents), runsTable(contents)];
}
