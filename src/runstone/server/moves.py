"""Who moved an alias or a stage, when and why: kept as tags of the version, so that it travels with the store."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from runstone.entities.moves import MOVES, Move

#: Moves that are shown.
MOST = 200

_decoder = msgspec.json.Decoder(Move)


def moves_of(tags: Mapping[str, str]) -> list[Move]:
    """Newest first. Tags can be written by anybody: what is no move is left out."""
    found = list[Move]()
    for key in sorted((key for key in tags if key.startswith(MOVES)), reverse=True)[:MOST]:
        try:
            found.append(_decoder.decode(tags[key]))
        except msgspec.MsgspecError:
            continue
    return found
