"""SQLite: is the file what it was when it was written? Reads all of it and changes nothing."""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import BigInteger, Column, Double, LargeBinary, Table

from runstone._lazy import later

if TYPE_CHECKING:
    from runstone.store import tables
else:
    tables = later("runstone.store.tables")  # which begins with the dialects

#: Most problems that SQLite tells of.
_MOST = 20

_KINDS: tuple[tuple[type, str], ...] = ((BigInteger, "integer"), (Double, "real"), (LargeBinary, "blob"))

_LOG_HEAD = struct.Struct(">IIIIII")  # magic, version, page size, checkpoint, two salts
_LOG_HEAD_BYTES = _LOG_HEAD.size + 8  # and its checksum
_FRAME_HEAD = struct.Struct(">IIII")  # page, size of the database after a commit, two salts; then a checksum
_MAGIC, _PAGE_SIZES = 0x377F0682, [1 << power for power in range(9, 17)]


def damage(connection: sqlite3.Connection) -> list[str]:
    """Problems in words. What SQLite looks at is how the file hangs together; what its values are nobody asks it, and they
    come back as they lie there, numbers in place of texts too."""
    told = [str(row[0]) for row in connection.execute(f"PRAGMA integrity_check({_MOST})")]
    if told != ["ok"]:
        return told
    if not _readable(connection, "SELECT type, name, tbl_name, sql FROM sqlite_master"):
        return ["what tables it has cannot be read"]
    there = {str(row[0]) for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'index'")}
    wanted = {str(index.name) for table in tables.metadata.tables.values() for index in table.indexes}
    if missing := sorted(wanted - there):
        return [f"indexes are missing: {', '.join(missing)}"]
    return [problem for table in tables.metadata.sorted_tables for problem in _unreadable(connection, table)]


def _unreadable(connection: sqlite3.Connection, table: Table) -> Iterator[str]:
    wrong = " OR ".join(f"typeof({_name(column)}) NOT IN ({_fitting(column)})" for column in table.columns)
    (count,) = connection.execute(f'SELECT count(*) FROM "{table.name}" WHERE {wrong}').fetchone()
    if count:
        yield f"table {table.name}: {count:,} rows have values of a kind that was never written"
        return
    texts = [_name(column) for column in table.columns if _kind(column) == "text"]
    if texts and not _readable(connection, f'SELECT {", ".join(texts)} FROM "{table.name}"'):
        yield f"table {table.name}: a text is not UTF-8"


def _readable(connection: sqlite3.Connection, select: str) -> bool:
    """Whether all texts of these rows are UTF-8."""
    try:
        for _ in connection.execute(select):
            pass
    except UnicodeDecodeError:  # what the driver would say of the text cannot be read either
        return False
    except sqlite3.OperationalError as cause:
        if "UTF-8" not in str(cause):
            raise
        return False
    return True


def _name(column: Column[object]) -> str:
    return f'"{column.name}"'


def _kind(column: Column[object]) -> str:
    return next((name for kind, name in _KINDS if isinstance(column.type, kind)), "text")


def _fitting(column: Column[object]) -> str:
    return f"'{_kind(column)}'" + (", 'null'" if column.nullable else "")


def lost_in_log(file: Path) -> list[str]:
    """What is wrong with the write-ahead log of a database, which SQLite reads up to its first damaged frame and then throws
    away: one sentence, or none.

    A commit that was on its way when power was lost ends the log and is no loss: it was not acknowledged. Where two or more
    stand behind a frame that does not fit, the first of them was whole once.
    """
    log = file.with_name(f"{file.name}-wal")
    found, head = _behind_damage(log)
    while head != _head(log):  # somebody began the log anew meanwhile
        found, head = _behind_damage(log)
    if found < 2:
        return []
    return [
        f"{log}: {found:,} commits lie behind a damaged place and are lost as soon as the store is opened. "
        "Copy its folder first."
    ]


def _head(log: Path) -> bytes:
    try:
        with log.open("rb") as file:
            return file.read(_LOG_HEAD_BYTES)
    except FileNotFoundError:
        return b""


def _behind_damage(log: Path) -> tuple[int, bytes]:
    """How many commits stand behind the first frame that does not fit, and the log's head as it was read."""
    try:
        file = log.open("rb")
    except FileNotFoundError:
        return 0, b""
    with file:
        head = file.read(_LOG_HEAD_BYTES)
        if len(head) < _LOG_HEAD_BYTES:
            return 0, head
        magic, _, size, _, *salts = _LOG_HEAD.unpack_from(head)
        order = ">" if magic & 1 else "<"
        sums = _summed(struct.unpack(f"{order}6I", head[:24]), (0, 0))
        sound = magic & ~1 == _MAGIC and sums == struct.unpack(">2I", head[24:])
        if not sound:  # then nothing of it is read at all; frames of one time have the same salts
            size, salts = (size if size in _PAGE_SIZES else 4096), []
        words, behind = struct.Struct(f"{order}{(8 + size) // 4}I"), 0
        while len(frame := file.read(_FRAME_HEAD.size + 8 + size)) == _FRAME_HEAD.size + 8 + size:
            _, commit, *theirs = _FRAME_HEAD.unpack_from(frame)
            salts = salts or theirs
            if sound:
                sums = _summed(words.unpack(frame[:8] + frame[_FRAME_HEAD.size + 8 :]), sums)
                sound = theirs == salts and sums == struct.unpack_from(">2I", frame, _FRAME_HEAD.size)
            behind += not sound and commit > 0 and theirs == salts
        return behind, head


def _summed(words: Sequence[int], sums: tuple[int, int]) -> tuple[int, int]:
    """The log's checksum, https://sqlite.org/fileformat.html#checksum_algorithm."""
    one, two = sums
    for at in range(0, len(words), 2):
        one = (one + words[at] + two) & 0xFFFFFFFF
        two = (two + words[at + 1] + one) & 0xFFFFFFFF
    return one, two
