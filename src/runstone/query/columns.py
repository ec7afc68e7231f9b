"""Names of table columns: the fields of the grammar, and the short form ``metrics.loss:min``."""

from __future__ import annotations

from runstone.errors import FilterError

from .parser import parse_field
from .tree import PARTS, Field
from .vocabulary import RUNS


def parse_column(name: str) -> Field:
    """The field of a column. The key follows its prefix as it is, whatever characters it has; quotes around it and
    ``min(metrics.loss)`` are understood too. Raises FilterError."""
    prefix, dot, key = name.partition(".")
    kind = RUNS.prefixes.get(prefix)
    if not dot or kind is None or not key:
        return parse_field(name)
    if kind in ("attributes", "datasets"):
        return parse_field(name)
    part = "last" if kind == "metrics" else ""
    if kind == "metrics":
        stem, colon, tail = key.rpartition(":")
        if colon and stem and tail in PARTS:
            key, part = stem, tail
    key = _bare(key)
    if not key:
        raise FilterError("A key is missing", name, 0, len(name), (f"{prefix}.<key>",))
    return Field(kind, key, part)


def _bare(key: str) -> str:
    if len(key) >= 2 and key[0] == key[-1] and key[0] in '`"':
        return key[1:-1].replace(key[0] * 2, key[0])
    return key
