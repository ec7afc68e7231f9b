"""What searches may ask of spans, from the form in which they are kept (MLflow's ``traces.json``, of either series)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from runstone.records import SpanText

from .traces import SPAN_FIELDS, found_key

#: Spans of one message by whose names, types and states its trace can be found by an index.
FOUND_SPANS = 1000
_TYPE = "mlflow.spanType"


def parsed(value: Any) -> Any:
    """An attribute as it is meant: a text that is JSON holds its value, as MLflow keeps it."""
    if isinstance(value, str):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def attributes(kept: dict[str, Any]) -> dict[str, Any]:
    given = kept.get("attributes")
    return given if isinstance(given, dict) else {}


def attribute_text(value: Any) -> str | None:
    """A text as it is, anything else as JSON."""
    found = parsed(value)
    return found if found is None or isinstance(found, str) else json.dumps(found, ensure_ascii=False)


def span_text(kept: dict[str, Any]) -> SpanText:
    """One span. Letters beyond ASCII are not escaped in the content, so that it is found by what people type."""
    given, context, status = attributes(kept), kept.get("context"), kept.get("status")
    span_id = kept.get("span_id") or (context.get("span_id") if isinstance(context, dict) else None)
    code = (status.get("code") if isinstance(status, dict) else None) or kept.get("status_code") or "UNSET"
    texts = {name: json.dumps(parsed(value), ensure_ascii=False) for name, value in given.items()}
    found = (
        span_id, kept.get("name", ""), attribute_text(given.get(_TYPE)) or "UNKNOWN", str(code).removeprefix("STATUS_CODE_"),
        json.dumps({**kept, "attributes": texts}, ensure_ascii=False),
    )  # fmt: skip
    return SpanText(*map(_storable, found))


def found_keys(spans: Sequence[SpanText]) -> dict[str, str]:
    """Metadata by which a trace is found by what its spans are called."""
    return {found_key(f"span.{name}", getattr(one, name)): "" for one in spans[:FOUND_SPANS] for name in SPAN_FIELDS}


def _storable(value: Any) -> str:
    """What every database takes: no NUL, no half of a surrogate pair."""
    return str(value).replace("\0", "").encode("utf-8", "replace").decode()
