/** Table, charts or both: what the address says of them. */

import type { ChartSearch } from "../../charts/settings";

export type PanelChoice = "table" | "split" | "charts";

export interface PanelSearch extends ChartSearch {
  panel?: string | undefined;
  /** Percent of the width that the charts take. */
  split?: string | undefined;
  /** Charts that are not as they make themselves. */
  chart?: string | undefined;
  /** How the table is grouped; charts follow it until they are grouped by themselves. */
  group?: string | undefined;
}

export const PANELS: readonly PanelChoice[] = ["table", "split", "charts"];

export function readPanel(search: PanelSearch): PanelChoice {
  return PANELS.find((one) => one === search.panel) ?? "table";
}

export const LEAST_SHARE = 20;
export const MOST_SHARE = 80;

export function readShare(search: PanelSearch): number {
  const share = Number(search.split ?? 50);
  return Number.isFinite(share) ? Math.min(MOST_SHARE, Math.max(LEAST_SHARE, Math.round(share))) : 50;
}
