"""Searching traces: words and orderings."""

from __future__ import annotations

from collections.abc import Sequence

from .parser import parse_order
from .tree import And, Comparison, Field, Membership, Node, Not, Or, Order, Presence
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

#: Beginning of the metadata that name further runs of a trace; the rest of the key is a run's id.
LINKED_RUN = "runstone.linkedRun."
_RUN = Field("attributes", "run_id")
_LAST = (Order(Field("attributes", "timestamp_ms"), True), Order(Field("attributes", "trace_id")))


def trace_order(texts: Sequence[str]) -> tuple[Order, ...]:
    """The columns asked for, then the newest first. Raises FilterError."""
    found: dict[Field, Order] = {}
    for order in (*parse_order(tuple(texts), TRACES), *_LAST):
        found.setdefault(order.field, order)
    return tuple(found.values())


def with_links(node: Node | None) -> Node | None:
    """The same filter, where a trace also counts as one of the runs that it was linked to later."""
    if isinstance(node, And | Or):
        return type(node)(tuple(item for item in map(with_links, node.items) if item is not None))
    if isinstance(node, Not):
        inner = with_links(node.item)
        return None if inner is None else Not(inner)
    if isinstance(node, Comparison) and node.field == _RUN and node.operator == "=":
        return Or((node, _linked(node.value)))
    if isinstance(node, Membership) and node.field == _RUN and not node.negated:
        return Or((node, *map(_linked, node.values)))
    return node


def _linked(run_id: object) -> Presence:
    return Presence(Field("params", f"{LINKED_RUN}{run_id}"), True)
