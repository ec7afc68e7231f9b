"""What of a source was read already: a small file beside the store, one for each source.

It saves work and tells the source's changes from the user's own. Without it everything is read again, and nothing doubled.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from runstone.errors import StoreUnavailable


class Seen:
    """Marks and details of things, by kind and id.

    Args:
        folder: where such files are; made when something is kept.
        source: URI of the source.
    """

    def __init__(self, folder: Path, source: str) -> None:
        self._path = folder / f"{hashlib.blake2b(source.encode('utf-8', 'surrogatepass'), digest_size=8).hexdigest()}.db"
        self._connection: sqlite3.Connection | None = None
        self._marks: dict[tuple[str, str], str] = {}

    @contextlib.contextmanager
    def held(self, keep: bool = True) -> Iterator[Seen]:
        """Open, for this process alone: others wait. Without ``keep`` nothing is written, nor made."""
        if not keep:
            yield from self._opened(self._path.as_uri() + "?mode=ro" if self._path.exists() else ":memory:")
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with open(self._path.with_suffix(".lock"), "a") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield from self._opened(self._path.as_uri())
        except OSError as cause:
            raise StoreUnavailable(f"{self._path.parent}: what was read in cannot be noted there: {cause.strerror}.") from cause

    def _opened(self, where: str) -> Iterator[Seen]:
        self._connection = sqlite3.connect(where, uri=True, isolation_level=None, check_same_thread=False)
        try:
            if "mode=ro" not in where:
                self._connection.execute("PRAGMA synchronous=OFF")  # a loss costs a second reading, nothing else
                self._connection.execute(
                    "CREATE TABLE IF NOT EXISTS seen (kind TEXT, id TEXT, mark TEXT, details TEXT, PRIMARY KEY (kind, id)) "
                    "WITHOUT ROWID"
                )
            self._marks = {(kind, one): mark for kind, one, mark in self._connection.execute("SELECT kind, id, mark FROM seen")}
            yield self
        finally:
            self._connection.close()
            self._connection = None

    def belong_to(self, store: str) -> None:
        """What was read into another store, which was here before, counts for nothing. ``store`` is what tells them apart."""
        assert self._connection is not None
        if self._marks.get(("store", "")) not in (None, store):
            self._connection.execute("DELETE FROM seen")
            self._marks.clear()
        self.keep([("store", "", store, {})])

    def mark(self, kind: str, id: str) -> str | None:
        return self._marks.get((kind, id))

    def ids(self, kind: str) -> set[str]:
        return {one for there, one in self._marks if there == kind}

    def details(self, kind: str, id: str) -> dict[str, Any]:
        """What was kept with the mark; empty for something new."""
        if (kind, id) not in self._marks or self._connection is None:
            return {}
        row = self._connection.execute("SELECT details FROM seen WHERE kind = ? AND id = ?", (kind, id)).fetchone()
        found: dict[str, Any] = json.loads(row[0]) if row else {}
        return found

    def keep(self, rows: list[tuple[str, str, str, dict[str, Any]]]) -> None:
        """Note (kind, id, mark, details), all at once."""
        assert self._connection is not None
        self._connection.execute("BEGIN")
        self._connection.executemany(
            "INSERT OR REPLACE INTO seen VALUES (?, ?, ?, ?)",
            [(kind, one, mark, json.dumps(details)) for kind, one, mark, details in rows],
        )
        self._connection.execute("COMMIT")
        self._marks.update({(kind, one): mark for kind, one, mark, _ in rows})
