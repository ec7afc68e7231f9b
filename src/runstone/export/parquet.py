"""A table of runs as Parquet, with pyarrow where it is installed."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from runstone.errors import InvalidValue

_TIMES = ("start_time", "end_time")
_COUNTS = ("count", "nans", "min_step", "max_step", "first_step", "last_step")


def write_parquet(columns: Sequence[str], pieces: Iterable[Sequence[Sequence[Any]]]) -> Iterator[bytes]:
    """Metrics as doubles, counts, steps and milliseconds as integers, times as timestamps, the rest as text.

    Raises InvalidValue, before anything is written, where pyarrow is not installed.
    """
    try:
        arrow, parquet = importlib.import_module("pyarrow"), importlib.import_module("pyarrow.parquet")
    except ImportError as cause:
        message = "Parquet needs pyarrow where this runs: pip install pyarrow. CSV and JSON work without it."
        raise InvalidValue(message) from cause
    return _written(arrow, parquet, columns, pieces)


def _written(arrow: Any, parquet: Any, columns: Sequence[str], pieces: Iterable[Sequence[Sequence[Any]]]) -> Iterator[bytes]:
    schema = arrow.schema([(column.removeprefix("attributes."), _type(arrow, column)) for column in columns])
    pipe = _Pipe()
    with parquet.ParquetWriter(pipe, schema, compression="zstd") as writer:
        for piece in pieces:
            if not piece:
                continue
            arrays = [
                arrow.array([_value(one, field.type, arrow) for one in some], field.type)
                for some, field in zip(zip(*piece, strict=True), schema, strict=True)
            ]
            writer.write_table(arrow.Table.from_arrays(arrays, schema=schema))
            yield pipe.taken()
    yield pipe.taken()


def _type(arrow: Any, column: str) -> Any:
    kind, _, key = column.partition(".")
    if kind == "metrics":
        return arrow.int64() if key.rpartition(":")[2] in _COUNTS and ":" in key else arrow.float64()
    if kind == "attributes" and key in _TIMES:
        return arrow.timestamp("ms", "UTC")
    whole = column == "runs" or (kind == "attributes" and key in ("duration", "ordinal"))
    return arrow.int64() if whole else arrow.string()


def _value(value: Any, kind: Any, arrow: Any) -> Any:
    if value is None:
        return None
    if kind == arrow.string():
        return str(value).encode("utf-8", "replace").decode()
    return float(value) if kind == arrow.float64() else int(value)


class _Pipe:
    """What Parquet is written to: keeps what nobody took yet, and knows how far it is."""

    closed = False

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._position = 0

    def write(self, data: Any) -> int:
        part = bytes(data)
        self._parts.append(part)
        self._position += len(part)
        return len(part)

    def tell(self) -> int:
        return self._position

    def flush(self) -> None:
        pass

    def close(self) -> None:
        self.closed = True

    def taken(self) -> bytes:
        found, self._parts = b"".join(self._parts), []
        return found
