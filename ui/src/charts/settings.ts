/** How charts are drawn, as the address says it. */

import type { XAxis } from "./lines";

export interface ChartSettings {
  x: XAxis;
  smooth: number;
  logX: boolean;
  logY: boolean;
  find: string;
  /** A stretch of the x axis, in its unit. */
  zoom: readonly [number, number] | null;
}

export interface ChartSearch {
  x?: string | undefined;
  smooth?: string | undefined;
  log?: string | undefined;
  find?: string | undefined;
  zoom?: string | undefined;
}

export function readSettings(search: ChartSearch, axis: XAxis = "step"): ChartSettings {
  const smooth = Number(search.smooth ?? 0);
  const [from, to] = (search.zoom ?? "").split(",").map(Number);
  return {
    x: search.x === "time" || search.x === "relative" || search.x === "step" ? search.x : axis,
    smooth: Number.isFinite(smooth) ? Math.min(0.999, Math.max(0, smooth)) : 0,
    logX: search.log?.includes("x") ?? false,
    logY: search.log?.includes("y") ?? false,
    find: search.find ?? "",
    zoom: from !== undefined && to !== undefined && Number.isFinite(from) && to > from ? [from, to] : null,
  };
}

export function writeSettings(settings: ChartSettings, axis: XAxis = "step"): ChartSearch {
  const log = (settings.logX ? "x" : "") + (settings.logY ? "y" : "");
  return {
    x: settings.x === axis ? undefined : settings.x,
    smooth: settings.smooth ? String(settings.smooth) : undefined,
    log: log || undefined,
    find: settings.find || undefined,
    zoom: settings.zoom ? settings.zoom.map((one) => Number(one.toPrecision(8))).join(",") : undefined,
  };
}
