"""What a filter and an ordering say, as immutable values.

Truth has three values. A comparison with something that a run does not have is *unknown*: it makes neither the
comparison nor its ``NOT`` true. Only ``IS NULL`` and ``IS NOT NULL`` look at whether it is there. NaN is a value like
any other: it equals only ``NaN``, differs from every number, and is neither greater nor less than one. Of several
datasets one that meets a comparison is enough.
"""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct

#: Kinds of field, in the words of the grammar.
KINDS = ("metrics", "params", "tags", "attributes", "datasets")

#: What is known of a metric's whole series; ``last`` is meant when none is named.
PARTS = ("last", "min", "max", "mean", "first", "count", "nans", "last_step", "min_step", "max_step", "first_step")

Value: TypeAlias = "str | int | float"


class Field(Struct, frozen=True, order=True):
    """``metrics.loss`` is ``Field("metrics", "loss", "last")``; ``part`` is empty for all but metrics."""

    kind: str
    key: str
    part: str = ""


class Comparison(Struct, frozen=True, tag=True):
    """``operator`` is one of ``= != > >= < <= LIKE ILIKE RLIKE``, the last for regular expressions."""

    field: Field
    operator: str
    value: Value


class Membership(Struct, frozen=True, tag=True):
    """The field's value is (or, ``negated``, is not) one of ``values``."""

    field: Field
    values: tuple[Value, ...]
    negated: bool = False


class Presence(Struct, frozen=True, tag=True):
    """The run has the field (``present``), or has it not."""

    field: Field
    present: bool


class Not(Struct, frozen=True, tag=True):
    item: Node


class And(Struct, frozen=True, tag=True):
    items: tuple[Node, ...]


class Or(Struct, frozen=True, tag=True):
    items: tuple[Node, ...]


class Among(Struct, frozen=True, tag=True):
    """One of the many things of a kind that a trace has (its spans, what was said of it under a name) meets all of these."""

    items: tuple[Comparison | Membership, ...]

    @property
    def field(self) -> Field:
        return self.items[0].field


Atom: TypeAlias = "Comparison | Membership | Presence"
Node: TypeAlias = "Comparison | Membership | Presence | Among | Not | And | Or"


class Order(Struct, frozen=True):
    """One column of an ordering. Runs without the field come last in both directions, after those where it is NaN."""

    field: Field
    descending: bool = False


def normalized(node: Node, negated: bool = False) -> Node:
    """The same truth with ``NOT`` only directly before a condition, and ``AND`` in ``AND`` (``OR`` in ``OR``) made flat."""
    if isinstance(node, Not):
        return normalized(node.item, not negated)
    if isinstance(node, And | Or):
        conjunction = isinstance(node, And) != negated
        kind = And if conjunction else Or
        flat: list[Node] = []
        for item in node.items:
            plain = normalized(item, negated)
            flat.extend(plain.items if isinstance(plain, kind) else (plain,))
        return kind(tuple(flat))
    if not negated:
        return node
    if isinstance(node, Presence):
        return Presence(node.field, not node.present)
    if isinstance(node, Membership) and node.field.kind != "datasets":  # of several, some may be in
        return Membership(node.field, node.values, not node.negated)
    return Not(node)


def fields(node: Node | None) -> set[Field]:
    """Every field that is named."""
    if node is None:
        return set()
    if isinstance(node, Not):
        return fields(node.item)
    if isinstance(node, And | Or):
        return set().union(*(fields(item) for item in node.items))
    return {node.field}
