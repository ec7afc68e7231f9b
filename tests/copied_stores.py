"""New SQLite stores in the tests' own process are copies of one that it made: to make the tables takes ten times as long."""

from __future__ import annotations

import functools
import os
import sqlite3
import tempfile
import time
import uuid
from contextlib import closing, suppress
from pathlib import Path

from sqlalchemy import Engine

from runstone.store import schema
from runstone.store.dialects import Dialect
from runstone.store.dialects.sqlite import Sqlite

made = schema.ensure


def ensure(engine: Engine, dialect: Dialect) -> None:
    """As ``schema.ensure``, which then finds all tables there. Where no copy can be written, it meets the trouble itself."""
    if isinstance(dialect, Sqlite) and not dialect.network and not dialect.path.exists():
        with suppress(OSError, OverflowError):
            _copy(dialect.path)
    made(engine, dialect)


def _copy(to: Path) -> None:
    """Whole or not at all, as another process may be opening it; with an id and a time of its own."""
    content, its_id, its_time = first()
    content = content.replace(its_id, uuid.uuid4().hex.encode()).replace(its_time, _now())
    beside = to.with_name(f"{to.name}.{uuid.uuid4().hex}")
    beside.write_bytes(content)
    try:
        os.link(beside, to)
    finally:
        beside.unlink()


@functools.cache
def first() -> tuple[bytes, bytes, bytes]:
    """What is copied, its id and its time. Made before a test plays with clocks and disks."""
    with tempfile.TemporaryDirectory() as folder:
        dialect = Sqlite(Path(folder, "store.db"))
        engine = dialect.engine()
        made(engine, dialect)
        engine.dispose()
        with closing(sqlite3.connect(dialect.path)) as store:
            its_id = store.execute("SELECT value FROM meta WHERE key = 'store_id'").fetchone()[0].encode()
            its_time = store.execute("SELECT creation_time FROM experiments").fetchone()[0].to_bytes(6, "big")
        return dialect.path.read_bytes(), its_id, its_time


def _now() -> bytes:
    """As SQLite keeps a whole number of this size."""
    return (time.time_ns() // 1_000_000).to_bytes(6, "big")
