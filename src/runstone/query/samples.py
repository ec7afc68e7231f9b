"""Is one sample of values better than another? Pure arithmetic of NumPy, the same answer each time it is asked.

Sources: Fisher, The Design of Experiments (1935), for the permutation test, and Phipson & Smyth, "Permutation p-values
should never be zero" (2010), where permutations are drawn; Hesterberg, "What teachers should know about the bootstrap"
(2015), for the interval that is widened for small samples; Welch (1947) for its degrees of freedom; McGraw & Wong, "A common
language effect size statistic" (1992); Hedges, "Distribution theory for Glass's estimator" (1981); Holm, "A simple
sequentially rejective multiple test procedure" (1979).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

from runstone._lazy import later

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
else:
    np = later("numpy")

Values: TypeAlias = "NDArray[np.float64]"


RESAMPLES = 20_000
#: Up to so many ways to deal the values out, all are tried; beyond, so many are drawn.
ALL_WAYS = 20_000
MOST_SEEDS = 1_000
SEED = 20_240_501


def permutation_p(a: Values, b: Values) -> float:
    """Two-sided p of "the labels do not matter", by the difference of means; at least one value each."""
    both = np.concatenate([a, b])
    n, m = len(a), len(b)
    observed = abs(b.mean() - a.mean())
    least = observed - 1e-12 * max(float(np.abs(both).max()), 1e-300)  # sums in another order differ in the last digits
    total = both.sum()
    if math.comb(n + m, n) <= ALL_WAYS:
        dealt = np.array(list(itertools.combinations(range(n + m), n)))
        sums = both[dealt].sum(axis=1)
        return float((np.abs((total - sums) / m - sums / n) >= least).mean())
    draw = np.random.default_rng(SEED)
    sums = np.array([both[draw.permutation(n + m)[:n]].sum() for _ in range(RESAMPLES)])
    as_far = int((np.abs((total - sums) / m - sums / n) >= least).sum())
    return (as_far + 1) / (RESAMPLES + 1)


def difference_interval(a: Values, b: Values, level: float = 0.95) -> tuple[float, float]:
    """Bootstrap interval of ``mean(b) - mean(a)``; at least two values each.

    Percentiles of resampled means, widened as Hesterberg says: deviations grow by √(n/(n−1)), and the percentiles are those of
    the t distribution with Welch's degrees of freedom.
    """
    draw = np.random.default_rng(SEED)
    gap = float(b.mean() - a.mean())
    spread = _resampled(b, draw) - _resampled(a, draw)
    if not spread.any():
        return gap, gap
    tail = 0.5 * math.erfc(t_quantile(1 - (1 - level) / 2, welch_freedom(a, b)) / math.sqrt(2))
    low, high = np.quantile(spread, [tail, 1 - tail])
    return gap + float(low), gap + float(high)


def _resampled(values: Values, draw: np.random.Generator) -> Values:
    """Means of resamples of the deviations from the mean, shape (RESAMPLES,)."""
    n = len(values)
    deviations = (values - values.mean()) * math.sqrt(n / (n - 1))
    means: Values = deviations[draw.integers(0, n, (RESAMPLES, n))].mean(axis=1)
    return means


def welch_freedom(a: Values, b: Values) -> float:
    """Degrees of freedom for a difference of two means of unequal variance (Welch–Satterthwaite)."""
    u, v = a.var(ddof=1) / len(a), b.var(ddof=1) / len(b)
    if u + v == 0:
        return float(len(a) + len(b) - 2)
    return float((u + v) ** 2 / (u**2 / (len(a) - 1) + v**2 / (len(b) - 1)))


def t_quantile(p: float, freedom: float) -> float:
    """Quantile of Student's t for 0.5 ≤ p < 1, from its density under t = √ν·tan θ, which is cos^(ν−1) θ."""
    angle = np.linspace(0, math.pi / 2, 20_001)
    density = np.cos(angle) ** (freedom - 1)
    part = np.concatenate([[0.0], np.cumsum((density[1:] + density[:-1]) / 2)])
    return math.sqrt(freedom) * math.tan(float(np.interp(2 * p - 1, part / part[-1], angle)))


def superiority(a: Values, b: Values) -> float:
    """Share of pairs in which the value of ``b`` is the greater one, ties counted half."""
    gaps = b[:, None] - a[None, :]
    return float(((gaps > 0) + 0.5 * (gaps == 0)).mean())


def hedges_g(a: Values, b: Values) -> float | None:
    """Difference of means in pooled standard deviations, corrected for small samples; ``None`` where nothing varies."""
    freedom = len(a) + len(b) - 2
    pooled = ((len(a) - 1) * a.var(ddof=1) + (len(b) - 1) * b.var(ddof=1)) / freedom
    if pooled <= 0:
        return None
    return float((b.mean() - a.mean()) / math.sqrt(pooled) * (1 - 3 / (4 * freedom - 1)))


def seeds_to_settle(a: Values, b: Values, level: float = 0.95, power: float = 0.8) -> int | None:
    """Runs that each side needs so that a difference as large as this one would be found with this power.

    At least as many as the permutation test needs to be able to say anything. ``None`` beyond 1,000, or without a difference.
    """
    gap, variance = abs(float(b.mean() - a.mean())), float(a.var(ddof=1) + b.var(ddof=1))
    if gap == 0:
        return None
    least = next(n for n in itertools.count(2) if 2 / math.comb(2 * n, n) <= 1 - level)

    def enough(n: int) -> bool:
        wanted = t_quantile(1 - (1 - level) / 2, 2 * n - 2) + t_quantile(power, 2 * n - 2)
        return gap >= wanted * math.sqrt(variance / n)

    if not enough(MOST_SEEDS):
        return None
    low, high = least - 1, MOST_SEEDS  # more runs never make it harder
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def holm(p: Sequence[float]) -> list[float]:
    """p of several tests at once, so that a single false alarm among all of them stays as rare as asked."""
    corrected, highest = [0.0] * len(p), 0.0
    for place, index in enumerate(sorted(range(len(p)), key=lambda one: p[one])):
        highest = max(highest, min(1.0, (len(p) - place) * p[index]))
        corrected[index] = highest
    return corrected
