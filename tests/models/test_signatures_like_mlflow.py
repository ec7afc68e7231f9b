"""Signatures mean what they mean in mlflow: its answers for some five hundred inputs, recorded, against ours."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import pytest
from signature_cases import enforced, inferred

from runstone.models.enforce import enforce_schema
from runstone.models.schema import Schema
from runstone.models.signature import infer_signature

HERE = Path(__file__).parent
INFERRED = json.loads((HERE / "mlflow_signatures.json").read_text())
ENFORCED = json.loads((HERE / "mlflow_enforcement.json").read_text())

#: Where we infer otherwise on purpose: mlflow calls what it cannot know a string or a date; a tuple is a list to us.
INFERRED_OTHERWISE = {
    "list empty": [{"type": "any", "required": True}],
    "object": [{"type": "any", "required": True}],
    "params empty list": "error",
    "tuple": [{"type": "array", "items": {"type": "long"}, "required": True}],
}
#: Where we enforce otherwise on purpose: categories of texts are texts and zoned dates are dates (mlflow refuses what it
#: inferred the signature from), and a column of objects is looked into.
ENFORCED_OTHERWISE = {
    "binary <- category texts": {"frame": {"a": ["category", ["'x'", "'y'"]]}},
    "string <- category texts": {"frame": {"a": ["category", ["'x'", "'y'"]]}},
    "datetime <- zoned dates": {"frame": {"a": ["datetime64", ["Timestamp('2024-01-15 10:30:00+0000', tz='UTC')"] * 2]}},
    "boolean <- lists": "error",
    "boolean <- date objects": "error",
    "boolean <- object bytes": "error",
    "boolean <- object mixed": "error",
    "double <- object bools gap": "error",
}


@pytest.fixture(scope="module")
def ours() -> tuple[dict[str, Any], dict[str, Any]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pandas has opinions about some of the columns
        both = inferred(infer_signature), enforced(enforce_schema, Schema.from_json)
    return json.loads(json.dumps(both[0])), json.loads(json.dumps(both[1]))


@pytest.mark.parametrize("name", sorted(INFERRED))
def test_inference(ours: tuple[dict[str, Any], dict[str, Any]], name: str) -> None:
    assert ours[0][name] == INFERRED_OTHERWISE.get(name, INFERRED[name])


@pytest.mark.parametrize("name", sorted(ENFORCED))
def test_enforcement(ours: tuple[dict[str, Any], dict[str, Any]], name: str) -> None:
    assert ours[1][name] == ENFORCED_OTHERWISE.get(name, ENFORCED[name])


def test_the_differences_are_still_differences() -> None:
    assert all(INFERRED[name] != told for name, told in INFERRED_OTHERWISE.items())
    assert all(ENFORCED[name] != told for name, told in ENFORCED_OTHERWISE.items())
