"""``--json`` everywhere: what commands show and change, and what went wrong, for programs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import Result

from runstone.cli.main import cli

#: They run until they are stopped, or hand over to another program, or their output is a format of its own.
WITHOUT = {"ui", "server", "drop-in", "models serve", "experiments csv"}


def leaves(group: click.Group = cli, before: str = "") -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from leaves(command, f"{before}{name} ")
        else:
            yield before + name, command


def test_every_command_takes_json() -> None:
    found = {name for name, command in leaves() if not any("--json" in option.opts for option in command.params)}
    assert found == WITHOUT


@pytest.mark.usefixtures("experiment")
def test_experiments_say_what_they_changed(read: Callable[..., Any]) -> None:
    made = read("experiments", "create", "-n", "one")
    changed = read("experiments", "rename", "-x", "one", "-n", "two")
    assert changed == {
        "experiment_id": made["experiment_id"],
        "name": "two",
        "message": f"Experiment {made['experiment_id']} 'one' has been renamed to 'two'.",
    }
    assert read("experiments", "delete", "-x", "two")["name"] == "two"
    assert read("experiments", "restore", "-x", made["experiment_id"])["experiment_id"] == made["experiment_id"]
    assert {one["name"] for one in read("experiments", "list")} >= {"two", "iris"}


def test_runs_and_files_say_what_they_changed(read: Callable[..., Any], experiment: str, tmp_path: Path) -> None:
    run = read("runs", "create", "-x", experiment)["info"]["run_id"]
    assert read("runs", "delete", "-r", run)["run_id"] == run
    assert read("runs", "restore", "-r", run)["run_id"] == run
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "a.txt").write_text("a")
    one = read("artifacts", "log-artifact", "-r", run, "-l", str(tmp_path / "folder" / "a.txt"), "-a", "deep")
    assert (one["run_id"], one["files"]) == (run, ["deep/a.txt"])
    assert read("artifacts", "log-artifacts", "-r", run, "-l", str(tmp_path / "folder"))["files"] == ["a.txt"]
    path = Path(read("artifacts", "download", "-r", run, "-a", "deep/a.txt", "-d", str(tmp_path / "out"))["path"])
    assert path.read_text() == "a"


def test_models_say_what_they_changed(read: Callable[..., Any], experiment: str, tmp_path: Path) -> None:
    run = read("runs", "create", "-x", experiment)["info"]["run_id"]
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "MLmodel").write_text("flavors:\n  python_function:\n    loader_module: nowhere\n")
    read("artifacts", "log-artifacts", "-r", run, "-l", str(tmp_path / "model"), "-a", "model")
    assert read("models", "register", f"runs:/{run}/model", "net")["version"] in (1, "1")
    moved = read("models", "transition", "net/1", "Production")
    assert (moved["name"], moved["current_stage"]) == ("net", "Production")
    assert read("models", "set-alias", "net/1", "champion")["alias"] == "champion"
    assert read("models", "promote", "net", "--if", "metrics.x > 1", "--version", "1", "--dry-run")["met"] in (True, False)
    assert read("models", "scan", str(tmp_path / "model")) is not None


def test_accounts_say_what_they_changed(read: Callable[..., Any], call: Callable[..., Result], experiment: str) -> None:
    def typed(*words: str) -> Any:
        return json.loads(call(*words, "--password-stdin", "--json", input="a good long password\n").stdout)

    assert typed("users", "create", "ann") == {"username": "ann", "is_admin": False, "message": "Made user 'ann'."}
    assert typed("users", "password", "ann")["username"] == "ann"
    assert read("users", "admin", "ann")["is_admin"] is True
    assert read("groups", "create", "team")["name"] == "team"
    assert read("groups", "add", "team", "ann")["members"] == ["ann"]
    assert read("groups", "remove", "team", "ann")["members"] == []
    granted = read("permissions", "grant", "READ", "--user", "ann", "--experiment", experiment)
    assert (granted["holder"], granted["permission"], granted["resource"]) == ("ann", "READ", experiment)
    assert read("permissions", "revoke", "--user", "ann", "--experiment", experiment)["resource_type"] == "experiment"
    token = read("tokens", "create", "ann", "--forever")
    assert token["token"]
    assert token["expires"] is None
    (listed,) = read("tokens", "list", "ann")
    assert read("tokens", "delete", str(listed["token_id"]))["token_id"] == listed["token_id"]
    assert read("groups", "delete", "team")["name"] == "team"
    typed("users", "create", "bob")
    assert read("users", "delete", "bob")["username"] == "bob"


def test_an_export_says_what_it_wrote(read: Callable[..., Any], experiment: str, tmp_path: Path) -> None:
    run = read("runs", "create", "-x", experiment)["info"]["run_id"]
    said = read("export", run, "--html", str(tmp_path / "run.html"))
    assert said == {"path": str(tmp_path / "run.html"), "runs": [run], "bytes": (tmp_path / "run.html").stat().st_size}


def test_databases_say_what_they_changed(read: Callable[..., Any], tmp_path: Path) -> None:
    first = read("db", "upgrade", str(tmp_path / "new"))
    assert first["schema_before"] is None
    again = read("db", "upgrade", str(tmp_path / "new"))
    assert again["schema_before"] == again["schema"] == first["schema"]
    assert read("db", "check", str(tmp_path / "new"))["sound"] is True
    copied = read("db", "copy", str(tmp_path / "new"), str(tmp_path / "copy"))
    assert copied


@pytest.mark.parametrize(
    ("words", "code", "error", "names"),
    [
        (("runs", "describe", "nosuchrun"), 1, "RESOURCE_DOES_NOT_EXIST", "nosuchrun"),
        (("runs", "list", "-x", "nosuch"), 1, "RESOURCE_DOES_NOT_EXIST", "nosuch"),
        (("runs", "delete"), 2, "INVALID_PARAMETER_VALUE", "RUN"),
        (("runs", "list", "-x", "iris", "-f", "metrics.a >>> 1"), 1, "INVALID_PARAMETER_VALUE", ">"),
        (("artifacts", "log-artifact", "-r", "a", "-l", "/no/such"), 1, "FAILED", "/no/such"),
        (("experiments", "rename", "-x", "iris", "-n", "Default"), 1, "RESOURCE_ALREADY_EXISTS", "Default"),
        (("stop", "nosuchrun"), 1, "RESOURCE_DOES_NOT_EXIST", "nosuchrun"),
    ],
)
@pytest.mark.usefixtures("experiment")
def test_errors_are_json_too(call: Callable[..., Result], words: tuple[str, ...], code: int, error: str, names: str) -> None:
    result = call(*words, "--json", code=code)
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    said = json.loads(line)
    assert said["error_code"] == error
    assert names in said["message"]
