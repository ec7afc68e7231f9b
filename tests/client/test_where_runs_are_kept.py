"""The tracking URI: given, of the environment, by default."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import runstone
from runstone.client import ending, surroundings


def one_run() -> None:
    with runstone.start_run():
        runstone.log_metric("m", 1.0)
    runstone.flush()


def test_by_default_a_folder_in_the_working_one() -> None:
    assert not runstone.is_tracking_uri_set()
    one_run()
    assert runstone.get_tracking_uri() == str(Path(".runstone").absolute())
    assert Path(".runstone", "runstone.db").exists()


def test_the_default_does_not_move_with_the_working_folder(tmp_path: Path) -> None:
    one_run()
    first = runstone.get_tracking_uri()
    os.chdir(tmp_path)
    assert runstone.get_tracking_uri() == first
    assert len(runstone.search_runs(search_all_experiments=True)) == 1


def test_what_is_given_is_what_is_said(tmp_path: Path) -> None:
    runstone.set_tracking_uri("sqlite:///my.db")
    assert runstone.get_tracking_uri() == "sqlite:///my.db"
    assert runstone.is_tracking_uri_set()
    one_run()
    assert Path("my.db").exists()
    runstone.set_tracking_uri(tmp_path / "runs")
    one_run()
    assert (tmp_path / "runs" / "runstone.db").exists()
    runstone.set_tracking_uri("")
    assert not runstone.is_tracking_uri_set()


def test_a_relative_one_means_the_same_after_a_change_of_folder(tmp_path: Path) -> None:
    runstone.set_tracking_uri("./runs")
    one_run()
    os.chdir(tmp_path)
    one_run()
    assert len(runstone.search_runs(search_all_experiments=True)) == 2


def test_ours_wins_over_mlflows_in_the_environment() -> None:
    os.environ["MLFLOW_TRACKING_URI"] = "theirs"
    assert runstone.get_tracking_uri() == "theirs"
    os.environ["RUNSTONE_TRACKING_URI"] = "ours"
    assert runstone.get_tracking_uri() == "ours"
    one_run()
    assert Path("ours", "runstone.db").exists()
    assert not Path("theirs").exists()


def test_children_inherit_it(tmp_path: Path) -> None:
    runstone.set_tracking_uri("here")
    (tmp_path / "x").mkdir()
    subprocess.run([sys.executable, "-c", "import runstone\nwith runstone.start_run(): pass"], check=True, cwd=tmp_path / "x")
    assert len(runstone.search_runs(search_all_experiments=True)) == 1


def test_registry_follows_tracking_unless_given() -> None:
    runstone.set_tracking_uri("here")
    assert runstone.get_registry_uri() == "here"
    runstone.set_registry_uri("there")
    assert runstone.get_registry_uri() == "there"
    runstone.set_registry_uri("")
    assert runstone.get_registry_uri() == "here"


def test_an_active_run_stays_where_it_began(tmp_path: Path) -> None:
    with runstone.start_run() as run:
        runstone.set_tracking_uri(tmp_path / "other")
        runstone.log_metric("m", 1.0)
        assert runstone.get_run(run.info.run_id).data.metrics == {"m": 1.0}
        runstone.delete_run(run.info.run_id)
        runstone.restore_run(run.info.run_id)
    assert not (tmp_path / "other" / "runstone.db").exists()


def test_the_first_run_says_where_it_is_kept(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    os.environ["RUNSTONE_QUIET"] = "0"
    runstone.set_experiment("named")
    looks: list[str] = []
    command = surroundings.command
    monkeypatch.setattr(surroundings, "command", lambda: looks.append("") or command())
    one_run()
    one_run()
    assert len(looks) == 1  # the whole PATH is looked through for it
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1
    assert "is kept in" in said[0]
    assert said[0].endswith("runstone ui")
    ending.reset()
    os.environ["RUNSTONE_QUIET"] = "1"
    one_run()
    assert capsys.readouterr().err == ""


def test_an_experiment_of_no_name_is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    os.environ["RUNSTONE_QUIET"] = "0"
    one_run()
    one_run()
    assert capsys.readouterr().err.count("no experiment was set, so runs go to") == 1
