"""Sampling many curves takes a few statements, and gives what sampling each alone gives."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from sqlalchemy import event

from runstone.connect import open_store
from runstone.contracts import Batch
from runstone.records import Metrics, RunStarted
from runstone.store import history
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
            alone = store.sample(run_ids, ["loss"], 50, start, end)
        for one, other in zip(together, alone, strict=True):
            assert (one.run_id, one.total) == (other.run_id, other.total)
            for column in ("steps", "values", "timestamps"):
                assert np.array_equal(getattr(one, column), getattr(other, column))
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
