"""Deleting and restoring an experiment of many runs: in steps, so that nobody else waits for long, and whole in the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runstone.connect import open_store
from runstone.contracts import Batch, RunQuery
from runstone.entities import ViewType
from runstone.errors import NotFound, StoreUnavailable
from runstone.records import ExperimentChanged, ExperimentCreated, Record, RunChanged, RunStarted, Tags
from runstone.store import in_steps

STEP, RUNS = 10, 35


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setattr(in_steps, "STEP", STEP)
    monkeypatch.setattr(in_steps, "_PAUSE", 0.0)
    store = open_store(tmp_path)
    store.write(Batch([ExperimentCreated("large", "7")]))
    runs: list[Record] = [RunStarted(f"run{n}", "7", n, f"name {n}") for n in range(RUNS)]
    store.write(Batch([*runs, *(Tags(f"run{n}", {"kind": "a"}) for n in range(RUNS))]))
    yield store
    store.close()


def stages(store: Any) -> Counter[str]:
    found = store.search_runs(RunQuery(experiment_ids=("7",), view=ViewType.ALL, limit=100))
    return Counter(run.info.lifecycle_stage for run in found)


def kinds(store: Any) -> int:
    """How many active runs the search index finds by their tag."""
    return int(store.count_runs(RunQuery(experiment_ids=("7",), filter="tags.kind = 'a'")))


def change(store: Any, time: int, deleted: bool) -> None:
    store.write(Batch([ExperimentChanged("7", time, deleted=deleted)]))


def test_each_step_is_small_and_the_whole_is_right(store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    store.write(Batch([RunChanged("run3", 5, deleted=True)]))
    written: list[int] = []
    write_all = store._writer.write_all
    monkeypatch.setattr(
        store._writer, "write_all", lambda batches: written.append(sum(len(b.records) for b in batches)) or write_all(batches)
    )
    change(store, 20, True)
    assert written == [STEP, STEP, STEP, 1]
    assert stages(store) == {"deleted": RUNS}
    assert kinds(store) == 0
    written.clear()
    change(store, 30, False)
    assert written == [STEP, STEP, STEP, 1]
    assert stages(store) == {"active": RUNS - 1, "deleted": 1}  # what was deleted before stays so
    assert kinds(store) == RUNS - 1
    assert store.get_run("run3").info.lifecycle_stage == "deleted"


@pytest.mark.parametrize("after", [1, 2, 3])
def test_one_that_was_cut_short_is_taken_up_by_the_next(store: Any, monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    write_all, left = store._writer.write_all, [after]

    def cut_short(batches: Any) -> Any:
        if not left[0]:
            raise StoreUnavailable("the disk is gone")
        left[0] -= 1
        return write_all(batches)

    with monkeypatch.context() as patch:
        patch.setattr(store._writer, "write_all", cut_short)
        with pytest.raises(StoreUnavailable):
            change(store, 20, True)
    assert store.get_experiment("7").lifecycle_stage == "active"
    assert stages(store) == {"active": RUNS - after * STEP, "deleted": after * STEP}
    change(store, 40, True)
    assert stages(store) == {"deleted": RUNS}
    change(store, 50, False)
    assert stages(store) == {"active": RUNS}
    assert kinds(store) == RUNS


def test_what_cannot_be_done_moves_nothing(store: Any) -> None:
    with pytest.raises(NotFound, match="it is active"):
        change(store, 5, False)
    for unknown in ("99", "nonsense"):
        with pytest.raises(NotFound):
            store.write(Batch([ExperimentChanged(unknown, 5, deleted=True)]))
    assert stages(store) == {"active": RUNS}
    change(store, 20, True)
    with pytest.raises(NotFound, match="it is deleted"):
        change(store, 25, True)
    assert stages(store) == {"deleted": RUNS}
