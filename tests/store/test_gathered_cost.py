"""Writes that come together are written together: a few statements, however many runs and series they touch."""

from __future__ import annotations

import sys
from pathlib import Path
from types import FrameType

from sqlalchemy import event

import runstone.store
from runstone.connect import open_store
from runstone.contracts import Batch, RunQuery
from runstone.records import RunStarted
from runstone.store.metrics import HOT
from runstone.store.taken import TOGETHER
from runstone.testing.store_suite import metrics

#: The code that is the same for every database.
STORE = Path(runstone.store.__file__).parent


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
    for step in (1, 2):
        store.write_all([Batch([metrics(run_id, loss=[(step, 0.5 / step, step)])], once=True) for run_id in run_ids])
    assert inserts == ["INSERT INTO inbox"] * 2
    inserts.clear()
    assert store.count_runs(RunQuery(experiment_ids=("0",))) == 7
    assert sorted(inserts) == ["INSERT INTO points", "INSERT INTO runs", "INSERT INTO series"]
    assert [store.get_run(run_id).data.metrics["loss"] for run_id in run_ids] == [0.25] * 7
    store.close()


def test_series_of_a_run_that_fill_together_leave_their_hot_rows_together(new_store):
    """Two statements to take them for each so many series, and every point is where it belongs."""
    store = open_store(new_store())
    keys = [f"m{number}" for number in range(TOGETHER + 6)]
    store.write(Batch([RunStarted("a" * 32, "0", 1, "n")]))

    def log(steps: range) -> None:
        store.write(
            Batch(
                [
                    metrics(
                        "a" * 32, **{key: [(step, step / 2 + place, step) for step in steps] for place, key in enumerate(keys)}
                    )
                ]
            )
        )

    log(range(HOT // 2))
    log(range(HOT // 2, HOT - 1))
    taken: list[str] = []
    event.listen(
        store._engine,
        "before_cursor_execute",
        lambda c, cursor, text, *rest: taken.append(text.split()[0]) if "FROM points" in text else None,
    )
    log(range(HOT - 1, HOT))
    assert taken == ["SELECT", "DELETE"] * 2
    for place, key in enumerate(keys):
        found = store.history("a" * 32, key)
        assert found.steps.tolist() == list(range(HOT))
        assert found.values.tolist() == [step / 2 + place for step in range(HOT)]
    store.close()


def test_points_that_come_regularly_are_written_by_few_calls(new_store):
    """Of our own functions; as the interpreter spends on each what SQLite takes for a row, their number is the cost."""
    store = open_store(new_store())
    run_ids = [f"{number:032x}" for number in range(7)]
    store.write_all([Batch([RunStarted(run_id, "0", 1, "n")]) for run_id in run_ids])

    def calls(step: int, keys: int, steps: int) -> int:
        counted = 0

        def see(frame: FrameType, what: str, _: object) -> None:
            nonlocal counted
            file = Path(frame.f_code.co_filename)
            counted += what == "call" and file.parent in (STORE, STORE.parent / "query")

        points = {f"m{key}": [(step + n, 0.5, step) for n in range(steps)] for key in range(keys)}
        batches = [Batch([metrics(run_id, **points)], once=True) for run_id in run_ids]
        sys.setprofile(see)
        try:
            store.write_all(batches)
            store._inbox.empty()
        finally:
            sys.setprofile(None)
        return counted

    for step in range(3):  # what is read and compiled once
        calls(step, 1, 1)
    assert (few := calls(3, 1, 1)) <= 66 * len(run_ids), few
    for step in range(10, 40, 10):
        calls(step, 10, 10)
    assert (many := calls(40, 10, 10)) <= 160 * len(run_ids), many
    assert [store.get_run(run_id).data.metrics["m9"] for run_id in run_ids] == [0.5] * 7
    assert store.history(run_ids[3], "m0").steps.tolist() == [0, 1, 2, 3, *range(10, 50)]
    store.close()
