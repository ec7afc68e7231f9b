"""The store over SQLite does with logged models, traces and repeated points what every store must do, by its indexes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from test_query_plans import Statements

from runstone import connect
from runstone.contracts import Batch, LoggedModelQuery, ModelOrder, Store, TraceQuery
from runstone.entities.items import ItemQuery
from runstone.records import (
    ExperimentCreated,
    ItemWritten,
    LoggedModelChanged,
    LoggedModelCreated,
    MetricLinks,
    Record,
    RunStarted,
    TraceChanged,
    TraceStarted,
)
from runstone.store.dialects import Sqlite
from runstone.store.sql import SqlStore
from runstone.testing.items_suite import ItemsSuite
from runstone.testing.models_suite import ModelsSuite
from runstone.testing.store_suite import metrics


class TestModelsOnSqlite(ModelsSuite):
    def make(self, folder: Path) -> Store:
        folder.mkdir()
        return SqlStore(Sqlite(folder / connect.DATABASE), str(folder), (folder / "artifacts").as_uri())


class TestModelsOnPostgresql(ModelsSuite):
    @pytest.fixture(autouse=True)
    def database(self, new_postgres: Callable[[], str]) -> None:
        self.new = new_postgres

    def make(self, folder: Path) -> Store:
        return connect.open_store(self.new())


class TestItemsOnSqlite(ItemsSuite):
    make = TestModelsOnSqlite.make


class TestItemsOnPostgresql(ItemsSuite):
    database, make = TestModelsOnPostgresql.database, TestModelsOnPostgresql.make


def test_no_statement_reads_a_whole_table(tmp_path: Path) -> None:
    noted = Statements(tmp_path / "s.db")
    store = noted.store
    records: list[Record] = [ExperimentCreated("iris", time=1), RunStarted("r1", "1", 1, "n")]
    for number in range(50):
        records.append(LoggedModelCreated(f"m-{number}", "1", "n", number, params={"p": "1"}, tags={"t": "1"}))
        records.append(MetricLinks("r1", "acc", 0, number, 0.5, f"m-{number}", "test"))
        records.append(TraceStarted(f"t{number}", "1", number, tags={"a": "b"}))
    store.write(Batch(records))
    noted.sent.clear()
    store.write(
        Batch(
            [
                LoggedModelChanged("m-1", 5, "READY", tags={"t": None, "u": "1"}, params={"q": "1"}),
                TraceChanged("t1", 5, {"a": None}, "{}"),
                TraceChanged("t2", 5, deleted=True),
                metrics("r1", m=[(0, 1.0, 1), (0, 2.0, 1)]),
            ],
            once=True,
        )
    )
    store.get_logged_model("m-1")
    store.get_trace("t1")
    store.dataset_uses(["1"])
    order = (ModelOrder("metrics.acc", False, "test"), ModelOrder("name"))
    for text in ("metrics.acc > 0.1", "params.p = '1' OR metrics.acc < 0.7", "tags.t LIKE '1%' AND name = 'n'"):
        query = LoggedModelQuery(experiment_ids=("1",), filter=text, datasets=(("test", ""),), order_by=order)
        assert len(store.search_logged_models(query)) >= 49
    store.search_traces(TraceQuery(experiment_ids=("1",), filter="tags.a = 'b' AND name = 'x' AND metadata.k = '1'"))
    store.write(Batch([ItemWritten("evaluation_dataset", "d", 1, experiments={"1": True})]))
    store.write(Batch([ItemWritten("dataset_record", "dr", 1, "merge", "d", "k")]))
    for asked in (ItemQuery(kind="evaluation_dataset", experiment_ids=("1",)), ItemQuery(kind="dataset_record", keys=("k",))):
        assert len(store.search_items(asked)) == 1
    assert noted.scans() == []
    store.close()
