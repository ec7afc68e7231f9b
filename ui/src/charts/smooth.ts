/** Smoothing that depends on the steps between points and not on how many points were sent. Pure. */

export type SmoothKind = "ema" | "gauss" | "mean";

/** `amount`: of an exponential average what is kept over one logged point (0 none, below 1); of the others a width in steps. */
export interface Smoothing {
  kind: SmoothKind;
  amount: number;
}

export const NO_SMOOTHING: Smoothing = { kind: "ema", amount: 0 };

/** `0.6`, `gauss:50`, `mean:50`; anything else is none. */
export function parseSmoothing(text: string): Smoothing {
  const [, kind = "ema", number = ""] = /^(?:(ema|gauss|mean):)?([\d.]+)$/.exec(text) ?? [];
  const amount = Number(number);
  if (!Number.isFinite(amount) || amount <= 0) return NO_SMOOTHING;
  return { kind: kind as SmoothKind, amount: kind === "ema" ? Math.min(0.999, amount) : amount };
}

export function writeSmoothing({ kind, amount }: Smoothing): string | undefined {
  if (amount <= 0) return undefined;
  return kind === "ema" ? String(amount) : `${kind}:${amount}`;
}

type Values = readonly (number | null)[];

/** One line, smoothed. `xs` and `unit` serve the exponential average, `steps` the widths in steps; null stays a gap. */
export function smoothLine(line: { xs: readonly number[]; steps: readonly number[]; unit: number }, ys: Values, how: Smoothing): (number | null)[] {
  if (how.kind === "ema") return smooth(line.xs, ys, how.amount, line.unit);
  const rising = line.steps.every((step, i) => i === 0 || step >= (line.steps[i - 1] ?? 0));
  return windowed(rising ? line.steps : ys.map((_, i) => i), ys, how);
}

/**
 * Exponential moving average, started without bias towards zero.
 *
 * @param xs ascending positions
 * @param ys values; null is a gap and stays one
 * @param weight 0 (none) to just below 1: what is kept of the past over one `unit`
 * @param unit distance of two neighbours in the whole series, before any thinning
 * Source: debiased EMA, Kingma & Ba 2015 (arXiv:1412.6980), section 3; weight^(distance / unit) for uneven steps.
 */
export function smooth(xs: readonly number[], ys: Values, weight: number, unit: number): (number | null)[] {
  if (weight <= 0) return [...ys];
  let sum = 0;
  let mass = 0;
  let before = 0;
  return ys.map((y, i) => {
    const x = xs[i] ?? 0;
    if (y === null) return null;
    const kept = mass === 0 ? weight : weight ** Math.max(1e-9, (x - before) / (unit || 1));
    before = x;
    sum = sum * kept + y * (1 - kept);
    mass = mass * kept + (1 - kept);
    return sum / mass;
  });
}

/** How far a Gaussian reaches, in standard deviations. */
const REACH = 3;

/**
 * Centred running mean over `amount` steps, or a Gaussian whose standard deviation is `amount` steps.
 * A point counts as much as the steps it stands for, so uneven spacing does not pull.
 */
export function windowed(steps: readonly number[], ys: Values, { kind, amount }: Smoothing): (number | null)[] {
  const reach = kind === "gauss" ? REACH * amount : amount / 2;
  const share = steps.map((step, i) => Math.max(1e-9, ((steps[i + 1] ?? step) - (steps[i - 1] ?? step)) / 2 || 1));
  let from = 0;
  return ys.map((y, i) => {
    if (y === null) return null;
    const step = steps[i] ?? 0;
    while ((steps[from] ?? step) < step - reach) from += 1;
    let sum = 0;
    let mass = 0;
    for (let j = from; j < ys.length && (steps[j] ?? 0) <= step + reach; j += 1) {
      const other = ys[j];
      if (other === null || other === undefined) continue;
      const far = (steps[j] ?? 0) - step;
      const weight = (share[j] ?? 1) * (kind === "gauss" ? Math.exp(-0.5 * (far / amount) ** 2) : 1);
      sum += weight * other;
      mass += weight;
    }
    return mass > 0 ? sum / mass : y;
  });
}
