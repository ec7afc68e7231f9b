"""What every store must do with the points of metrics; the base of :class:`~.store_suite.StoreSuite`."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from typing import Any

import pytest

from runstone.contracts import RunQuery, Series, Store
from runstone.errors import InvalidValue, NotFound
from runstone.records import Metrics, RunStarted

from .fresh_store import FreshStore

NAN, INFINITY = math.nan, math.inf


def metrics(run_id: str, **series: Sequence[tuple[int, float, int]]) -> Metrics:
    """A record of points, (step, value, timestamp) each."""
    rows = [(number, *point) for number, points in enumerate(series.values()) for point in points]
    columns = list(zip(*rows, strict=True)) or [(), (), (), ()]
    packed = [struct.pack(f"<{len(rows)}{kind}", *columns[i]) for i, kind in ((0, "I"), (1, "q"), (2, "d"), (3, "q"))]
    return Metrics(run_id, list(series), *packed)


def rows(series: Series) -> list[tuple[int, float, int]]:
    """Points of a series, as :func:`metrics` takes them."""
    return list(zip(series.steps.tolist(), series.values.tolist(), series.timestamps.tolist(), strict=True))


class MetricsSuite(FreshStore):
    """Each test gets a fresh, empty store in ``store``."""

    @pytest.fixture
    def run(self, store: Store) -> str:
        return self.start(store)

    def start(self, store: Store, run_id: str = "r1", experiment_id: str = "0", **fields: Any) -> str:
        """A run that has begun."""
        self.write(store, RunStarted(run_id, experiment_id, 1000, fields.pop("name", "nice-name"), **fields))
        return run_id

    def test_the_latest_point_is_the_greatest_by_step_timestamp_and_value(self, store: Store, run: str) -> None:
        self.write(store, metrics(run, a=[(5, 1.0, 10), (3, 9.0, 99)], b=[(1, 1.0, 5), (1, 3.0, 5), (1, 2.0, 5)]))
        assert store.get_run(run).data.metrics == {"a": 1.0, "b": 3.0}
        self.write(store, metrics(run, a=[(5, 0.5, 11)], b=[(1, NAN, 5)]))
        assert store.get_run(run).data.metrics == {"a": 0.5, "b": 3.0}
        self.write(store, metrics(run, a=[(5, 0.1, 9)], b=[(2, NAN, 0)]))
        assert store.get_run(run).data.metrics["a"] == 0.5
        assert math.isnan(store.get_run(run).data.metrics["b"])

    def test_a_series_is_summed_up(self, store: Store, run: str) -> None:
        self.write(store, metrics(run, m=[(3, 2.0, 30), (1, NAN, 10), (2, -INFINITY, 20)]))
        self.write(store, metrics(run, m=[(0, 5.0, 5), (9, 5.0, 90), (4, INFINITY, 40)]))
        summary = store.get_run(run).data.summaries["m"]
        assert (summary.count, summary.nans) == (6, 1)
        assert (summary.first, summary.first_step, summary.first_timestamp) == (5.0, 0, 5)
        assert (summary.last, summary.last_step, summary.last_timestamp) == (5.0, 9, 90)
        assert (summary.min, summary.min_step, summary.max, summary.max_step) == (-INFINITY, 2, INFINITY, 4)
        assert summary.mean is None  # of both infinities
        self.write(store, metrics(run, empty=[(0, NAN, 1), (1, NAN, 2)]))
        summary = store.get_run(run).data.summaries["empty"]
        assert (summary.count, summary.nans, summary.min, summary.max_step, summary.mean) == (2, 2, None, None, None)
        assert math.isnan(summary.last)

    def test_the_mean_of_a_series_is_that_of_all_its_numbers_wherever_they_lie(self, store: Store, run: str) -> None:
        values = [step % 7 - 1.5 for step in range(700)]
        for start, end in ((0, 1), (1, 40), (40, 650), (650, 700)):  # alone, hot, in a chunk, hot again
            self.write(store, metrics(run, m=[(step, values[step], step) for step in range(start, end)]))
            assert store.get_run(run).data.summaries["m"].mean == pytest.approx(sum(values[:end]) / end, rel=1e-14)
        self.write(store, metrics(run, m=[(700, NAN, 700)], high=[(0, 1.0, 0), (1, INFINITY, 1)]))
        whole = store.get_run(run).data.summaries
        assert whole["m"].mean == pytest.approx(sum(values) / 700, rel=1e-14)
        assert whole["high"].mean == INFINITY
        query = RunQuery(
            experiment_ids=(store.get_run(run).info.experiment_id,),
            filter="mean(metrics.m) > 1.4 AND mean(metrics.high) > 1e300",
            order_by=("mean(metrics.m)",),
        )
        assert [one.info.run_id for one in store.search_runs(query)] == [run]
        assert store.table(query, ["metrics.m:mean"]).values == [[whole["m"].mean]]

    @pytest.mark.parametrize("value", [0.0, -0.0, NAN, INFINITY, -INFINITY, 5e-324, 1.7976931348623157e308, 0.1])
    def test_values_are_exact(self, store: Store, run: str, value: float) -> None:
        self.write(store, metrics(run, one=[(-5, value, 1)], few=[(1, 1.0, 1), (2, value, 2)]))
        self.write(store, metrics(run, many=[(step, value if step % 2 else 1.5, step) for step in range(600)]))
        found = [
            *store.history(run, "one").values.tolist(),
            store.history(run, "few").values[1],
            *store.history(run, "many").values[1::2].tolist(),
        ]
        assert {struct.pack("<d", one) if one == one else b"nan" for one in found} == {
            struct.pack("<d", value) if value == value else b"nan"
        }

    def test_history_is_in_order_of_step_then_timestamp(self, store: Store, run: str) -> None:
        points = [(2, 1.0, 5), (-(2**63), 2.0, 0), (2, 3.0, 4), (2**63 - 1, 4.0, 9), (2, 5.0, 4), (0, 6.0, -7)]
        for start in range(0, 6, 2):
            self.write(store, metrics(run, m=points[start : start + 2]))
        assert rows(store.history(run, "m")) == sorted(points, key=lambda point: (point[0], point[2]))

    def test_history_of_what_is_not_there(self, store: Store, run: str) -> None:
        assert rows(store.history(run, "nothing")) == []
        assert store.history(run, "nothing").total == 0
        with pytest.raises(NotFound):
            store.history("nobody", "m")

    def test_many_points_in_many_pieces_come_back(self, store: Store, run: str) -> None:
        points = [(step, math.sin(step / 50), 1_700_000_000_000 + 7 * step) for step in range(9000)]
        at = 0
        for size in (1, 1, 2, 100, 151, 1, 255, 256, 257, 3000, 1, 500, 400, 300, 300, 300, 300, 300, 300, 300, 1975):
            self.write(store, metrics(run, m=points[at : at + size], other=points[at : at + 1]))
            at += size
        assert at == len(points)
        assert rows(store.history(run, "m")) == points
        assert store.get_run(run).data.summaries["m"].count == 9000
        assert len(rows(store.history(run, "other"))) == 21

    def test_points_out_of_order_over_many_pieces(self, store: Store, run: str) -> None:
        points = [((step * 7919) % 4001, float(step), step // 3) for step in range(6000)]
        for at in range(0, 6000, 400):
            self.write(store, metrics(run, m=points[at : at + 400]))
        assert rows(store.history(run, "m")) == sorted(points, key=lambda point: (point[0], point[2]))

    def test_a_window_and_a_range_of_a_history(self, store: Store, run: str) -> None:
        points = [(step, float(step), step) for step in range(5000)]
        for at in range(0, 5000, 700):
            self.write(store, metrics(run, m=points[at : at + 700]))
        whole = rows(store.history(run, "m"))
        for after, limit in ((0, 10), (699, 3), (4990, 100), (700, 700), (1, None), (6000, 5), (0, 0)):
            part = store.history(run, "m", after=after, limit=limit)
            assert rows(part) == whole[after:][:limit], (after, limit)
            assert part.total == 5000
        part = store.history(run, "m", start=1200, end=3100)
        assert (rows(part), part.total) == (whole[1200:3101], 1901)
        part = store.history(run, "m", start=1200, end=3100, after=1000, limit=5)
        assert (rows(part), part.total) == (whole[2200:2205], 1901)
        assert rows(store.history(run, "m", start=10**30)) == []

    def test_a_sample_keeps_ends_and_extremes(self, store: Store, run: str) -> None:
        for at in range(0, 60_000, 6000):
            values = [math.sin(step / 900) for step in range(at, at + 6000)]
            if at == 18_000:
                values[123], values[124] = 1000.0, -INFINITY
            self.write(store, metrics(run, m=[(at + i, value, at + i) for i, value in enumerate(values)]))
        self.write(store, metrics(run, lone=[(7, 0.5, 7)]))
        m, lone = store.sample([run, "nobody"], ["m", "lone", "nothing"], 200)
        assert (m.run_id, m.key, m.total) == (run, "m", 60_000)
        assert len(m.steps) <= 260
        points = rows(m)
        assert points == sorted(points)
        assert {0, 18_123, 18_124, 59_999} <= {step for step, _, _ in points}
        assert set(points) <= set(rows(store.history(run, "m")))
        assert rows(lone) == [(7, 0.5, 7)]

    def test_a_sample_of_a_range_sees_only_the_range(self, store: Store, run: str) -> None:
        for at in range(0, 40_000, 4000):
            self.write(store, metrics(run, m=[(step, float(step % 1000), step) for step in range(at, at + 4000)]))
        (part,) = store.sample([run], ["m"], 50, start=5500, end=30_500)
        assert (int(part.steps[0]), int(part.steps[-1]), part.total) == (5500, 30_500, 25_001)
        assert (part.values.min(), part.values.max()) == (0.0, 999.0)
        (part,) = store.sample([run], ["m"], 50, start=5500, end=5510)
        assert rows(part) == [(step, float(step % 1000), step) for step in range(5500, 5511)]

    def test_a_sample_near_a_range_hides_no_extreme_of_it(self, store: Store, run: str) -> None:
        for at in range(0, 60_000, 6000):
            self.write(store, metrics(run, m=[(step, math.sin(step * step), step) for step in range(at, at + 6000)]))
        for step, value in ((20_001, 900.0), (20_000, -800.0), (40_000, 700.0), (40_001, -INFINITY)):
            self.write(store, metrics(run, m=[(step, value, step)]))  # beside the ends, on either side
        whole = set(rows(store.history(run, "m")))
        for start, end in (
            (20_001, 40_000),
            (None, 40_000),
            (20_001, None),
            (-(10**20), 10**20),
            (20_001, 20_040),
            (70_000, 80_000),
        ):
            (exact,) = store.sample([run], ["m"], 100, start, end)
            (near,) = store.sample([run], ["m"], 100, start, end, near=True)
            assert set(rows(near)) <= whole
            assert rows(near) == sorted(rows(near))
            assert abs(near.total - exact.total) <= 8
            if not exact.total:
                assert not near.total
                continue
            assert near.values.min() <= exact.values.min()
            assert near.values.max() >= exact.values.max()
            low, high = (start if start is not None else 0), (end if end is not None else 60_000)
            beside = [step for step, _, _ in rows(near) if not low <= step <= high]
            assert all(low - 2 * 128 <= step <= high + 2 * 128 for step in beside)
            assert len(beside) <= 4 * 12  # of no chunk more than two on a side

    def test_columns_that_do_not_fit_are_refused(self, store: Store, run: str) -> None:
        good = metrics(run, m=[(0, 1.0, 1)])
        for bad in (
            Metrics(run, [], good.series, good.steps, good.values, good.timestamps),
            Metrics(run, ["m"], good.series, good.steps, good.values, b""),
            Metrics(run, ["m"], good.series * 2, good.steps, good.values, good.timestamps),
            Metrics(run, ["m"], b"\1\0\0", good.steps, good.values, good.timestamps),
        ):
            with pytest.raises(InvalidValue, match=run):
                self.write(store, bad)
