"""A whole store goes into an empty place: between SQLite and PostgreSQL, all of it or nothing."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from make_golden import RUN, SERIES, fill

from runstone import connect
from runstone.cli.main import cli
from runstone.contracts import Batch, Store
from runstone.errors import InvalidValue, NotFound, WrongState
from runstone.records import ExperimentCreated, RunStarted
from runstone.store.tables import metadata

NewStore = Callable[[], str]
GOLDEN = Path(__file__).parents[1] / "golden"


@pytest.fixture
def filled(tmp_path: Path) -> str:
    uri = str(tmp_path / "full")
    fill(connect.open_store(uri))  # type: ignore[arg-type]  # that of SQL
    return uri


def shown(store: Store) -> list[object]:
    run = store.get_run(RUN)
    return [
        run.to_dictionary(),
        [
            [column.tolist() for column in (found.steps, found.timestamps)] + [found.values.tobytes()]
            for found in (store.history(RUN, key) for key in SERIES)
        ],
        store.get_registered_model("wine"),
        store.get_model_version("wine", 1),
        store.get_trace("tr-1").tags,
        store.console(RUN),
        store.documents(RUN),
        store.artifact_files(RUN),
    ]


def test_there_and_back_again(filled: str, new_postgres: NewStore, postgres: object, tmp_path: Path) -> None:
    middle, last = postgres.new_database(), f"sqlite:///{tmp_path / 'last.db'}"  # type: ignore[attr-defined]
    there = connect.copy_store(filled, middle)
    back = connect.copy_store(middle, last)
    assert [one.table for one in there] == [table.name for table in metadata.sorted_tables]
    assert there == back
    rows = {one.table: one.rows for one in there}
    assert rows["runs"] == 1
    assert rows["chunks"] > 0
    assert rows["users"] if "users" in rows else sum(n for name, n in rows.items() if "account" in name)
    stores = [connect.open_store(uri) for uri in (filled, middle, last)]
    first, *others = [shown(store) for store in stores]
    assert others == [first, first]
    for store in stores[1:]:  # and it goes on
        store.write(Batch([ExperimentCreated("next"), RunStarted("n" * 32, "", 1, "n", experiment_name="next")]))
        assert store.find_experiment("next").experiment_id == "2"  # type: ignore[union-attr]


def test_a_store_that_was_opened_and_not_used_is_empty(filled: str, new_store: NewStore) -> None:
    target = new_store()
    connect.open_store(target).close()
    connect.close_all()
    connect.copy_store(filled, target)
    assert connect.open_store(target).get_run(RUN).data.params["ключ"] == "значение"


def test_artifacts_are_found_where_they_are(filled: str, tmp_path: Path) -> None:
    store = connect.open_store(filled)
    place = store.get_run(RUN).info.artifact_uri or ""
    connect.open_artifacts(place).put(io.BytesIO(b"trees"), "model/forest.txt")
    target = str(tmp_path / "copy")
    connect.copy_store(filled, target)
    copied = connect.open_store(target).get_run(RUN).info.artifact_uri or ""
    with connect.open_artifacts(copied).open("model/forest.txt") as file:
        assert file.read() == b"trees"


def test_only_what_is_empty_is_copied_into(filled: str, new_store: NewStore) -> None:
    target = new_store()
    connect.open_store(target).write(Batch([ExperimentCreated("mine")]))
    before = connect.open_store(target).find_experiment("mine")
    with pytest.raises(WrongState, match="not empty .table experiments has rows.*empty place only"):
        connect.copy_store(filled, target)
    assert connect.open_store(target).find_experiment("mine") == before
    with pytest.raises(InvalidValue, match="the store itself"):
        connect.copy_store(filled, filled)


def test_a_copy_that_breaks_off_leaves_nothing(filled: str, new_postgres: NewStore, postgres: object, tmp_path: Path) -> None:
    def stop(table: str, rows: int) -> None:
        if table == "points":
            raise KeyboardInterrupt

    for target in (postgres.new_database(), str(tmp_path / "broken")):  # type: ignore[attr-defined]
        with pytest.raises(KeyboardInterrupt):
            connect.copy_store(filled, target, stop)
        assert connect.schema_of(target)[0] is None
        connect.copy_store(filled, target)
        assert connect.open_store(target).get_run(RUN).info.status == "FAILED"


def test_the_source_may_be_written_meanwhile(filled: str, tmp_path: Path) -> None:
    store, target = connect.open_store(filled), str(tmp_path / "copy")
    written = []

    def write(table: str, rows: int) -> None:
        written.append(table)
        store.write(Batch([RunStarted(f"{len(written):032x}", "1", 1, "late")]))

    connect.copy_store(filled, target, write)
    assert len(written) >= len(metadata.sorted_tables)
    copied = connect.open_store(target)
    assert copied.find_runs("0") == [RUN], "as it was when it began"
    assert len(store.find_runs("0", 200)) > len(written)


def test_what_is_no_store_of_this_version_is_left(filled: str, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no store at"):
        connect.copy_store(str(tmp_path / "nothing"), str(tmp_path / "copy"))
    assert not (tmp_path / "nothing").exists()
    old = shutil.copy(GOLDEN / "store-0001.db", tmp_path / "old.db")
    with pytest.raises(WrongState, match="runstone db upgrade"):
        connect.copy_store(f"sqlite:///{old}", str(tmp_path / "copy"))
    other = tmp_path / "mlruns" / "0"
    other.mkdir(parents=True)
    (other / "meta.yaml").write_text("artifact_location: x\n")
    with pytest.raises(InvalidValue, match="MLflow's own"):
        connect.copy_store(filled, str(tmp_path / "mlruns"))


def test_the_command_says_what_it_did(filled: str, tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["db", "copy", filled, f"sqlite:///{tmp_path / 'x.db'}"])
    assert done.exit_code == 0, done.output
    assert "every digest agrees" in done.output
    again = CliRunner().invoke(cli, ["db", "copy", filled, f"sqlite:///{tmp_path / 'x.db'}", "--json"])
    assert again.exit_code == 1
    assert "not empty" in again.output


def test_a_server_is_no_place_to_copy_from_or_to(filled: str) -> None:
    for source, target in ((filled, "http://127.0.0.1:9"), ("http://127.0.0.1:9", filled)):
        with pytest.raises(InvalidValue, match="is a server"):
            connect.copy_store(source, target)
