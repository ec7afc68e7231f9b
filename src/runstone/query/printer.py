"""Trees back into text that parses to the same tree."""

from __future__ import annotations

import re

from .tree import And, Comparison, Field, Membership, Node, Not, Or, Order, Presence, Value

_PLAIN = re.compile(r"[\w./\-:@]+")


def field_text(field: Field) -> str:
    """``metrics.loss``, ``min(metrics.loss)``, ``params.`a key` ``, ``status``."""
    if field.kind == "attributes":
        return field.key
    key = field.key if _PLAIN.fullmatch(field.key) else quoted(field.key, "`")
    name = f"{field.kind}.{key}"
    return f"{field.part}({name})" if field.part not in ("", "last") else name


def quoted(text: str, quote: str = "'") -> str:
    """The text in quotes, with the quote doubled inside."""
    return quote + text.replace(quote, quote + quote) + quote


def value_text(value: Value) -> str:
    """A number or a quoted text."""
    if isinstance(value, str):
        return quoted(value)
    return "NaN" if value != value else repr(value)


def to_text(node: Node | None) -> str:
    """The filter in its plainest spelling; empty for ``None``."""
    if node is None:
        return ""
    if isinstance(node, And | Or):
        word = " AND " if isinstance(node, And) else " OR "
        return word.join(_inner(item) for item in node.items)
    if isinstance(node, Not):
        return f"NOT {_inner(node.item)}"
    name = field_text(node.field)
    if isinstance(node, Presence):
        return f"{name} IS {'NOT ' if node.present else ''}NULL"
    if isinstance(node, Membership):
        return f"{name} {'NOT ' if node.negated else ''}IN ({', '.join(map(value_text, node.values))})"
    assert isinstance(node, Comparison)
    return f"{name} {node.operator} {value_text(node.value)}"


def _inner(node: Node) -> str:
    return f"({to_text(node)})" if isinstance(node, And | Or) else to_text(node)


def order_text(orders: tuple[Order, ...] | list[Order]) -> list[str]:
    """One text for each column of an ordering."""
    return [f"{field_text(order.field)} {'DESC' if order.descending else 'ASC'}" for order in orders]
