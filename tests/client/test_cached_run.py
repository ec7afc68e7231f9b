"""A cached run is made once; its block is skipped when it was made before."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest

import runstone
from runstone.client import context


@pytest.fixture(autouse=True)
def known_surroundings(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    tags = {"runstone.code": "c1", "runstone.environment": "e1"}
    monkeypatch.setattr(context, "tags_now", lambda: dict(tags))
    runstone.set_experiment("cached")
    return tags


def make(params: dict[str, Any], calls: list[Any], **options: Any) -> tuple[bool, str]:
    cached = runstone.cached_run(params, **options)
    with cached as run:
        calls += [params]
        runstone.log_metric("accuracy", 0.5)
    return cached.cached, run.info.run_id


def test_the_second_time_the_block_is_skipped() -> None:
    calls: list[Any] = []
    first = make({"a": 1}, calls)
    second = make({"a": 1}, calls)
    assert (first[0], second[0]) == (False, True)
    assert first[1] == second[1]
    assert len(calls) == 1
    assert runstone.get_run(first[1]).info.status == "FINISHED"
    assert runstone.get_run(first[1]).data.params == {"a": "1"}
    assert runstone.active_run() is None


def test_the_found_run_has_its_numbers() -> None:
    make({"a": 1}, [])
    with runstone.cached_run({"a": 1}) as run:
        raise AssertionError("made again")
    assert run.data.metrics == {"accuracy": 0.5}


@pytest.mark.parametrize("change", ["params", "data", "code", "environment"])
def test_what_it_is_made_of_makes_another_run(change: str, known_surroundings: dict[str, str]) -> None:
    calls: list[Any] = []
    data = [runstone.data.from_numpy(np.arange(4), name="d")]
    first = make({"a": 1}, calls, datasets=data)
    if change == "data":
        data = [runstone.data.from_numpy(np.arange(5), name="d")]
    elif change != "params":
        known_surroundings[f"runstone.{change}"] = "other"
    second = make({"a": 2 if change == "params" else 1}, calls, datasets=data)
    assert first[1] != second[1]
    assert len(calls) == 2


def test_code_may_be_left_out_of_account(known_surroundings: dict[str, str]) -> None:
    calls: list[Any] = []
    make({"a": 1}, calls, code=False)
    known_surroundings["runstone.code"] = "other"
    assert make({"a": 1}, calls, code=False)[0] is True


def test_a_failed_run_is_made_again() -> None:
    calls: list[Any] = []
    with pytest.raises(TypeError):
        make({"a": 1}, None)  # type: ignore[arg-type]
    assert make({"a": 1}, calls)[0] is False


def test_no_trace_function_is_left_behind() -> None:
    make({"a": 1}, [])
    before = sys.gettrace()
    make({"a": 1}, [])
    assert sys.gettrace() is before
    assert sys._getframe().f_trace is None


def test_under_a_debugger_the_block_runs() -> None:
    calls: list[Any] = []
    make({"a": 1}, calls)

    def debugger(*event: Any) -> None:
        return None

    before = sys.gettrace()
    sys.settrace(debugger)
    try:
        make({"a": 1}, calls)
    finally:
        sys.settrace(before)
    assert len(calls) == 2
