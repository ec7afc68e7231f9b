"""When the file, the disk or the schema is not as it should be: one clear error each, and nothing is lost."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest
from sqlalchemy import Connection

from runstone import connect
from runstone.contracts import Batch, Origin
from runstone.errors import InvalidValue, StoreCorrupt, StoreTooNew, StoreUnavailable
from runstone.records import Lease, Params, RunStarted, Tags
from runstone.store.dialects import Sqlite
from runstone.store.sql import SqlStore
from runstone.testing.store_suite import metrics, rows


def make(folder: Path, lock_wait: float = 60.0) -> SqlStore:
    folder.mkdir(exist_ok=True)
    return SqlStore(Sqlite(folder / connect.DATABASE, lock_wait), str(folder), (folder / "artifacts").as_uri())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A store with a run ``r1``."""
    store = make(tmp_path / "s")
    store.write(
        Batch(
            [
                RunStarted("r1", "0", 1, "a"),
                Lease("r1", "h", "elsewhere", 1, 0, 1),
                metrics("r1", m=[(step, 1.5, 1) for step in range(900)]),
            ]
        )
    )
    store.close()
    return tmp_path / "s"


def test_a_locked_file_says_who_to_look_for_and_works_again(folder: Path) -> None:
    store, other = make(folder, lock_wait=0.05), sqlite3.connect(folder / connect.DATABASE, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match="Another process"):
        store.write(Batch([Tags("r1", {"a": "1"})]))
    assert store.get_run("r1").info.run_name == "a"  # readers do not wait
    other.execute("ROLLBACK")
    other.close()
    store.write(Batch([Tags("r1", {"a": "1"})]))
    assert store.get_run("r1").data.tags["a"] == "1"
    store.close()


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / connect.DATABASE).write_bytes(b"this is a text, not a database " * 200)
    with pytest.raises(StoreCorrupt, match=r"runstone\.db"):
        make(tmp_path)
    assert (tmp_path / connect.DATABASE).read_bytes().startswith(b"this is a text")


def test_a_damaged_file_is_found_by_a_deep_look(folder: Path) -> None:
    file = folder / connect.DATABASE
    with sqlite3.connect(file) as plain:
        plain.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        # what a failing disk does to the table of series, without touching anything else
        page = plain.execute("SELECT rootpage FROM sqlite_master WHERE name = 'series'").fetchone()[0]
        size = plain.execute("PRAGMA page_size").fetchone()[0]
    plain.close()
    with open(file, "r+b") as raw:
        raw.seek((page - 1) * size)
        raw.write(os.urandom(size))
    store = make(folder)
    with pytest.raises(StoreCorrupt, match="Put a copy back"):
        store.get_run("r1")
    assert store.find_experiment("Default") is not None
    store.close()


def test_a_flipped_bit_in_points_is_found_by_a_deep_look(folder: Path) -> None:
    with sqlite3.connect(folder / connect.DATABASE) as plain:
        (data,) = plain.execute("SELECT data FROM chunks").fetchone()
        plain.execute("UPDATE chunks SET data = ?", (data[:-9] + bytes([data[-9] ^ 1]) + data[-8:],))
    plain.close()
    store = make(folder)
    (problem,) = store.health(deep=True).problems
    assert "'m'" in problem
    assert "checksum" in problem
    with pytest.raises(StoreCorrupt, match="checksum"):
        store.history("r1", "m")
    store.close()


def test_a_store_of_a_newer_version_is_left_alone(folder: Path) -> None:
    with sqlite3.connect(folder / connect.DATABASE) as plain:
        plain.execute("UPDATE alembic_version SET version_num = '9999'")
    plain.close()
    with pytest.raises(StoreTooNew, match=r"9999.*pip install -U"):
        make(folder)


@pytest.mark.parametrize(
    ("tables", "owner"), [(("experiments", "latest_metrics", "alembic_version"), "MLflow"), (("songs",), "another program")]
)
def test_a_database_of_another_program_is_left_alone(tmp_path: Path, tables: tuple[str, ...], owner: str) -> None:
    with sqlite3.connect(tmp_path / "x.db") as plain:
        for table in tables:
            plain.execute(f"CREATE TABLE {table} (a)")
    plain.close()
    before = (tmp_path / "x.db").read_bytes()
    with pytest.raises(InvalidValue, match=owner):
        connect.open_store(f"sqlite:///{tmp_path}/x.db")
    assert (tmp_path / "x.db").read_bytes() == before


def test_a_folder_of_mlflow_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mlruns/0").mkdir(parents=True)
    (tmp_path / "mlruns/0/meta.yaml").write_text("name: Default")
    with pytest.raises(InvalidValue, match="MLflow"):
        connect.open_store(tmp_path / "mlruns")
    assert [path.name for path in (tmp_path / "mlruns").iterdir()] == ["0"]


def without_powers(script: str, *arguments: object) -> str:
    """Output of a script run without what lets root write into folders that are read-only."""
    drop = """
        import ctypes, os
        if os.getuid() == 0:
            # capset(2), version 3: no capability of any kind
            ctypes.CDLL(None).capset((ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)())
    """
    source = textwrap.dedent(drop) + textwrap.dedent(script)
    done = subprocess.run([sys.executable, "-c", source, *map(str, arguments)], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def test_a_read_only_folder_can_be_read(folder: Path) -> None:
    folder.chmod(0o555)
    (folder / connect.DATABASE).chmod(0o444)
    said = without_powers(
        """
        import sys
        from runstone import connect
        from runstone.contracts import Batch
        from runstone.errors import StoreUnavailable
        from runstone.records import Tags
        store = connect.open_store(sys.argv[1])
        print(store.get_run("r1").data.metrics, len(store.history("r1", "m").steps), store.sweep(10**15))
        try:
            store.write(Batch([Tags("r1", {"a": "1"})]))
        except StoreUnavailable as problem:
            print("cannot:", problem)
        """,
        folder,
    )
    folder.chmod(0o755)
    assert "{'m': 1.5} 900 []" in said
    assert "cannot:" in said
    assert "make both writable" in said


def test_a_store_cannot_be_made_in_a_read_only_folder(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    said = without_powers(
        """
        import sys
        from runstone import connect
        from runstone.errors import StoreUnavailable
        for place in (sys.argv[1], sys.argv[1] + "/below"):
            try:
                connect.open_store(place)
            except StoreUnavailable as problem:
                print("cannot:", problem)
        """,
        tmp_path,
    )
    tmp_path.chmod(0o755)
    assert said.count("cannot:") == 2, said
    assert "choose another tracking URI" in said


def test_a_full_disk_loses_nothing_that_was_stored(folder: Path) -> None:
    # a limit on the size of files is what a test can have of a full disk
    script = """
        import os, resource, sys
        from runstone import connect
        from runstone.contracts import Batch, Origin
        from runstone.errors import StoreUnavailable
        from runstone.records import Tags
        store = connect.open_store(sys.argv[1])
        store.write(Batch([Tags("r1", {"first": "1"})], Origin("j", 0, 10)))
        resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, 600_000))
        piece = Batch([Tags("r1", {"second": os.urandom(2_000_000).hex()})], Origin("j", 10, 20))
        try:
            store.write(piece)
        except StoreUnavailable as problem:
            print("cannot:", problem)
        print(store.acknowledged("j"), sorted(store.get_run("r1").data.tags))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), str(folder)], capture_output=True, text=True, check=False
    )
    assert "cannot:" in done.stdout, done.stderr
    assert "10 ['first', 'mlflow.runName']" in done.stdout
    store = make(folder)
    assert not store.health(deep=True).problems
    assert store.write(Batch([Tags("r1", {"second": "2"})], Origin("j", 10, 20))).acknowledged == 20
    store.close()


def test_one_record_that_cannot_be_stored_does_not_hold_up_its_journal(folder: Path) -> None:
    store = make(folder)
    bad = Params("r1", {"bad": "\ud800"})  # half of a surrogate pair: no UTF-8 for it
    with pytest.raises(InvalidValue, match="cannot be stored"):
        store.write(Batch([bad, Tags("r1", {"x": "1"})]))
    batch = Batch([Tags("r1", {"a": "1"}), Params("r1", {"p": "1"}), metrics("r1", m=[(900, 2.0, 1)])], Origin("j", 0, 10))
    store.write(batch)
    huge = RunStarted("r2", "0", 2**63 + 5, "too late")
    receipt = store.write(Batch([Tags("r1", {"b": "1"}), huge, metrics("r1", m=[(901, 3.0, 1)])], Origin("j", 10, 20)))
    assert (receipt.acknowledged, [one.record for one in receipt.refused]) == (20, [huge])
    run = store.get_run("r1")
    assert {"a", "b"} <= set(run.data.tags)
    assert len(rows(store.history("r1", "m"))) == 902
    store.close()


def test_what_cannot_be_stored_is_not_found_either(folder: Path) -> None:
    store = make(folder)
    for ask in (
        lambda: store.find_experiment("\ud800"),
        lambda: store.get_run("\udfff"),
        lambda: store.console("r1", after=2**70),
        lambda: store.changes(2**70),
    ):
        with contextlib.suppress(InvalidValue):
            ask()
    with pytest.raises(InvalidValue):
        store.get_run("\udfff")
    store.close()


def test_on_a_network_there_is_no_shared_log(tmp_path: Path) -> None:
    stores = [SqlStore(Sqlite(tmp_path / "s.db", network=True), "s", "file:///a") for _ in range(2)]
    for number, store in enumerate(stores):
        store.write(Batch([RunStarted(f"r{number}", "0", 1, "x"), metrics(f"r{number}", m=[(0, 1.0, 1)])]))
    assert [store.get_run(f"r{1 - number}").data.metrics for number, store in enumerate(stores)] == [{"m": 1.0}] * 2
    assert {path.name for path in tmp_path.iterdir()} == {"s.db"}
    for store in stores:
        store.close()


def test_closing_waits_for_the_transaction_of_another_thread(folder: Path) -> None:
    """SQLite's connection, closed while a thread is inside it, takes the whole process down."""
    store = make(folder)
    inside, go, order = threading.Event(), threading.Event(), []

    def work(connection: Connection) -> None:
        inside.set()
        assert go.wait(30)
        connection.exec_driver_sql("UPDATE clock SET changed = changed + 1")
        order.append("written")

    writing = threading.Thread(target=store._writer.transaction, args=(work,))
    closing = threading.Thread(target=lambda: (store.close(), order.append("closed")))
    writing.start()
    assert inside.wait(30)
    closing.start()
    closing.join(0.1)
    go.set()
    writing.join()
    closing.join()
    assert order == ["written", "closed"]
    store.write(Batch([Tags("r1", {"again": "open"})]))
    assert store.get_run("r1").data.tags["again"] == "open"
    store.close()
