"""Writes that come together are written together: a few statements, however many runs and series they touch."""

from __future__ import annotations

from sqlalchemy import event

from runstone.connect import open_store
from runstone.contracts import Batch
from runstone.records import RunStarted
from runstone.testing.store_suite import metrics


def test_points_of_seven_runs_take_one_statement_for_each_table(new_store):
    store = open_store(new_store())
    run_ids = [f"{number:032x}" for number in range(7)]
    store.write_all([Batch([RunStarted(run_id, "0", 1, "n"), metrics(run_id, loss=[(0, 0.5, 1)])]) for run_id in run_ids])
    inserts: list[str] = []
    event.listen(
        store._engine,
        "before_cursor_execute",
        lambda c, cursor, text, *rest: inserts.append(text.split(" (")[0]) if text.startswith("INSERT") else None,
    )
    store.write_all([Batch([metrics(run_id, loss=[(1, 0.25, 2)])], once=True) for run_id in run_ids])
    assert sorted(inserts) == ["INSERT INTO points", "INSERT INTO runs", "INSERT INTO series"]
    assert [store.get_run(run_id).data.metrics["loss"] for run_id in run_ids] == [0.25] * 7
    store.close()
