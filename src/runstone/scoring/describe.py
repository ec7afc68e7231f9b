"""OpenAPI of a served model, made from its signature."""

from __future__ import annotations

from typing import Any

from runstone.models.datatypes import Array, DataType, Map, Object
from runstone.models.manifest import Model
from runstone.models.schema import Schema
from runstone.version import __version__

from . import parse

_JSON: dict[DataType, dict[str, Any]] = {
    DataType.boolean: {"type": "boolean"},
    DataType.integer: {"type": "integer", "format": "int32"},
    DataType.long: {"type": "integer", "format": "int64"},
    DataType.float: {"type": "number", "format": "float"},
    DataType.double: {"type": "number", "format": "double"},
    DataType.string: {"type": "string"},
    DataType.binary: {"type": "string", "format": "byte"},
    DataType.datetime: {"type": "string", "format": "date-time"},
}
_TEXT = {"200": {"description": "It answers."}}
_FAULT = {
    "type": "object",
    "properties": {"error_code": {"type": "string"}, "message": {"type": "string"}},
    "required": ["error_code", "message"],
}


def openapi(meta: Model, name: str) -> dict[str, Any]:
    """The document, OpenAPI 3.1."""
    forms = _forms(meta.get_input_schema())
    params = _params(meta)
    if params:
        for form in forms:
            form["properties"]["params"] = params
    language = _language(meta.get_input_schema(), params.get("properties", {}))
    forms += language
    kinds = {"application/json": {"schema": {"oneOf": forms}}, "text/csv": {"schema": {"type": "string"}}}
    body = {"required": True, "content": kinds}
    answer: dict[str, Any] = {
        "type": "object",
        "properties": {"predictions": _outputs(meta.get_output_schema())},
        "required": ["predictions"],
    }
    if language:
        answer = {"anyOf": [answer, {"description": "The prediction alone, where the request was as for a model of language."}]}
    refused = {"description": "What was wrong.", "content": {"application/json": {"schema": _FAULT}}}
    invocations = {
        "summary": "Predict",
        "requestBody": body,
        "responses": {
            "200": {"description": "Predictions.", "content": {"application/json": {"schema": answer}}},
            "400": refused,
            "413": {"description": "The request is too large."},
            "415": {"description": "The content type is not spoken here."},
            "500": {"description": "The model gave what JSON cannot say.", "content": refused["content"]},
            "504": {"description": "It took too long."},
        },
    }
    plain = {path: {"get": {"responses": _TEXT}} for path in ("/ping", "/health", "/version", "/metrics")}
    return {
        "openapi": "3.1.0",
        "info": {"title": name, "version": __version__},
        "paths": {"/invocations": {"post": invocations}, **plain},
    }


def _forms(schema: Schema | None) -> list[dict[str, Any]]:
    row: dict[str, Any] = {}
    columns: dict[str, Any] = {"type": "array", "items": {}}
    values: dict[str, Any] = {}
    if schema is not None and not schema.is_tensor_spec() and all(one.name is not None for one in schema):
        parts = {str(one.name): _type(one.type) for one in schema}
        needed = [str(one.name) for one in schema if one.required]
        row = {"type": "object", "properties": parts, "required": needed}
        values = {"anyOf": [{"type": "array", "items": row}, {"type": "object"}]}
    elif schema is not None and not schema.is_tensor_spec():
        values = {"type": "array", "items": _type(schema.inputs[0].type)}
    split = {"type": "object", "properties": {"columns": columns, "data": {"type": "array", "items": {"type": "array"}}}}
    split["required"] = ["data"]
    fields: dict[str, dict[str, Any]] = {
        "dataframe_split": split,
        "dataframe_records": {"type": "array", "items": row},
        "instances": {"type": "array"},
        "inputs": values,
    }
    return [{"type": "object", "properties": {name: kind}, "required": [name]} for name, kind in fields.items()]


def _language(schema: Schema | None, params: dict[str, Any]) -> list[dict[str, Any]]:
    """The row itself, with the params beside, for a model that takes what models of language do."""
    names = {one.name for one in schema or ()}
    if schema is None or not names & set(parse.LANGUAGE):
        return []
    parts = {str(one.name): _type(one.type) for one in schema}
    needed = [str(one.name) for one in schema if one.required]
    return [{"type": "object", "properties": {**params, **parts}, "required": needed}]


def _params(meta: Model) -> dict[str, Any]:
    schema = meta.get_params_schema()
    if not schema:
        return {}
    parts = {}
    for one in schema:
        kind = _type(one.dtype)
        parts[one.name] = {**({"type": "array", "items": kind} if one.shape else kind), "default": one.to_dict()["default"]}
    return {"type": "object", "properties": parts}


def _outputs(schema: Schema | None) -> dict[str, Any]:
    if schema is None or schema.is_tensor_spec() or len(schema.inputs) != 1 or schema.inputs[0].name is not None:
        return {"type": "array"}
    return {"type": "array", "items": _type(schema.inputs[0].type)}


def _type(kind: Any) -> dict[str, Any]:
    """A type of columns as JSON Schema; no bounds for others."""
    if isinstance(kind, DataType):
        return _JSON[kind]
    if isinstance(kind, Array):
        return {"type": "array", "items": _type(kind.dtype)}
    if isinstance(kind, Object):
        parts = {one.name: _type(one.dtype) for one in kind.properties}
        return {"type": "object", "properties": parts, "required": [one.name for one in kind.properties if one.required]}
    if isinstance(kind, Map):
        return {"type": "object", "additionalProperties": _type(kind.value_type)}
    return {}
