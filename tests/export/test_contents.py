"""What is in an exported file: these runs in this order, every number as it is, and in words what is not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from runstone import connect
from runstone.contracts import Batch, Store
from runstone.errors import InvalidValue, NotFound
from runstone.export import gather as gathering
from runstone.export.contents import Contents
from runstone.export.gather import gather
from runstone.records import Tags


@pytest.fixture
def store(runs: list[str], tmp_path: Path) -> Store:
    return connect.open_store(connect.canonical(str(tmp_path / "store")))


def cells(found: Contents, column: str) -> list[object]:
    return next(list(one.values) for one in found.columns if one.column == column)


def test_one_run_is_told_whole(store: Store, runs: list[str]) -> None:
    found = gather(store, runs[:1])
    assert (found.kind, found.title, [one.run_id for one in found.runs]) == ("run", "d2-s0", runs[:1])
    (detail,) = found.details
    loss = next(one for one in detail.metrics if one.key == "loss")
    assert (loss.count, loss.max, loss.max_step, loss.last_step) == (50, 0.5, 0, 49)
    assert [(one.key, one.total, one.values[0], one.steps[-1]) for one in found.curves] == [("loss", 50, 0.5, 49)]
    assert found.left_out == []


def test_a_colour_of_its_own_goes_along(store: Store, runs: list[str]) -> None:
    store.write(Batch([Tags(runs[1], {"runstone.color": "#e33466"})]))
    assert [one.colour for one in gather(store, runs[:2]).runs] == ["", "#e33466"]


def test_several_are_compared_in_the_order_given(store: Store, runs: list[str]) -> None:
    order = [runs[2], runs[0], runs[3], runs[2]]
    found = gather(store, order)
    assert (found.kind, [one.run_id for one in found.runs]) == ("comparison", order[:3])
    assert cells(found, "params.depth") == ["8", "2", "8"]
    assert cells(found, "metrics.accuracy") == [0.8 + 8 / 100, 0.8 + 2 / 100, "NaN"]
    assert found.objective is not None
    assert (found.objective.key, found.objective.direction) == ("accuracy", "max")
    assert [one.column for one in found.columns if one.column.startswith("metrics.")][0] == "metrics.accuracy"
    assert "accuracy" in " ".join(found.verdict)


def test_a_table_of_runs_says_what_it_leaves_out(store: Store, runs: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert gather(store, runs, "runs").left_out == []
    assert gather(store, runs, "runs", found=9).left_out == ["runs after the first 4 of 9"]
    monkeypatch.setattr(gathering, "MOST_RUNS", 3)
    monkeypatch.setattr(gathering, "MOST_CURVE_RUNS", 2)
    monkeypatch.setattr(gathering, "MOST_COLUMNS", 1)
    monkeypatch.setattr(gathering, "_BATCH", 2)
    found = gather(store, runs, "runs")
    assert [one.run_id for one in found.runs] == runs[:3]
    assert {one.run for one in found.curves} <= {0, 1}
    said = " ".join(found.left_out)
    for words in ("runs after the first 3 of 4", "first 2 runs", "params beyond the first 1", "metrics beyond the first 1"):
        assert words in said


def test_what_is_not_there_is_said(store: Store, runs: list[str]) -> None:
    with pytest.raises(InvalidValue, match="nothing to export"):
        gather(store, [])
    with pytest.raises(NotFound):
        gather(store, ["no such run"])
    found = gather(store, [runs[0], "no such run", runs[1]])
    assert [one.run_id for one in found.runs] == runs[:2]
    assert "1 of the runs named: gone" in found.left_out[0]
