"""How strongly one column goes with another: rank correlation and correlation ratio, with p and interval.

Sources: Spearman (1904) with average ranks for ties; Bonett & Wright, "Sample size requirements for estimating Pearson, Kendall
and Spearman correlations" (2000), for the interval; Fisher's correlation ratio and the F test of one-way analysis of variance;
the incomplete beta function by its continued fraction, DLMF 8.17.22.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct

from runstone._lazy import later

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
else:
    np = later("numpy")

Floats: TypeAlias = "NDArray[np.float64]"

_Z95 = 1.959963984540054


class Association(Struct, frozen=True):
    """``value`` is Spearman's rho (−1 … 1), or of categories the correlation ratio eta (0 … 1), which has no interval. ``p`` is
    that of "they have nothing to do with each other". ``None``: too few runs, or nothing varies."""

    value: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None


def ranks(values: Floats) -> Floats:
    """From 1; equal values share their average rank."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2)[place], np.float64)


def spearman(a: Floats, b: Floats) -> Association:
    """Of finite numbers, shape (n,) each. The p is that of Student's t with n − 2 degrees of freedom."""
    n = len(a)
    if n < 4 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return Association()
    rho = float(np.clip(np.corrcoef(ranks(a), ranks(b))[0, 1], -1, 1))
    if 1 - abs(rho) < 1e-12:
        return Association(rho, rho, rho, 0.0)
    t = rho * math.sqrt((n - 2) / (1 - rho * rho))
    reach = _Z95 * math.sqrt((1 + rho * rho / 2) / (n - 3))
    low, high = math.tanh(math.atanh(rho) - reach), math.tanh(math.atanh(rho) + reach)
    return Association(rho, low, high, incomplete_beta((n - 2) / (n - 2 + t * t), (n - 2) / 2, 0.5))


def correlation_ratio(categories: Sequence[object], values: Floats) -> Association:
    """Eta: the root of the share of the variance that lies between the categories."""
    n = len(values)
    groups: dict[object, list[float]] = {}
    for category, value in zip(categories, values.tolist(), strict=True):
        groups.setdefault(category, []).append(value)
    k = len(groups)
    if k < 2 or n <= k or np.ptp(values) == 0:
        return Association()
    mean = float(values.mean())
    between = sum(len(group) * (math.fsum(group) / len(group) - mean) ** 2 for group in groups.values())
    total = float(((values - mean) ** 2).sum())
    within = max(0.0, total - between)
    eta = math.sqrt(min(1.0, between / total))
    if within <= total * 1e-14:
        return Association(eta, None, None, 0.0)
    f = (between / (k - 1)) / (within / (n - k))
    return Association(eta, None, None, incomplete_beta((n - k) / (n - k + (k - 1) * f), (n - k) / 2, (k - 1) / 2))


def incomplete_beta(x: float, a: float, b: float) -> float:
    """Regularised, I_x(a, b), for 0 ≤ x ≤ 1."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - incomplete_beta(1 - x, b, a)
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x))
    # Lentz's way through the fraction; 1e-300 stands in for a zero
    tiny, c = 1e-300, 1.0
    d = 1 / ((1 - (a + b) * x / (a + 1)) or tiny)
    found = d
    for m in range(1, 1000):
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / ((1 + term * d) or tiny)
            c = (1 + term / c) or tiny
            found *= c * d
        if abs(c * d - 1) < 1e-15:
            break
    return min(1.0, front * found / a)
