"""A fork waits for threads that are inside a store: the child would have their locks, and nobody to release them."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from pathlib import Path

import pytest

from forking import in_child
from runstone import connect
from runstone.contracts import Batch
from runstone.forks import no_fork
from runstone.records import ExperimentCreated

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


@pytest.mark.parametrize("call", ["write", "open"])
def test_a_thread_of_the_user_in_a_store(tmp_path: Path, call: str) -> None:
    """The shipper's own calls were waited for before; those of a thread that writes by itself, or opens a store, were not."""
    place = str(tmp_path)
    if call == "write":
        connect.open_store(place)
    order: list[str] = []
    codes: list[int] = []
    holder = sqlite3.connect(tmp_path / connect.DATABASE, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")

    def work() -> None:
        connect.open_store(place).write(Batch([ExperimentCreated("other")]))

    def of_child() -> None:
        assert connect.open_store(place).get_experiment("0").name == "Default"

    def fork() -> None:
        code = in_child(lambda: None)
        order.append("forked")
        codes.extend([code, in_child(of_child)])

    inside = threading.Thread(target=work)
    forking = threading.Thread(target=fork)
    inside.start()
    time.sleep(0.2)
    forking.start()
    time.sleep(0.3)
    order.append("released")
    holder.execute("ROLLBACK")
    holder.close()
    inside.join()
    forking.join()
    assert order == ["released", "forked"]
    assert codes == [0, 0]


def test_who_forks_inside_waits_for_nobody_but_others() -> None:
    def child() -> None:
        with no_fork, no_fork:
            pass

    with no_fork, no_fork:
        assert in_child(child) == 0
    assert in_child(child) == 0
