"""Columns and runs that are kept are brought up to date by what changed, whoever changed it: they tell what reading all anew
tells."""

from __future__ import annotations

import math
import struct
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import event

from runstone.connect import open_store
from runstone.contracts import Batch, RunQuery
from runstone.entities import ViewType
from runstone.errors import InvalidValue, NotFound, ParamChanged, WrongState
from runstone.records import ExperimentChanged, ExperimentCreated, Params, RunChanged, RunStarted, Tags
from runstone.store import search_columns, search_data
from runstone.testing.store_suite import metrics

NAMES = [
    "params.a", "tags.b", "metrics.c", "metrics.c:min", "metrics.c:last_step", "attributes.run_name", "attributes.status",
    "attributes.end_time", "attributes.experiment_id", "attributes.artifact_uri", "attributes.lifecycle_stage",
]  # fmt: skip
QUERIES = [
    RunQuery(experiment_ids=("0",)),
    RunQuery(experiment_ids=("0", "7"), view=ViewType.ALL),
    RunQuery(experiment_ids=("7",), view=ViewType.DELETED_ONLY),
    RunQuery(experiment_ids=("0", "7"), filter="params.a = 'x' or tags.b = 'y'"),
]
RUNS = st.sampled_from([f"{number:032x}" for number in range(5)] + ["short"])
TEXTS = st.sampled_from(["x", "y", "x" * 60])
VALUES = st.sampled_from([0.5, -0.0, 2.0, math.nan, math.inf])


def cells(store: Any, query: RunQuery, names: list[str] = NAMES) -> list[tuple[Any, ...]]:
    """One row for each run, the newest first; NaN by its name."""
    found = store.columns(query, names)
    columns = []
    for one in found.columns:
        codes = struct.unpack(f"<{len(one.codes) // 4}i", one.codes)
        assert set(codes) - {-1} == set(range(len(one.values)))
        assert len(set(map(str, one.values))) == len(one.values) or not isinstance(one.values, list)
        columns.append([str(one.values[code]) if code >= 0 else None for code in codes])
    return list(zip(found.run_ids, *columns, strict=True))


def whole(store: Any, query: RunQuery) -> list[tuple[Any, ...]]:
    """Every run of a page, NaN by its name; what was told of it is spoiled for the reader."""
    told = []
    for run in store.search_runs(query):
        points = [(one.key, str(one.value), one.timestamp, one.step) for one in run.data.metric_objects]
        told.append((run.info, points, str(run.data.metrics), dict(run.data.params), dict(run.data.tags)))
        for texts in (run.data.params, run.data.tags, run.data.metrics):
            texts["spoiled"] = "by the reader"
    return told


class KeptColumns(RuleBasedStateMachine):
    """One store that asks again and again, and another one of the same file that writes half of it."""

    @initialize()
    def open(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.store, self.other = (open_store(Path(self.folder.name)) for _ in range(2))
        self.turn = 0
        self.write(ExperimentCreated("second", "7"))

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.close()
            self.other.close()
            self.folder.cleanup()

    def write(self, *records: Any) -> None:
        self.turn += 1
        with suppress(NotFound, WrongState, InvalidValue, ParamChanged):
            (self.store, self.other)[self.turn % 2].write(Batch(records))

    @rule(run=RUNS, experiment=st.sampled_from(["0", "7"]), time=st.integers(1, 3), name=TEXTS)
    def start(self, run: str, experiment: str, time: int, name: str) -> None:
        self.write(RunStarted(run, experiment, time, name))

    @rule(runs=st.lists(RUNS, min_size=1, max_size=3, unique=True), value=VALUES, step=st.integers(0, 3))
    def log(self, runs: list[str], value: float, step: int) -> None:
        for run in runs:
            self.write(metrics(run, c=[(step, value, 1)]))

    @rule(run=RUNS, value=TEXTS)
    def param(self, run: str, value: str) -> None:
        self.write(Params(run, {"a": value}))

    @rule(run=RUNS, value=TEXTS | st.none())
    def tag(self, run: str, value: str | None) -> None:
        self.write(Tags(run, {"b": value}))

    @rule(run=RUNS, status=st.sampled_from(["RUNNING", "FINISHED"]), name=TEXTS | st.none())
    def change(self, run: str, status: str, name: str | None) -> None:
        self.write(RunChanged(run, 5, status=status, name=name))

    @rule(run=RUNS, deleted=st.booleans())
    def delete_or_restore(self, run: str, deleted: bool) -> None:
        self.write(RunChanged(run, 6, deleted=deleted))

    @rule(run=RUNS, experiment=st.sampled_from(["0", "7"]))
    def move(self, run: str, experiment: str) -> None:
        self.write(RunChanged(run, 7, experiment_id=experiment))

    @rule(deleted=st.booleans())
    def delete_or_restore_an_experiment(self, deleted: bool) -> None:
        self.write(ExperimentChanged("7", 8, deleted=deleted))

    @rule(run=RUNS)
    def remove_for_ever(self, run: str) -> None:
        self.turn += 1
        with suppress(NotFound, WrongState):
            (self.store, self.other)[self.turn % 2].purge([run])

    @rule(first=st.integers(0, len(NAMES) - 1), query=st.sampled_from(QUERIES))
    def ask_for_a_few(self, first: int, query: RunQuery) -> None:
        cells(self.store, query, NAMES[first : first + 3])

    @invariant()
    def tells_what_a_new_reader_reads(self) -> None:
        if self.turn % 3 == 0:
            return  # what is kept may be older than the last change
        with_nothing_kept = open_store(Path(self.folder.name))
        for query in QUERIES:
            assert cells(self.store, query) == cells(with_nothing_kept, query)
            assert whole(self.store, query) == whole(with_nothing_kept, query)
        with_nothing_kept.close()


@pytest.fixture
def few_are_kept_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_columns, "FEW", 0)


def test_what_is_kept_tells_what_reading_anew_tells(few_are_kept_too: None) -> None:
    run_state_machine_as_test(KeptColumns, settings=settings(max_examples=27, stateful_step_count=30, deadline=None))


def test_one_change_reads_the_cells_of_one_run(few_are_kept_too: None, new_store: Any) -> None:
    store = open_store(new_store())
    runs = [f"{number:032x}" for number in range(20)]
    for run in runs:
        store.write(Batch([RunStarted(run, "0", 1, "n"), Params(run, {"a": "x"}), metrics(run, c=[(0, 0.5, 1)])]))
    before = cells(store, QUERIES[0], ["params.a", "metrics.c"])
    read: list[str] = []
    event.listen(store._engine, "before_cursor_execute", lambda c, cursor, text, *rest: read.append(text))
    store.write(Batch([metrics(runs[3], c=[(1, 0.25, 2)])]))
    read.clear()
    after = cells(store, QUERIES[0], ["params.a", "metrics.c"])
    assert [row for row in after if row not in before] == [(runs[3], "x", "0.25")]
    assert not [text for text in read if "group_concat" in text or "string_agg" in text]
    store.close()


def test_a_page_reads_again_what_changed_alone(new_store: Any) -> None:
    store = open_store(new_store())
    runs = [f"{number:032x}" for number in range(20)]
    for run in runs:
        store.write(Batch([RunStarted(run, "0", 1, "n"), Params(run, {"a": "x"}), metrics(run, c=[(0, 0.5, 1)])]))
    read: list[tuple[str, Any]] = []
    event.listen(store._engine, "before_cursor_execute", lambda c, cursor, text, values, *rest: read.append((text, values)))

    def asked() -> tuple[Any, set[str]]:
        """The page, and the runs whose numbers and texts were read for it."""
        read.clear()
        told = whole(store, QUERIES[0])
        tables = ("FROM series", "FROM params", "FROM tags")
        return told, {value for text, values in read if any(table in text for table in tables) for value in values}

    first, of_all = asked()
    again, of_none = asked()
    assert again == first
    assert (of_all, of_none) == (set(runs), set())
    store.write(Batch([metrics(runs[3], c=[(1, 0.25, 2)])]))
    after, of_one = asked()
    assert of_one == {runs[3]}
    assert [run[1] for run in after if run not in first] == [[("c", "0.25", 2, 1)]]
    store.close()


def test_the_runs_that_are_kept_are_bounded(new_store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_data, "KEPT_BYTES", 5_000)
    monkeypatch.setattr(search_data, "RUN_BYTES", 3_000)
    store = open_store(new_store())
    for number in range(10):
        store.write(Batch([RunStarted(f"r{number}", "0", number, "n"), Params(f"r{number}", {"a": "x" * 2_000})]))
    store.write(Batch([RunStarted("long", "0", 1, "n"), Params("long", {"a": "x" * 4_000})]))
    read: list[tuple[str, Any]] = []
    event.listen(store._engine, "before_cursor_execute", lambda c, cursor, text, values, *rest: read.append((text, values)))

    def was_read(run: str) -> bool:
        read.clear()
        assert len(store.search_runs(RunQuery(experiment_ids=("0",), filter=f"run_id = '{run}'"))) == 1
        return any("FROM params" in text for text, _ in read)

    assert [was_read(run) for run in ("r1", "r1", "r2", "r1", "r2", "r3", "r1", "long", "long")] == [
        True, False, True, False, False, True, True, True, True,
    ]  # fmt: skip
    store.close()


def test_what_is_kept_is_bounded(few_are_kept_too: None, new_store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_columns, "KEPT_BYTES", 2 * 5 * 90)  # of ten numbers a column weighs 90
    store = open_store(new_store())
    for number in range(10):
        store.write(
            Batch([RunStarted(f"r{number}", "0", 1, "n"), metrics(f"r{number}", **{f"m{i}": [(0, 0.5, 1)] for i in range(9)})])
        )
    for place in range(9):
        assert cells(store, QUERIES[0], [f"metrics.m{place}"])[0][1] == "0.5"
    read: list[str] = []
    event.listen(store._engine, "before_cursor_execute", lambda c, cursor, text, *rest: read.append(text))

    def asked_the_database(place: int) -> bool:
        read.clear()
        cells(store, QUERIES[0], [f"metrics.m{place}"])
        return any("series" in text for text in read)

    assert (asked_the_database(8), asked_the_database(0)) == (False, True)
    store.close()


def test_runs_that_are_removed_for_ever_are_no_longer_told(few_are_kept_too: None, new_store: Any) -> None:
    url = new_store()
    store, other = open_store(url), open_store(url)
    gone, stays = RunQuery(experiment_ids=("0",), view=ViewType.DELETED_ONLY), RunQuery(experiment_ids=("0",))
    for number in range(6):
        store.write(Batch([RunStarted(f"r{number}", "0", number, "n"), metrics(f"r{number}", c=[(0, float(number), 1)])]))
    store.write(Batch([RunChanged(f"r{number}", 9, deleted=True) for number in range(3)]))
    assert [row[0] for row in cells(store, gone)] == ["r2", "r1", "r0"]
    assert len(cells(store, stays)) == 3
    other.purge(["r1"])
    other.write(Batch([metrics("r5", c=[(1, 8.0, 2)])]))
    assert [row[0] for row in cells(store, gone)] == ["r2", "r0"]
    assert [(row[0], row[3]) for row in cells(store, stays)] == [("r5", "8.0"), ("r4", "4.0"), ("r3", "3.0")]
    store.close()
    other.close()
