/** Differences of texts, line by line: read from a unified diff, or found here. Pure. */

export interface DiffLine {
  kind: "same" | "added" | "removed";
  text: string;
  /** Line numbers, from 1; null on the side that has no such line. */
  before: number | null;
  after: number | null;
}

export interface Hunk {
  head: string;
  lines: DiffLine[];
}

export interface FileDiff {
  name: string;
  added: number;
  removed: number;
  hunks: Hunk[];
}

const HUNK = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/;

/** The files of a unified diff, as git and Python write it. What is no diff at all gives none. */
export function parseDiff(text: string): FileDiff[] {
  const files: FileDiff[] = [];
  let file: FileDiff | null = null;
  let hunk: Hunk | null = null;
  let before = 0;
  let after = 0;
  let left = { before: 0, after: 0 };
  const begin = (name: string) => {
    file = { name, added: 0, removed: 0, hunks: [] };
    hunk = null;
    files.push(file);
    return file;
  };
  const lines = text.split("\n");
  lines.forEach((line, i) => {
    const open = hunk && left.before + left.after > 0;
    const head = open ? null : HUNK.exec(line);
    if (head) {
      file ??= begin("");
      before = Number(head[1]);
      after = Number(head[3]);
      left = { before: Number(head[2] ?? 1), after: Number(head[4] ?? 1) };
      hunk = { head: line, lines: [] };
      file.hunks.push(hunk);
      return;
    }
    if (open && file && hunk) {
      const kind = line.startsWith("+") ? "added" : line.startsWith("-") ? "removed" : line.startsWith("\\") ? null : "same";
      if (!kind) return;
      hunk.lines.push({
        kind,
        text: line.slice(1),
        before: kind === "added" ? null : before++,
        after: kind === "removed" ? null : after++,
      });
      if (kind !== "added") left.before -= 1;
      if (kind !== "removed") left.after -= 1;
      if (kind === "added") file.added += 1;
      if (kind === "removed") file.removed += 1;
      return;
    }
    const git = /^diff --git a\/(.*?) b\/(.*)$/.exec(line);
    if (git) begin(git[2] ?? "");
    else if (line.startsWith("--- ") && lines[i + 1]?.startsWith("+++ ")) {
      const name = [lines[i + 1] ?? "", line].map((one) => one.slice(4).replace(/\t.*$/, "")).find((one) => one !== "/dev/null");
      const plain = (name ?? "").replace(/^[ab]\//, "");
      if (!file || file.hunks.length > 0) begin(plain);
      else file.name = plain || file.name;
    }
  });
  return files;
}

/** Changed lines that are looked for one by one; beyond, the middle counts as replaced. */
const MOST_EDITS = 2_000;
const AROUND = 3;

/** From one text to another, with three lines around each change. */
export function diffTexts(before: string, after: string): FileDiff {
  const lines = diffLines(before.split("\n"), after.split("\n"));
  const near = lines.map(() => false);
  lines.forEach((line, i) => {
    if (line.kind !== "same") near.fill(true, Math.max(0, i - AROUND), i + AROUND + 1);
  });
  const hunks: Hunk[] = [];
  lines.forEach((line, i) => {
    if (!near[i]) return;
    if (!near[i - 1]) hunks.push({ head: `line ${line.after ?? line.before ?? 1}`, lines: [] });
    hunks.at(-1)?.lines.push(line);
  });
  const count = (kind: string) => lines.filter((line) => line.kind === kind).length;
  return { name: "", added: count("added"), removed: count("removed"), hunks };
}

/** Myers' greedy algorithm (An O(ND) Difference Algorithm, 1986) between the common beginning and end. */
export function diffLines(a: readonly string[], b: readonly string[]): DiffLine[] {
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end += 1;
  const edits = middle(a.slice(start, a.length - end), b.slice(start, b.length - end));
  const lines: DiffLine[] = [];
  let [i, j] = [0, 0];
  const same = (count: number) => {
    for (let n = 0; n < count; n += 1) lines.push({ kind: "same", text: a[i] ?? "", before: ++i, after: ++j });
  };
  same(start);
  for (const edit of edits) {
    if (edit === "same") same(1);
    else if (edit === "removed") lines.push({ kind: "removed", text: a[i] ?? "", before: ++i, after: null });
    else lines.push({ kind: "added", text: b[j] ?? "", before: null, after: ++j });
  }
  same(end);
  return lines;
}

type Edit = DiffLine["kind"];

function middle(a: readonly string[], b: readonly string[]): Edit[] {
  const replaced = (): Edit[] => [...a.map((): Edit => "removed"), ...b.map((): Edit => "added")];
  if (!a.length || !b.length) return replaced();
  const most = Math.min(a.length + b.length, MOST_EDITS);
  const reach = new Map<number, number>([[1, 0]]);
  const trace: Map<number, number>[] = [];
  for (let d = 0; d <= most; d += 1) {
    trace.push(new Map([...reach].filter(([k]) => Math.abs(k) <= d + 1)));
    for (let k = -d; k <= d; k += 2) {
      const down = k === -d || (k !== d && (reach.get(k - 1) ?? -1) < (reach.get(k + 1) ?? -1));
      let x = down ? (reach.get(k + 1) ?? 0) : (reach.get(k - 1) ?? 0) + 1;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x += 1;
      reach.set(k, x);
      if (x >= a.length && x - k >= b.length) return backwards(trace, a.length, b.length);
    }
    // The trace of d rounds holds about d² entries: a memory that stays small.
    if (d * d > 4_000_000) break;
  }
  return replaced();
}

function backwards(trace: readonly Map<number, number>[], x: number, y: number): Edit[] {
  const edits: Edit[] = [];
  for (let d = trace.length - 1; d >= 0; d -= 1) {
    const reach = trace[d] ?? new Map<number, number>();
    const k = x - y;
    const down = k === -d || (k !== d && (reach.get(k - 1) ?? -1) < (reach.get(k + 1) ?? -1));
    const from = down ? k + 1 : k - 1;
    const fromX = reach.get(from) ?? 0;
    const fromY = fromX - from;
    while (x > fromX && y > fromY && x > 0 && y > 0) {
      edits.push("same");
      x -= 1;
      y -= 1;
    }
    if (d > 0) edits.push(down ? "added" : "removed");
    [x, y] = [fromX, fromY];
  }
  return edits.reverse();
}
