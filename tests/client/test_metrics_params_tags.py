"""What is logged is what is read back."""

from __future__ import annotations

import math
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import runstone
from runstone.client.run_log import RunLog
from runstone.errors import InvalidValue, NotFound, ParamChanged, RecordTooLarge
from runstone.journal.writer import JournalWriter
from runstone.wire import METRIC_BYTES

KEYS = ["loss", "val/loss", "größe", "精度", "a b", "π-1.5:2", "k" * 10_000, "🚀"]


def points(run_id: str, key: str) -> list[tuple[int, float]]:
    return [(metric.step, metric.value) for metric in runstone.MlflowClient().get_metric_history(run_id, key)]


def test_points_keep_step_order_and_exact_values() -> None:
    with runstone.start_run() as run:
        for step in range(100):
            runstone.log_metric("loss", 1 / (step + 1), step)
        runstone.log_metric("nan", float("nan"))
        runstone.log_metric("inf", float("-inf"), step=3)
    assert points(run.info.run_id, "loss") == [(step, 1 / (step + 1)) for step in range(100)]
    data = runstone.get_run(run.info.run_id).data
    assert math.isnan(data.metrics["nan"])
    assert data.metrics["inf"] == float("-inf")


def test_last_value_is_that_of_the_greatest_step() -> None:
    with runstone.start_run() as run:
        for step in (5, -2, 10, 3):
            runstone.log_metric("m", step * 1.5, step=step)
    data = runstone.get_run(run.info.run_id).data
    assert data.metrics == {"m": 15.0}
    assert (data.summaries["m"].min, data.summaries["m"].min_step, data.summaries["m"].count) == (-3.0, -2, 4)


def test_log_metric_answers_as_mlflow_does() -> None:
    with runstone.start_run() as run:
        assert runstone.log_metric("m", 1) is None
        assert runstone.log_metric("m", 2, step=1, synchronous=True) is None
        operation = runstone.log_metric("m", 3, step=2, synchronous=False)
        assert operation is not None
        operation.wait()
        assert runstone.log_metrics({"a": 1}) is None
        assert runstone.log_param("p", 7) == 7
        assert runstone.log_params({"q": 1}) is None
        assert runstone.set_tag("t", 1) is None
        runstone.log_param("r", 1, synchronous=False).wait()
    assert runstone.get_run(run.info.run_id).data.metrics == {"m": 3.0, "a": 1.0}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, 1.0),
        (3, 3.0),
        (np.float32(0.5), 0.5),
        (np.int64(7), 7.0),
        (np.array(2.5), 2.5),
        (np.array([[4.5]]), 4.5),
        ("0.25", 0.25),
    ],
)
def test_values_with_one_number_in_them_are_taken(value: object, expected: float) -> None:
    with runstone.start_run() as run:
        runstone.log_metric("m", value)
        runstone.log_metric("m", value, step=1)  # the second time takes another road
        runstone.log_metrics({"n": value})
    assert runstone.get_run(run.info.run_id).data.metrics == {"m": expected, "n": expected}
    assert len(points(run.info.run_id, "m")) == 2


@pytest.mark.parametrize("value", ["high", None, 1j, [1.0, 2.0], np.array([1.0, 2.0]), {}, 10**400, object()])
def test_a_value_that_is_no_number_says_so_and_loses_nothing(value: object) -> None:
    with runstone.start_run() as run:
        runstone.log_metric("m", 1.0)
        for _ in range(2):
            with pytest.raises(InvalidValue, match=r"Metric 'm' got .* not one real number"):
                runstone.log_metric("m", value, step=1)
        with pytest.raises(InvalidValue, match="Metric 'bad'"):
            runstone.log_metrics({"good": 1.0, "bad": value})
        runstone.log_metric("m", 2.0, step=2)
    assert points(run.info.run_id, "m") == [(0, 1.0), (2, 2.0)]
    assert "good" not in runstone.get_run(run.info.run_id).data.metrics


@pytest.mark.parametrize("step", [2.5, "3", 2**63, -(2**63) - 1, float("nan"), float("inf"), [1]])
def test_a_step_that_is_no_whole_number_of_64_bits_says_so(step: object) -> None:
    with runstone.start_run() as run:
        runstone.log_metric("m", 1.0)
        with pytest.raises(InvalidValue, match="step got .* whole number"):
            runstone.log_metric("m", 2.0, step=step)
    assert points(run.info.run_id, "m") == [(0, 1.0)]


@pytest.mark.parametrize(
    ("step", "expected"), [(2.0, 2), (np.int32(5), 5), (np.array(6), 6), (-4, -4), (2**63 - 1, 2**63 - 1), (-(2**63), -(2**63))]
)
def test_whole_steps_of_any_kind_are_taken(step: object, expected: int) -> None:
    with runstone.start_run() as run:
        runstone.log_metric("m", 1.0)
        runstone.log_metric("m", 9.0, step=step)
    assert (expected, 9.0) in points(run.info.run_id, "m")


def test_a_given_timestamp_is_kept_and_none_means_now() -> None:
    before = time.time_ns() // 1_000_000
    with runstone.start_run() as run:
        runstone.log_metric("m", 1.0, step=1, timestamp=1_600_000_000_123)
        runstone.log_metrics({"m": 2.0}, step=2)
    first, second = runstone.MlflowClient().get_metric_history(run.info.run_id, "m")
    assert first.timestamp == 1_600_000_000_123
    assert before <= second.timestamp <= time.time_ns() // 1_000_000


@pytest.mark.parametrize("key", KEYS)
def test_keys_of_any_language_and_length_come_back(key: str) -> None:
    with runstone.start_run() as run:
        runstone.log_metric(key, 1.5)
        runstone.log_metric(key, 2.5, step=1)
        runstone.log_param(key, "p")
        runstone.set_tag(key, "t")
    data = runstone.get_run(run.info.run_id).data
    assert data.metrics == {key: 2.5}
    assert data.params == {key: "p"}
    assert data.tags[key] == "t"


@pytest.mark.parametrize(
    ("key", "problem"),
    [
        ("", "empty"),
        ("  ", "empty"),
        (None, "not text"),
        (5, "not text"),
        (["a"], "not text"),
        ("a\0b", "control character"),
        ("a\nb", "control character"),
        ("../x", "between slashes"),
        ("a/../b", "between slashes"),
        ("..", "between slashes"),
        ("/etc/x", "begins with '/'"),
        ("a\ud800", "surrogate"),
        ("k" * 70_000, "70,000 bytes"),
    ],
)
def test_a_key_that_cannot_be_one_says_why_and_loses_nothing(key: object, problem: str) -> None:
    with runstone.start_run() as run:
        runstone.log_metric("m", 1.0)
        for call in (
            lambda: runstone.log_metric(key, 1.0),
            lambda: runstone.log_param(key, 1),
            lambda: runstone.set_tag(key, 1),
        ):
            with pytest.raises(InvalidValue, match=f"Invalid .* name .*{problem}"):
                call()
        with pytest.raises((InvalidValue, TypeError), match=f"{problem}|unhashable"):
            runstone.log_metrics({"fine": 1.0, key: 2.0})
    assert runstone.get_run(run.info.run_id).data.metrics == {"m": 1.0}


def test_params_never_change_but_may_be_said_again() -> None:
    with runstone.start_run() as run:
        runstone.log_param("depth", 3)
        runstone.log_param("depth", "3")
        with pytest.raises(ParamChanged, match=r"'depth' was already logged with value='3'"):
            runstone.log_param("depth", 4)
        with pytest.raises(ParamChanged):
            runstone.log_params({"other": 1, "depth": 5})
    assert runstone.get_run(run.info.run_id).data.params == {"depth": "3"}


def test_params_are_text_of_any_length() -> None:
    values = {"none": None, "list": [1, 2], "long": "x" * 1_000_000, "empty": "", "unicode": "naïve 🚀"}
    with runstone.start_run() as run:
        runstone.log_params(values)
    assert runstone.get_run(run.info.run_id).data.params == {key: str(value) for key, value in values.items()}


def test_a_record_over_the_cap_says_so_and_loses_nothing() -> None:
    with runstone.start_run() as run:
        with pytest.raises(RecordTooLarge, match="16,777,216"):
            runstone.log_param("huge", "x" * (17 << 20))
        runstone.log_param("huge", "fits")
    assert runstone.get_run(run.info.run_id).data.params == {"huge": "fits"}


@pytest.mark.parametrize("values", [None, "a=1", [("a", 1)], 5])
def test_a_dict_is_asked_for_where_one_is_needed(values: object) -> None:
    with runstone.start_run():
        for call in (runstone.log_params, runstone.log_metrics, runstone.set_tags):
            with pytest.raises(InvalidValue, match="must be a dict"):
                call(values)


def test_empty_dicts_log_nothing() -> None:
    with runstone.start_run() as run:
        runstone.log_params({})
        runstone.log_metrics({})
        runstone.set_tags({})
    assert runstone.get_run(run.info.run_id).data.params == {}


def test_tags_change_and_go() -> None:
    with runstone.start_run() as run:
        runstone.set_tags({"stage": "draft", "owner": 5})
        runstone.set_tag("stage", "final")
        runstone.delete_tag("owner")
        with pytest.raises(NotFound, match="No tag with name 'owner'"):
            runstone.delete_tag("owner")
    tags = runstone.get_run(run.info.run_id).data.tags
    assert tags["stage"] == "final"
    assert "owner" not in tags


def test_the_name_is_a_tag() -> None:
    with runstone.start_run(run_name="one") as run:
        runstone.set_tag("mlflow.runName", "two")
    found = runstone.get_run(run.info.run_id)
    assert (found.info.run_name, found.data.tags["mlflow.runName"]) == ("two", "two")


def test_logging_to_another_run_by_id() -> None:
    with runstone.start_run() as first:
        runstone.log_param("p", 1)
    with runstone.start_run():
        runstone.log_metric("m", 1.0, run_id=first.info.run_id)
        runstone.log_metrics({"n": 2.0}, run_id=first.info.run_id)
        runstone.log_params({"q": 2}, run_id=first.info.run_id)
        with pytest.raises(ParamChanged):
            runstone.log_params({"p": 2}, run_id=first.info.run_id)
    found = runstone.get_run(first.info.run_id)
    assert found.data.metrics == {"m": 1.0, "n": 2.0}
    assert found.data.params == {"p": "1", "q": "2"}
    assert found.info.status == "FINISHED"


def test_many_keys_and_points_roll_over_segments() -> None:
    keys = [f"layer{number}/grad" for number in range(200)]
    with runstone.start_run() as run:
        for step in range(40):
            runstone.log_metrics(dict.fromkeys(keys, step * 0.5), step=step)
            runstone.log_metric("loss", step, step)
    data = runstone.get_run(run.info.run_id).data
    assert len(data.metrics) == 201
    assert {summary.count for summary in data.summaries.values()} == {40}


def test_reads_see_what_was_just_logged() -> None:
    with runstone.start_run() as run:
        for step in range(5):
            runstone.log_metric("m", step, step)
            assert runstone.get_run(run.info.run_id).data.metrics == {"m": float(step)}
        history = runstone.MlflowClient().history(run.info.run_id, "m", start=1, end=3)
    assert history.steps.tolist() == [1, 2, 3]
    assert history.values.dtype == np.float64


def test_flush_says_that_all_is_stored() -> None:
    with runstone.start_run():
        runstone.log_metric("m", 1.0)
        assert runstone.flush()
        assert runstone.flush(timeout=5)
        assert runstone.flush_async_logging() is None


@given(
    calls=st.lists(
        st.tuples(
            st.dictionaries(st.sampled_from([f"m{number}" for number in range(9)]), st.floats(allow_nan=False), max_size=9),
            st.one_of(st.none(), st.integers(-5, 5)),
            st.one_of(st.none(), st.integers(0, 2**50)),
        ),
        max_size=8,
    )
)
@settings(max_examples=30, deadline=None)
def test_dicts_of_metrics_are_read_back_whole_whatever_came_before(
    calls: list[tuple[dict[str, float], int | None, int | None]],
) -> None:
    logged: dict[str, list[tuple[int, float]]] = {}
    with runstone.start_run() as run:
        for values, step, timestamp in calls:
            runstone.log_metrics(values, step=step, timestamp=timestamp)
            for key, value in values.items():
                logged.setdefault(key, []).append((step or 0, value))
    for key, expected in logged.items():
        assert sorted(points(run.info.run_id, key)) == sorted(expected)


def test_a_summary_of_many_metrics_is_one_short_record(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path, "a" * 32)
    log = RunLog(writer, "a" * 32, "1", "")
    sizes = [writer.position]
    for step in range(3):
        log.metrics({f"m{number}": 0.5 for number in range(50)}, step=step)
        sizes.append(writer.position)
    log.close()
    summary, named, numbered = (after - before for before, after in pairwise(sizes))
    assert summary < numbered, "each new key costs frames of its own"
    assert named > numbered == 50 * METRIC_BYTES, "a key that comes again is not known by its number from then on"
