"""A small forest of extremely randomised regression trees, and what permuting a column does to it. Pure NumPy.

Sources: Geurts, Ernst & Wehenkel, "Extremely randomized trees" (2006), grown on resamples so that every tree has runs that it
has not seen; Breiman, "Random forests" (2001), for permutation importance on those.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeAlias

from runstone._lazy import later

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
else:
    np = later("numpy")

Floats: TypeAlias = "NDArray[np.float64]"


_DEPTH = 10
#: Columns that one split looks at.
_TRIED = 30


class Tree:
    """Arrays, one place a node: ``feature`` −1 marks a leaf."""

    __slots__ = ("feature", "left", "threshold", "value")

    def __init__(self, x: Floats, y: Floats, least: int, draw: np.random.Generator) -> None:
        feature, threshold, left, value = [-1], [0.0], [0], [float(y.mean())]
        waiting = [(0, np.arange(len(y)), 0)]
        while waiting:
            node, rows, depth = waiting.pop()
            split = _split(x[rows], y[rows], least, draw) if depth < _DEPTH and len(rows) >= 2 * least else None
            if split is None:
                continue
            feature[node], threshold[node], left[node] = split[0], split[1], len(value)
            below = x[rows, split[0]] < split[1]
            for side in (rows[below], rows[~below]):
                waiting.append((len(value), side, depth + 1))
                feature.append(-1)
                threshold.append(0.0)
                left.append(0)
                value.append(float(y[side].mean()))
        self.feature, self.threshold = np.array(feature), np.array(threshold)
        self.left, self.value = np.array(left), np.array(value)

    def predict(self, x: Floats) -> Floats:
        """Shape (n,), of ``x`` of shape (n, columns)."""
        node = np.zeros(len(x), np.intp)
        rows = np.arange(len(x))
        for _ in range(_DEPTH):
            inner = self.feature[node] >= 0
            if not inner.any():
                break
            at = node[inner]
            right = x[rows[inner], self.feature[at]] >= self.threshold[at]
            node[inner] = self.left[at] + right
        found: Floats = self.value[node]
        return found

    def used(self) -> list[int]:
        return sorted({int(one) for one in self.feature if one >= 0})


def _split(x: Floats, y: Floats, least: int, draw: np.random.Generator) -> tuple[int, float] | None:
    """The best of one random threshold in each column."""
    columns = np.arange(x.shape[1])
    if len(columns) > _TRIED:
        columns = draw.choice(columns, _TRIED, replace=False)
    part = x[:, columns]
    low, high = part.min(axis=0), part.max(axis=0)
    thresholds = low + (high - low) * draw.random(len(columns))
    below = part < thresholds
    count = below.sum(axis=0)
    good = (count >= least) & (len(y) - count >= least)
    if not good.any():
        return None
    total = y.sum()
    sums = y @ below
    safe = np.where(good, count, 1)
    gain = np.where(good, sums**2 / safe + (total - sums) ** 2 / np.maximum(len(y) - safe, 1), -np.inf)
    best = int(gain.argmax())
    if gain[best] <= total**2 / len(y) + 1e-12 * abs(total):
        return None
    return int(columns[best]), float(thresholds[best])


def permutation_importance(
    x: Floats, y: Floats, trees: int, draw: np.random.Generator, kinds: list[bool]
) -> tuple[Floats, float]:
    """For each column how much the squared error grows when it is shuffled, in variances of ``y`` (0: not at all; a column
    that decides everything, about 2), and the share of the variance that is explained without; both on runs that a tree has
    not seen.

    Args:
        x: shape (n, columns), ranks or codes of categories.
        kinds: which columns are categories: these get another order in every tree, as they have none.
    """
    n, columns = x.shape
    least = max(2, n // 100)
    lost, counted = np.zeros(columns), 0
    seen_not, predicted = np.zeros(n), np.zeros(n)
    for _ in range(trees):
        mixed = x.copy()
        for column in [place for place, kind in enumerate(kinds) if kind]:
            codes, place = np.unique(x[:, column], return_inverse=True)
            mixed[:, column] = draw.permutation(len(codes))[place]
        rows = draw.integers(0, n, n)
        out = np.setdiff1d(np.arange(n), rows)
        if len(out) < 2:
            continue
        tree = Tree(mixed[rows], y[rows], least, draw)
        base = tree.predict(mixed[out])
        seen_not[out] += 1
        predicted[out] += base
        error = ((base - y[out]) ** 2).mean()
        rest = mixed[out]
        for column in tree.used():
            kept = rest[:, column].copy()
            rest[:, column] = draw.permutation(kept)
            lost[column] += ((tree.predict(rest) - y[out]) ** 2).mean() - error
            rest[:, column] = kept
        counted += 1
    variance = float(y.var())
    if not counted or variance == 0:
        return np.zeros(columns), math.nan
    there = seen_not > 0
    residual = ((predicted[there] / seen_not[there] - y[there]) ** 2).mean()
    return lost / counted / variance, float(1 - residual / variance)
