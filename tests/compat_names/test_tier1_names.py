"""Every name of MLflow's tracking API is here, with the same parameters in the same order."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import pytest

import runstone

LINES = [
    line for line in Path(__file__).with_name("tier1.txt").read_text(encoding="utf-8").splitlines() if line[:1] not in {"#", ""}
]


def resolve(dotted: str) -> Any:
    found: Any = runstone
    for part in dotted.split("."):
        found = getattr(found, part)
    return found


@pytest.mark.parametrize("line", LINES)
def test_name_and_parameters_are_mlflows(line: str) -> None:
    name, _, rest = line.partition("(")
    found = resolve(name)
    if not rest:
        return
    wanted = [parameter for parameter in rest.rstrip(")").split(", ") if parameter]
    parameters = [p for p in inspect.signature(found).parameters.values() if p.name != "self"]
    given, further = parameters[: len(wanted)], parameters[len(wanted) :]
    assert [p.name for p in given] == [text.strip("*=") for text in wanted]
    for text, parameter in zip(wanted, given, strict=True):
        if text.startswith("**"):
            assert parameter.kind is parameter.VAR_KEYWORD
        elif text.endswith("="):
            assert parameter.default is not parameter.empty, f"{parameter.name} needs a default"
        elif not name.startswith(("entities.", "artifacts.FileInfo")):
            assert parameter.default is parameter.empty, f"{parameter.name} must be given"
        if text.startswith("*") and not text.startswith("**"):
            assert parameter.kind is parameter.KEYWORD_ONLY
    for parameter in further:
        assert parameter.default is not parameter.empty, f"{parameter.name} is ours and must have a default"


def test_front_door_names_all_load() -> None:
    for name in dir(runstone):
        assert getattr(runstone, name) is not None


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="log_metrik"):
        runstone.log_metrik  # noqa: B018
