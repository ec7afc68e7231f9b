/** Metric keys as sections by what stands before the last "/". Pure. */

import { natural } from "../lib/natural";

import { CARD_HEIGHT, type PanelSection } from "./packing";

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

export interface CountedSection {
  name: string;
  /** Metrics of one point, and of more. */
  single: number;
  more: number;
}

/** Sections as the server counts them: a panel is known by its place, and those of one point are tiles. */
export function panelSections(sections: readonly CountedSection[]): PanelSection[] {
  let place = 0;
  return sections.map(({ name, single, more }) => ({
    name,
    panels: Array.from({ length: single + more }, (_, i) => ({ id: String(place++), wide: 1, tall: CARD_HEIGHT, tile: i < single })),
  }));
}
