/** The files of two runs as one list, folders first. Pure. */

import { natural } from "../../lib/natural";

interface Entry {
  path: string;
  is_dir: boolean;
}

export interface Merged<T> {
  path: string;
  isFolder: boolean;
  before: T | undefined;
  after: T | undefined;
}

export function mergedFiles<T extends Entry>(before: readonly T[], after: readonly T[]): Merged<T>[] {
  const left = new Map(before.map((one) => [one.path, one]));
  const right = new Map(after.map((one) => [one.path, one]));
  return [...new Set([...left.keys(), ...right.keys()])]
    .map((path) => ({ path, isFolder: (right.get(path) ?? left.get(path))?.is_dir ?? false, before: left.get(path), after: right.get(path) }))
    .sort((a, b) => Number(b.isFolder) - Number(a.isFolder) || natural(a.path, b.path));
}
