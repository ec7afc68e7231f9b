/** Keys as a tree of their prefixes, flattened as far as it is open. Pure. */

import { natural } from "./natural";

export interface TreeFolder {
  kind: "folder";
  /** With its separator: `layer/0/`. */
  prefix: string;
  name: string;
  depth: number;
  keys: number;
  open: boolean;
}

export interface TreeKey<Item> {
  kind: "key";
  item: Item;
  name: string;
  depth: number;
}

export type TreeRow<Item> = TreeFolder | TreeKey<Item>;

/** A folder of fewer keys would only be in the way. */
const LEAST = 2;

/**
 * Rows in natural order, keys that stand alone first. A prefix ends with `/`, or with `.` where no key has a slash; prefixes that have
 * nothing else in them are one folder.
 */
export function keyTree<Item extends { key: string }>(items: readonly Item[], isOpen: (prefix: string) => boolean): TreeRow<Item>[] {
  const mark = items.some((item) => item.key.includes("/")) ? "/" : ".";
  const rows: TreeRow<Item>[] = [];
  level([...items].sort((a, b) => natural(a.key, b.key)), "", 0);
  return rows;

  function level(among: readonly Item[], prefix: string, depth: number): void {
    const folders = new Map<string, Item[]>();
    const alone: Item[] = [];
    for (const item of among) {
      const end = item.key.indexOf(mark, prefix.length);
      const below = end < 0 || end === item.key.length - 1 ? null : item.key.slice(0, end + 1);
      if (below === null) alone.push(item);
      else if (folders.get(below)?.push(item) === undefined) folders.set(below, [item]);
    }
    for (const [below, some] of folders) if (some.length < LEAST) alone.push(...some), folders.delete(below);
    for (const item of alone) rows.push({ kind: "key", item, name: item.key.slice(prefix.length), depth });
    for (const [below, some] of folders) {
      const whole = common(some, below, mark);
      const open = isOpen(whole);
      rows.push({ kind: "folder", prefix: whole, name: whole.slice(prefix.length), depth, keys: some.length, open });
      if (open) level(some, whole, depth + 1);
    }
  }
}

/** The longest prefix, ending with a mark, that all of some keys have. */
function common(items: readonly { key: string }[], prefix: string, mark: string): string {
  for (let whole = prefix; ; ) {
    const end = items[0]?.key.indexOf(mark, whole.length) ?? -1;
    const next = items[0]?.key.slice(0, end + 1) ?? "";
    if (end < 0 || !items.every((item) => item.key.startsWith(next) && item.key.length > next.length)) return whole;
    whole = next;
  }
}
