"""Several processes on one store; processes that die while they write."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

from runstone import connect, process
from runstone.contracts import Batch
from runstone.records import Lease, RunStarted, Tags
from runstone.testing.store_suite import metrics, rows

WRITER = """
    import sys
    from runstone import connect
    from runstone.contracts import Batch, Origin
    from runstone.records import RunStarted
    from runstone.testing.store_suite import metrics

    store, name, last = connect.open_store(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    store.write(Batch([RunStarted("shared", "0", 1, "x")]))
    position = store.acknowledged(name)
    print("ready", flush=True)
    while position < last:
        points = [(step, 1.0, int(name)) for step in range(position, position + 7)]
        records = [metrics("shared", both=points, **{"only" + name: points}) for _ in range(1)]
        store.write_all([Batch(records, Origin(name, position, position + 7))])
        position += 7
"""


def start(folder: Path, name: str, last: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", textwrap.dedent(WRITER), str(folder), name, str(last)]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    return child


def test_processes_write_to_one_run_at_once(tmp_path: Path) -> None:
    children = [start(tmp_path, name, 700) for name in ("1", "2", "3")]
    assert [child.communicate() and child.returncode for child in children] == [0, 0, 0]
    store = connect.open_store(tmp_path)
    for name in ("1", "2", "3"):
        assert rows(store.history("shared", f"only{name}")) == [(step, 1.0, int(name)) for step in range(700)]
    assert rows(store.history("shared", "both")) == [(step, 1.0, clock) for step in range(700) for clock in (1, 2, 3)]
    assert store.get_run("shared").data.summaries["both"].count == 2100
    assert not store.health(deep=True).problems


def test_a_writer_that_is_killed_leaves_whole_batches_and_can_go_on(tmp_path: Path) -> None:
    for _ in range(6):
        child = start(tmp_path, "1", 10**9)
        time.sleep(0.05)  # where in a transaction this falls is up to chance; that is the point
        child.send_signal(signal.SIGKILL)
        child.communicate()
        store = connect.open_store(tmp_path)
        reached = store.acknowledged("1")
        expected = [(step, 1.0, 1) for step in range(reached)]
        assert rows(store.history("shared", "both")) == expected
        assert rows(store.history("shared", "only1")) == expected
        assert store.get_run("shared").data.metrics.get("both", 1.0) == 1.0
        assert not store.health(deep=True).problems
        connect.close_all()


def test_several_processes_make_one_new_store(tmp_path: Path) -> None:
    children = [start(tmp_path / "new", name, 7) for name in ("1", "2", "3", "4")]
    assert [child.communicate() and child.returncode for child in children] == [0] * 4
    assert len(rows(connect.open_store(tmp_path / "new").history("shared", "both"))) == 28


def test_what_another_process_wrote_is_seen_by_a_writer_that_remembers(tmp_path: Path) -> None:
    store = connect.open_store(tmp_path)
    store.write(Batch([RunStarted("shared", "0", 1, "x"), metrics("shared", both=[(-1, 1.0, 0)])]))
    start(tmp_path, "1", 70).communicate()
    store.write(Batch([metrics("shared", both=[(100, 1.0, 0)])]))
    assert [step for step, _, _ in rows(store.history("shared", "both"))] == [-1, *range(70), 100]
    assert store.get_run("shared").data.summaries["both"].count == 72


def test_a_forked_child_opens_the_store_anew(tmp_path: Path) -> None:
    store = connect.open_store(tmp_path)
    store.write(Batch([RunStarted("r", "0", 1, "x")]))
    child = os.fork()
    if not child:
        try:
            mine = connect.open_store(tmp_path)
            assert mine is not store
            mine.write(Batch([Tags("r", {"from": "child"})]))
            os._exit(0)
        except BaseException:
            os._exit(1)
    assert os.waitpid(child, 0)[1] == 0
    store.write(Batch([Tags("r", {"also": "parent"})]))
    assert {"from", "also"} <= set(store.get_run("r").data.tags)
    assert connect.open_store(tmp_path) is store


def test_a_process_that_lives_is_never_swept_and_a_dead_one_is(tmp_path: Path) -> None:
    store, host = connect.open_store(tmp_path), process.host_identity()
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    store.write(
        Batch(
            [
                RunStarted("mine", "0", 1, "x"),
                RunStarted("childs", "0", 1, "x"),
                Lease("mine", "h", host, os.getpid(), process.process_start(os.getpid()), 1000),
                Lease("childs", "h", host, child.pid, process.process_start(child.pid), 1000),
            ]
        )
    )
    assert store.sweep(10**15) == []
    child.communicate()
    assert list(store.sweep(10**15)) == ["childs"]
    assert [store.get_run(run).info.status for run in ("mine", "childs")] == ["RUNNING", "CRASHED"]
