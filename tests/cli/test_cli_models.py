"""``runstone models``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from click.testing import Result

Call = Callable[..., Result]
Read = Callable[..., Any]


def folder(tmp_path: Path) -> str:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "MLmodel").write_text("flavors: {}\n")
    return str(tmp_path / "model")


def test_register_promote_and_look(call: Call, read: Read, tmp_path: Path) -> None:
    source = folder(tmp_path)
    assert call("models", "register", source, "churn it's").stdout.startswith("Registered 'churn it's' version 1")
    assert read("models", "register", source, "churn it's")["version"] == "2"
    call("models", "transition", "churn it's/1", "Production")
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
