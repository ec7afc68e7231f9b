"""Tables of nested runs: who stands on top under a filter, windows with opened runs, counts of children, circles."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest

from runstone.connect import open_store
from runstone.contracts import Batch, RunQuery, RunTable
from runstone.records import ExperimentCreated, Params, Record, RunStarted, Tags
from runstone.store import search_tree

RUNS = 90


@pytest.fixture(scope="module")
def parents() -> dict[str, str | None]:
    """Of each run its parent: some none, some one that is not there, three in a circle, one of its own."""
    dice = random.Random(3)
    known: dict[str, str | None] = {}
    for n in range(RUNS):
        known[f"r{n:02}"] = f"r{dice.randrange(n):02}" if n and dice.random() < 0.7 else None
    known.update(r90="r92", r91="r90", r92="r91", r93="r93", r94="gone")
    return known


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory, parents: dict[str, str | None]) -> Iterator[Any]:
    store = open_store(tmp_path_factory.mktemp("trees"))
    records: list[Record] = [ExperimentCreated("sweeps", "7")]
    for n, (run, parent) in enumerate(parents.items()):
        records.append(RunStarted(run, "7", n % 40, run, tags={"mlflow.parentRunId": parent} if parent else {}))
        records.append(Params(run, {"lr": str(n % 3)}))
    store.write(Batch(records))
    yield store
    store.close()


def ask(store: Any, **query: Any) -> RunTable:
    found: RunTable = store.table(RunQuery(experiment_ids=("7",), **query))
    return found


def expected(store: Any, parents: dict[str, str | None], opened: set[str], **query: Any) -> list[tuple[str, int, int]]:
    """The whole tree by the plain definition: (run, depth, children)."""
    flat = list(ask(store, **query).run_ids)
    cut = {"r90"} if {"r90", "r91", "r92"} <= set(flat) else set()
    up = {run: parents[run] if parents[run] in flat and parents[run] != run and run not in cut else None for run in flat}

    def below(parent: str | None, depth: int) -> Iterator[tuple[str, int, int]]:
        for run in flat:
            if up[run] == parent:
                yield run, depth, sum(other == run for other in up.values())
                if run in opened:
                    yield from below(run, depth + 1)

    return list(below(None, 0))


@pytest.mark.parametrize("few", [1_000, 3])
@pytest.mark.parametrize("filter", ["", "params.lr != '1'", "params.lr = '1' or attributes.run_name like 'r9%'"])
@pytest.mark.parametrize("order", [(), ("params.lr DESC", "attributes.run_name ASC")])
def test_windows_are_cut_from_the_whole_tree(
    store: Any, parents: dict[str, str | None], few: int, filter: str, order: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_tree, "FEW", few)
    dice = random.Random(5)
    for share in (0.0, 0.3, 1.0):
        opened = {run for run in parents if dice.random() < share} | {"unknown"}
        whole = expected(store, parents, opened, filter=filter, order_by=order)
        for start in (0, 1, 7, 30, len(whole) - 2, len(whole) + 5):
            # the second way says who is not opened
            told = opened if start % 2 else {"*", *parents.keys() - opened}
            found = ask(store, filter=filter, order_by=order, nested=True, opened=tuple(told), offset=start, limit=9)
            seen = list(zip(found.run_ids, found.depth, found.children, strict=True))
            assert seen == whole[start : start + 9]
            assert found.rows == len(whole)
            assert found.matched == ask(store, filter=filter).matched


def test_a_child_whose_parent_does_not_match_stands_on_top(store: Any) -> None:
    found = ask(store, filter="attributes.run_id = 'r91'", nested=True)
    assert (list(found.run_ids), list(found.depth), list(found.children)) == (["r91"], [0], [0])


def test_a_flat_table_has_as_many_rows_as_match(store: Any) -> None:
    found = ask(store, filter="params.lr = '1'", limit=3)
    assert (found.rows, found.depth, found.children) == (found.matched, (), ())


def test_a_change_of_parent_is_seen_at_once(store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_tree, "FEW", 3)
    before = ask(store, nested=True, limit=500)
    store.write(Batch([Tags("r94", {"mlflow.parentRunId": "r00"})]))
    after = ask(store, nested=True, limit=500)
    assert set(before.run_ids) - set(after.run_ids) == {"r94"}
    assert sum(after.children) == sum(before.children) + 1
    store.write(Batch([Tags("r94", {"mlflow.parentRunId": "gone"})]))


def test_no_experiment_and_no_match_are_empty_trees(store: Any) -> None:
    for found in (store.table(RunQuery(experiment_ids=(), nested=True)), ask(store, filter="params.lr = '9'", nested=True)):
        assert (found.rows, found.matched, list(found.run_ids)) == (0, 0, [])
