"""``runstone experiments``."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

from click.testing import Result

Call = Callable[..., Result]
Read = Callable[..., Any]


def test_create_get_rename_delete_restore(call: Call, read: Read) -> None:
    assert "with id" in call("experiments", "create", "--experiment-name", "näme/☃").output
    found = read("experiments", "get", "-x", "näme/☃")
    assert (found["name"], found["lifecycle_stage"]) == ("näme/☃", "active")
    number = found["experiment_id"]
    call("experiments", "rename", "--experiment-id", number, "--new-name", "flowers")
    assert read("experiments", "get", "-x", number)["name"] == "flowers"
    call("experiments", "delete", "-x", "flowers")
    assert "flowers" not in [one["name"] for one in read("experiments", "search")]
    assert [one["name"] for one in read("experiments", "search", "--view", "deleted_only")] == ["flowers"]
    call("experiments", "restore", "-x", number)
    assert "flowers" in call("experiments", "list").output


def test_a_taken_name_and_an_unknown_one_fail(call: Call, experiment: str) -> None:
    assert "iris" in call("experiments", "create", "-n", "iris", code=1).stderr
    assert "'iris'" in call("experiments", "get", "-x", "roses", code=1).stderr
    call("experiments", "rename", "-x", "roses", "-n", "x", code=1)


def test_csv_has_one_row_a_run(call: Call, make_run: Callable[..., str], tmp_path: Path) -> None:
    make_run('a, "quoted"\nname', metrics={"loss": [0.5, 0.25]}, params={"p": "1"}, tags={"t": "x"})
    make_run("b", metrics={"loss": [float("nan")]})
    rows = list(csv.DictReader(io.StringIO(call("experiments", "csv", "-x", "iris").stdout)))
    assert {row["run_name"]: row["metrics.loss"] for row in rows} == {'a, "quoted"\nname': "0.25", "b": "nan"}
    assert {row["params.p"] for row in rows} == {"1", ""}
    file = tmp_path / "out.csv"
    call("experiments", "csv", "-x", "iris", "-o", str(file))
    assert len(list(csv.DictReader(io.StringIO(file.read_text("utf-8"))))) == 2
    call("experiments", "csv", "-x", "iris", "-o", str(tmp_path / "no" / "folder.csv"), code=1)


def test_runs_are_counted(read: Read, make_run: Callable[..., str]) -> None:
    make_run()
    make_run()
    assert {one["name"]: one["runs"] for one in read("experiments", "search")}["iris"] == 2
