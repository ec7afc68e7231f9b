"""Background threads work one at a time, and none waits for ever."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from runstone import turns


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Turns of these threads alone, in a process that trains."""
    monkeypatch.setattr(turns, "_turns", turns._Turns())
    monkeypatch.setattr(turns, "_trains", True)


def started(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


class Other:
    """A second thread that wants to work; ``there`` once it does, until ``leave`` is set."""

    def __init__(self) -> None:
        self.there, self.leave = threading.Event(), threading.Event()
        self.thread = started(self._work)

    def _work(self) -> None:
        with turns.at_work():
            self.there.set()
            self.leave.wait(10)

    def waits(self) -> bool:
        """Once it has begun to wait."""
        while not (self.there.is_set() or turns.awaited()):
            pass
        return not self.there.wait(0.05)

    def __enter__(self) -> Other:
        return self

    def __exit__(self, *_: object) -> None:
        self.leave.set()
        self.thread.join(10)


def test_one_works_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "PATIENCE", 10)
    most = inside = 0

    def work() -> None:
        nonlocal inside, most
        for _ in range(50):
            with turns.at_work():
                inside += 1
                most = max(most, inside)
                for _ in range(1000):
                    pass
                inside -= 1

    threads = [started(work) for _ in range(4)]
    for thread in threads:
        thread.join(30)
    assert most == 1


def test_another_one_works_while_this_one_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "PATIENCE", 10)
    with turns.at_work(), Other() as other:
        assert other.waits()
        with turns.away():
            assert other.there.wait(10)
            other.leave.set()


def test_another_one_works_while_this_one_steps_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "PATIENCE", 10)
    with turns.at_work(), Other() as other:
        assert other.waits()
        other.leave.set()
        while not other.there.is_set():
            turns.step_aside(0.001)


def test_it_waits_again_before_it_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "PATIENCE", 10)
    back = threading.Event()
    other: list[Other] = []

    def first() -> None:
        with turns.at_work():
            with turns.away():
                other.append(Other())
                other[0].there.wait(10)
            back.set()

    thread = started(first)
    assert not back.wait(0.1)
    other[0].leave.set()
    assert back.wait(10)
    thread.join(10)


def test_who_waited_in_vain_goes_first() -> None:
    with turns.at_work(), Other() as other:
        assert other.there.wait(10)  # after ``PATIENCE``, with the first one still at work
        turns.step_aside(0.001)  # and this one waits no longer than that, either


def test_a_servers_threads_wait_for_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "PATIENCE", 10)
    turns.nobody_trains()
    with turns.at_work(), Other() as other:
        assert other.there.wait(5)


def test_who_is_not_at_work_takes_no_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "PATIENCE", 10)
    with Other() as other:
        assert other.there.wait(10)
        turns.step_aside(0.001)
        with turns.away():
            pass
        assert turns._turns.whose == other.thread.ident
