"""Searching items beside the traces: words, and filters and orderings held against what is in memory. There are few of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from operator import eq, ge, gt, le, lt, ne
from typing import Any, TypeVar

from . import pattern
from .parser import parse_order
from .tree import Among, And, Comparison, Field, Membership, Node, Not, Or, Order, Presence
from .vocabulary import NUMBER, TEXT, Vocabulary

T = TypeVar("T")
#: What a thing has for a field; ``None``: it has none.
Look = Callable[[T, Field], Any]

_COMMON = {"tags": "tags", "tag": "tags", "attributes": "attributes", "attribute": "attributes", "attr": "attributes"}

EVALUATION_DATASETS = Vocabulary(
    noun="evaluation dataset",
    prefixes=_COMMON,
    attributes={
        "name": TEXT, "dataset_id": TEXT, "created_by": TEXT, "last_updated_by": TEXT, "created_time": NUMBER,
        "last_update_time": NUMBER,
    },
    aliases={"creation_time": "created_time", "last_updated_time": "last_update_time"},
)  # fmt: skip

ISSUES = Vocabulary(
    noun="issue",
    prefixes={"attributes": "attributes", "attribute": "attributes", "attr": "attributes"},
    attributes={
        "status": TEXT, "source_run_id": TEXT, "name": TEXT, "severity": TEXT, "created_by": TEXT, "issue_id": TEXT,
        "created_timestamp": NUMBER, "last_updated_timestamp": NUMBER,
    },
    aliases={},
)  # fmt: skip

_TIMES = {"creation_timestamp": "created_at", "last_updated_timestamp": "last_updated_at"}
_ATTRIBUTES = {"attributes": "attributes", "attribute": "attributes", "attr": "attributes"}

MCP_SERVERS = Vocabulary(
    noun="MCP server",
    prefixes=_COMMON,
    attributes={
        "name": TEXT, "display_name": TEXT, "status": TEXT, "has_access_endpoints": TEXT, "created_at": NUMBER,
        "last_updated_at": NUMBER,
    },
    aliases=_TIMES,
)  # fmt: skip

MCP_VERSIONS = Vocabulary(
    noun="version of an MCP server",
    prefixes=_COMMON,
    attributes={"name": TEXT, "version": TEXT, "status": TEXT, "created_at": NUMBER, "last_updated_at": NUMBER},
    aliases=_TIMES,
)

MCP_ENDPOINTS = Vocabulary(
    noun="access endpoint",
    prefixes=_ATTRIBUTES,
    attributes={
        "id": TEXT, "server_name": TEXT, "transport_type": TEXT, "status": TEXT, "created_at": NUMBER,
        "last_updated_at": NUMBER,
    },
    aliases=_TIMES,
)  # fmt: skip

_NEWEST = (Order(Field("attributes", "created_time"), True), Order(Field("attributes", "dataset_id")))
_SIGNS: dict[str, Callable[[Any, Any], bool]] = {"=": eq, "!=": ne, ">": gt, ">=": ge, "<": lt, "<=": le}


def dataset_order(texts: Sequence[str]) -> tuple[Order, ...]:
    """The columns asked for, then newest first. Raises FilterError."""
    return order_of(texts, EVALUATION_DATASETS, *_NEWEST)


def order_of(texts: Sequence[str], words: Vocabulary, *last: Order) -> tuple[Order, ...]:
    """The columns asked for, then those of ``last`` that are not among them. Raises FilterError."""
    found: dict[Field, Order] = {}
    for order in (*parse_order(tuple(texts), words), *last):
        found.setdefault(order.field, order)
    return tuple(found.values())


def meets(node: Node | None, one: T, look: Look[T]) -> bool:
    """Whether a filter is true of one thing: neither false nor unknown."""
    return node is None or _truth(node, one, look) is True


def in_order(found: Iterable[T], orders: Sequence[Order], look: Look[T]) -> list[T]:
    """Sorted; what lacks a field comes last in both directions."""
    rows = list(found)
    for order in reversed(orders):
        having = [one for one in rows if look(one, order.field) is not None]
        having.sort(key=lambda one: look(one, order.field), reverse=order.descending)
        rows = having + [one for one in rows if look(one, order.field) is None]
    return rows


def _truth(node: Node, one: T, look: Look[T]) -> bool | None:
    if isinstance(node, Not):
        inner = _truth(node.item, one, look)
        return None if inner is None else not inner
    if isinstance(node, And | Or):
        found = [_truth(item, one, look) for item in node.items]
        decisive = isinstance(node, Or)
        return decisive if decisive in found else None if None in found else not decisive
    value = look(one, node.field)
    if isinstance(node, Among):
        return any(all(_truth(item, told, _of_one) is True for item in node.items) for told in value) if value else None
    if isinstance(node, Presence):
        return (value is not None) == node.present
    if value is None:
        return None
    if isinstance(node, Membership):
        return (value in node.values) != node.negated
    return _compared(node, value)


def _compared(node: Comparison, value: Any) -> bool:
    if node.operator in _SIGNS:
        return bool(_SIGNS[node.operator](value, node.value))
    if node.operator == "RLIKE":
        return pattern.expression(str(node.value))(str(value))
    return pattern.like(str(node.value), node.operator == "ILIKE")(str(value))


def _of_one(told: Callable[[str], Any], field: Field) -> Any:
    return told(field.key)
