"""The spans of a trace among its files: a client's ``traces.json``, and pieces that came by OTLP.

Each message adds a piece, named by its content: sent again, it is the same file. Whoever finds many puts them together and
removes the parts; two who do so at once write the same spans twice, and no reader counts a span more than once.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from runstone.errors import InvalidValue, NotFound, Trouble

if TYPE_CHECKING:
    from runstone.contracts import ArtifactStore

FILE, FOLDER = "traces.json", "spans"
#: Bytes of a trace's spans that are read into an answer; larger files can be downloaded.
MOST_BYTES = 64 << 20
#: Times that a reader looks again where pieces were put together under its hands.
_LOOKS = 5


def add(files: ArtifactStore, spans: Sequence[dict[str, Any]]) -> str:
    """Keep spans; where they are now. Raises StoreUnavailable."""
    body = msgspec.json.encode({"spans": spans})
    path = f"{FOLDER}/{hashlib.sha256(body).hexdigest()[:32]}.json"
    files.put(io.BytesIO(body), path, digest=False)
    return path


def gather(files: ArtifactStore) -> list[dict[str, Any]]:
    """Read all pieces, and leave them as one file. Raises InvalidValue (too large)."""
    paths, found, _ = _pieces(files)
    if len(paths) > 1:
        whole = add(files, found)
        for path in paths:
            if path != whole:
                files.delete(path)
    return found


def read(files: ArtifactStore) -> tuple[list[dict[str, Any]], int]:
    """Every span once, as it is kept, and the bytes that they took; what is no span is left out.

    Raises InvalidValue (too large)."""
    _, seen, size = _pieces(files)
    told, more = _spans(files, FILE, MOST_BYTES)
    return _once([*seen, *told]) if seen else told, size + more


def _pieces(files: ArtifactStore) -> tuple[list[str], list[dict[str, Any]], int]:
    for look in range(_LOOKS):
        found, room = [], MOST_BYTES
        paths = [one.path for one in files.list(FOLDER) if one.path.endswith(".json")]
        try:
            for path in paths:
                part, size = _spans(files, path, room, missing=look == _LOOKS - 1)
                found += part
                room -= size
            return paths, _once(found), MOST_BYTES - room
        except NotFound:
            continue
    return [], [], 0


def _spans(files: ArtifactStore, path: str, room: int, missing: bool = True) -> tuple[list[dict[str, Any]], int]:
    try:
        with files.open(path) as file:
            body = file.read(room + 1)
    except NotFound:
        if missing:
            return [], 0
        raise
    except Trouble:
        return [], 0
    if len(body) > room:
        raise InvalidValue(f"The spans of this trace take more than {MOST_BYTES >> 20} MiB; download its files.")
    try:
        found = msgspec.json.decode(body, type=dict[str, Any])["spans"]
        return [one for one in found if isinstance(one, dict)], len(body)
    except (msgspec.MsgspecError, KeyError, TypeError):
        return [], len(body)


def _once(spans: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """By id, later ones winning; roots first, then in the order of their starts."""
    known = {str(one.get("span_id") or (one.get("context") or {}).get("span_id")): one for one in spans}

    def place(one: dict[str, Any]) -> tuple[bool, float]:
        start = one.get("start_time_unix_nano") or one.get("start_time")
        return bool(one.get("parent_span_id") or one.get("parent_id")), start if isinstance(start, int) else 0

    return sorted(known.values(), key=place)
