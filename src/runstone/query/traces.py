"""Searching traces: words and orderings."""

from __future__ import annotations

from collections.abc import Sequence

from .parser import parse_order
from .tree import Field, Order
from .vocabulary import NUMBER, TEXT, Vocabulary

#: ``metadata.k`` has the kind that runs call params: texts that never change.
TRACES = Vocabulary(
    noun="trace",
    prefixes={
        "tags": "tags", "tag": "tags", "metadata": "params", "request_metadata": "params", "attributes": "attributes",
        "attribute": "attributes", "attr": "attributes", "trace": "attributes",
    },
    attributes={
        "trace_id": TEXT, "experiment_id": TEXT, "timestamp_ms": NUMBER, "execution_time_ms": NUMBER, "status": TEXT,
        "name": TEXT, "run_id": TEXT,
    },
    aliases={
        "timestamp": "timestamp_ms", "request_time": "timestamp_ms", "execution_time": "execution_time_ms",
        "execution_duration": "execution_time_ms", "request_id": "trace_id", "state": "status", "run": "run_id",
    },
)  # fmt: skip

_LAST = (Order(Field("attributes", "timestamp_ms"), True), Order(Field("attributes", "trace_id")))


def trace_order(texts: Sequence[str]) -> tuple[Order, ...]:
    """The columns asked for, then the newest first. Raises FilterError."""
    found: dict[Field, Order] = {}
    for order in (*parse_order(tuple(texts), TRACES), *_LAST):
        found.setdefault(order.field, order)
    return tuple(found.values())
