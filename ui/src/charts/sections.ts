/** Metric keys as sections by what stands before the last "/". Pure. */

import { natural } from "../lib/natural";

export interface Section {
  name: string;
  keys: string[];
}

export function sections(keys: readonly string[], find: string): Section[] {
  const wanted = find.trim().toLowerCase();
  const groups = new Map<string, string[]>();
  for (const key of [...keys].sort(natural)) {
    if (wanted && !key.toLowerCase().includes(wanted)) continue;
    const name = key.includes("/") ? key.slice(0, key.lastIndexOf("/")) : "";
    const group = groups.get(name);
    if (group) group.push(key);
    else groups.set(name, [key]);
  }
  return [...groups].map(([name, found]) => ({ name, keys: found }));
}
