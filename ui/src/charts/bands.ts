/** Many runs as one shape: the middle, the spread, the extremes. */

import { type Wire, toNumber } from "../lib/format";
import { slotColour } from "../lib/palette";
import type { ChartSettings } from "./settings";

/** More runs than these are drawn as a band unless lines are asked for. */
export const MOST_LINES = 30;

export function drawsBands(settings: ChartSettings, runs: number): boolean {
  if (settings.x.startsWith("metrics.") || settings.draw === "lines") return false;
  return settings.draw !== "auto" || settings.by.length > 0 || runs > MOST_LINES;
}

/** What is asked of the server besides the runs and the metric. */
export function bandAsk({ x, by, draw, logX, zoom }: ChartSettings) {
  const scale = x === "step" ? 1 : 1000;
  return {
    group: [...by],
    axis: x === "time" || x === "relative" ? x : ("step" as const),
    kind: draw === "mean" ? ("mean" as const) : ("quantiles" as const),
    log: logX && x !== "time",
    ...(zoom ? { start: zoom[0] * scale, end: zoom[1] * scale } : {}),
  };
}

/** Bands as they are drawn, each with the values of its group for a name. */
export function bandsOf(found: readonly (WireBand & { group: readonly (string | null)[] })[], { x, by }: ChartSettings): Band[] {
  return found.map((band, i) => {
    const label = by.map((column, j) => `${column.replace(/^\w+\./, "")}=${band.group[j] ?? "none"}`).join(", ") || "all runs";
    return toBand(band, x !== "step", { id: `group:${label}`, label, colour: found.length > 1 ? slotColour(i) : "var(--accent)" });
  });
}

type Values = readonly (number | null)[];

export interface Band {
  id: string;
  label: string;
  colour: string;
  runs: number;
  /** How many points it stands for. */
  points: number;
  xs: readonly number[];
  middle: Values;
  low: Values;
  high: Values;
  least: Values;
  greatest: Values;
}

export interface WireBand {
  runs: number;
  points: number;
  xs: readonly number[];
  middle: readonly Wire[];
  low: readonly Wire[];
  high: readonly Wire[];
  least: readonly Wire[];
  greatest: readonly Wire[];
}

/** Times come in milliseconds and are drawn in seconds. */
export function toBand(band: WireBand, seconds: boolean, look: { id: string; label: string; colour: string }): Band {
  return {
    ...look,
    runs: band.runs,
    points: band.points,
    xs: seconds ? band.xs.map((x) => x / 1000) : band.xs,
    middle: band.middle.map(toNumber),
    low: band.low.map(toNumber),
    high: band.high.map(toNumber),
    least: band.least.map(toNumber),
    greatest: band.greatest.map(toNumber),
  };
}

export const MIDDLE: Readonly<Record<"quantiles" | "mean", string>> = {
  quantiles: "median, 10 to 90 % of the runs, faint: their extremes",
  mean: "mean with its 95 % interval, faint: extremes",
};
