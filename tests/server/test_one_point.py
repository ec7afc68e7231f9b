"""One point alone takes a shorter way into a record than many, and makes the same one."""

from __future__ import annotations

import sys
from types import FrameType

import pytest

from runstone.errors import InvalidValue
from runstone.records import MetricLinks, Metrics
from runstone.server.mlflow.messages import Point
from runstone.server.mlflow.points import metric_records

_LAST = (1 << 63) - 1


@pytest.mark.parametrize(
    ("value", "timestamp", "step"),
    [(0.5, 1, 2), (-0.0, 0, 0), (1e308, _LAST, _LAST), (0.5, 1, -_LAST), (0.5, 1, -_LAST - 1), (3, 1, 2), ("Infinity", 1, 2)],
)
def test_it_is_the_record_of_its_columns(value: float | str, timestamp: int, step: int) -> None:
    expected = Metrics.of("a", ["loss"], [0], [step], [float(value)], [timestamp])
    assert metric_records("a", [Point("loss", value, timestamp, step)]) == [expected]


@pytest.mark.parametrize(
    "point",
    [
        Point("loss", 0.5, -1, 0),
        Point("loss", 0.5, _LAST + 1, 0),
        Point("loss", 0.5, 1, _LAST + 1),
        Point("loss", 0.5, 1, -_LAST - 2),
        Point("loss", "much", 1, 0),
        Point("loss", True, 1, 0),
        Point("../loss", 0.5, 1, 0),
        Point("", 0.5, 1, 0),
    ],
)
def test_what_cannot_be_is_refused_as_among_others(point: Point) -> None:
    with pytest.raises(InvalidValue) as alone:
        metric_records("a", [point])
    with pytest.raises(InvalidValue) as among:
        metric_records("a", [point, Point("loss", 0.5, 1, 1)])
    assert alone.value.message == among.value.message


def test_a_point_that_names_a_model_has_its_link() -> None:
    for count in (1, 2):
        points = [Point("loss", 0.5, 1, 2, "m-1")] + [Point("loss", 0.5, 1, 3)] * (count - 1)
        assert metric_records("a", points)[1:] == [MetricLinks("a", "loss", 2, 1, 0.5, "m-1", None, None)]


def test_it_takes_few_calls() -> None:
    counted = 0

    def see(frame: FrameType, what: str, _: object) -> None:
        nonlocal counted
        counted += what in ("call", "c_call")

    points = [Point("loss", 0.5, 1, 2)]
    metric_records("a", points)
    sys.setprofile(see)
    try:
        metric_records("a", points)
    finally:
        sys.setprofile(None)
    assert counted <= 14
