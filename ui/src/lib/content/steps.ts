/** Files that are one thing over steps: pictures by the names that `log_image` gives, tables by a number in theirs. Pure. */

export interface StepFile {
  step: number;
  path: string;
  time: number;
}

export interface StepGroup {
  key: string;
  kind: "image" | "table";
  files: StepFile[];
}

interface Named {
  path: string;
}

/** `images/KEY+step+STEP+timestamp+TIME+ID.png`; older clients wrote `%` for `+`, and a small `+compressed.webp` beside each. */
const IMAGE = /(?:^|\/)images\/(.+?)[+%]step[+%](-?\d+)[+%]timestamp[+%](\d+)[+%]/;
const SMALL = /[+%]compressed\.webp$/;

export function imageGroups(files: readonly Named[]): StepGroup[] {
  const groups = new Map<string, StepFile[]>();
  for (const { path } of files) {
    const found = IMAGE.exec(path);
    if (!found || SMALL.test(path)) continue;
    const key = (found[1] ?? "").replaceAll("~", "/").replaceAll("#", "/");
    const list = groups.get(key) ?? [];
    list.push({ step: Number(found[2]), path, time: Number(found[3]) });
    groups.set(key, list);
  }
  return sorted([...groups].map(([key, list]) => ({ key, kind: "image" as const, files: list })));
}

/** Tables that were logged, as the tag says; those whose names differ in their last number alone belong together. */
export function tableGroups(tag: string | undefined): StepGroup[] {
  const groups = new Map<string, StepFile[]>();
  for (const path of loggedTables(tag)) {
    const found = /^(.*?)(\d+)(\D*)$/.exec(path);
    const key = found ? `${found[1]}#${found[3]}` : path;
    const list = groups.get(key) ?? [];
    list.push({ step: found ? Number(found[2]) : 0, path, time: 0 });
    groups.set(key, list);
  }
  return sorted([...groups].map(([key, list]) => ({ key: list.length > 1 ? key : (list[0]?.path ?? key), kind: "table" as const, files: list })));
}

function loggedTables(tag: string | undefined): string[] {
  try {
    const read = JSON.parse(tag ?? "[]") as unknown;
    const paths = Array.isArray(read) ? read.map((one) => (one as { path?: unknown }).path) : [];
    return [...new Set(paths.filter((path): path is string => typeof path === "string"))];
  } catch {
    return [];
  }
}

function sorted(groups: StepGroup[]): StepGroup[] {
  for (const group of groups) group.files.sort((a, b) => a.step - b.step || a.time - b.time);
  return groups.sort((a, b) => a.key.localeCompare(b.key, "en", { numeric: true }));
}

/** All steps of all groups, ascending. */
export function stepsOf(groups: readonly StepGroup[]): number[] {
  return [...new Set(groups.flatMap((group) => group.files.map((file) => file.step)))].sort((a, b) => a - b);
}

/** What a group was at a step: its last file that is not later; before its first, none. */
export function atStep(group: StepGroup, step: number): StepFile | null {
  return group.files.findLast((file) => file.step <= step) ?? null;
}
