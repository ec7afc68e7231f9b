"""Searching traces: words and orderings."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from runstone.errors import InvalidValue

from .parser import parse_order
from .tree import Among, And, Comparison, Field, Membership, Node, Not, Or, Order, Presence
from .vocabulary import EXPRESSIONS, LISTS, NULLS, NUMBER, ORDERING, PATTERNS, TEXT, Vocabulary

#: ``metadata.k`` has the kind that runs call params: texts that never change.
TRACES = Vocabulary(
    noun="trace",
    prefixes={
        "tags": "tags", "tag": "tags", "metadata": "params", "request_metadata": "params", "attributes": "attributes",
        "attribute": "attributes", "attr": "attributes", "trace": "attributes", "feedback": "feedback",
        "expectation": "expectation", "span": "span", "issue": "issue",
    },
    special={
        "span": ("=", "!=", *PATTERNS, *EXPRESSIONS, *LISTS),
        **dict.fromkeys(("feedback", "expectation"), (*ORDERING, *PATTERNS, *EXPRESSIONS, *LISTS, *NULLS)),
    },
    patterns=(*PATTERNS, *EXPRESSIONS),
    either=("feedback", "expectation"),
    attributes={
        "trace_id": TEXT, "experiment_id": TEXT, "timestamp_ms": NUMBER, "execution_time_ms": NUMBER, "status": TEXT,
        "name": TEXT, "run_id": TEXT, "end_time_ms": NUMBER, "client_request_id": TEXT, "prompt": TEXT, "text": TEXT,
    },
    aliases={
        "timestamp": "timestamp_ms", "request_time": "timestamp_ms", "execution_time": "execution_time_ms",
        "execution_duration": "execution_time_ms", "request_id": "trace_id", "state": "status", "run": "run_id",
        "end_time": "end_time_ms",
    },
)  # fmt: skip

#: Beginning of the metadata that name further runs of a trace; the rest of the key is a run's id.
LINKED_RUN = "runstone.linkedRun."
#: Beginning of the metadata that only searches look at: values of assessments, issues, what spans are called, versions of
#: prompts.
FOUND = "runstone.found."
#: Metadata of a trace all of whose spans the store has the texts of.
READ = f"{FOUND}read"
#: Bytes of such a key's last part; PostgreSQL indexes no key of more than 2,704.
_MOST_BYTES = 1000
_RUN, _PROMPT, _TEXT = (Field("attributes", name) for name in ("run_id", "prompt", "text"))
#: What spans can be found by; a trace has many, so these are kept as keys, as are issues that its assessments point to.
SPAN_FIELDS = ("name", "type", "status")
_MANY = (*(f"span.{one}" for one in SPAN_FIELDS), "issue.id", "prompt")
_LAST = (Order(Field("attributes", "timestamp_ms"), True), Order(Field("attributes", "trace_id")))


def found_key(kind: str, text: object) -> str:
    """The key of metadata under which searches find ``text``. A long text gives way to its digest."""
    told = str(text)
    body = told.encode("utf-8", "replace")
    return f"{FOUND}{kind}.{told if len(body) <= _MOST_BYTES else hashlib.sha256(body).hexdigest()}"


def value_key(kind: str, name: str, value: object) -> str:
    """The key under which searches find that some assessment of this name has this value: several judges may say the same."""
    return found_key(f"{kind}.is", f"{name}={value}")


def trace_order(texts: Sequence[str]) -> tuple[Order, ...]:
    """The columns asked for, then the newest first. Raises FilterError."""
    found: dict[Field, Order] = {}
    for order in (*parse_order(tuple(texts), TRACES), *_LAST):
        if order.field.kind in ("span", "issue") or order.field in (_PROMPT, _TEXT):
            raise InvalidValue(f"Invalid order_by column {order.field.key!r}: a trace has many spans, issues and prompts.")
        field = _kept(order.field)
        found.setdefault(field, Order(field, order.descending))
    return tuple(found.values())


def resolved(node: Node | None) -> Node | None:
    """The same filter, over what the store has. A trace also counts as one of the runs that it was linked to later.

    Raises InvalidValue for a question about spans that cannot be answered.
    """
    if isinstance(node, And | Or):
        return type(node)(tuple(item for item in map(resolved, node.items) if item is not None))
    if isinstance(node, Not):
        inner = resolved(node.item)
        return None if inner is None else Not(inner)
    if node is None:
        return None
    if isinstance(node, Among) or node.field == _TEXT or (isinstance(node, Comparison) and _only_looked_for(node)):
        raise InvalidValue("Regular expressions, texts of spans and numbers of assessments are searched through a server.")
    values = _equal_to(node)
    if node.field == _RUN and values is not None:
        return Or((node, *(_has(f"{LINKED_RUN}{one}") for one in values)))
    if node.field.kind in ("span", "issue") or node.field == _PROMPT:
        name = "prompt" if node.field == _PROMPT else f"{node.field.kind}.{node.field.key}"
        if values is None or name not in _MANY:
            raise InvalidValue(
                f"Invalid condition on {name!r} of a trace: of spans, issues and prompts, {', '.join(_MANY)} are compared, "
                "by = or IN; other conditions on spans are joined to the rest by AND."
            )
        return Or(tuple(_has(found_key(name, one)) for one in values))
    if node.field.kind in ("feedback", "expectation") and values is not None:
        return Or(tuple(_has(value_key(node.field.kind, node.field.key, one)) for one in values))
    if isinstance(node, Comparison):
        return Comparison(_kept(node.field), node.operator, node.value)
    if isinstance(node, Membership):
        return Membership(_kept(node.field), node.values, node.negated)
    return Presence(_kept(node.field), node.present)


def _only_looked_for(node: Comparison) -> bool:
    return node.operator == "RLIKE" or (node.field.kind in ("feedback", "expectation") and not isinstance(node.value, str))


def _equal_to(node: Comparison | Membership | Presence) -> tuple[object, ...] | None:
    """The values of ``=`` and ``IN``; ``None`` for other conditions."""
    if isinstance(node, Comparison) and node.operator == "=":
        return (node.value,)
    return node.values if isinstance(node, Membership) and not node.negated else None


def _kept(field: Field) -> Field:
    return Field("params", found_key(field.kind, field.key)) if field.kind in ("feedback", "expectation") else field


def _has(key: str) -> Presence:
    return Presence(Field("params", key), True)
