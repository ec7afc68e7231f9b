/** GeoJSON to shapes on a flat drawing: longitude across, latitude up, shrunk by the cosine of the middle. Pure. */

export interface Shape {
  kind: "area" | "line" | "point";
  /** SVG path data; for points the centre. */
  path: string;
  x: number;
  y: number;
  label: string;
}

export interface Drawing {
  width: number;
  height: number;
  shapes: Shape[];
  /** West, south, east, north in degrees. */
  bounds: readonly [number, number, number, number];
  features: number;
  /** Corners beyond the most that are drawn. */
  left: number;
}

const MOST_POINTS = 50_000;
const MOST_SHAPES = 2_000;
const SIZE = 800;

type Json = unknown;
type Pair = readonly [number, number];
interface Raw {
  kind: Shape["kind"];
  rings: Pair[][];
  label: string;
}

const object = (value: Json): Record<string, Json> => (value && typeof value === "object" && !Array.isArray(value) ? (value as Record<string, Json>) : {});
const list = (value: Json): readonly Json[] => (Array.isArray(value) ? value : []);

/** null: there is nothing in it that could be drawn. */
export function drawGeo(json: Json): Drawing | null {
  const found: Raw[] = [];
  const count = { points: 0, left: 0, features: 0 };
  collect(json, "", found, count, 0);
  const all = found.flatMap((one) => one.rings.flat());
  if (!all.length) return null;
  const bounds = all.reduce<[number, number, number, number]>(
    ([w, s, e, n], [x, y]) => [Math.min(w, x), Math.min(s, y), Math.max(e, x), Math.max(n, y)],
    [Infinity, Infinity, -Infinity, -Infinity],
  );
  const [west, south, east, north] = bounds;
  const squeeze = Math.max(0.1, Math.cos((((south + north) / 2) * Math.PI) / 180));
  const wide = Math.max((east - west) * squeeze, 1e-9);
  const tall = Math.max(north - south, 1e-9);
  const scale = SIZE / Math.max(wide, tall);
  const at = ([x, y]: Pair): Pair => [round((x - west) * squeeze * scale), round((north - y) * scale)];
  const shapes = found.map(({ kind, rings, label }): Shape => {
    const placed = rings.map((ring) => ring.map(at));
    const [x, y] = placed[0]?.[0] ?? [0, 0];
    const path = placed.map((ring) => `M${ring.map((one) => one.join(" ")).join("L")}${kind === "area" ? "Z" : ""}`).join("");
    return { kind, path, x, y, label };
  });
  return { width: Math.max(1, round(wide * scale)), height: Math.max(1, round(tall * scale)), shapes, bounds, features: count.features, left: count.left };
}

const round = (value: number) => Math.round(value * 10) / 10;

interface Counted {
  points: number;
  left: number;
  features: number;
}

function collect(json: Json, label: string, found: Raw[], count: Counted, depth: number): void {
  if (depth > 6) return;
  const { type, features, geometry, geometries, properties, coordinates } = object(json);
  if (type === "FeatureCollection") for (const one of list(features)) collect(one, "", found, count, depth + 1);
  else if (type === "Feature") {
    count.features += 1;
    collect(geometry, labelOf(object(properties)), found, count, depth + 1);
  } else if (type === "GeometryCollection") for (const one of list(geometries)) collect(one, label, found, count, depth + 1);
  else if (type === "Point") add("point", [[coordinates]], label, found, count);
  else if (type === "MultiPoint") for (const one of list(coordinates)) add("point", [[one]], label, found, count);
  else if (type === "LineString") add("line", [coordinates], label, found, count);
  else if (type === "MultiLineString") add("line", list(coordinates), label, found, count);
  else if (type === "Polygon") add("area", list(coordinates), label, found, count);
  else if (type === "MultiPolygon") for (const one of list(coordinates)) add("area", list(one), label, found, count);
}

function add(kind: Shape["kind"], rings: readonly Json[], label: string, found: Raw[], count: Counted): void {
  const read = rings.map((ring) => list(ring).map(pair).filter((one): one is Pair => one !== null)).filter((ring) => ring.length > 0);
  const points = read.reduce((sum, ring) => sum + ring.length, 0);
  if (!points) return;
  if (count.points + points > MOST_POINTS || found.length >= MOST_SHAPES) {
    count.left += points;
    return;
  }
  count.points += points;
  found.push({ kind, rings: read, label });
}

function pair(value: Json): Pair | null {
  const [x, y] = list(value);
  return typeof x === "number" && typeof y === "number" && Number.isFinite(x) && Number.isFinite(y) && Math.abs(y) <= 90 ? [x, y] : null;
}

function labelOf(properties: Record<string, Json>): string {
  const name = properties["name"] ?? properties["title"] ?? properties["id"];
  if (name !== undefined && name !== null) return String(name).slice(0, 200);
  return Object.entries(properties)
    .slice(0, 3)
    .map(([key, value]) => `${key}: ${String(value)}`)
    .join(", ")
    .slice(0, 200);
}
