"""``runstone models``."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from click.testing import Result

import runstone
from runstone import connect
from runstone.contracts import Batch, Store
from runstone.records import ModelVersionChanged, ModelVersionCreated, RegisteredModelCreated, RunChanged

Call = Callable[..., Result]
Read = Callable[..., Any]


def folder(tmp_path: Path) -> str:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "MLmodel").write_text("flavors: {}\n")
    return str(tmp_path / "model")


def test_ask_approve_comment(call: Call, read: Read, tmp_path: Path) -> None:
    source = folder(tmp_path)
    for _ in range(2):
        call("models", "register", source, "wine")
    asked = read("models", "request", "wine/1", "--stage", "production", "-m", "better")
    assert (asked["state"], asked["stage"], asked["alias"]) == ("PENDING", "Production", "")
    assert "None → Production" in call("models", "requests", "wine").stdout
    assert "is done" in call("models", "approve", "wine/1", "--archive-existing", "-m", "yes").stdout
    assert (read("models", "requests", "wine"), len(read("models", "requests", "wine", "--all"))) == ([], 1)
    for words, state in ((("reject", "-m", "no"), "REJECTED"), (("withdraw",), "WITHDRAWN")):
        call("models", "request", "wine/Production", "--alias", "champion")
        assert read("models", words[0], "wine/1", *words[1:])["state"] == state
    assert read("models", "describe", "wine")["registered_model"]["aliases"] == {}
    assert call("models", "request", "wine/1", code=2).exit_code == 2
    assert "Nothing was asked for" in call("models", "approve", "wine/1", code=1).output
    call("models", "comment", "wine/1", "so so")
    assert [one["comment"] for one in read("models", "comments", "wine/1")] == ["so so"]
    assert "so so" in call("models", "comments", "wine/1").stdout


def test_register_promote_and_look(call: Call, read: Read, tmp_path: Path) -> None:
    source = folder(tmp_path)
    assert call("models", "register", source, "churn it's").stdout.startswith("Registered 'churn it's' version 1")
    assert read("models", "register", source, "churn it's")["version"] == "2"
    call("models", "transition", "churn it's/1", "Production", "--reason", "it is good")
    assert "it is good" in call("models", "history", "churn it's", "-n", "1").stdout
    event = read("models", "history", "churn it's")[0]
    assert (event["event"], event["old"], event["new"]) == ("model_version.transitioned", "None", "Production")
    assert event["user_id"], "nobody is named"
    assert (
        "version 2 is in Production"
        in call("models", "transition", "churn it's/latest", "production", "--archive-existing").stdout
    )
    assert "version 2" in call("models", "set-alias", "churn it's/Production", "champion").stdout
    call("models", "set-alias", "churn it's@champion", "best")
    found = read("models", "describe", "churn it's")
    assert [(one["version"], one["current_stage"]) for one in found["versions"]] == [("2", "Production"), ("1", "Archived")]
    assert found["registered_model"]["aliases"] == {"best": "2", "champion": "2"}
    assert [one["name"] for one in read("models", "list", "--filter", "name LIKE 'churn%'")] == ["churn it's"]
    assert read("models", "list", "--filter", "name = 'x'") == []
    assert "champion: 2" in call("models", "list").stdout
    assert "Archived" in call("models", "describe", "churn it's").stdout


def test_promote_if_it_is_better(call: Call, read: Read, uri: str) -> None:
    runstone.set_tracking_uri(uri)
    for depth, accuracy in enumerate((0.9, 0.92, 0.921)):
        with runstone.start_run() as run:
            runstone.log_param("depth", depth)
            runstone.log_metric("accuracy", accuracy)
            runstone.log_text("flavors: {}\n", "model/MLmodel")
        runstone.flush()
        call("models", "register", f"runs:/{run.info.run_id}/model", "wine")
    rule = "metrics.accuracy > champion + 0.005"
    assert "version 1 is champion now" in call("models", "promote", "wine", "--if", rule, "--version", "1").stdout
    dry = read("models", "promote", "wine", "--if", rule, "--version", "2", "--dry-run")
    assert (dry["met"], dry["moved"]) == (True, False)
    assert "instead of version 1" in call("models", "promote", "wine", "--if", rule, "--version", "2").stdout
    refused = call("models", "promote", "wine", "--if", rule, code=3)
    assert "not met: " + rule in refused.stdout
    assert read("models", "describe", "wine")["registered_model"]["aliases"] == {"champion": "2"}
    assert "metrics.accuracy" in call("models", "promote", "wine", "--if", "accuracy > 1", code=1).stderr


def test_what_is_not_there_is_said(call: Call, tmp_path: Path) -> None:
    call("models", "register", folder(tmp_path), "m")
    for words, told in (
        (("describe", "x"), "name=x"),
        (("transition", "m/7", "Production"), "version=7"),
        (("transition", "m/1", "Live"), "Staging"),
        (("set-alias", "m", "a"), "name/3"),
        (("set-alias", "m/1", "latest"), "reserved"),
        (("register", str(tmp_path), "m"), "MLmodel"),
        (("list", "--filter", "x ="), "attribute"),
    ):
        assert told in call("models", *words, code=1).stderr


def test_gc_keeps_runs_that_versions_are_made_of(call: Call, read: Read, store: Store, make_run: Callable[..., str]) -> None:
    held, gone = make_run(), make_run()
    store.write(Batch([RegisteredModelCreated("k", "m", 1), ModelVersionCreated("v", "m", 1, f"runs:/{held}/model", held)]))
    store.write(Batch([RunChanged(one, 1, deleted=True) for one in (held, gone)]))
    done = call("gc", "--yes", "--json")
    assert json.loads(done.stdout)["runs"] == [gone]
    assert held in done.stderr
    assert "m/1" in done.stderr
    store.write(Batch([ModelVersionChanged("m", 1, 1, deleted=True)]))
    assert read("gc", "--yes")["runs"] == [held]


def test_gc_removes_copies_of_deleted_versions(call: Call, read: Read, store: Store, tmp_path: Path) -> None:
    source = folder(tmp_path)
    for _ in range(3):
        call("models", "register", source, "m")
    store.write(Batch([ModelVersionChanged("m", 1, 1, deleted=True), ModelVersionChanged("m", 2, 1, deleted=True)]))
    copies = {
        number: connect.artifact_root(store.uri) / "registered" / one.name
        for number, one in enumerate(
            sorted((connect.artifact_root(store.uri) / "registered").iterdir(), key=lambda one: one.stat().st_ctime_ns), 1
        )
    }
    os.utime(copies[1], (1, 1))
    os.utime(copies[3], (1, 1))
    assert read("gc", "--dry-run")["folders"] == [str(copies[1])]  # the second is too young, the third in use
    call("gc", "--yes")
    assert [copy.exists() for copy in copies.values()] == [False, True, True]
