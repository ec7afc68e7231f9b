"""Points of requests that come together are acknowledged first and put into their series together, and nobody can tell."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest
from click.testing import CliRunner
from sqlalchemy import event

from runstone.cli.main import cli
from runstone.connect import open_store, opened_here
from runstone.contracts import Batch, RunQuery
from runstone.errors import NotFound, StoreUnavailable, WrongState
from runstone.records import Params, RunChanged, RunStarted
from runstone.store import inbox
from runstone.store.dialects import WRITER
from runstone.store.soundness import damage
from runstone.testing.store_suite import metrics

RUNS = [f"{number:032x}" for number in range(4)]


@pytest.fixture
def slow(monkeypatch):
    """Nothing is moved but by who wants it."""
    monkeypatch.setattr(inbox, "DELAY", 3600)


@pytest.fixture
def uri(new_store, slow):
    return new_store()


@pytest.fixture
def store(uri):
    store = open_store(uri)
    store.write_all([Batch([RunStarted(run_id, "0", 1, "n")]) for run_id in RUNS])
    yield store
    store.close()


def points(step: int, runs: list[str] = RUNS) -> list[Batch]:
    """One of each run, as requests bring them."""
    return [Batch([metrics(run_id, loss=[(step, step / 2, step)])], once=True) for run_id in runs]


def waiting(store) -> int:
    with store._engine.connect() as connection, connection.begin():
        return connection.exec_driver_sql("SELECT count(*) FROM inbox").scalar_one()


def steps(store, run_id: str = RUNS[0]) -> list[int]:
    return store.history(run_id, "loss").steps.tolist()


def test_points_that_come_together_wait_and_those_that_come_alone_do_not(store):
    store.write(points(0)[0])
    assert waiting(store) == 0
    store.write_all(points(1))
    store.write(points(2)[0])  # some wait already
    assert waiting(store) == 5
    assert steps(store) == [0, 1, 2]
    assert waiting(store) == 0


@pytest.mark.parametrize(
    "read",
    [
        lambda store: store.get_run(RUNS[0]).data.metrics.get("loss"),
        lambda store: store.search_runs(RunQuery(experiment_ids=("0",), filter="metrics.loss = 1.5"))[0].data.metrics["loss"],
        lambda store: store.summaries(RUNS[0], ["loss"])["loss"].last,
        lambda store: store.sample([RUNS[0]], ["loss"], 10)[0].values[0],
        lambda store: store.history(RUNS[0], "loss").values[0],
        lambda store: 1.5 * (store.count_runs(RunQuery(experiment_ids=("0",), filter="metrics.loss = 1.5")) == 4),
        lambda store: 1.5 * (len(store.changes(store.cursor).run_ids) == 4),
        lambda store: 1.5 * [one.runs for one in store.keys("metrics", ["0"])][0] / 4,
        lambda store: 1.5 * store.series_counts(RUNS[0])["loss"],
        lambda store: 1.5 * store.health().facts["points"] / 4,
    ],
)
def test_whoever_reads_sees_them(store, uri, read):
    other = opened_here(uri)  # as another process has it
    for reader in (store, other):
        reader.cursor = store.changes(None).cursor
    store.write_all(points(3))
    assert waiting(store) == 4
    assert read(other) == 1.5
    assert waiting(store) == 0
    assert read(store) == 1.5
    other.close()


def test_what_does_not_show_points_leaves_them(store):
    store.write_all(points(3))
    store.get_run(RUNS[0], metrics=False)
    store.find_experiment("Default")
    store.accounts.version()
    assert waiting(store) == 4


def test_they_are_moved_by_themselves(store, monkeypatch):
    monkeypatch.setattr(inbox, "DELAY", 0.01)
    moved = threading.Event()
    event.listen(store._engine, "commit", lambda connection: None if waiting_in(connection) else moved.set())

    def waiting_in(connection):
        return connection.exec_driver_sql("SELECT count(*) FROM inbox").scalar_one()

    store.write_all(points(1))
    assert moved.wait(60)


@pytest.mark.parametrize("trouble", [StoreUnavailable("The store is away."), MemoryError()])
def test_they_are_moved_after_trouble_by_themselves(store, monkeypatch, caplog, trouble):
    monkeypatch.setattr(inbox, "DELAY", 0.01)
    transaction, moved, tries = store._writer.transaction, threading.Event(), count()

    def troubled(*arguments):
        if threading.current_thread().name != "runstone-inbox":
            return transaction(*arguments)
        if next(tries) < 2:
            raise trouble
        transaction(*arguments)
        return moved.set()

    monkeypatch.setattr(store._writer, "transaction", troubled)
    store.write_all(points(1))
    assert moved.wait(60)
    assert waiting(store) == 0
    assert "go on waiting" in caplog.text
    assert ("Traceback" in caplog.text) == isinstance(trouble, MemoryError)


def test_hundreds_of_batches_are_moved_by_one_transaction(store):
    commits: list[int] = []
    event.listen(store._engine, "commit", lambda connection: commits.append(1))
    for step in range(50):
        store.write_all(points(step))
    kept = len(commits)
    assert kept == 50
    assert steps(store) == list(range(50))
    assert len(commits) - kept == 2  # what moves them, and what reads


def test_not_more_wait_than_may(store, monkeypatch):
    monkeypatch.setattr(inbox, "MOST", 1)
    for step in range(5):
        store.write_all(points(step))
    assert waiting(store) == 4


def test_who_writes_something_else_has_them_moved_before(store):
    store.write_all(points(1))
    store.write(Batch([RunChanged(RUNS[0], 5, deleted=True)]))
    assert waiting(store) == 0
    assert steps(store) == [1]


def test_one_that_cannot_be_written_is_refused_at_once(store):
    store.write(Batch([RunChanged(RUNS[0], 5, deleted=True)]))
    with pytest.raises(WrongState, match="deleted"):
        store.write_all(points(1))
    with pytest.raises(NotFound, match="f" * 32):
        store.write_all(points(1, [RUNS[1], "f" * 32]))
    store.write_all(points(1, RUNS[1:]))
    with pytest.raises(WrongState):
        store.write(points(2)[0])
    assert [len(steps(store, run_id)) for run_id in RUNS] == [0, 1, 1, 1]


def test_what_is_sent_again_counts_once(store):
    store.write_all(points(1))
    store.write_all(points(1))
    store.write_all([*points(2), *points(2)])
    assert steps(store) == [1, 2]
    store.write_all(points(2))
    assert steps(store) == [1, 2]


def test_a_batch_with_something_else_is_written_with_all_that_wait(store):
    store.write_all(points(1))
    store.write_all([*points(2), Batch([Params(RUNS[0], {"lr": "0.1"})])])
    assert waiting(store) == 0
    assert steps(store) == [1, 2]


def test_a_run_deleted_by_another_process_keeps_them_until_it_is_restored(store, uri):
    store.write_all(points(1))
    other = opened_here(uri)
    other.write(Batch([RunChanged(RUNS[0], 5, deleted=True)]))
    assert [len(steps(store, run_id)) for run_id in RUNS[1:]] == [1, 1, 1]
    assert steps(store) == []
    store.write(Batch([RunChanged(RUNS[0], 6, deleted=False)]))
    assert steps(store) == [1]
    other.close()


def test_two_who_read_at_once_move_them_once(store, uri):
    others = [opened_here(uri) for _ in range(3)]
    with ThreadPoolExecutor(4) as readers:
        for step in range(10):
            store.write_all(points(step))
            assert list(readers.map(steps, (store, *others))) == [list(range(step + 1))] * 4
    for one in others:
        one.close()


def test_they_outlive_the_process(new_store, slow):
    uri = new_store()
    open_store(uri).close()
    code = f"""
import os, sys
from runstone.connect import open_store, opened_here
from runstone.contracts import Batch
from runstone.records import RunStarted
from runstone.store import inbox
from runstone.testing.store_suite import metrics
inbox.DELAY = 3600
store = open_store(sys.argv[1])
runs = {RUNS!r}
store.write_all([Batch([RunStarted(run_id, "0", 1, "n")]) for run_id in runs])
for step in range(3):
    store.write_all([Batch([metrics(run_id, loss=[(step, 1.0, step)])], once=True) for run_id in runs])
os.kill(os.getpid(), {int(signal.SIGKILL)})
"""
    ended = subprocess.run([sys.executable, "-c", code, uri], env={**os.environ}, check=False)
    assert ended.returncode == -signal.SIGKILL
    store = open_store(uri)
    assert waiting(store) == 12
    assert [steps(store, run_id) for run_id in RUNS] == [[0, 1, 2]] * 4
    store.close()


def test_they_are_copied(uri, store, tmp_path):
    store.write_all(points(1))
    target = str(tmp_path / "copy")
    assert CliRunner().invoke(cli, ["db", "copy", uri, target]).exit_code == 0
    assert waiting(store) == 4
    copied = opened_here(target)
    assert steps(copied) == [1]
    copied.close()


def test_a_database_that_is_away_loses_none(store, monkeypatch):
    store.write_all(points(1))

    def away(*_):
        raise StoreUnavailable("The store is away.")

    with monkeypatch.context() as patched:
        patched.setattr(store._writer, "transaction", away)
        with pytest.raises(StoreUnavailable):
            steps(store)
    assert steps(store) == [1]


def test_what_is_damaged_is_set_aside_and_takes_nothing_with_it(store):
    store.write_all(points(1))
    with store._engine.connect() as connection, connection.execution_options(**{WRITER: True}).begin():
        connection.exec_driver_sql(f"UPDATE inbox SET data = {store._sign} WHERE number = 1", (b"broken",))
    with store._engine.connect() as connection, connection.begin():
        (problem,) = damage(connection, store._dialect)
    assert "Points that wait" in problem
    assert [steps(store, run_id) for run_id in RUNS] == [[1], [], [1], [1]]
    (told,) = store.health(deep=True).problems
    assert "1 records could not be applied" in told
    assert "acknowledged points" in told


def test_who_may_only_read_is_told_that_some_wait(store, uri, monkeypatch):
    store.write_all(points(1))
    other = opened_here(uri)
    monkeypatch.setattr(type(other._dialect), "writable", lambda *_: False)
    assert steps(other) == []
    (told,) = other.health().problems
    assert "4 batches of points wait" in told
    other.close()


def test_closing_moves_them(store, uri):
    store.write_all(points(1))
    store.close()
    other = opened_here(uri)
    assert waiting(other) == 0
    assert steps(other) == [1]
    other.close()
