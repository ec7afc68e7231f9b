"""Traces as MLflow 2 and 3 keep them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from .contents import TraceIn
from .reading import number, word

_STATES = ("OK", "ERROR", "IN_PROGRESS", "STATE_UNSPECIFIED")
_SHOWN = ("client_request_id", "request_preview", "response_preview")


def trace_of(
    trace_id: str,
    meta: Mapping[str, Any],
    metadata: dict[str, str],
    tags: dict[str, str],
    assessments: Sequence[Mapping[str, Any]],
) -> TraceIn:
    """A trace by the fields of version 3 (``request_time``, ``state``) or 2 (``timestamp_ms``, ``status``)."""
    time = meta.get("request_time", meta.get("timestamp_ms"))
    length = meta.get("execution_duration_ms", meta.get("execution_time_ms"))
    state = word(meta.get("state", meta.get("status")), "STATE_UNSPECIFIED").removeprefix("TraceStatus.")
    details: dict[str, Any] = {name: meta[name] for name in _SHOWN if isinstance(meta.get(name), str)}
    told = [dict(one) for one in assessments if one]
    if told:
        details["assessments"] = told
    return TraceIn(
        trace_id=trace_id,
        time=_time(time),
        duration=number(length),
        state=state if state in _STATES else "STATE_UNSPECIFIED",
        details=json.dumps(details, ensure_ascii=False, default=str),
        metadata=metadata,
        tags=tags,
    )


def _time(given: Any) -> int:
    if isinstance(given, datetime):
        moment = given
    else:
        found = number(given)
        if found is not None:
            return found
        try:
            moment = datetime.fromisoformat(str(given).replace("Z", "+00:00"))
        except ValueError:
            return 0
    return int((moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).timestamp() * 1000)
