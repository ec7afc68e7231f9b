"""Trouble of store and journal: one visible warning, nothing logged is lost, training goes on. Strict mode raises it all."""

from __future__ import annotations

import errno
import itertools
import os
import re
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import pytest
from click.testing import CliRunner

import runstone
from runstone.cli.main import cli
from runstone.client import ending, notices
from runstone.errors import (
    DiskFull,
    InvalidValue,
    JournalTrouble,
    StoreCorrupt,
    StoreReadOnly,
    StoreTooNew,
    StoreUnavailable,
    Trouble,
)

_NO_SPACE = OSError(errno.ENOSPC, "No space left on device")


@pytest.fixture
def lenient() -> None:
    os.environ["RUNSTONE_STRICT"] = "0"
    os.environ["XDG_CACHE_HOME"] = str(Path("cache").absolute())


def test_strict_mode_raises_what_the_journal_says() -> None:
    Path("file").write_text("")
    os.environ["RUNSTONE_JOURNAL_DIR"] = str(Path("file", "journal").absolute())
    with pytest.raises(JournalTrouble, match="cannot be written"):
        runstone.start_run()
    assert runstone.active_run() is None


@pytest.mark.usefixtures("lenient")
def test_a_journal_folder_that_cannot_be_written_sends_journals_to_the_cache(capsys: pytest.CaptureFixture[str]) -> None:
    Path("file").write_text("")
    os.environ["RUNSTONE_JOURNAL_DIR"] = str(Path("file", "journal").absolute())
    for _ in range(2):
        with runstone.start_run() as run:
            runstone.log_metric("m", 1.0)
            runstone.log_param("p", 1)
    assert runstone.get_run(run.info.run_id).data.metrics == {"m": 1.0}
    said = capsys.readouterr().err
    assert said.count("WARNING") == 1
    assert "cache" in said


@pytest.mark.usefixtures("lenient")
def test_with_no_place_at_all_training_goes_on_and_hears_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    Path("file").write_text("")
    os.environ["RUNSTONE_JOURNAL_DIR"] = os.environ["XDG_CACHE_HOME"] = str(Path("file", "journal").absolute())
    with runstone.start_run():
        for step in range(100):
            runstone.log_metric("m", 1.0, step)
        runstone.log_metrics({"m": 1.0})
        runstone.log_param("p", 1)
        runstone.set_tag("t", 1)
        with pytest.raises(InvalidValue, match="Changing param"):
            runstone.log_param("p", 2)
    assert capsys.readouterr().err.count("NOTHING IS RECORDED") == 1


def test_a_store_that_cannot_be_opened_keeps_everything_until_it_can() -> None:
    Path(".runstone").mkdir()
    database = Path(".runstone", "runstone.db")
    database.write_bytes(b"this is no database at all" * 100)
    script = (
        "import runstone\n"
        "with runstone.start_run(run_name='patient') as run:\n"
        "    runstone.log_metric('m', 1.0); runstone.log_param('p', 1)\n"
        "print(run.info.run_id)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "RUNSTONE_STRICT": "0", "RUNSTONE_EXIT_WAIT_SECONDS": "0.2"},
    )
    assert done.stderr.count("no SQLite database") == 1
    assert "runstone sync" in done.stderr
    assert "Traceback" not in done.stderr
    database.unlink()
    with runstone.start_run():
        pass
    assert runstone.client.session.session().close(30)
    found = runstone.get_run(done.stdout.strip())
    assert (found.info.run_name, found.data.metrics, found.data.params) == ("patient", {"m": 1.0}, {"p": "1"})
    assert found.info.status == "FINISHED"
    assert runstone.get_experiment(found.info.experiment_id).name == Path.cwd().name


def test_strict_mode_raises_what_the_store_says() -> None:
    Path("runs").mkdir()
    Path("runs", "runstone.db").write_bytes(b"this is no database at all" * 100)
    runstone.set_tracking_uri("runs")
    with pytest.raises(Trouble):
        runstone.start_run()


@pytest.mark.usefixtures("lenient")
def test_a_locked_store_does_not_hold_up_logging(monkeypatch: pytest.MonkeyPatch) -> None:
    with runstone.start_run():
        pass
    runstone.flush()
    lock = sqlite3.connect(Path(".runstone", "runstone.db"), isolation_level=None, timeout=0)
    lock.execute("BEGIN IMMEDIATE")
    try:
        with runstone.start_run() as run:
            for step in range(1000):
                runstone.log_metric("m", step, step)
            runstone.log_params({"p": 1})
    finally:
        lock.execute("ROLLBACK")
        lock.close()
    found = runstone.get_run(run.info.run_id)
    assert (found.data.summaries["m"].count, found.data.params, found.info.status) == (1000, {"p": "1"}, "FINISHED")


@pytest.mark.usefixtures("lenient")
def test_reading_says_what_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    with runstone.start_run() as run:
        pass
    here = runstone.client.session.session()

    def away(self: object) -> None:
        raise StoreUnavailable("the store is away")

    here.flush()
    monkeypatch.setattr(type(here), "store", property(away))
    with pytest.raises(StoreUnavailable, match="the store is away"):
        runstone.get_run(run.info.run_id)


@pytest.mark.parametrize("uri", ["ftp://127.0.0.1", "s3://bucket", 5, "sqlite:///:memory:"])
def test_a_tracking_uri_that_cannot_be_used_says_which_can(uri: object) -> None:
    with pytest.raises(InvalidValue, match="folder|SQLite"):
        runstone.set_tracking_uri(uri)


def test_mlflows_own_folder_is_never_written(tmp_path: Path) -> None:
    (tmp_path / "mlruns" / "0").mkdir(parents=True)
    (tmp_path / "mlruns" / "0" / "meta.yaml").write_text("name: Default\n")
    runstone.set_tracking_uri(tmp_path / "mlruns")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(InvalidValue, match="MLflow"):
        runstone.start_run()
    assert sorted(tmp_path.rglob("*")) == before


def test_a_setting_that_cannot_be_read_is_named() -> None:
    os.environ["RUNSTONE_QUIET"] = "maybe"
    with pytest.raises(InvalidValue, match="RUNSTONE_QUIET='maybe'"):
        runstone.start_run()
    assert runstone.active_run() is None
    os.environ["RUNSTONE_QUIET"] = "1"


def test_a_disk_that_is_full_is_told_of_once_and_summed_up_at_the_end() -> None:
    script = (
        "import resource, sys, runstone\n"
        "sys.dont_write_bytecode = True\n"
        "with runstone.start_run() as run:\n"
        "    runstone.log_metric('m', 0.5)\n"
        "    runstone.flush()\n"
        "    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "    for step in range(5000): runstone.log_metric('m', 0.25, step)\n"
        "    runstone.log_param('late', 1)\n"
        "    runstone.log_text('x' * 5000, 'a.txt')\n"
        "print(run.info.run_id)"
    )
    env = {**os.environ, "RUNSTONE_STRICT": "0", "RUNSTONE_EXIT_WAIT_SECONDS": "0.1"}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=env)
    assert "log_metric could not be recorded: the journal" in done.stderr
    assert done.stderr.count("RUNSTONE_STRICT=1") <= 3
    missed = re.search(r"calls that could not be recorded: ([\d,]+) of log_metric", done.stderr)
    assert missed is not None, done.stderr
    synced = CliRunner().invoke(cli, ["sync"])  # somebody made room
    assert synced.exit_code == 0, synced.output
    stored = len(runstone.MlflowClient().get_metric_history(done.stdout.strip(), "m"))
    assert stored + int(missed[1].replace(",", "")) == 5001
    run = runstone.get_run(done.stdout.strip())
    assert (run.info.status, run.info.end_time is None) == ("FINISHED", False)
    assert (run.info.cause or "").startswith(f"missing: {missed[1]} points"), run.info.cause
    assert (run.info.cause or "").endswith("1 artifact (File too large)")
    assert run.data.params == {"late": "1"}


def _until_full(log: Callable[[int], object]) -> int:
    for number in itertools.count():
        try:
            log(number)
        except JournalTrouble:
            return number
    raise AssertionError("never full")


@pytest.mark.parametrize("error", [ValueError("é" * 5000), SystemExit("é" * 5000)])
def test_a_long_cause_is_cut_where_the_journal_is_full(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    run = runstone.start_run()
    monkeypatch.setattr("os.posix_fallocate", mock.Mock(side_effect=_NO_SPACE))
    points = _until_full(lambda step: runstone.log_metric("m", 1.0, step))
    params = _until_full(lambda number: runstone.log_param(f"p{number}", "x" * 100))
    with pytest.raises((JournalTrouble, SystemExit)), run:  # the traceback does not fit
        raise error
    monkeypatch.undo()
    found = runstone.get_run(run.info.run_id)
    assert (found.info.status, len(found.data.params), found.data.summaries["m"].count) == ("FAILED", params, points)
    cause = found.info.cause or ""
    assert cause.startswith(("ValueError: éé", "exit code 1: éé"))
    assert re.search(r"é; missing: 1 point(, 1 param and 1 document| and 1 param) \(No space left on device\)$", cause), cause


def test_points_of_many_keys_that_fit_no_more_are_told_of_where_files_are_not_mapped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runstone.journal.writer.mappable", lambda folder: False)
    with runstone.start_run() as run:
        for step in range(3000):  # a segment whose disk is had bit by bit
            runstone.log_metrics({"a": 1.0, "b": 2.0}, step=step)
        with mock.patch("os.posix_fallocate", side_effect=_NO_SPACE):
            more = _until_full(lambda step: runstone.log_metrics({"a": 1.0, "b": 2.0}, step=step))
    found = runstone.get_run(run.info.run_id)
    stored = sum(summary.count for summary in found.data.summaries.values())
    missing = 2 * (3001 + more) - stored
    assert missing in (1, 2)
    assert found.info.cause == f"missing: {missing} point{'s' * (missing > 1)} (No space left on device)"


def test_a_process_does_not_wait_long_for_a_store_that_waiting_does_not_help(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    session = runstone.client.session.session()
    monkeypatch.setenv("RUNSTONE_STRICT", "0")
    monkeypatch.setenv("RUNSTONE_QUIET", "0")
    given: list[float] = []
    monkeypatch.setattr(session.shipper, "flush", lambda timeout=None: given.append(timeout))
    session.say_away(StoreUnavailable("locked"))
    session.close(30)
    assert sum(given) > 25
    assert "Ctrl-C loses nothing" in capsys.readouterr().err
    for trouble in (DiskFull("no room"), StoreReadOnly("read-only"), StoreTooNew("newer"), StoreCorrupt("damaged")):
        session.away = False
        given.clear()
        session.say_away(trouble)
        session.close(30)
        assert sum(given) < 3


def test_an_experiment_that_is_not_there_is_said_where_runs_are_searched(capsys: pytest.CaptureFixture[str]) -> None:
    runstone.set_experiment("there")
    assert len(runstone.search_runs(experiment_names=["there", "nowhere"], output_format="list")) == 0
    said = capsys.readouterr().err
    assert "no experiment is called 'nowhere'" in said
    assert "'there'" not in said


TRAINING = """
import ctypes, os, sys, runstone
if sys.argv[1:] and os.getuid() == 0:  # not even root may write what is read-only: capset(2), version 3, no capability at all
    ctypes.CDLL(None).capset((ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)())
with runstone.start_run() as run:
    runstone.log_metric("m", 1.0)
    runstone.log_param("p", 1)
    runstone.flush()
    runstone.log_text("words", "a/b.txt")
print(run.info.run_id)
"""


def train(*arguments: str) -> tuple[str, str]:
    """Id of the run and what was said, of a script that trains in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", TRAINING, *arguments],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "RUNSTONE_STRICT": "0", "RUNSTONE_CAPTURE_CONTEXT": "0"},
    )
    return done.stdout.strip(), done.stderr


def nothing_is_missing(run_id: str) -> None:
    synced = CliRunner().invoke(cli, ["sync"])
    assert synced.exit_code == 0, synced.output
    run = runstone.get_run(run_id)
    assert (run.info.status, run.data.metrics, run.data.params) == ("FINISHED", {"m": 1.0}, {"p": "1"})
    assert runstone.artifacts.load_text(f"runs:/{run_id}/a/b.txt") == "words"


def test_a_store_of_a_newer_version_is_said_once_and_nothing_is_missing_after_the_upgrade() -> None:
    train()
    with sqlite3.connect(Path(".runstone", "runstone.db")) as plain:
        (known,) = plain.execute("SELECT version_num FROM alembic_version").fetchone()
        plain.execute("UPDATE alembic_version SET version_num = '9999'")
    plain.close()
    run_id, said = train()
    assert said.count("schema 9999") == 1
    assert f"knows schemas up to {known}" in said
    assert "pip install -U runstone" in said
    assert "Traceback" not in said
    for command in (["ui"], ["runs", "list"], ["sync"]):
        refused = CliRunner().invoke(cli, command)
        assert (refused.exit_code, refused.output.count("schema 9999"), refused.output.count("\n")) == (1, 1, 1)
    with sqlite3.connect(Path(".runstone", "runstone.db")) as plain:
        plain.execute("UPDATE alembic_version SET version_num = ?", (known,))
    plain.close()
    nothing_is_missing(run_id)


@pytest.mark.parametrize("there", [True, False])
def test_where_nothing_may_be_written_all_waits_in_the_cache(
    there: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    place = tmp_path / "work"
    place.mkdir()
    monkeypatch.chdir(place)
    if there:
        train()
    folders = [place, *(path for path in place.rglob("*"))]
    for path in folders:
        path.chmod(path.stat().st_mode & ~0o222)
    try:
        run_id, said = train("without powers")
    finally:
        for path in folders:
            path.chmod(path.stat().st_mode | 0o200)
    assert "Traceback" not in said
    assert "MLflow" not in said
    assert str(tmp_path / "cache") in said.splitlines()[-1]  # where it is, and what brings it in
    assert "runstone sync" in said.splitlines()[-1]
    found = CliRunner().invoke(cli, ["doctor", "--json"])
    assert ("not shipped yet" in found.output) is there  # without a store there is none to look into
    nothing_is_missing(run_id)


def test_who_waits_for_a_locked_store_to_begin_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RUNSTONE_QUIET", "0")
    monkeypatch.setattr(notices, "SILENT_SECONDS", 0.05)
    with runstone.start_run():
        pass
    runstone.flush()
    lock = sqlite3.connect(Path(".runstone", "runstone.db"), isolation_level=None, timeout=0, check_same_thread=False)
    lock.execute("BEGIN IMMEDIATE")
    said = threading.Event()
    monkeypatch.setattr(notices, "_write", lambda text: (sys.stderr.write(text), "waiting" in text and said.set()))
    freeing = threading.Thread(target=lambda: (said.wait(20), lock.execute("ROLLBACK")))
    freeing.start()
    runstone.set_experiment("another")
    freeing.join()
    lock.close()
    assert "can be written, to make experiment 'another'" in capsys.readouterr().err


def test_ctrl_c_ends_the_wait_at_the_end_and_nothing_is_lost(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with runstone.start_run():
        pass
    here = runstone.client.session.session()

    def interrupted(timeout: float) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(here, "close", interrupted)
        assert not ending._ship(here, 30)
    assert f"safe in {here.root}" in capsys.readouterr().err
