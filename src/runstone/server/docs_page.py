"""``/docs``: the OpenAPI document as a page to read. One file, no script, nothing from another place."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import lru_cache
from html import escape
from itertools import groupby
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from . import openapi
from .endpoints import ROOT

_STYLE = """
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
code, pre { font: 13px/1.5 ui-monospace, monospace; }
details { border-top: 1px solid #8884; padding: .3rem 0; }
summary { cursor: pointer; }
.method { display: inline-block; width: 4.2rem; font-weight: 600; }
.of { opacity: .7; float: right; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; margin: .5rem 0 .5rem 1rem; }
dd { margin: 0; }
pre { margin: .2rem 0; white-space: pre-wrap; }
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"

Answer = Callable[[Request], Response]


def described(prefix: str) -> Answer:
    """Answers with the whole document as JSON."""

    def answer(_: Request) -> Response:
        body = json.dumps(openapi.whole(prefix)).encode()
        return Response(body, media_type="application/json", headers={"Cache-Control": "no-cache"})

    return answer


def docs_page(prefix: str) -> Answer:
    """Answers with the page."""

    def answer(_: Request) -> Response:
        headers = {"Content-Security-Policy": _POLICY, "X-Content-Type-Options": "nosniff", "Cache-Control": "no-cache"}
        return HTMLResponse(page(prefix), headers=headers)

    return answer


@lru_cache(maxsize=4)
def page(prefix: str = "") -> str:
    """The HTML of the whole document for a server below ``prefix``."""
    document = openapi.whole(prefix)
    operations = [(path, method, one) for path, item in document["paths"].items() for method, one in item.items()]
    operations.sort(key=lambda one: _ORDER.index(one[2]["tags"][0]))
    parts = [
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>Runstone: HTTP API</title><style>{_STYLE}</style></head><body><h1>Runstone: HTTP API</h1>"
        f"<p>{_code(document['info']['description'])}</p>"
        f'<p>As a document for programs: <a href="{escape(prefix + ROOT)}/openapi.json">OpenAPI 3.1</a>.</p>'
    ]
    for tag, group in groupby(operations, key=lambda one: one[2]["tags"][0]):
        parts.append(f"<h2>{escape(tag)}</h2>")
        parts += [_operation(prefix + path, method, one) for path, method, one in group]
    parts.append("<h2>Types</h2>")
    for name, schema in document["components"]["schemas"].items():
        about = schema.get("description", "")
        parts.append(
            f'<details id="{escape(name)}"><summary><code>{escape(name)}</code></summary>'
            f"<p>{_code(about)}</p><pre>{_type(schema)}</pre></details>"
        )
    return "".join(parts) + "</body></html>"


_ORDER = ("Server", "MLflow", "Artifacts", "Runstone")


def _operation(path: str, method: str, one: dict[str, Any]) -> str:
    rows = [("needs", escape(one["x-permission"]))]
    for parameter in one["parameters"]:
        must = "" if parameter["required"] else "?"
        rows.append((parameter["in"], f"<code>{escape(parameter['name'])}{must}: {_type(parameter['schema'])}</code>"))
    for kind, content in one.get("requestBody", {}).get("content", {}).items():
        rows.append(("body", f"<code>{_type(content['schema'])}</code> as {escape(kind)}"))
    for kind, content in one["responses"]["200"]["content"].items():
        rows.append(("answer", f"<code>{_type(content['schema'])}</code> as {escape(kind)}"))
    table = "".join(f"<dt>{escape(name)}</dt><dd>{text}</dd>" for name, text in rows)
    return (
        f'<details><summary><span class="of">{_code(one["summary"])}</span><code><span class="method">{method.upper()}</span>'
        f"{escape(path)}</code></summary><dl>{table}</dl></details>"
    )


def _type(schema: Any, depth: int = 0) -> str:
    """A schema in the notation that readers of TypeScript know, as HTML."""
    if not isinstance(schema, dict) or not schema:
        return "any"
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return f'<a href="#{name}">{name}</a>'
    if "enum" in schema:
        return " | ".join(escape(json.dumps(one)) for one in schema["enum"])
    several = schema.get("anyOf") or schema.get("oneOf")
    if several:
        return " | ".join(_type(one, depth) for one in several)
    kind = schema.get("type")
    if kind == "array":
        return f"{_type(schema.get('items'), depth)}[]"
    if kind == "object" and "properties" in schema:
        return "{\n" + "".join(_fields(schema, depth + 1)) + "  " * depth + "}"
    if kind == "object":
        return "{[name]: " + _type(schema.get("additionalProperties"), depth) + "}"
    return escape(" | ".join(kind) if isinstance(kind, list) else str(kind))


def _fields(schema: dict[str, Any], depth: int) -> Iterator[str]:
    required = schema.get("required", [])
    for name, kind in schema["properties"].items():
        yield f"{'  ' * depth}{escape(name)}{'' if name in required else '?'}: {_type(kind, depth)}\n"


def _code(text: str) -> str:
    """Text with its backquoted words as code."""
    pieces = escape(text).replace("``", "`").split("`")
    return "".join(f"<code>{piece}</code>" if number % 2 else piece for number, piece in enumerate(pieces))
