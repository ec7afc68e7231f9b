"""Many curves as one band: quantiles and means are NumPy's and SciPy's, spikes survive, gaps stay gaps."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from runstone.query.bands import band, edges_of

STEPS = np.arange(20, dtype=np.float64)
DRAW = np.random.default_rng(7)


def test_quantiles_are_numpys() -> None:
    values = DRAW.normal(size=(13, 20))
    found = band([(STEPS, row) for row in values], edges_of(-0.5, 19.5, 20))
    expected = np.quantile(values, [0.5, 0.1, 0.9], axis=0)
    assert np.allclose([found.middle, found.low, found.high], expected)
    assert np.allclose(found.xs, STEPS)
    assert np.array_equal(found.least, values.min(axis=0))
    assert np.array_equal(found.greatest, values.max(axis=0))


def test_the_interval_of_a_mean_is_scipys() -> None:
    values = DRAW.normal(size=(6, 20))
    found = band([(STEPS, row) for row in values], edges_of(-0.5, 19.5, 20), mean=True)
    theirs = stats.t.interval(0.95, 5, values.mean(axis=0), stats.sem(values, axis=0))
    assert np.allclose(found.middle, values.mean(axis=0))
    assert np.allclose([found.low, found.high], theirs, rtol=1e-4)


def test_a_lone_spike_stays_in_the_extremes_whatever_the_bins() -> None:
    steps = np.arange(100_000, dtype=np.float64)
    curves = [(steps, DRAW.random(len(steps))) for _ in range(3)]
    curves[1][1][54_321] = 1234.5
    for bins in (2, 7, 200, 1000):
        assert np.nanmax(band(curves, edges_of(0, 99_999, bins)).greatest) == 1234.5


def test_a_run_that_logged_often_counts_no_more_than_another() -> None:
    often = (np.linspace(0, 10, 1000), np.full(1000, 5.0))
    seldom = [(np.array([0.0, 10.0]), np.array([value, value])) for value in (1.0, 2.0)]
    found = band([often, *seldom], edges_of(0, 10, 5))
    assert np.allclose(found.middle, 2.0)
    assert set(found.runs) == {3}


def test_a_curve_has_nothing_outside_its_own_range() -> None:
    found = band([(np.array([0.0, 4.0]), np.array([1.0, 3.0]))], edges_of(-0.5, 9.5, 10))
    assert np.allclose(found.middle[:5], [1, 1.5, 2, 2.5, 3])
    assert np.isnan(found.middle[5:]).all()
    assert found.runs.tolist() == [1] * 5 + [0] * 5
    assert np.isnan(band([], edges_of(0, 1, 3)).middle).all()


def test_what_is_no_number_is_left_out() -> None:
    values = np.array([1.0, np.nan, np.inf, -np.inf, 2.0])
    found = band([(np.arange(5.0), values)], edges_of(-0.5, 4.5, 5))
    assert np.allclose(found.middle, [1, 1.25, 1.5, 1.75, 2])
    assert np.isnan(band([(np.arange(2.0), np.full(2, np.nan))], edges_of(0, 1, 2)).greatest).all()


def test_the_largest_floats_do_not_overflow() -> None:
    huge = np.full(4, 1.7e308)
    found = band([(np.zeros(4), huge), (np.zeros(4), huge)], edges_of(0, 1, 1))
    assert found.middle[0] == pytest.approx(1.7e308)
