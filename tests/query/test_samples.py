"""The arithmetic of "is it better?", held against SciPy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from runstone.query import samples

DRAW = np.random.default_rng(4)
CASES = [
    (DRAW.normal(0.9, 0.01, 5), DRAW.normal(0.92, 0.02, 5)),
    (DRAW.normal(0, 1, 3), DRAW.normal(5, 3, 8)),
    (np.array([1.0, 1.0, 2.0]), np.array([1.0, 2.0, 2.0, 2.0])),
    (DRAW.exponential(1, 7), DRAW.exponential(1, 7)),
]


def _gap(a, b, axis=-1):  # type: ignore[no-untyped-def]
    return abs(b.mean(axis=axis) - a.mean(axis=axis))


@pytest.mark.parametrize(("a", "b"), CASES)
def test_p_of_all_permutations_is_scipys(a: np.ndarray, b: np.ndarray) -> None:
    theirs = stats.permutation_test((a, b), _gap, vectorized=True, n_resamples=np.inf, alternative="greater")
    assert samples.permutation_p(a, b) == pytest.approx(theirs.pvalue, abs=1e-12)


def test_p_of_drawn_permutations_is_near_the_t_test_and_never_zero() -> None:
    draw = np.random.default_rng(1)
    a, b = draw.normal(0, 1, 30), draw.normal(0.5, 1, 30)
    assert samples.permutation_p(a, b) == pytest.approx(stats.ttest_ind(a, b).pvalue, abs=0.01)
    assert 0 < samples.permutation_p(a, b + 100) < 1e-4


@pytest.mark.parametrize(("p", "freedom"), [(0.975, 1), (0.975, 2.5), (0.8, 4), (0.995, 30), (0.5, 3), (0.975, 1998)])
def test_quantiles_of_t_are_scipys(p: float, freedom: float) -> None:
    assert samples.t_quantile(p, freedom) == pytest.approx(stats.t.ppf(p, freedom), rel=1e-4, abs=1e-9)


@pytest.mark.parametrize("n", [10, 40, 200])
def test_the_interval_of_normal_values_is_near_welchs(n: int) -> None:
    draw = np.random.default_rng(n)
    a, b = draw.normal(0, 1, n), draw.normal(1, 2, n)
    welch = stats.ttest_ind(b, a, equal_var=False)
    theirs = welch.confidence_interval(0.95)
    low, high = samples.difference_interval(a, b)
    assert (low, high) == pytest.approx((theirs.low, theirs.high), abs=0.12 * (theirs.high - theirs.low))
    assert samples.welch_freedom(a, b) == pytest.approx(welch.df)


def test_the_interval_of_many_values_is_scipys_bootstrap() -> None:
    draw = np.random.default_rng(2)
    a, b = draw.exponential(1, 300), draw.exponential(1.5, 300)
    theirs = stats.bootstrap(
        (a, b), lambda x, y, axis: y.mean(axis=axis) - x.mean(axis=axis), method="percentile", rng=np.random.default_rng(0)
    ).confidence_interval
    assert samples.difference_interval(a, b) == pytest.approx((theirs.low, theirs.high), abs=0.03)


def test_intervals_of_five_seeds_hold_the_truth_about_as_often_as_they_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(samples, "RESAMPLES", 2_000)
    draw = np.random.default_rng(3)
    held = 0
    for _ in range(400):
        low, high = samples.difference_interval(draw.normal(0, 1, 5), draw.normal(1, 1, 5))
        held += low <= 1 <= high
    assert 0.935 <= held / 400 <= 0.99


@pytest.mark.parametrize(("a", "b"), CASES)
def test_superiority_is_mann_whitneys_share_and_the_effect_follows_from_t(a: np.ndarray, b: np.ndarray) -> None:
    assert samples.superiority(a, b) == pytest.approx(stats.mannwhitneyu(b, a).statistic / (len(a) * len(b)))
    d = stats.ttest_ind(b, a).statistic * math.sqrt(1 / len(a) + 1 / len(b))
    assert samples.hedges_g(a, b) == pytest.approx(d * (1 - 3 / (4 * (len(a) + len(b) - 2) - 1)))


def test_so_many_seeds_find_the_difference_about_as_often_as_promised() -> None:
    draw = np.random.default_rng(6)
    a, b = draw.normal(0, 1, 5), draw.normal(0.9, 1, 5)
    n = samples.seeds_to_settle(a, b)
    assert n is not None
    spread = math.sqrt((a.var(ddof=1) + b.var(ddof=1)) / n)

    def power(runs: int) -> float:
        t = stats.t.ppf(0.975, 2 * runs - 2)
        return float(1 - stats.nct.cdf(t, 2 * runs - 2, abs(b.mean() - a.mean()) / (spread * math.sqrt(n / runs))))

    assert power(n) == pytest.approx(0.8, abs=0.06)


def test_what_cannot_vary_or_differ_breaks_nothing() -> None:
    same = np.array([1.0, 1.0, 1.0])
    assert samples.hedges_g(same, same + 1) is None
    assert samples.difference_interval(same, same + 1) == (1.0, 1.0)
    assert samples.permutation_p(same, same) == 1.0
    assert samples.seeds_to_settle(same, same) is None
    assert samples.seeds_to_settle(same, same + 1) == 4
    noise = np.random.default_rng(0).normal(0, 1e6, 3)
    assert samples.seeds_to_settle(noise, noise + 1) is None


def test_holm_multiplies_the_smallest_most_and_never_reorders() -> None:
    assert samples.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert samples.holm([0.9, 0.8]) == [1.0, 1.0]
    assert samples.holm([]) == []
