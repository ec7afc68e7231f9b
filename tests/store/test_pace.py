"""The writer steps aside for threads that work, and for nobody else."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from runstone import turns
from runstone.store import pace


@pytest.fixture(autouse=True)
def training(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a test before has said of this process."""
    monkeypatch.setattr(turns, "_trains", True)


class Clock:
    """Time as told: each call of the pace comes 2 ms after the last; ``busy`` is what other threads worked meanwhile."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, busy: float) -> None:
        self.now, self.others, self.slept, self.busy = 0.0, 0.0, 0, busy
        monkeypatch.setattr(pace.time, "perf_counter", lambda: self.now)
        monkeypatch.setattr(pace.time, "process_time", lambda: self.now + self.others)
        monkeypatch.setattr(pace.time, "thread_time", lambda: self.now)
        monkeypatch.setattr(pace.time, "sleep", self.sleep)

    def sleep(self, seconds: float) -> None:
        self.slept += 1

    def run(self, steps: int) -> int:
        """How often a thread slept in that many steps."""
        step = pace.Pace()
        for _ in range(steps):
            self.now += 0.002
            self.others += self.busy
            step()
        return self.slept


def in_thread(work: Callable[[], int]) -> int:
    found: list[int] = []
    thread = threading.Thread(target=lambda: found.append(work()))
    thread.start()
    thread.join()
    return found[0]


def test_it_steps_aside_for_a_busy_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch, busy=0.001)
    assert in_thread(lambda: clock.run(100)) == 100


def test_it_goes_on_where_nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch, busy=0.0)
    assert in_thread(lambda: clock.run(100)) < pace.IN_VAIN


def test_the_main_thread_waits_for_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Clock(monkeypatch, busy=0.001).run(100) == 0


def test_a_server_waits_for_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    turns.nobody_trains()
    clock = Clock(monkeypatch, busy=0.001)
    assert in_thread(lambda: clock.run(100)) == 0
