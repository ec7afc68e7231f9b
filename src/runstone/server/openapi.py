"""The OpenAPI document of our own routes, made from the endpoint table.

``python -m runstone.server.openapi > openapi.json`` writes it without a server.
"""

from __future__ import annotations

import inspect
import json
import re
import sys
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import Struct

from runstone.version import __version__

from .endpoints import ROOT, TABLE, Endpoint
from .schema import Error


@lru_cache(maxsize=1)
def document() -> dict[str, Any]:
    """The whole document, OpenAPI 3.1."""
    asked = _schemas({endpoint.body for endpoint in TABLE if endpoint.body is not None} | {Error})
    answered = _schemas({endpoint.answer for endpoint in TABLE if endpoint.media != "*/*"})
    for schema in answered.values():  # a field with a default is always sent: optional is what may be left out of a request
        schema["required"] = list(schema.get("properties", {}))
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in TABLE:
        path = ROOT + re.sub(r"{(\w+):\w+}", r"{\1}", endpoint.path)
        paths.setdefault(path, {})[endpoint.method.lower()] = _operation(endpoint)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Runstone", "version": __version__, "description": "The routes that the Runstone UI is built on."},
        "paths": paths,
        "components": {"schemas": dict(sorted((answered | asked).items()))},
    }


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": endpoint.handler.__name__,
        "summary": endpoint.summary,
        "x-permission": endpoint.permission,
        "parameters": [_parameter(name, "path", {"type": "string"}, True) for name in endpoint.parts],
        "responses": {
            "200": {"description": "The answer.", "content": {endpoint.media: {"schema": _answer_schema(endpoint)}}},
            "default": {"description": "An error.", "content": {"application/json": {"schema": _reference(Error)}}},
        },
    }
    if endpoint.query is not None:
        schema = next(iter(msgspec.json.schema_components([endpoint.query])[1].values()))
        required = schema.get("required", [])
        for name, kind in schema["properties"].items():
            operation["parameters"].append(_parameter(name, "query", kind, name in required))
    if endpoint.body is not None:
        content = {"application/json": {"schema": _reference(endpoint.body)}}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _parameter(name: str, place: str, schema: dict[str, Any], required: bool) -> dict[str, Any]:
    return {"name": name, "in": place, "required": required, "schema": schema}


def _answer_schema(endpoint: Endpoint) -> dict[str, Any]:
    return {"type": "string", "format": "binary"} if endpoint.media == "*/*" else _reference(endpoint.answer)


def _reference(kind: type[Struct]) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{kind.__name__}"}


def _schemas(kinds: set[type[Struct]]) -> dict[str, dict[str, Any]]:
    """JSON schemas of these structs and all they hold, by name; docstrings lose their indentation."""
    ordered = sorted(kinds, key=lambda kind: kind.__name__)
    _, schemas = msgspec.json.schema_components(ordered, ref_template="#/components/schemas/{name}")
    for schema in schemas.values():
        if "description" in schema:
            schema["description"] = inspect.cleandoc(schema["description"])
    return schemas


def main() -> None:
    json.dump(document(), sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
