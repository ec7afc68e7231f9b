"""``runstone gc``, ``sync`` and ``doctor``."""

from __future__ import annotations

import io
import os
import re
import sqlite3
import subprocess
import sys
from collections import namedtuple
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from runstone import connect
from runstone.contracts import Batch, Store
from runstone.errors import NotFound
from runstone.records import RunChanged

Call = Callable[..., Result]
Read = Callable[..., Any]
MakeRun = Callable[..., str]


def put(store: Store, run_id: str) -> Path:
    """Give a run an artifact; where it lies."""
    artifacts = connect.open_artifacts(store.get_run(run_id).info.artifact_uri or "")
    artifacts.put(io.BytesIO(b"x"), "model/MLmodel")
    place = artifacts.local("model/MLmodel")
    assert place is not None
    return place


def test_gc_removes_deleted_runs_with_their_artifacts_and_nothing_else(
    call: Call, read: Read, store: Store, make_run: MakeRun
) -> None:
    kept, gone = make_run("kept"), make_run("gone")
    places = put(store, kept), put(store, gone)
    call("runs", "delete", "-r", gone)
    assert read("gc", "--dry-run") == {"runs": [gone], "experiments": [], "removed": False}
    assert store.get_run(gone)
    assert "Removed 1 run" in call("gc", "--yes").output
    with pytest.raises(NotFound):
        store.get_run(gone)
    assert places[0].exists()
    assert not places[1].exists()
    assert "Nothing" in call("gc", "--yes").output


def test_gc_asks_first(call: Call, store: Store, make_run: MakeRun) -> None:
    run_id = make_run()
    call("runs", "delete", "-r", run_id)
    call("gc", input="n\n", code=1)
    assert store.get_run(run_id)
    call("gc", input="y\n")
    with pytest.raises(NotFound):
        store.get_run(run_id)


def test_gc_spares_what_was_deleted_lately(call: Call, read: Read, store: Store, make_run: MakeRun) -> None:
    old, new = make_run("old"), make_run("new")
    store.write(Batch([RunChanged(old, 1_000, deleted=True)]))
    call("runs", "delete", "-r", new)
    assert read("gc", "--older-than", "1d2h3m4.5s", "--dry-run")["runs"] == [old]
    for wrong in ("soon", "1", "-1d", "1w"):
        call("gc", "--older-than", wrong, code=2)


def test_gc_removes_a_deleted_experiment_with_all_its_runs(
    call: Call, read: Read, store: Store, make_run: MakeRun, experiment: str
) -> None:
    run_id = make_run()
    call("gc", "--experiment-ids", experiment, "--yes", code=1)
    call("experiments", "delete", "-x", experiment)
    assert read("gc", "--experiment-ids", experiment, "--yes")["runs"] == [run_id]
    assert [one["name"] for one in read("experiments", "search", "--view", "all")] == ["Default"]


def test_gc_by_run_id_takes_only_that_run_and_only_from_the_trash(call: Call, read: Read, make_run: MakeRun) -> None:
    first, second, active = make_run(), make_run(), make_run()
    for one in (first, second):
        call("runs", "delete", "-r", one)
    assert "not in the trash" in call("gc", "--run-ids", active, "--yes", code=1).stderr
    assert read("gc", "--run-ids", first, "--yes")["runs"] == [first]
    assert read("gc", "--dry-run")["runs"] == [second]


def test_gc_leaves_a_folder_that_is_not_the_runs_own(call: Call, make_run: MakeRun, tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "thesis.tex").write_text("years of work")
    run_id = make_run(artifact_uri=shared.as_uri())
    call("runs", "delete", "-r", run_id)
    assert "stay" in call("gc", "--yes").stderr
    assert (shared / "thesis.tex").exists()


def test_sync_with_nothing_to_ship(call: Call, read: Read) -> None:
    assert "Nothing" in call("sync").output
    assert read("sync")["journals"] == 0


def test_sync_says_what_it_brings_in(call: Call, read: Read, uri: str) -> None:
    """Also of a run that began and ended unheard of: nobody else may bring it in before it is counted."""
    script = "import runstone, os\nrunstone.start_run(run_name='r')\nrunstone.log_metric('m', 1)\nos.kill(os.getpid(), 9)"
    environment = {**os.environ, "RUNSTONE_TRACKING_URI": uri, "RUNSTONE_CAPTURE_CONTEXT": "0"}
    subprocess.run([sys.executable, "-c", script], check=False, env=environment)
    assert re.match(r"Shipped \d+ records with 1 metric point.* from 1 journal\.", call("sync").output)
    assert [(run["run_name"], run["status"], run["metrics.m"]) for run in read("runs", "list")] == [("r", "CRASHED", 1.0)]


def test_doctor_finds_a_sound_store_sound(call: Call, read: Read, make_run: MakeRun) -> None:
    make_run()
    found = read("doctor")
    assert found["sound"]
    assert {one["check"] for one in found["findings"]} >= {"versions", "store", "journal", "disk", "clock"}
    assert "No problem" in call("doctor").output


def test_doctor_fails_on_a_damaged_store(call: Call, store: Store, uri: str, make_run: MakeRun) -> None:
    make_run(metrics={"loss": [float(step) for step in range(5000)]})
    store.close()
    file = Path(uri) / "runstone.db"
    sqlite3.connect(file).execute("PRAGMA wal_checkpoint(TRUNCATE)").connection.close()
    with file.open("r+b") as out:
        out.seek(4096)
        out.write(b"\xff" * 8192)
    result = call("doctor", code=1)
    assert "bad" in result.output


def test_doctor_fails_on_a_full_disk(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage(10**12, 10**12, 10**6))
    assert "disk" in call("doctor", code=1).output


def test_doctor_warns_of_a_run_from_the_future(read: Read, make_run: MakeRun) -> None:
    make_run(start=4_000_000_000_000)
    clock = next(one for one in read("doctor")["findings"] if one["check"] == "clock")
    assert clock["state"] == "warn"


def test_what_lies_on_a_full_disk_can_be_read(uri: str, make_run: Callable[..., str]) -> None:
    make_run("seen")
    connect.close_all()
    limit = "import resource, sys; sys.dont_write_bytecode = True; resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000)); "
    command = f"{limit}from runstone.cli.main import cli; cli(['runs', 'list', '--store', {uri!r}])"
    done = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, "seen" in done.stdout) == (0, True), done.stderr
