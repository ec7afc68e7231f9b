"""The store against a few dicts: whatever is written in whatever order, both tell the same."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from runstone.contracts import Batch, Origin
from runstone.errors import InvalidValue, NotFound, ParamChanged, WrongState
from runstone.records import Console, Params, Record, RunChanged, RunStarted, Tags
from runstone.store.dialects import Sqlite
from runstone.store.dialects.postgresql import Postgresql
from runstone.store.sql import SqlStore
from runstone.testing.postgres_server import PostgresServer
from runstone.testing.store_suite import metrics, rows

RUNS = st.sampled_from(["r1", "r2"])
KEYS = st.sampled_from(["a", "b"])
TEXTS = st.sampled_from(["1", "2", ""])
VALUES = st.sampled_from([0.0, -0.0, 1.5, -2.0, math.nan, math.inf, -math.inf])
POINTS = st.lists(st.tuples(st.integers(-3, 3), VALUES, st.integers(0, 3)), min_size=1, max_size=3)
#: Enough points at once to get past hot rows and small chunks.
MANY = st.integers(100, 700)


class Model:
    """A run as dicts."""

    def __init__(self) -> None:
        self.params: dict[str, str] = {}
        self.tags: dict[str, str] = {"mlflow.runName": "n"}
        self.points: dict[str, list[tuple[int, float, int]]] = {}
        self.status, self.deleted = "RUNNING", False
        self.console: list[str] = []
        self.waiting: list[Record] = []

    def apply(self, record: Record) -> None:
        """Raises the kind of error that the store raises."""
        if isinstance(record, RunChanged) and record.deleted is not None:
            self.deleted = record.deleted
            return
        if self.deleted:
            raise WrongState("deleted")
        if isinstance(record, Params):
            for key, value in record.values.items():
                if self.params.get(key, value) != value:
                    raise ParamChanged("", key, self.params[key], value)
            self.params.update(record.values)
        elif isinstance(record, Tags):
            for key, value in record.values.items():
                self.tags.pop(key, None)
                if value is not None:
                    self.tags[key] = value
        elif isinstance(record, RunChanged):
            self.status = record.status or self.status
        elif isinstance(record, Console):
            self.console.append(record.text)


def outcome(work: Callable[[], object]) -> type[Exception] | None:
    """What kind of error ``work`` ends in."""
    try:
        work()
    except (NotFound, WrongState, InvalidValue) as problem:
        return type(problem)
    return None


def shape(point: tuple[int, float, int]) -> tuple[int, float | None, int]:
    """By which a point that is sent again is known."""
    return (point[0], None if math.isnan(point[1]) else point[1], point[2])


class StoreMachine(RuleBasedStateMachine):
    @initialize()
    def open(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.runs: dict[str, Model] = {}
        self.early: dict[str, list[Any]] = {}  # what a journal brought before its run
        self.position = 0
        self.cursor = 0
        self.blind = False
        self.dead: list[SqlStore] = []
        self.reopen()

    def teardown(self) -> None:
        if hasattr(self, "store"):
            for store in (self.store, *self.dead):
                store.close()
            self.folder.cleanup()

    @rule()
    def reopen(self) -> None:
        if hasattr(self, "store"):
            self.store.close()
        self.store = self.opened()

    def opened(self) -> SqlStore:
        return SqlStore(Sqlite(Path(self.folder.name, "s.db")), "s", "file:///a")

    @rule(run=RUNS)
    def start(self, run: str) -> None:
        self.store.write(Batch([RunStarted(run, "0", 1, "n")]))
        if run not in self.runs:
            self.runs[run] = Model()
            self.runs[run].waiting = self.early.pop(run, [])  # until it is restored from the bin

    @rule(run=RUNS, values=st.dictionaries(KEYS, TEXTS, min_size=1))
    def params(self, run: str, values: dict[str, str]) -> None:
        self.direct(run, Params(run, values))

    @rule(run=RUNS, values=st.dictionaries(KEYS, TEXTS | st.none(), min_size=1))
    def tags(self, run: str, values: dict[str, str | None]) -> None:
        self.direct(run, Tags(run, values))

    @rule(run=RUNS, status=st.sampled_from(["RUNNING", "FINISHED"]))
    def status(self, run: str, status: str) -> None:
        self.direct(run, RunChanged(run, 5, status=status))

    @rule(run=RUNS, text=TEXTS)
    def print(self, run: str, text: str) -> None:
        self.direct(run, Console(run, "stdout", 1, text))

    @precondition(lambda self: self.runs)
    @rule(run=RUNS)
    def delete_and_restore(self, run: str) -> None:
        if run in self.runs:
            self.direct(run, RunChanged(run, 5, deleted=not self.runs[run].deleted))
            self.take_back(run)

    @rule(run=RUNS, key=KEYS, points=POINTS)
    def few_points(self, run: str, key: str, points: list[tuple[int, float, int]]) -> None:
        self.log(run, key, points)

    @rule(run=RUNS, key=KEYS, count=MANY, first=st.integers(-500, 500))
    def many_points(self, run: str, key: str, count: int, first: int) -> None:
        self.log(run, key, [(first + i, math.sin(i), i) for i in range(count)])

    @rule(run=RUNS, key=KEYS, value=TEXTS, points=POINTS, again=st.booleans())
    def journal(self, run: str, key: str, value: str, points: list[tuple[int, float, int]], again: bool) -> None:
        batch: list[Record] = [Params(run, {key: value}), metrics(run, **{key: points})]
        piece = Batch(batch, Origin("j", self.position, self.position + 10))
        self.position += 10
        assert self.store.write(piece).acknowledged == self.position
        model = self.runs.get(run)
        if model is None:
            self.early.setdefault(run, []).extend([batch[0], (key, points)])
        elif model.deleted:
            model.waiting += [batch[0], (key, points)]  # type: ignore[list-item]  # points by hand
        else:
            with suppress(ParamChanged):
                model.apply(batch[0])
            model.points.setdefault(key, []).extend(points)
        if again:
            assert self.store.write(piece).acknowledged == self.position

    @precondition(lambda self: self.runs)
    @rule(sent=st.lists(st.tuples(RUNS, KEYS, POINTS), min_size=2, max_size=4), look=st.booleans())
    def together(self, sent: list[tuple[str, str, list[tuple[int, float, int]]]], look: bool) -> None:
        """As a server writes requests that came together; some of it may be there already. ``look``: it is read at once."""
        sent = [(run, key, points) for run, key, points in sent if run in self.runs and not self.runs[run].deleted]
        self.store.write_all([Batch([metrics(run, **{key: points})], once=True) for run, key, points in sent])
        for run, key, points in sent:
            there = self.runs[run].points.setdefault(key, [])
            for point in points:
                if shape(point) not in map(shape, there):
                    there.append(point)
        self.blind = not look

    @rule()
    def die(self) -> None:
        """Another process goes on where this one left without a word."""
        self.dead.append(self.store)
        self.store = self.opened()

    def log(self, run: str, key: str, points: list[tuple[int, float, int]]) -> None:
        self.direct(run, metrics(run, **{key: points}))
        if run in self.runs and not self.runs[run].deleted:
            self.runs[run].points.setdefault(key, []).extend(points)

    def direct(self, run: str, record: Record) -> None:
        """The store and the model agree on what happens."""
        expected = outcome(lambda: self.model(run).apply(record))
        assert outcome(lambda: self.store.write(Batch([record]))) is expected

    def model(self, run: str) -> Model:
        if run not in self.runs:
            raise NotFound(run)
        return self.runs[run]

    def take_back(self, run: str) -> None:
        """What a journal brought for a deleted run arrives when it is restored."""
        model = self.runs[run]
        if not model.deleted:
            waiting: list[Any] = model.waiting
            model.waiting = []
            for one in waiting:
                if isinstance(one, Params):
                    with suppress(ParamChanged):
                        model.apply(one)
                else:
                    model.points.setdefault(one[0], []).extend(one[1])

    @invariant()
    def the_same(self) -> None:
        if not hasattr(self, "store") or self.blind:
            self.blind = False
            return
        activity, active = self.store.activities(["0"])["0"], [one.status for one in self.runs.values() if not one.deleted]
        assert activity.status == {status: active.count(status) for status in active}
        assert activity.deleted == len(self.runs) - len(active)
        for run, model in self.runs.items():
            found = self.store.get_run(run)
            assert found.data.params == model.params
            assert found.data.tags == model.tags
            assert found.info.status == model.status
            assert found.info.lifecycle_stage == ("deleted" if model.deleted else "active")
            assert [piece.text for piece in self.store.console(run)] == model.console
            assert set(found.data.summaries) == set(model.points)
            for key, points in model.points.items():
                expected = sorted(points, key=lambda point: (point[0], point[2]))
                assert repr(rows(self.store.history(run, key))) == repr(expected)
                assert found.data.summaries[key].count == len(points)
        assert self.store.acknowledged("j") == self.position


TestStore = StoreMachine.TestCase
TestStore.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)


def test_the_store_over_postgresql(postgres: PostgresServer) -> None:
    class OnPostgresql(StoreMachine):
        uri = ""

        def opened(self) -> SqlStore:
            self.uri = self.uri or postgres.new_store()
            return SqlStore(Postgresql(self.uri), "s", "file:///a")

        def teardown(self) -> None:
            super().teardown()
            if self.uri:
                postgres.give_back(self.uri)

    run_state_machine_as_test(OnPostgresql, settings=settings(max_examples=8, stateful_step_count=20, deadline=None))
