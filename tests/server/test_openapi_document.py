"""The OpenAPI document says what the table of endpoints says."""

from __future__ import annotations

import inspect
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from starlette.requests import Request

from runstone.server.backend import Backend
from runstone.server.endpoints import ROOT, TABLE, Endpoint
from runstone.server.openapi import document

PAGE = Path(__file__).parents[2] / "docs" / "formats" / "http.md"


def refers(node: Any) -> set[str]:
    """Every schema that a piece of the document refers to."""
    if isinstance(node, dict):
        own = {node["$ref"].rpartition("/")[2]} if "$ref" in node else set()
        return own.union(*(refers(value) for value in node.values()))
    return set().union(*(refers(value) for value in node)) if isinstance(node, list) else set()


def test_every_reference_leads_somewhere_and_every_schema_is_used() -> None:
    whole = document()
    schemas = whole["components"]["schemas"]
    assert refers(whole) == set(schemas)


def test_operations_have_unique_names_summaries_and_their_path_parts() -> None:
    operations = [(path, one) for path, item in document()["paths"].items() for one in item.values()]
    assert len({one["operationId"] for _, one in operations}) == len(operations) == len(TABLE)
    for path, operation in operations:
        assert path.startswith(ROOT)
        assert operation["summary"]
        parts = [one["name"] for one in operation["parameters"] if one["in"] == "path"]
        assert parts == re.findall(r"{(\w+)}", path)
        assert "default" in operation["responses"]


def test_answers_have_all_their_fields_and_edits_need_none() -> None:
    schemas = document()["components"]["schemas"]
    assert schemas["RunInfo"]["required"] == list(schemas["RunInfo"]["properties"])
    assert schemas["RunEdit"]["required"] == []
    assert schemas["Error"]["required"] == ["error_code", "message"]


def test_the_module_prints_the_document() -> None:
    printed = subprocess.run([sys.executable, "-m", "runstone.server.openapi"], capture_output=True, check=True).stdout
    assert json.loads(printed) == json.loads(json.dumps(document()))


@pytest.mark.parametrize("endpoint", TABLE, ids=lambda one: f"{one.method} {one.path}")
def test_a_row_and_its_handler_agree(endpoint: Endpoint) -> None:
    hints = get_type_hints(endpoint.handler, localns={"Backend": Backend, "Request": Request})
    if not endpoint.stream:
        assert hints["return"] is endpoint.answer
    assert hints.get("query") is endpoint.query
    assert hints.get("body") is endpoint.body
    names = [
        name for name in inspect.signature(endpoint.handler).parameters if name not in ("backend", "request", "query", "body")
    ]
    assert tuple(names) == endpoint.parts
    making = (
        "/experiments", "/ingest", "/tokens", "/grants", "/models", "/models/{name}/versions", "/views", "/runs/edit",
        "/artifacts/folders",
    )  # fmt: skip
    reviewing = endpoint.path.endswith(("/requests", "/comments"))
    makes_something = endpoint.method == "POST" and (endpoint.path in making or reviewing)
    expected = "write" if endpoint.method in ("PATCH", "DELETE") or makes_something else "read"
    if endpoint.path in ("/health", "/session"):
        expected = "none"
    administered = ("/users", "/groups", "/trash/", "/webhooks")
    if endpoint.path.startswith(administered) and endpoint.handler.__name__ != "edit_account":
        expected = "admin"
    assert endpoint.permission == expected


def test_every_endpoint_has_its_line_in_the_page_of_the_format() -> None:
    text = PAGE.read_text()
    for endpoint in TABLE:
        path = re.sub(r"{(\w+):\w+}", r"{\1}", endpoint.path)
        assert f"`{endpoint.method} {path}`" in text
