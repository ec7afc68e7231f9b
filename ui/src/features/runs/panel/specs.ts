/** Charts as the address holds them: only what a person added, moved, resized or removed. Pure. */

import type { PanelPlace, PanelSection } from "../../../charts/packing";
import { sections } from "../../../charts/sections";
import { type Change, partOf } from "../../../lib/change";
import { joinList, splitList } from "../../../lib/columns";

export const KINDS = ["line", "bar", "scatter", "parallel", "box", "violin", "contour", "importance"] as const;
export type Kind = (typeof KINDS)[number];

export const KIND_NAMES: Readonly<Record<Kind, string>> = {
  line: "Line of an expression",
  bar: "Bars",
  scatter: "Scatter",
  parallel: "Parallel coordinates",
  box: "Boxes",
  violin: "Violins",
  contour: "Contour",
  importance: "Param importance",
};

/** `m`: the metric whose own chart this is. Else a chart that somebody added; `x`, `y`, `z` are columns, or expressions after `=`. */
export interface PanelSpec {
  kind: Kind;
  m?: string;
  x?: string;
  y?: string;
  z?: string;
  keys?: readonly string[];
  trend?: boolean;
  wide: number;
  tall: number;
  /** Its metric's chart was removed. */
  off?: boolean;
}

/** Changes a chart, or by null takes it away. */
export type OnSpec = (change: Change<PanelSpec> | null) => void;

export const TALL = 256;
export const MOST_WIDE = 4;
const [LEAST_TALL, MOST_TALL] = [160, 900];

const escape = (text: string) => text.replace(/[%;|]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
const unescape = (text: string) => text.replace(/%(25|3B|7C)/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));

export function writeSpecs(specs: readonly PanelSpec[]): string | undefined {
  return joinList(specs.map(writeSpec)) || undefined;
}

function writeSpec(spec: PanelSpec): string {
  const parts = [spec.kind as string];
  for (const key of ["m", "x", "y", "z"] as const) if (spec[key]) parts.push(`${key}=${escape(spec[key])}`);
  if (spec.keys?.length) parts.push(`k=${spec.keys.map(escape).join("|")}`);
  if (spec.trend) parts.push("t=1");
  if (spec.wide !== 1) parts.push(`w=${spec.wide}`);
  if (spec.tall !== TALL) parts.push(`h=${spec.tall}`);
  if (spec.off) parts.push("off=1");
  return parts.join(";");
}

export function readSpecs(text: string): PanelSpec[] {
  return splitList(text).flatMap((item) => {
    const [kind, ...parts] = item.split(";");
    const known = KINDS.find((one) => one === kind);
    if (!known) return [];
    const given = new Map(parts.map((part) => [part.slice(0, part.indexOf("=")), part.slice(part.indexOf("=") + 1)]));
    const spec: PanelSpec = { kind: known, wide: whole(given.get("w"), 1, 1, MOST_WIDE), tall: whole(given.get("h"), TALL, LEAST_TALL, MOST_TALL) };
    for (const key of ["m", "x", "y", "z"] as const) if (given.get(key)) spec[key] = unescape(given.get(key) ?? "");
    const keys = (given.get("k") ?? "").split("|").filter(Boolean).map(unescape);
    if (keys.length) spec.keys = keys;
    if (given.get("t") === "1") spec.trend = true;
    if (given.get("off") === "1") spec.off = true;
    return [spec];
  });
}

function whole(text: string | undefined, otherwise: number, least: number, most: number): number {
  const number = Math.round(Number(text ?? otherwise));
  return Number.isFinite(number) ? Math.min(most, Math.max(least, number)) : otherwise;
}

export interface Placed extends PanelPlace {
  spec: PanelSpec;
}

export interface Arranged extends PanelSection {
  panels: readonly Placed[];
}

/** The section of the charts that were added. No metric's prefix can be called so. */
export const OWN = "\u0000own";

/**
 * Added charts first, then those of the metrics in sections by prefix: the moved ones of a section before the rest. The section of
 * the metric that matters most comes before the others, and its chart before those that nobody moved.
 */
export function arrange(keys: readonly string[], find: string, specs: readonly PanelSpec[], objective: string | null = null): Arranged[] {
  const own = specs.flatMap((spec, i) => (spec.m === undefined ? [place(`own-${i}`, spec)] : []));
  const changed = new Map(specs.flatMap((spec, i) => (spec.m === undefined ? [] : [[spec.m, { spec, i }] as const])));
  const order = (key: string) => changed.get(key)?.i ?? Number.POSITIVE_INFINITY;
  const made = sections(keys, find).flatMap(({ name, keys: found }): Arranged[] => {
    const kept = found.filter((key) => !changed.get(key)?.spec.off);
    const sorted = kept.map((key, i) => ({ key, i })).sort((a, b) => order(a.key) - order(b.key) || Number(b.key === objective) - Number(a.key === objective) || a.i - b.i);
    return kept.length ? [{ name, panels: sorted.map(({ key }) => place(key, changed.get(key)?.spec ?? autoSpec(key))) }] : [];
  });
  const matters = made.findIndex(({ panels }) => panels.some((panel) => panel.id === objective));
  if (matters > 0) made.unshift(...made.splice(matters, 1));
  return own.length ? [{ name: OWN, title: "your charts", panels: own }, ...made] : made;
}

export function autoSpec(metric: string): PanelSpec {
  return { kind: "line", m: metric, wide: 1, tall: TALL };
}

function place(id: string, spec: PanelSpec): Placed {
  return { id, spec, wide: spec.wide, tall: spec.tall };
}

/** With one chart changed, or taken away by null. */
export function changeSpec(specs: readonly PanelSpec[], id: string, change: Change<PanelSpec> | null): PanelSpec[] {
  const own = /^own-(\d+)$/.exec(id);
  const at = specs.findIndex((spec, i) => (own ? i === Number(own[1]) && spec.m === undefined : spec.m === id));
  if (change === null) {
    if (own) return specs.filter((_, i) => i !== at);
    return changeSpec(specs, id, { off: true });
  }
  if (at >= 0) return specs.map((spec, i) => (i === at ? { ...spec, ...partOf(change, spec) } : spec));
  const made = autoSpec(id);
  return [...specs, { ...made, ...partOf(change, made) }];
}

/** With the chart `id` put before or after another one of the same section. */
export function moveSpec(specs: readonly PanelSpec[], section: Arranged, id: string, to: number): PanelSpec[] {
  const from = section.panels.findIndex((panel) => panel.id === id);
  if (from < 0) return [...specs];
  const order = [...section.panels];
  const [moved] = order.splice(from, 1);
  if (!moved) return [...specs];
  const target = Math.max(0, Math.min(order.length, to));
  order.splice(target, 0, moved);
  if (section.name === OWN) return [...order.map((panel) => panel.spec), ...specs.filter((spec) => spec.m !== undefined)];
  // Only those up to the last that does not stand where it would by itself need to be said.
  const last = Math.max(from, target, section.panels.findLastIndex((panel) => specs.includes(panel.spec)));
  const said = order.slice(0, last + 1).map((panel) => panel.spec);
  const keys = new Set(said.map((spec) => spec.m));
  return [...specs.filter((spec) => spec.m === undefined || !keys.has(spec.m)), ...said];
}

export function removedCount(specs: readonly PanelSpec[]): number {
  return specs.filter((spec) => spec.off).length;
}
