"""A filter of traces in parts: what the store answers by its indexes, what it answers by the texts of spans, and what is left
to be looked for in each trace."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from runstone.errors import InvalidValue

from . import pattern
from .parser import parse_filter
from .printer import to_text
from .sure_text import sure_text
from .traces import SPAN_FIELDS, TRACES
from .tree import Among, And, Comparison, Field, Membership, Node, Not, Or, Presence

#: What spans have beside ``attributes.<key>``. The whole text of one is looked through by patterns only.
CONTENT = Field("span", "content")
ATTRIBUTES = "attributes."
_TEXT, _RUN, _PROMPT = (Field("attributes", name) for name in ("text", "run_id", "prompt"))
_SIGNS = (">", ">=", "<", "<=")


class Split(Struct, frozen=True):
    """``stored``: the filter for the store. ``spans``: what it asks of one span, for traces whose spans the store has no texts
    of. ``rest``: what must be true in memory, of any trace; nothing for most filters."""

    stored: str
    spans: tuple[Node, ...] = ()
    rest: tuple[Node, ...] = ()


def split(text: str) -> Split:
    """Conditions on spans that are joined by ``AND`` are about one and the same span. Raises FilterError, InvalidValue."""
    parts = [_checked(one) for one in _conjuncts(parse_filter(text, TRACES))]
    spans = _of_spans(parts)
    stored = [one for one in parts if not _slow(one) or (one in spans and _by_text(one))]
    hints = [hint for one in spans for hint in _hints(one)]
    rest: list[Node] = [_in_memory(one) for one in parts if _slow(one) and one not in spans]
    among = (Among(tuple(spans)),) if _together(spans) else ()
    if not all(map(_by_text, spans)):  # the trace's spans are read last
        rest += among
        among = ()
    rest.sort(key=_reads_spans)
    told = [f"({to_text(_spelled(one))})" for one in (*stored, *hints)]
    return Split(" AND ".join(told) if rest or among else text, among, tuple(rest))


def parted(tree: Node | None) -> tuple[Node | None, Among | None]:
    """For a store: the conditions that traces are found by, and those that the texts of one span must meet. Both name
    equality of what spans are called, which traces are found by, too. Raises InvalidValue."""
    parts = [_checked(one) for one in _conjuncts(tree)]
    spans = [one for one in _of_spans(parts) if _by_text(one)]
    if not _together(spans):
        return tree, None
    plain = [one for one in parts if one not in spans or not _slow(one)]
    return (And(tuple(plain)) if plain else None), Among(tuple(spans))


def _of_spans(parts: list[Node]) -> list[Comparison | Membership]:
    return [one for one in parts if isinstance(one, Comparison | Membership) and one.field.kind == "span"]


def _together(spans: list[Comparison | Membership]) -> bool:
    """Whether it takes the spans themselves to say, and not just what they are called."""
    return len(spans) > 1 or any(map(_slow, spans))


def _by_text(node: Comparison | Membership) -> bool:
    """Whether the texts that the store has of a span tell it."""
    regular = isinstance(node, Comparison) and node.operator == "RLIKE"
    return node.field.key in (*SPAN_FIELDS, CONTENT.key) and not regular


def _hints(node: Comparison | Membership) -> Iterator[Comparison]:
    """What the whole text of a span has in it that meets the condition: the attribute's name, and a piece of its value."""
    name = node.field.key.removeprefix(ATTRIBUTES)
    asked = name != node.field.key
    if asked and json.dumps(name, ensure_ascii=False) == f'"{name}"':
        yield Comparison(CONTENT, "LIKE", f'%"{name}"%')
    if not isinstance(node, Comparison) or _by_text(node) or not (asked or node.field.key == "name"):
        return
    if piece := sure_text(node):
        yield Comparison(CONTENT, "ILIKE" if node.operator == "ILIKE" else "LIKE", f"%{piece}%")


def _conjuncts(node: Node | None) -> list[Node]:
    if isinstance(node, And):
        return [part for item in node.items for part in _conjuncts(item)]
    return [] if node is None else [node]


def _checked(node: Node) -> Node:
    """The same with ``text`` as the content of spans. Raises InvalidValue for what cannot be asked, or is no expression."""
    if not isinstance(node, Comparison | Membership | Presence):
        return _each(node, _checked)
    node = replace(node, field=CONTENT) if node.field == _TEXT else node
    if node.field.kind == "span":
        key = node.field.key
        if key == CONTENT.key:
            if not isinstance(node, Comparison) or node.operator not in ("LIKE", "ILIKE"):
                raise InvalidValue("The text of spans (trace.text, span.content) is looked through by LIKE and ILIKE only.")
        elif key not in SPAN_FIELDS and not (key.startswith(ATTRIBUTES) and len(key) > len(ATTRIBUTES)):
            known = ", ".join((*SPAN_FIELDS, CONTENT.key, f"{ATTRIBUTES}<name>"))
            raise InvalidValue(f"Invalid span attribute {key!r}: of spans, filters know {known}.")
    if isinstance(node, Comparison) and node.operator == "RLIKE":
        pattern.expression(str(node.value))
    return node


def _each(node: Node, change: Callable[[Node], Node]) -> Node:
    if isinstance(node, Not):
        return Not(change(node.item))
    assert isinstance(node, And | Or)
    return type(node)(tuple(change(item) for item in node.items))


def _slow(node: Node) -> bool:
    """Whether the store does not answer it."""
    if isinstance(node, Not):
        return _slow(node.item)
    if isinstance(node, And | Or):
        return any(map(_slow, node.items))
    if isinstance(node, Comparison) and node.operator == "RLIKE":
        return True
    if node.field.kind == "span":
        return node.field.key not in SPAN_FIELDS or not _equal(node)
    return node.field.kind in ("feedback", "expectation") and _numeric(node)


def _equal(node: Node) -> bool:
    return isinstance(node, Comparison) and node.operator == "=" or isinstance(node, Membership) and not node.negated


def _numeric(node: Node) -> bool:
    return isinstance(node, Comparison) and not isinstance(node.value, str)


def _in_memory(node: Node) -> Node:
    """Of what a trace has several, one that is so is enough."""
    if isinstance(node, And):
        parts = _conjuncts(node)
        spans = [one for one in parts if isinstance(one, Comparison | Membership) and one.field.kind == "span"]
        rest = [_in_memory(one) for one in parts if one not in spans]
        return And((*rest, Among(tuple(spans)))) if spans else And(tuple(rest))
    if not isinstance(node, Comparison | Membership):
        return node if isinstance(node, Presence) else _each(node, _in_memory)
    if node.field.kind in ("feedback", "expectation"):
        return Among((replace(node, field=replace(node.field, part="number")),) if _numeric(node) else (node,))
    return Among((node,)) if node.field.kind in ("span", "issue") or node.field in (_RUN, _PROMPT) else node


def _reads_spans(node: Node) -> bool:
    if isinstance(node, Not):
        return _reads_spans(node.item)
    if isinstance(node, And | Or):
        return any(map(_reads_spans, node.items))
    return node.field.kind == "span"


def _spelled(node: Node) -> Node:
    """Metadata by their own name, which filters are written with."""
    if not isinstance(node, Comparison | Membership | Presence):
        return _each(node, _spelled)
    return replace(node, field=replace(node.field, kind="metadata")) if node.field.kind == "params" else node
