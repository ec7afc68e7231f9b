/** How charts are drawn, as the address says it. */

import { type Change, partOf } from "../lib/change";
import { joinList, splitList } from "../lib/columns";
import type { XAxis } from "./lines";
import { NO_SMOOTHING, parseSmoothing, type Smoothing, writeSmoothing } from "./smooth";

/** Many runs: decided by their number, each a line, their median with 10 to 90 %, or their mean with its interval. */
export type Draw = "auto" | "lines" | "band" | "mean";

export interface ChartSettings {
  x: XAxis;
  smooth: Smoothing;
  logX: boolean;
  logY: boolean;
  /** Leave out of the y axis what lies far from the rest. */
  clip: boolean;
  draw: Draw;
  /** Columns whose values make groups, `params.lr`. */
  by: readonly string[];
  find: string;
  /** A stretch of the x axis, in its unit. */
  zoom: readonly [number, number] | null;
  /** Sections that are folded. */
  fold: readonly string[];
}

/** A part of the settings, or how it follows from them as they are then. */
export type OnSettings = (change: Change<ChartSettings>) => void;

export interface ChartSearch {
  x?: string | undefined;
  smooth?: string | undefined;
  log?: string | undefined;
  clip?: string | undefined;
  draw?: string | undefined;
  by?: string | undefined;
  find?: string | undefined;
  zoom?: string | undefined;
  fold?: string | undefined;
}

export const PLAIN: ChartSettings = {
  x: "step",
  smooth: NO_SMOOTHING,
  logX: false,
  logY: false,
  clip: false,
  draw: "auto",
  by: [],
  find: "",
  zoom: null,
  fold: [],
};

/** `metric`: another metric may be the x axis. */
export function readSettings(search: ChartSearch, axis: XAxis = "step", metric = false): ChartSettings {
  const [from, to] = (search.zoom ?? "").split(",").map(Number);
  return {
    x: readAxis(search.x, metric) ?? axis,
    smooth: parseSmoothing(search.smooth ?? ""),
    logX: search.log?.includes("x") ?? false,
    logY: search.log?.includes("y") ?? false,
    clip: search.clip === "1",
    draw: search.draw === "lines" || search.draw === "band" || search.draw === "mean" ? search.draw : "auto",
    by: splitList(search.by ?? "").filter((field) => /^(params|tags)\./.test(field)).slice(0, 3),
    find: search.find ?? "",
    zoom: from !== undefined && to !== undefined && Number.isFinite(from) && to > from ? [from, to] : null,
    fold: splitList(search.fold ?? "").map((name) => (name === "-" ? "" : name)),
  };
}

function readAxis(text: string | undefined, metric: boolean): XAxis | null {
  if (text === "time" || text === "relative" || text === "step") return text;
  return metric && text?.startsWith("metrics.") && text.length > 8 ? (text as XAxis) : null;
}

/** An end of a zoom, as the address will say it. */
export const written = (end: number): number => Number(end.toPrecision(8));

export function writeSettings(settings: ChartSettings, axis: XAxis = "step"): ChartSearch {
  const log = (settings.logX ? "x" : "") + (settings.logY ? "y" : "");
  return {
    x: settings.x === axis ? undefined : settings.x,
    smooth: writeSmoothing(settings.smooth),
    log: log || undefined,
    clip: settings.clip ? "1" : undefined,
    draw: settings.draw === "auto" ? undefined : settings.draw,
    by: joinList(settings.by) || undefined,
    find: settings.find || undefined,
    zoom: settings.zoom ? settings.zoom.map(written).join(",") : undefined,
    fold: joinList(settings.fold.map((name) => name || "-")) || undefined,
  };
}

/** The address with a change of the settings that it says. */
export function changedSettings(search: ChartSearch, change: Change<ChartSettings>, axis: XAxis = "step", metric = false): ChartSearch {
  const now = readSettings(search, axis, metric);
  return writeSettings({ ...now, ...partOf(change, now) }, axis);
}
