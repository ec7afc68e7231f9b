"""The OpenAPI document, made from the tables of endpoints: ours, and MLflow's.

``python -m runstone.server.openapi`` prints our own routes, ``--all`` everything that a server hands out.
"""

from __future__ import annotations

import inspect
import json
import re
import sys
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, TypeAlias

import msgspec
from msgspec import Struct

from runstone.version import __version__
from runstone.wire_store import MEDIA_TYPE

from .endpoints import PLAIN, ROOT, TABLE, Endpoint
from .mlflow.files_table import FILES, FileRow
from .mlflow.row import Row
from .mlflow.table import TABLE as MLFLOW_TABLE
from .otlp.endpoint import EXPERIMENT, JSON, PROTOBUF, RUN
from .otlp.endpoint import PATH as SPANS_PATH
from .schema import Error

Json: TypeAlias = dict[str, Any]

_OWN = "The routes that the Runstone UI is built on."
_ALL = (
    "Runstone's own routes, and MLflow's tracking and registry API. What lies below `/api/2.0` and `/api/3.0` answers "
    "in the same way below `/ajax-api/2.0` and `/ajax-api/3.0`. GET and DELETE also take their fields as a JSON body, "
    "whole numbers also as texts, and MLflow's routes ignore unknown fields. Every error has the shape of `Error`."
)
#: Before the names of MLflow's schemas: both have a ``RunInfo``.
_THEIRS = "mlflow."


@lru_cache(maxsize=1)
def document() -> Json:
    """Our own routes alone, OpenAPI 3.1: the source of the UI's types."""
    asked = _schemas(endpoint.body for endpoint in TABLE) | _schemas([Error])
    answered = _schemas(endpoint.answer for endpoint in TABLE if endpoint.media not in _BINARY)
    for schema in answered.values():  # a field with a default is always sent: optional is what may be left out of a request
        schema["required"] = list(schema.get("properties", {}))
    paths: dict[str, Json] = {}
    for endpoint in TABLE:
        paths.setdefault(_path(ROOT + endpoint.path), {})[endpoint.method.lower()] = _own(endpoint)
    return _whole(_OWN, paths, answered | asked)


@lru_cache(maxsize=4)
def whole(prefix: str = "") -> Json:
    """All that the server answers, but for its pages. ``prefix`` is where it lies, like ``/ml``."""
    own = document()
    paths: dict[str, Json] = {path: dict(item) for path, item in own["paths"].items()}
    for path, summary in PLAIN.items():
        paths[path] = {"get": _operation("plain_" + path.strip("/"), summary, "none", "Server", (), None, "text/plain")}
    paths[SPANS_PATH] = {"post": _spans()}
    for row in MLFLOW_TABLE:
        path = _path(f"/api/{row.version}.0{row.path}")
        paths.setdefault(path, {})[row.method.lower()] = _mlflow(row, path)
    for file in FILES:
        path = _path(file.path)
        if not path.startswith("/ajax-api/2.0/mlflow-artifacts"):
            paths.setdefault(path, {})[file.method.lower()] = _file(file, path)
    kinds = [kind for row in MLFLOW_TABLE for kind in (_body(row), row.answer)]
    kinds += [kind for file in FILES for kind in (file.body, file.answer)]
    return {**_whole(_ALL, paths, own["components"]["schemas"] | _schemas(kinds, _THEIRS)), "servers": [{"url": prefix or "/"}]}


def _whole(text: str, paths: dict[str, Json], schemas: Json) -> Json:
    return {
        "openapi": "3.1.0",
        "info": {"title": "Runstone", "version": __version__, "description": text},
        "paths": paths,
        "components": {"schemas": dict(sorted(schemas.items()))},
    }


def _own(endpoint: Endpoint) -> Json:
    media = endpoint.media
    answer = None if media in _BINARY else _reference(endpoint.answer)
    found = _operation(
        endpoint.handler.__name__, endpoint.summary, endpoint.permission, "Runstone", endpoint.parts, answer, media
    )
    if endpoint.raw:
        found["requestBody"] = {"required": True, "content": {endpoint.raw: {"schema": _BYTES}}}
    return _asking(found, endpoint.query, endpoint.body, "")


def _mlflow(row: Row, path: str) -> Json:
    found = _operation(
        _name(row.method, path), row.summary, row.permission, "MLflow", row.parts, _reference(row.answer, _THEIRS)
    )
    body = _body(row)
    return _asking(found, None if body else row.message, body, _THEIRS)


def _file(row: FileRow, path: str) -> Json:
    answer = _reference(row.answer, _THEIRS) if row.answer else None
    media = "application/json" if row.answer else "*/*"
    found = _operation(_name(row.method, path), row.summary, row.permission, "Artifacts", row.parts, answer, media)
    if row.upload:
        found["requestBody"] = {"required": True, "content": {"application/octet-stream": {"schema": _BYTES}}}
    return _asking(found, row.query, row.body, _THEIRS)


def _spans() -> Json:
    found = _operation(
        "otlp_traces", "Store spans that an exporter of OpenTelemetry sends.", "write", "MLflow", (), None, PROTOBUF
    )
    found["parameters"] = [_parameter(name, "header", {"type": "string"}, name == EXPERIMENT) for name in (EXPERIMENT, RUN)]
    body: Json = {PROTOBUF: {"schema": _BYTES}, JSON: {"schema": {"type": "object"}}}
    found["responses"]["200"]["content"] = body  # as it was asked
    return {**found, "requestBody": {"required": True, "content": body}}


def _body(row: Row) -> type[Struct] | None:
    return row.message if row.method in ("POST", "PATCH", "PUT") else None


#: Answers that are no JSON.
_BINARY = ("*/*", MEDIA_TYPE, "text/html")
_BYTES = {"type": "string", "format": "binary"}


def _operation(
    name: str,
    summary: str,
    permission: str,
    tag: str,
    parts: Iterable[str],
    answer: Json | None,
    media: str = "application/json",
) -> Json:
    text = {"type": "string"} if media == "text/plain" else _BYTES
    return {
        "operationId": name,
        "summary": summary,
        "tags": [tag],
        "x-permission": permission,
        "parameters": [_parameter(part, "path", {"type": "string", "minLength": 1}, True) for part in parts],
        "responses": {
            "200": {"description": "The answer.", "content": {media: {"schema": answer or text}}},
            "default": {"description": "An error.", "content": {"application/json": {"schema": _reference(Error)}}},
        },
    }


def _asking(operation: Json, query: type[Struct] | None, body: type[Struct] | None, prefix: str) -> Json:
    """The operation with its query parameters and its body."""
    there = {one["name"] for one in operation["parameters"]}
    if query is not None:
        _, schemas = msgspec.json.schema_components([query])
        schema = next(iter(schemas.values()))
        for name, kind in schema["properties"].items():
            if name not in there:
                operation["parameters"].append(_parameter(name, "query", kind, name in schema.get("required", [])))
    if body is not None:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": _reference(body, prefix)}}}
    return operation


def _parameter(name: str, place: str, schema: Json, required: bool) -> Json:
    return {"name": name, "in": place, "required": required, "schema": schema}


def _reference(kind: type[Struct], prefix: str = "") -> Json:
    return {"$ref": f"#/components/schemas/{prefix}{kind.__name__}"}


def _name(method: str, path: str) -> str:
    words = re.findall(r"\w+", path.replace("/api/", "/").replace(".0/", "/"))
    return "_".join(["mlflow", *words, method.lower()]).replace("-", "_")


def _path(path: str) -> str:
    return re.sub(r"{(\w+):\w+}", r"{\1}", path)


def _schemas(kinds: Iterable[type[Struct] | None], prefix: str = "") -> Json:
    """JSON schemas of these structs and all they hold, by name; docstrings lose their indentation."""
    ordered = sorted({kind for kind in kinds if kind is not None}, key=lambda kind: kind.__name__)
    _, schemas = msgspec.json.schema_components(ordered, ref_template=f"#/components/schemas/{prefix}{{name}}")
    for schema in schemas.values():
        if "description" in schema:
            schema["description"] = inspect.cleandoc(schema["description"])
    return {prefix + name: schema for name, schema in schemas.items()}


def main() -> None:
    json.dump(whole() if "--all" in sys.argv else document(), sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
