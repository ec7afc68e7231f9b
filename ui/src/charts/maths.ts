/** Small statistics of charts. Pure. Quantiles are those of Hyndman & Fan (1996), type 7. */

export function quantile(sorted: readonly number[], share: number): number {
  const place = share * (sorted.length - 1);
  const low = Math.floor(place);
  const a = sorted[low] ?? Number.NaN;
  const b = sorted[Math.min(low + 1, sorted.length - 1)] ?? a;
  return a + (b - a) * (place - low);
}

/** A box as Tukey (1977) draws it: whiskers to the last values within 1.5 boxes of its ends, the rest by itself. */
export interface Box {
  count: number;
  low: number;
  first: number;
  median: number;
  third: number;
  high: number;
  mean: number;
  outside: number[];
}

export function boxOf(values: readonly number[]): Box | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const [first, median, third] = [0.25, 0.5, 0.75].map((share) => quantile(sorted, share)) as [number, number, number];
  const reach = 1.5 * (third - first);
  const within = sorted.filter((value) => value >= first - reach && value <= third + reach);
  return {
    count: sorted.length,
    low: within[0] ?? first,
    first,
    median,
    third,
    high: within.at(-1) ?? third,
    mean: sorted.reduce((sum, value) => sum + value / sorted.length, 0),
    outside: sorted.filter((value) => value < first - reach || value > third + reach),
  };
}

/** Gaussian density at `places`; bandwidth by Silverman's rule (1986, eq. 3.31). Null where all values are equal. */
export function density(values: readonly number[], places: readonly number[]): number[] | null {
  const n = values.length;
  const sorted = [...values].sort((a, b) => a - b);
  const mean = values.reduce((sum, value) => sum + value / n, 0);
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, n - 1));
  const spread = Math.min(deviation, (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / 1.34) || deviation;
  const width = 0.9 * spread * n ** -0.2;
  if (!(width > 0)) return null;
  return places.map((place) => values.reduce((sum, value) => sum + Math.exp(-0.5 * ((place - value) / width) ** 2), 0) / (n * width * Math.sqrt(2 * Math.PI)));
}

export interface Trend {
  slope: number;
  intercept: number;
  /** Share of the variance of y that the line explains. */
  r2: number;
}

/** Least squares; null below three points or without spread. */
export function trend(xs: readonly number[], ys: readonly number[]): Trend | null {
  const n = xs.length;
  if (n < 3) return null;
  const mean = (list: readonly number[]) => list.reduce((sum, value) => sum + value / n, 0);
  const [mx, my] = [mean(xs), mean(ys)];
  let xx = 0;
  let xy = 0;
  let yy = 0;
  xs.forEach((x, i) => {
    const [dx, dy] = [x - mx, (ys[i] ?? 0) - my];
    xx += dx * dx;
    xy += dx * dy;
    yy += dy * dy;
  });
  if (!(xx > 0) || !(yy > 0)) return null;
  const slope = xy / xx;
  return { slope, intercept: my - slope * mx, r2: (xy * xy) / (xx * yy) };
}

/** A surface through scattered points, on a grid over the unit square; NaN far from any point. */
export interface Surface {
  columns: number;
  rows: number;
  /** Row by row from the bottom. */
  values: Float64Array;
}

/**
 * A Gaussian-weighted mean of the points around (Nadaraya 1964, Watson 1964), which never goes beyond their values; its width
 * shrinks with their number as that of a density in two dimensions does (Scott 1992).
 *
 * @param reach how far from the nearest point the surface still goes, as a share of the square's side
 */
export function surface(points: readonly { x: number; y: number; z: number }[], columns: number, rows: number, reach = 0.18): Surface {
  const values = new Float64Array(columns * rows).fill(Number.NaN);
  const width = 0.29 * Math.max(1, points.length) ** (-1 / 6);
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      const x = (column + 0.5) / columns;
      const y = (row + 0.5) / rows;
      let mass = 0;
      let sum = 0;
      let nearest = Number.POSITIVE_INFINITY;
      for (const point of points) {
        const far = (point.x - x) ** 2 + (point.y - y) ** 2;
        nearest = Math.min(nearest, far);
        const weight = Math.exp((-0.5 * far) / (width * width));
        mass += weight;
        sum += weight * point.z;
      }
      if (nearest <= reach * reach && mass > 0) values[row * columns + column] = sum / mass;
    }
  }
  return { columns, rows, values };
}
