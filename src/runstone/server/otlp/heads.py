"""What spans tell of the trace that they belong to."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from runstone.records import TraceStarted

from . import meaning
from .spans import STATUS, Span

#: Characters of previews of what went in and came out.
PREVIEW = 1000
#: Characters of a tag's name and value; what is longer is left out.
_TAG_NAME, _TAG_VALUE = 250, 5000
_MILLION = 1_000_000


def head(experiment_id: str, run_id: str, spans: Sequence[Span]) -> TraceStarted:
    """A trace as the spans of one message show it; they are all of one trace."""
    root = next((one for one in spans if not one.parent_id), None)
    start, ends = min(one.start for one in spans) // _MILLION, [one.end // _MILLION for one in spans if one.end]
    metadata, tags, details = {"mlflow.trace_schema.version": "3"}, {"mlflow.trace.spansLocation": "TRACKING_STORE"}, {}
    if run_id:
        metadata["mlflow.sourceRun"] = run_id
    for one in spans:
        for key, value in (("mlflow.trace.session", meaning.session), ("mlflow.trace.user", meaning.user)):
            if (found := value(one.attributes)) is not None:
                metadata.setdefault(key, _text(found)[:PREVIEW])
    state = "IN_PROGRESS"
    if root is not None:
        state = "ERROR" if STATUS[root.status] == "STATUS_CODE_ERROR" else "OK"
        tags |= _tags({key: value for key, value in root.resource.items() if not key.startswith(("telemetry.sdk.", "mlflow."))})
        marked = {key: value for key, value in root.attributes.items() if key.startswith(meaning.TRACE_TAG)}
        tags |= _tags({key.removeprefix(meaning.TRACE_TAG): value for key, value in marked.items()})
        tags |= {"mlflow.traceName": _text(root.name)[:_TAG_VALUE], "mlflow.trace.spansLocation": "TRACKING_STORE"}
        for name, attribute in (("request_preview", meaning.INPUTS), ("response_preview", meaning.OUTPUTS)):
            if (found := root.attributes.get(attribute)) is not None:
                details[name] = _text(found)[:PREVIEW]
    return TraceStarted(
        spans[0].trace,
        experiment_id,
        start,
        max(0, max(ends) - start) if ends else None,
        state,
        json.dumps(details),
        metadata,
        tags,
        observed=True,
    )


def figures(spans: Sequence[dict[str, Any]]) -> dict[str, str]:
    """Metadata of a whole trace: tokens and cost."""
    found = {}
    for key, attribute in (("mlflow.trace.tokenUsage", meaning.USAGE), ("mlflow.trace.cost", meaning.COST)):
        if (total := meaning.total(spans, attribute)) is not None:
            found[key] = json.dumps(total)
    return found


def _tags(found: dict[str, Any]) -> dict[str, str]:
    texts = {_text(key): _text(value) for key, value in found.items()}
    return {key: text for key, text in texts.items() if key and len(key) <= _TAG_NAME and len(text) <= _TAG_VALUE}


def _text(value: Any) -> str:
    """What every database takes: no NUL, no half of a surrogate pair."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text.replace("\0", "").encode("utf-8", "replace").decode()
