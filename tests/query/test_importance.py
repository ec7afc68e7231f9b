"""Which params matter: the arithmetic is SciPy's, the order is the truth's, and what cannot be said is not said."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import special, stats

from runstone.query.association import correlation_ratio, incomplete_beta, ranks, spearman
from runstone.query.importance import importances

DRAW = np.random.default_rng(11)


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("n", [5, 12, 300])
def test_rank_correlation_is_scipys(n: int, ties: bool) -> None:
    a = DRAW.integers(0, 4, n).astype(float) if ties else DRAW.normal(size=n)
    b = a + DRAW.normal(size=n)
    theirs = stats.spearmanr(a, b)
    ours = spearman(a, b)
    assert ours.value == pytest.approx(theirs.statistic)
    assert ours.p == pytest.approx(theirs.pvalue, rel=1e-9)
    assert ours.low is not None
    assert ours.high is not None
    assert ours.low < theirs.statistic < ours.high
    assert np.allclose(ranks(a), stats.rankdata(a))


def test_the_interval_of_a_rank_correlation_covers_as_often_as_it_says() -> None:
    draw = np.random.default_rng(5)
    truth = 6 / math.pi * math.asin(0.6 / 2)  # Spearman's rho of a normal pair with correlation 0.6
    inside = 0
    for _ in range(400):
        a = draw.normal(size=60)
        found = spearman(a, 0.6 * a + 0.8 * draw.normal(size=60))
        assert found.low is not None
        assert found.high is not None
        inside += found.low <= truth <= found.high
    assert 0.92 <= inside / 400 <= 0.98


def test_correlation_ratio_has_the_p_of_scipys_analysis_of_variance() -> None:
    groups = [DRAW.normal(mean, 1, size) for mean, size in ((0, 8), (1, 11), (0.4, 5))]
    found = correlation_ratio([name for name, group in zip("abc", groups, strict=True) for _ in group], np.concatenate(groups))
    theirs = stats.f_oneway(*groups)
    k, n = 3, 24
    assert found.p == pytest.approx(theirs.pvalue, rel=1e-9)
    assert found.value is not None
    eta = found.value**2
    assert eta / (1 - eta) * (n - k) / (k - 1) == pytest.approx(theirs.statistic)


@pytest.mark.parametrize("x", [0.0, 1e-9, 0.1, 0.5, 0.93, 1.0])
@pytest.mark.parametrize(("a", "b"), [(0.5, 0.5), (2, 0.5), (1, 1), (150, 0.5), (3, 40)])
def test_incomplete_beta_is_scipys(x: float, a: float, b: float) -> None:
    assert incomplete_beta(x, a, b) == pytest.approx(special.betainc(a, b, x), rel=1e-9, abs=1e-14)


def made(n: int = 120) -> tuple[dict[str, list[str | None]], list[float]]:
    draw = np.random.default_rng(2)
    lr = 10.0 ** draw.uniform(-5, -1, n)
    kind = draw.choice(["adam", "sgd", "lion"], n)
    columns: dict[str, list[str | None]] = {
        "lr": [f"{one:.3g}" for one in lr],
        "optimizer": [str(one) for one in kind],
        "noise": [f"{one:.3f}" for one in draw.random(n)],
        "constant": ["1"] * n,
        "rare": [None if i % 2 else "x" for i in range(n)],
    }
    y = np.log10(lr) + 1.5 * (kind == "lion") + 0.1 * draw.normal(size=n)
    return columns, y.tolist()


def test_what_matters_comes_first_and_noise_is_not_sure() -> None:
    columns, y = made()
    found = importances(columns, y)
    assert [one.name for one in found.params[:2]] == ["lr", "optimizer"]
    assert "constant" not in [one.name for one in found.params]
    by_name = {one.name: one for one in found.params}
    assert by_name["lr"].low > 0.5
    assert by_name["optimizer"].low > 0
    assert by_name["noise"].low < 0.02
    assert by_name["noise"].importance < 0.05
    assert (by_name["lr"].numeric, by_name["optimizer"].numeric) == (True, False)
    assert found.explained is not None
    assert found.explained > 0.8
    assert "lr, optimizer" in found.words
    assert importances(columns, y) == found


def test_a_metric_that_nothing_explains_is_told_so() -> None:
    columns, _ = made()
    found = importances(columns, np.random.default_rng(1).normal(size=120).tolist())
    assert found.explained is not None
    assert found.explained < 0.1
    assert "explain next to nothing" in found.words


def test_the_square_of_a_param_matters_though_it_does_not_correlate() -> None:
    x = np.linspace(-1, 1, 100)
    found = importances({"x": x.tolist(), "z": np.random.default_rng(0).random(100).tolist()}, (x**2).tolist())
    assert found.params[0].name == "x"
    assert found.params[0].low > 0.5
    assert abs(found.params[0].correlation.value or 0) < 0.05


@pytest.mark.parametrize(
    ("target", "words"),
    [([1.0, 2.0, math.nan, math.inf], "it takes 10"), ([1.0] * 20, "the metric is equal"), ([None] * 20, "0 runs")],
)
def test_too_little_is_said_in_words(target: list[float], words: str) -> None:
    found = importances({"p": [str(i) for i in range(len(target))]}, target)
    assert (found.params, found.explained) == ([], None)
    assert words in found.words


def test_more_runs_than_can_be_looked_at_are_a_sample() -> None:
    draw = np.random.default_rng(3)
    x = draw.random(1_500)
    found = importances({"x": x.tolist()}, x.tolist())
    assert (found.runs, found.used) == (1_500, 1_000)
