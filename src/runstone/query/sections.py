"""The metrics of one run as a page shows them: searched, in the order in which people count, in sections by prefix. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

from msgspec import Struct

#: What measures the machine, as opposed to what training says of itself.
SYSTEM = "system/"
_NUMBER = re.compile(r"([0-9]+)")
Part = Literal["all", "own", "system"]


class Section(Struct, frozen=True):
    """Keys with the same text before their last ``/`` (none: ``""``). The first ``single`` of ``keys`` have one point."""

    name: str
    single: int
    keys: Sequence[str]


def ordered(keys: Sequence[str]) -> Sequence[str]:
    """``m2`` before ``m10``, whatever the case."""
    # a page asks window after window for the same keys, and to read the numbers in 100,000 of them takes a while
    return _ordered(tuple(keys))


@lru_cache(maxsize=4)
def _ordered(keys: tuple[str, ...]) -> Sequence[str]:
    return sorted(keys, key=_natural)


def _natural(key: str) -> tuple[str, str]:
    parts = _NUMBER.split(key.lower())
    for place in range(1, len(parts), 2):
        digits = parts[place].lstrip("0")
        # texts compare as numbers when their length comes first; digits stay before letters
        parts[place] = f"{len(digits):03}{digits}"
    return "".join(parts), key


def found(keys: Sequence[str], contains: str, part: Part = "all") -> Sequence[str]:
    """Those that have this text in them, in any case, in their order; ``own`` are all but the system's."""
    if part != "all":
        keys = [key for key in keys if key.startswith(SYSTEM) == (part == "system")]
    wanted = contains.strip().lower()
    return [key for key in keys if wanted in key.lower()] if wanted else keys


def sections(keys: Sequence[str], single: set[str]) -> list[Section]:
    """In the order of their first keys; keys of one point, named in ``single``, come before the others of their section."""
    groups: dict[str, tuple[list[str], list[str]]] = {}
    for key in keys:
        groups.setdefault(key.rpartition("/")[0], ([], []))[key not in single].append(key)
    return [Section(name, len(alone), alone + curves) for name, (alone, curves) in groups.items()]
