"""Semantic versions: which of two is later. See https://semver.org/spec/v2.0.0.html, number 11."""

from __future__ import annotations

import re
from typing import Any

_PART = r"(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
_VERSION = re.compile(
    rf"(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)(?:-({_PART}(?:\.{_PART})*))?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?"
)
#: Characters of a version.
MOST = 128


def precedence(version: str) -> tuple[Any, ...] | None:
    """What orders versions: later ones are greater. ``None`` for a text that is no semantic version."""
    found = _VERSION.fullmatch(version) if len(version) <= MOST else None
    if found is None:
        return None
    before = found[4]
    # a release comes after its pre-releases; numbers before words, fewer parts before more
    parts = tuple((0, int(one), "") if one.isdigit() else (1, 0, one) for one in before.split(".")) if before else ()
    return int(found[1]), int(found[2]), int(found[3]), not before, parts
