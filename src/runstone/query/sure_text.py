"""What a text surely has in it if it meets a condition: one piece, so that a database passes over what cannot meet it."""

from __future__ import annotations

import re

from .tree import Comparison

#: Shorter pieces are in nearly every text.
_SHORTEST = 3
#: What JSON writes in another way, what ``LIKE`` reads as something else, and halves of surrogate pairs.
_CUT = re.compile(r'["\\%_\x00-\x1f\ud800-\udfff]')
#: What in a regular expression makes nothing sure: groups, choices, and escapes that may be longer than two characters.
_OPEN = re.compile(r"[(|]|\\[^\W_dDwWsSbBAZfnrtv]")
#: Of a regular expression: a class, or whatever else does not stand for itself.
_PART = re.compile(r"\[\^?\]?(?:\\.|[^\]\\])*\]|\\.|[.^$+]|.?(?:[*?]|\{[^}]*\}?)", re.DOTALL)


def sure_text(node: Comparison) -> str:
    """The longest piece that a text which meets ``=``, ``LIKE``, ``ILIKE`` or ``RLIKE`` has in it, also where it stands in
    JSON; empty where none is sure."""
    value = str(node.value)
    if node.operator == "RLIKE":
        if _OPEN.search(value):
            return ""
        value = _PART.sub("\0", value)
    elif node.operator not in ("=", "LIKE", "ILIKE"):
        return ""
    if node.operator == "ILIKE":  # of other letters databases and we might not agree
        value = re.sub(r"[^\x00-\x7f]", "\0", value)
    longest = max(_CUT.split(value), key=len)
    return longest if len(longest) >= _SHORTEST else ""
