/** What a chart says to a reader who cannot see it, and what its axes are called. Pure. */

import { formatNumber } from "../lib/format";
import type { Band } from "./bands";
import { type Line, summarise, type XAxis } from "./lines";
import type { Clipped } from "./shapes";

/** `loss, 20 runs, lowest 0.21 in run-07 at step 98,112` */
export function lineWords(name: string, lines: readonly Line[], bands: readonly Band[] = []): string {
  if (bands.length) return bandWords(name, bands);
  const { min, max, minLabel, minStep } = summarise(lines);
  const many = lines.length > 1;
  if (min === null) return `${name}, nothing to draw`;
  const where = `${many ? ` in ${minLabel}` : ""} at step ${formatNumber(minStep)}`;
  return `${name}, ${many ? `${lines.length} runs, ` : ""}lowest ${formatNumber(min)}${where}, highest ${formatNumber(max)}`;
}

function bandWords(name: string, bands: readonly Band[]): string {
  const parts = bands.map((band) => {
    const ends = band.middle.filter((value) => value !== null);
    const highest = Math.max(...band.greatest.map((value) => value ?? Number.NEGATIVE_INFINITY));
    return `${band.label}: ${formatNumber(band.runs)} runs, middle from ${formatNumber(ends[0])} to ${formatNumber(ends.at(-1))}, highest ${formatNumber(highest)}`;
  });
  return `${name}. ${parts.join(". ")}`;
}

/** `3 points above, up to 1,234` */
export function clipWords({ above, top, below, bottom }: Clipped): string {
  const points = (count: number) => `${formatNumber(count)} ${count === 1 ? "point" : "points"}`;
  const words = [];
  if (above) words.push(`${points(above)} above, up to ${formatNumber(top)}`);
  if (below) words.push(`${points(below)} below, down to ${formatNumber(bottom)}`);
  return words.join("; ");
}

export function axisName(axis: XAxis): string {
  if (axis === "step" || axis === "time") return axis;
  return axis === "relative" ? "time since the start, s" : axis.slice("metrics.".length);
}
