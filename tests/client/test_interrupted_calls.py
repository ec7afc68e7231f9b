"""A time limit that a signal's handler raises as an exception ends what it should end, also in the middle of a logging call."""

from __future__ import annotations

import functools
import signal
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import runstone
from runstone.client import log as calls
from runstone.client.interruptions import foreign

RAISED: list[type[Exception]] = [TimeoutError, ValueError, KeyError, RuntimeError]


@pytest.fixture
def handler() -> Iterator[Callable[[Any], None]]:
    before = signal.getsignal(signal.SIGALRM)
    yield lambda handler: (signal.signal(signal.SIGALRM, handler), None)[1]
    signal.signal(signal.SIGALRM, before)


def late(error: type[Exception], number: int, frame: object) -> None:
    raise error("late")


@pytest.mark.parametrize("error", RAISED)
def test_it_leaves_the_fast_road(monkeypatch: pytest.MonkeyPatch, handler: Any, error: type[Exception]) -> None:
    handler(functools.partial(late, error))
    with runstone.start_run() as run:
        runstone.log_metric("m", 1.0)
        now = calls._now
        monkeypatch.setattr(calls, "_now", lambda: (signal.raise_signal(signal.SIGALRM), now())[1])
        with pytest.raises(error, match="late"):
            runstone.log_metric("m", 2.0, 1)
        monkeypatch.undo()
    assert runstone.get_run(run.info.run_id).data.metrics == {"m": 1.0}


@pytest.mark.parametrize("strict", ["0", "1"])
def test_it_leaves_the_slow_road_and_is_no_trouble_of_the_journal(
    monkeypatch: pytest.MonkeyPatch, handler: Any, strict: str
) -> None:
    class Slow:
        def __float__(self) -> float:
            signal.raise_signal(signal.SIGALRM)
            return 1.0

    monkeypatch.setenv("RUNSTONE_STRICT", strict)
    handler(functools.partial(late, TimeoutError))
    with runstone.start_run():
        for step in range(2):
            with pytest.raises(TimeoutError, match="late"):
                runstone.log_metric("m", Slow(), step)  # type: ignore[arg-type]


def test_what_is_thrown_into_a_thread_is_not_a_mistake_of_the_call() -> None:
    class Stopped(Exception):
        """As of libraries that stop threads."""

    assert foreign(Stopped())
    assert not foreign(KeyError("new"))
    assert not foreign(ValueError("full"))
