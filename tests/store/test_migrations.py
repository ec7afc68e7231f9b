"""Old stores open; new ones are as if every migration had run."""

from __future__ import annotations

import json
import math
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command
from make_golden import RUN, SERIES, WAITED
from sqlalchemy import Engine

from runstone.contracts import Batch
from runstone.records import RunStarted
from runstone.store import migrate, schema
from runstone.store.dialects import WRITER, Sqlite
from runstone.store.sql import SqlStore
from runstone.testing.store_suite import metrics, rows

GOLDEN = Path(__file__).parents[1] / "golden"


def tables(file: Path) -> dict[str, object]:
    """Columns, keys and indexes of every table, in a form that can be compared."""
    plain = sqlite3.connect(file)
    names = [row[0] for row in plain.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    found: dict[str, object] = {}
    for name in names:
        indexes = {
            row[1]: (row[2], row[4], plain.execute(f"PRAGMA index_xinfo({row[1]})").fetchall())
            for row in plain.execute(f"PRAGMA index_list({name})")
        }
        columns = plain.execute(f"PRAGMA table_info({name})").fetchall()
        without = plain.execute("SELECT sql LIKE '%WITHOUT ROWID%' FROM sqlite_master WHERE name = ?", (name,)).fetchone()
        found[name] = (columns, indexes, without)
    plain.close()
    return found


def migrated(file: Path) -> Engine:
    """A database that went through every migration from nothing."""
    engine = Sqlite(file).engine()
    with engine.connect() as connection, connection.execution_options(**{WRITER: True}).begin():
        migrate.upgrade(connection)
    return engine


def test_a_new_store_is_as_if_every_migration_had_run(tmp_path: Path) -> None:
    SqlStore(Sqlite(tmp_path / "new.db"), "new", "file:///a").close()
    engine = migrated(tmp_path / "migrated.db")
    assert tables(tmp_path / "new.db") == tables(tmp_path / "migrated.db")
    engine.dispose()


def test_the_list_of_migrations_is_the_folder() -> None:
    assert tuple(migrate.revisions()) == schema.REVISIONS


def test_every_schema_has_a_golden_store() -> None:
    assert {file.stem for file in GOLDEN.glob("store-*.db")} == {f"store-{name}" for name in schema.REVISIONS}


@pytest.mark.parametrize("revision", schema.REVISIONS)
def test_a_golden_store_opens_with_all_that_is_in_it(tmp_path: Path, revision: str) -> None:
    shutil.copy(GOLDEN / f"store-{revision}.db", tmp_path / "s.db")
    store = SqlStore(Sqlite(tmp_path / "s.db"), "s", "file:///artifacts")
    run = store.get_run(RUN)
    info = run.info
    assert (info.run_name, info.user_id, info.status, info.cause) == ("nice-name", "ada", "FAILED", "exit code 3")
    assert (info.start_time, info.end_time, info.artifact_uri) == (2000, 5000, f"file:///artifacts/1/{RUN}/artifacts")
    assert run.data.params == {"lr": "0.1", "ключ": "значение"}
    assert run.data.tags["note"] == "kept for ever"
    expected = {**SERIES, "loss": [*SERIES["loss"], (3000, 0.25, 1)]}
    for key, points in expected.items():
        assert repr(rows(store.history(RUN, key))) == repr(points)
    waited = ["waited"] if revision >= "0015" else []
    for key in waited:
        assert rows(store.history(RUN, key)) == WAITED
    means = {key: one.mean for key, one in run.data.summaries.items() if key in expected}
    losses = [value for _, value, _ in expected["loss"]]
    assert means == {"lone": -0.5, "hot": math.inf, "loss": pytest.approx(sum(losses) / len(losses), rel=1e-12)}
    assert run.inputs.dataset_inputs[0].dataset.digest == "abc123"
    assert run.outputs.model_outputs[0].step == 3
    assert [piece.text for piece in store.console(RUN)] == ["epoch 1\n"]
    assert [one.text for one in store.documents(RUN)] == ["+ a line\n"]
    assert [one.path for one in store.artifact_files(RUN)] == ["model/MLmodel"]
    assert store.acknowledged("fedcba9876543210fedcba9876543210") == 300
    assert not store.health(deep=True).problems
    activity = store.activities(["1"])["1"]
    assert (activity.status, activity.deleted, activity.last) == ({"FAILED": 1}, 0, 5000)
    assert sorted(activity.metrics) == ["hot", "lone", "loss", *waited]
    if revision >= "0002":
        version = store.get_version_by_alias("wine", "champion")
        assert (version.version, version.run_id, version.tags) == ("1", RUN, {"note": "первая"})
    if revision >= "0003":
        model = store.get_logged_model("m-" + "c" * 32)
        assert (model.name, model.status, model.params, model.tags) == ("forest", "READY", {"depth": "3"}, {"лес": "да"})
        assert [(point.key, point.value, point.dataset_name) for point in model.metrics or ()] == [("lone", -0.5, "iris")]
        assert model.artifact_location == f"file:///artifacts/1/models/{model.model_id}/artifacts"
    if revision >= "0004":
        trace = store.get_trace("tr-1")
        assert (trace.request_time, trace.duration, trace.tags) == (5000, 12, {"mlflow.traceName": "след"})
    if revision >= "0005":
        ada = store.accounts.find_user("ada")
        assert ada is not None
        (group,) = store.accounts.groups(ada.user_id)
        assert [(one.resource, one.permission) for one in store.accounts.grants([group.group_id])] == [("1", "EDIT")]
    if revision >= "0007":
        assert [(one.event, one.state) for one in store.webhooks.deliveries("d" * 32)] == [
            ("registered_model.created", "WAITING")
        ]
    if revision >= "0009":
        (asked,), (said,) = store.transition_requests("wine"), store.version_comments("wine", 1)
        assert (asked.stage, asked.before, asked.user_id, asked.comment, asked.state) == (
            "Production",
            "None",
            "ada",
            "good",
            "PENDING",
        )
        assert (said.user_id, said.comment) == ("ada", "Ещё раз?")
    if revision >= "0010":
        dataset = store.get_item("evaluation_dataset", "d-1")
        assert (dataset.created, dataset.experiment_ids, dataset.members) == (8500, ("1",), 1)
        assert json.loads(dataset.body) == {"name": "вина"}
    store.accounts.add_group("new")  # the clock of accounts is there, in stores that came from before as well
    store.close()
    migrated(tmp_path / "fresh.db").dispose()
    assert tables(tmp_path / "s.db") == tables(tmp_path / "fresh.db")


def test_the_registry_goes_and_comes_back(tmp_path: Path) -> None:
    engine = migrated(tmp_path / "s.db")
    before = tables(tmp_path / "s.db")
    with engine.connect() as connection, connection.execution_options(**{WRITER: True}).begin():
        command.downgrade(migrate.config(connection), "0001")
    assert before.keys() - tables(tmp_path / "s.db").keys() >= {"registered_models", "model_versions", "model_version_tags"}
    with engine.connect() as connection, connection.execution_options(**{WRITER: True}).begin():
        migrate.upgrade(connection)
    engine.dispose()
    assert tables(tmp_path / "s.db") == before


def test_who_goes_back_leaves_no_points_behind(tmp_path: Path) -> None:
    shutil.copy(GOLDEN / "store-0015.db", tmp_path / "s.db")
    engine = Sqlite(tmp_path / "s.db").engine()

    def back() -> None:
        with engine.connect() as connection, connection.execution_options(**{WRITER: True}).begin():
            command.downgrade(migrate.config(connection), "0014")

    with pytest.raises(RuntimeError, match="Points wait"):
        back()
    store = SqlStore(Sqlite(tmp_path / "s.db"), "s", "file:///a")
    assert rows(store.history(RUN, "waited")) == WAITED
    store.close()
    back()
    assert "inbox" not in tables(tmp_path / "s.db")
    engine.dispose()


def test_alembic_is_loaded_only_when_there_is_something_to_migrate(tmp_path: Path) -> None:
    source = "import sys; from runstone import connect; connect.open_store(sys.argv[1]); sys.exit('alembic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", source, str(tmp_path / "s")], check=False).returncode == 0


def test_chunks_go_to_a_table_with_their_keys_apart_and_back(tmp_path: Path) -> None:
    store = SqlStore(Sqlite(tmp_path / "s.db"), "s", "file:///a")
    values = [(step, math.sin(step), step) for step in range(3000)]
    for number in range(3):
        run_id = f"{number:032x}"
        store.write(Batch([RunStarted(run_id, "0", number, "n"), metrics(run_id, loss=values, acc=values[:1000])]))
    before = [repr(rows(store.history(f"{number:032x}", key))) for number in range(3) for key in ("acc", "loss")]
    store.close()
    engine = Sqlite(tmp_path / "s.db").engine()
    for to in ("0012", "head"):
        with engine.connect() as connection, connection.execution_options(**{WRITER: True}).begin():
            (command.downgrade if to == "0012" else command.upgrade)(migrate.config(connection), to)
            kept = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE name = 'chunks'").scalar_one()
            assert ("WITHOUT ROWID" in kept) == (to == "0012")
            assert connection.exec_driver_sql("SELECT count(*) FROM chunks").scalar_one() == 6
    engine.dispose()
    store = SqlStore(Sqlite(tmp_path / "s.db"), "s", "file:///a")
    assert [repr(rows(store.history(f"{number:032x}", key))) for number in range(3) for key in ("acc", "loss")] == before
    assert not store.health(deep=True).problems
    store.close()
