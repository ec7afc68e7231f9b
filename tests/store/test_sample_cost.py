"""Sampling many curves takes a few statements, and gives what sampling each alone gives."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from sqlalchemy import event

from runstone.connect import open_store
from runstone.contracts import Batch
from runstone.records import Metrics, RunStarted
from runstone.store import history, sample_memory
from runstone.store.sample_memory import SampleMemory
from runstone.testing.store_suite import metrics


def test_curves_of_many_runs_are_read_together(new_store, monkeypatch):
    monkeypatch.setattr(history, "_AT_ONCE", 20_000)
    store = open_store(new_store())
    run_ids = [f"{number:032x}" for number in range(40)]
    for number, run_id in enumerate(run_ids):
        # one point, a few that stay rows, some in one chunk, and curves that are long enough for outlines
        count = (1, 5, 900, 1_500)[number % 4] if number < 37 else 30_000
        loss = [(step, float((step * 37 + number) % 101), step) for step in range(count)]
        store.write(Batch([RunStarted(run_id, "0", number, "n"), metrics(run_id, loss=loss)]))
        if number % 3 == 0:  # in two arrivals, the later one with an earlier step
            store.write(Batch([metrics(run_id, loss=[(-1, 7.0, 0)], acc=[(1, 0.5, 1)])]))
    statements: list[str] = []
    event.listen(store._engine, "before_cursor_execute", lambda c, cursor, text, *rest: statements.append(text))
    found = store.sample([*run_ids, "none", run_ids[0]], ["loss", "acc", "none"], 50)
    assert len(statements) < 30
    assert [(one.run_id, one.key) for one in found] == [
        (run_id, key) for n, run_id in enumerate(run_ids) for key in ("loss", "acc")[: 1 + (n % 3 == 0)]
    ]
    for start, end in ((None, None), (-1, 400), (10**9, None)):
        together = store.sample(run_ids, ["loss"], 50, start, end)
        with monkeypatch.context() as patch:
            patch.setattr(history, "_together", lambda rows, share: [])  # so that each is read by itself
            patch.setattr(history, "memory_of", lambda engine: SampleMemory())
            alone = store.sample(run_ids, ["loss"], 50, start, end)
        for one, other in zip(together, alone, strict=True):
            assert (one.run_id, one.total) == (other.run_id, other.total)
            for column in ("steps", "values", "timestamps"):
                assert np.array_equal(getattr(one, column), getattr(other, column))
    store.close()


def long_run(store, number: int, count: int = 20_000) -> str:
    run_id = f"{number:032x}"
    loss = [(step, float((step * 37 + number) % 101), step) for step in range(count)]
    store.write(Batch([RunStarted(run_id, "0", number, "n"), metrics(run_id, loss=loss)]))
    return run_id


def test_curves_asked_for_again_are_not_read_again(new_store):
    uri = new_store()
    store, other = open_store(uri), open_store(uri)
    run_ids = [long_run(store, number) for number in range(3)]
    read: list[str] = []
    event.listen(store._engine, "before_cursor_execute", lambda c, cursor, text, *rest: read.append(text))

    def asked(*where: int) -> tuple[list[list[float]], int]:
        read.clear()
        found = store.sample(run_ids, ["loss"], 50, *where)
        return [one.values.tolist() for one in found], sum("FROM chunks" in text for text in read)

    first, cost = asked()
    assert cost > 0
    assert asked() == (first, 0)
    for one in store.sample(run_ids, ["loss"], 50):
        one.values[:] = 0.0  # an answer belongs to whoever asked
    assert asked() == (first, 0)
    assert asked(0, 9_999)[1] > 0, "another stretch is another question"
    other.write(Batch([metrics(run_ids[1], loss=[(20_000, 1e6, 20_000)])]))  # whoever writes it
    later, cost = asked()
    assert cost > 0
    assert [first[0], first[2]] == [later[0], later[2]]
    assert later[1][-1] == 1e6
    other.close()
    store.close()


def test_no_more_curves_are_kept_than_there_is_room_for(new_store, monkeypatch):
    monkeypatch.setattr(sample_memory, "KEPT_BYTES", 4_000)
    store = open_store(new_store())
    run_ids = [long_run(store, number) for number in range(5)]
    for run_id in run_ids:
        store.sample([run_id], ["loss"], 50)
    memory = sample_memory.memory_of(store._engine)
    assert [question.run_id for question in memory._curves] == run_ids[-2:]
    assert memory._weight <= 4_000
    store.close()


def test_outlines_are_read_without_the_points_behind_them(tmp_path):
    store = open_store(str(tmp_path / "s"))
    run_ids = [f"{number:032x}" for number in range(32)]
    draw = np.random.default_rng(0)
    steps = np.arange(20_000, dtype="<i8")
    for number, run_id in enumerate(run_ids):
        columns = [one.tobytes() for one in (np.zeros(len(steps), "<u4"), steps, draw.random(len(steps)), steps)]
        store.write(Batch([RunStarted(run_id, "0", number, "n"), Metrics(run_id, ["loss"], *columns)]))
    store.close()
    store = open_store(str(tmp_path / "s"))
    store.sample(["none"], ["loss"], 50)
    before = _bytes_read()
    found = [store.sample(run_ids, ["loss"], 50), store.sample(run_ids, ["loss"], 50, 5_000, 14_999, near=True)]
    spent = _bytes_read() - before
    store.close()
    assert [[one.total for one in some] for some in found] == [[20_000] * 32, [10_000] * 32]
    assert spent < 32 * 20_000 * 8 // 8, "a chunk is read to find the next one"


def _bytes_read() -> int:
    """That this process had from files, whether the disk was asked or not."""
    return int(Path("/proc/self/io").read_text().split()[1])
