/** Many runs as one shape: the middle, the spread, the extremes. */

import { type Wire, toNumber } from "../lib/format";

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
