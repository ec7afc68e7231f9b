"""Who moved an alias or a stage, when and why: kept as tags of the version, so that it travels with the store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from . import models_schema as m

#: Tags of a version that begin so hold one move each.
PREFIX = "runstone.move."
#: Moves that are shown.
MOST = 200

_decoder = msgspec.json.Decoder(m.Move)


def move_tag(
    time: int, what: Literal["stage", "alias"], alias: str, before: str, after: str, user: str, reason: str
) -> dict[str, str | None]:
    """The tag that keeps one move."""
    move = m.Move(time, what, alias, before, after, user, reason.strip())
    return {f"{PREFIX}{time:013d}.{alias or what}"[:250]: msgspec.json.encode(move).decode()}


def moves_of(tags: Mapping[str, str]) -> list[m.Move]:
    """Newest first. Tags can be written by anybody: what is no move is left out."""
    found = list[m.Move]()
    for key in sorted((key for key in tags if key.startswith(PREFIX)), reverse=True)[:MOST]:
        try:
            found.append(_decoder.decode(tags[key]))
        except msgspec.MsgspecError:
            continue
    return found


def other_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """Without the moves."""
    return {key: value for key, value in tags.items() if not key.startswith(PREFIX)}
