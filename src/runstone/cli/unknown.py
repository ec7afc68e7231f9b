"""Keys that a filter or an order names and no run has: most often a slip of the pen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runstone.contracts import Store
    from runstone.query.tree import Field

#: So many of an experiment's keys are looked through.
_KEYS = 10_000


def unknown_keys(store: Store, experiment_ids: Sequence[str], filter_text: str, order_by: Iterable[str] = ()) -> list[str]:
    """A sentence for each key of a filter and an order that no run of these experiments has.

    Raises: FilterError for a filter or an order that cannot be read.
    """
    from runstone.query.parser import parse_filter, parse_order
    from runstone.query.tree import fields

    named = fields(parse_filter(filter_text)) | {one.field for one in parse_order(tuple(order_by))}
    return [said for field in sorted(named) if (said := unknown_key(store, experiment_ids, field))]


def unknown_key(store: Store, experiment_ids: Sequence[str], field: Field) -> str:
    """What to say of a key that no run of these experiments has; empty when one has it, or there are too many keys to say."""
    if field.kind not in ("metrics", "params", "tags"):
        return ""
    there = [info.key for info in store.keys(field.kind, experiment_ids, limit=_KEYS)]
    if field.key in there or len(there) == _KEYS:
        return ""
    kind = field.kind[:-1]
    near = get_close_matches(field.key, there, 3, 0.5)
    if near:
        return f"No run here has the {kind} {field.key!r}; near it: {', '.join(map(repr, near))}."
    shown = ", ".join(map(repr, there[:5])) + ", …" * (len(there) > 5)
    return f"No run here has the {kind} {field.key!r}; {kind}s here: {shown or 'none'}."
