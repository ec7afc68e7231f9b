"""Moves of aliases and stages, as they are kept in tags of the versions concerned; see docs/decisions/025."""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import Struct

#: Tags of a version that begin so hold one move each.
MOVES = "runstone.move."


class Move(Struct):
    """An alias or a stage came to this version, or left it: when, by whom (empty: no accounts here), and why.

    ``before`` and ``after`` are stages, or the versions (as text, empty: none) that the alias stood for.
    """

    time: int
    what: Literal["stage", "alias"]
    alias: str
    before: str
    after: str
    user: str
    reason: str


def move_tag(
    time: int, what: Literal["stage", "alias"], alias: str, before: str, after: str, user: str, reason: str
) -> dict[str, str | None]:
    """The tag that keeps one move."""
    move = Move(time, what, alias, before, after, user, reason.strip())
    return {f"{MOVES}{time:013d}.{alias or what}"[:250]: msgspec.json.encode(move).decode()}
