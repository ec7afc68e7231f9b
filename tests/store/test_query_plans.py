"""No statement on a hot road reads a whole table: asked of SQLite itself, for every statement that a day's work sends."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from make_golden import RUN, fill
from sqlalchemy import event

from runstone.contracts import Batch, Origin
from runstone.records import Console, Lease, MetricLinks, Metrics, Params, RunChanged, RunStarted, Tags
from runstone.store.dialects import Sqlite
from runstone.store.metrics import STRETCH
from runstone.store.sql import SqlStore
from runstone.testing.store_suite import metrics

#: Tables that hold what is going on now, not what ever was: one row, or one for each process that works; and the ends of
#: an index, cut off by LIMIT.
SMALL = {"clock", "leases", "l", "newest", "used"}


class Statements:
    """A store that notes what it asks its database."""

    def __init__(self, file: Path) -> None:
        self.file, self.store = file, SqlStore(Sqlite(file), "s", "file:///a")
        self.sent: dict[str, Any] = {}
        event.listen(self.store._engine, "before_cursor_execute", self._note)

    def _note(self, connection: object, cursor: object, statement: str, parameters: Any, *_: object) -> None:
        self.sent[statement] = parameters

    def scans(self) -> list[str]:
        """Plans that read a whole table, with the statement."""
        plain = sqlite3.connect(self.file)
        found = []
        for statement, parameters in self.sent.items():
            if statement.split()[0] not in {"SELECT", "INSERT", "UPDATE", "DELETE"}:
                continue
            for row in plain.execute(f"EXPLAIN QUERY PLAN {statement}", parameters):
                words = row[3].split()
                if words[0] == "SCAN" and words[1] not in SMALL and "CONSTANT" not in words:
                    found.append(f"{row[3]}: {statement[:200]}")
        plain.close()
        return found


@pytest.fixture
def noted(tmp_path: Path) -> Iterator[Statements]:
    found = Statements(tmp_path / "s.db")
    fill(found.store)
    found.sent.clear()
    yield found
    found.store.close()


def a_day_of_logging(store: SqlStore) -> None:
    for at in range(3):
        store.write_all(
            [
                Batch(
                    [
                        RunStarted(f"r{at}", "1", 1, "x", tags={"a": "1"}),
                        metrics(RUN, loss=[(at, 1.0, 1)] * 200, new=[(at, 1.0, 1)]),
                        metrics(f"r{at}", m=[(at, 1.0, 1)]),
                        Params(RUN, {"lr": "0.1", f"k{at}": "v"}),
                        Tags(RUN, {"note": None, f"t{at}": "v"}),
                        Console(RUN, "stdout", 1, "x"),
                        MetricLinks(RUN, "loss", 1, 1, 1.0),
                        Lease(RUN, "h", "elsewhere", 1, 0, 10**15),
                        RunChanged(RUN, 1, status="RUNNING"),
                    ],
                    Origin("j", at * 10, at * 10 + 10),
                )
            ]
        )
    store.write(Batch([Lease(RUN, "h", "elsewhere", 1, 0, 0), RunChanged("r0", 1, deleted=True)]))


READS: dict[str, Callable[[SqlStore], object]] = {
    "a run": lambda store: store.get_run(RUN),
    "some metrics of a run": lambda store: (
        store.series_counts(RUN),
        store.summaries(RUN, ["loss", "hot"]),
        store.get_run(RUN, False),
    ),
    "an experiment": lambda store: (store.get_experiment("1"), store.find_experiment("train")),
    "a history": lambda store: store.history(RUN, "loss"),
    "a window of a history": lambda store: store.history(RUN, "loss", start=5, after=10, limit=20),
    "a sample": lambda store: store.sample([RUN, "r1"], ["loss", "hot", "lone"], 10),
    "the console": lambda store: store.console(RUN, after=0),
    "documents": lambda store: store.documents(RUN),
    "files": lambda store: store.artifact_files(RUN),
    "changes": lambda store: store.changes(1),
    "a position": lambda store: store.acknowledged("j"),
    "a prefix": lambda store: store.find_runs(RUN[:4]),
    "the newest runs of experiments": lambda store: store.recent_values({"0": "metrics.loss", "1": "metrics.loss:min"}),
    "what goes on in experiments": lambda store: store.activities(["0", "1", "4711"]),
    "a sweep": lambda store: store.sweep(time.time_ns() // 1_000_000),
}


def test_writing_reads_no_whole_table(noted: Statements) -> None:
    a_day_of_logging(noted.store)
    assert len(noted.sent) > 20
    assert noted.scans() == []


@pytest.mark.parametrize("what", READS)
def test_reading_reads_no_whole_table(noted: Statements, what: str) -> None:
    READS[what](noted.store)
    assert noted.sent
    assert noted.scans() == []


def test_a_steady_run_costs_few_statements(noted: Statements) -> None:
    """Beside a busy loop each statement waits for the interpreter lock: their number must not grow with the series."""
    store = noted.store
    many = {f"m{number}": [(0, 1.0, 1), (1, 1.0, 2)] for number in range(200)}
    store.write(Batch([RunStarted("r", "1", 1, "x"), metrics("r", **many)]))
    count: list[str] = []
    event.listen(store._engine, "before_cursor_execute", lambda _c, _k, statement, *_: count.append(statement))
    store.write(Batch([metrics("r", **many)], Origin("steady", 0, 10)))
    assert len(count) <= 20, count


def test_what_a_fast_writer_brings_is_compressed_once(tmp_path: Path) -> None:
    """Arrivals of ten thousand points make chunks that stay; merging them again wrote each byte twice."""
    found = Statements(tmp_path / "fast.db")
    found.store.write(Batch([RunStarted("fast", "0", 1, "fast")]))
    for first in range(0, 200_000, 10_000):
        steps = np.arange(first, first + 10_000, dtype="<i8")
        columns = (np.zeros(len(steps), "<u4"), steps, np.sin(steps), steps)
        found.store.write(Batch([Metrics("fast", ["loss"], *(column.tobytes() for column in columns))]))
    assert not [statement for statement in found.sent if statement.startswith("DELETE FROM chunks")]
    assert found.store.history("fast", "loss").steps.tolist() == list(range(200_000))
    found.store.close()


def test_a_sample_of_a_whole_series_does_not_count_its_chunks(tmp_path: Path) -> None:
    found = Statements(tmp_path / "long.db")
    found.store.write(Batch([RunStarted("long", "0", 1, "long")]))
    steps = np.arange(4 * STRETCH, dtype="<i8")
    columns = (np.zeros(len(steps), "<u4"), steps, np.sin(steps), steps)
    found.store.write(Batch([Metrics("long", ["loss"], *(column.tobytes() for column in columns))]))
    found.sent.clear()
    (whole,) = found.store.sample(["long"], ["loss"], 1)
    assert whole.total == len(steps)
    assert not [statement for statement in found.sent if "sum(" in statement]
    (part,) = found.store.sample(["long"], ["loss"], 1, start=2)
    assert part.total == len(steps) - 2
    found.store.close()
