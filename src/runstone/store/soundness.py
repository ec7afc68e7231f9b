"""What of a store cannot be read, or contradicts itself. Reads all there is and changes nothing.

What no checksum covers and no index repeats, a digit in the middle of a param's value say, may change unseen: databases
without checksums of their pages cannot tell it.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from runstone.errors import StoreCorrupt

from .chunks import Points, decode
from .compression import text_of
from .dialects import Dialect, of
from .inbox import decoder as waiting
from .tables import metadata

#: So many problems tell that a store is damaged; more of them help nobody.
_MOST = 20

_POINTS = 'SELECT run_id, "key", sequence FROM points WHERE length(data) <> 24 * "count"'
_CHUNKS = 'SELECT run_id, "key", sequence, "count", min_step, max_step, outline, data FROM chunks'
#: Series whose points are not all there. The point of a series with one may be in its summary alone.
_COUNTED = (
    '(SELECT run_id, "key", sum("count") AS n FROM {0} GROUP BY run_id, "key") {0} '
    'ON {0}.run_id = s.run_id AND {0}."key" = s."key"'
)
_SERIES = f"""
SELECT s.run_id, s."key", s."count", coalesce(points.n, 0) + coalesce(chunks.n, 0) FROM series s
LEFT JOIN {_COUNTED.format("points")} LEFT JOIN {_COUNTED.format("chunks")}
WHERE (coalesce(points.n, 0) <> s.hot OR coalesce(points.n, 0) + coalesce(chunks.n, 0) <> s."count")
AND NOT (s."count" = 1 AND s.hot = 0 AND points.n IS NULL AND chunks.n IS NULL)
"""
_INBOX = "SELECT data FROM inbox"
_DOCUMENTS = "SELECT run_id, name, size, data FROM documents"


def look(dialect: Dialect) -> list[str]:
    """As :func:`damage`, on a connection of its own. Raises StoreUnavailable, StoreCorrupt."""
    failures: tuple[type[Exception], ...] = (DBAPIError, UnicodeDecodeError, *dialect.failures)
    engine = dialect.engine()
    try:
        with engine.connect() as connection, connection.begin():
            return damage(connection, dialect)
    except failures as cause:
        raise dialect.error(cause) from cause
    finally:
        engine.dispose()


def damage(connection: Connection, dialect: Dialect) -> list[str]:
    """Problems in words, none in a sound store."""
    there = dialect.tables(connection)
    if missing := sorted(set(metadata.tables) - there):
        return [f"{dialect.place}: tables are missing: {', '.join(missing)}."]
    found = dialect.damage(connection)
    if found:  # what is read of a damaged file may be anything
        return found
    for problem in _contradictions(connection):
        found.append(problem)
        if len(found) == _MOST:
            return [*found, "There may be more; these are the first."]
    return found


def _contradictions(connection: Connection) -> Iterator[str]:
    dialect = of(connection)
    for run_id, key, sequence in dialect.stream(connection, _POINTS, ()):
        yield f"{_points(key, run_id, sequence)} they are fewer or more than their row says."
    for run_id, key, sequence, count, low, high, outline, data in dialect.stream(connection, _CHUNKS, ()):
        try:
            points = decode(data)
            if outline is not None:
                decode(outline)
        except StoreCorrupt as error:
            yield f"{_points(key, run_id, sequence)} {error.message}"
            continue
        if (len(points.steps), *_ends(points)) != (count, low, high):
            yield f"{_points(key, run_id, sequence)} they are not those that their row tells of."
    for run_id, key, count, there in dialect.stream(connection, _SERIES, ()):
        yield f"Metric {key!r} of run {run_id}: {int(there):,} of {count:,} points are there."
    for run_id, name, size, data in dialect.stream(connection, _DOCUMENTS, ()):
        try:
            whole = len(text_of(data).encode()) == size
        except StoreCorrupt as error:
            yield f"Document {name!r} of run {run_id}: {error.message}"
        else:
            if not whole:
                yield f"Document {name!r} of run {run_id}: it is longer or shorter than its row says."

    for (data,) in dialect.stream(connection, _INBOX, ()):
        try:
            waiting.decode(data)
        except msgspec.MsgspecError as error:
            yield f"Points that wait to be put into their series cannot be read: {error}"


def _points(key: str, run_id: str, sequence: int) -> str:
    return f"Metric {key!r} of run {run_id}, points from {sequence} on:"


def _ends(points: Points) -> tuple[int, int]:
    return (int(points.steps[0]), int(points.steps[-1])) if len(points.steps) else (0, 0)
