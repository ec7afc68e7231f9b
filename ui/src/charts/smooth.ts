/** Smoothing that depends on the steps between points and not on how many points were sent. Pure. */

/**
 * Exponential moving average, started without bias towards zero.
 *
 * @param xs ascending positions
 * @param ys values; null is a gap and stays one
 * @param weight 0 (none) to just below 1: what is kept of the past over one `unit`
 * @param unit distance of two neighbours in the whole series, before any thinning
 * Source: debiased EMA, Kingma & Ba 2015 (arXiv:1412.6980), section 3; weight^(distance / unit) for uneven steps.
 */
export function smooth(xs: readonly number[], ys: readonly (number | null)[], weight: number, unit: number): (number | null)[] {
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
