"""Looking into files that a browser cannot read: Parquet by pyarrow where it is installed, ``.npy`` and ``.npz`` by NumPy.

Whoever wrote the file may mean harm: nothing is unpickled, and never more is read or unpacked than the budgets below.
"""

from __future__ import annotations

import json
import math
import tokenize
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO

from runstone._lazy import later, need
from runstone.errors import InvalidValue, RunstoneError

from .numbers import number
from .preview_schema import MAX_PREVIEW_COLUMNS, ArrayPreview, FilePreview, PreviewColumn
from .schema import Cell

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
else:
    np = later("numpy")

#: Arrays up to so many bytes are read whole; of larger ones, and of all in an archive together, no more is read.
WHOLE = 16 << 20
#: Arrays of one archive that are looked into; bytes of its directory.
MEMBERS, DIRECTORY = 64, 4 << 20
#: Rows and columns of an array that are shown; characters of one cell.
ROWS, COLUMNS, TEXT = 50, 40, 500
#: Unpacked bytes of one group of rows; longer ones are not opened.
ROW_GROUP = 512 << 20
_EXACT = 2**53
#: What readers of formats raise over bytes that make no sense.
_BROKEN = (
    ValueError, OSError, EOFError, KeyError, TypeError, RuntimeError, MemoryError, SyntaxError, tokenize.TokenError,
    zipfile.BadZipFile,
)  # fmt: skip


def look_into(file: BinaryIO, path: str, size: int, offset: int, limit: int) -> FilePreview:
    """What can be seen of an open file. Its name says what it is.

    Raises:
        InvalidValue: it is not what its name says, or no kind that is looked into.
        NotSupported: Parquet without pyarrow.
    """
    ending = path.rpartition(".")[2].lower()
    if ending in ("parquet", "pq"):
        with _telling(path, "Parquet file"):
            return _parquet(file, size, offset, limit)
    if ending == "npy":
        with _telling(path, "NumPy array"):
            return FilePreview("arrays", size, arrays=[_array(file, "", WHOLE)[0]])
    if ending == "npz":
        with _telling(path, "archive of NumPy arrays"):
            return FilePreview("arrays", size, arrays=_archive(file, size))
    raise InvalidValue(f"{path!r} is no kind of file that is looked into; .parquet, .npy and .npz are.")


@contextmanager
def _telling(path: str, kind: str) -> Iterator[None]:
    """A broken file is the caller's trouble, whatever the reader of its format calls it."""
    try:
        yield
    except RunstoneError:
        raise
    except _BROKEN as cause:
        raise InvalidValue(f"{path!r} could not be read as a {kind}: {str(cause)[:300] or type(cause).__name__}") from cause


def _parquet(file: BinaryIO, size: int, offset: int, limit: int) -> FilePreview:
    parquet = need("pyarrow.parquet", "A preview of Parquet", "pyarrow")
    opened = parquet.ParquetFile(file, thrift_string_size_limit=DIRECTORY, thrift_container_size_limit=1_000_000)
    about, schema = opened.metadata, opened.schema_arrow
    shown = schema.names[:MAX_PREVIEW_COLUMNS]
    columns = [PreviewColumn(name, str(schema.field(i).type)[:TEXT]) for i, name in enumerate(shown)]
    groups, before = [], 0
    for place in range(about.num_row_groups):
        rows = about.row_group(place).num_rows
        if before + rows > offset and before < offset + limit:
            if about.row_group(place).total_byte_size > ROW_GROUP:
                raise ValueError(f"its rows come in groups of over {ROW_GROUP >> 20} MiB, too large to be looked into.")
            groups.append((place, before))
        before += rows
    cells: list[list[Cell]] = []
    skip = offset - groups[0][1] if groups else 0
    for batch in opened.iter_batches(min(skip + limit, 10_000), [place for place, _ in groups], shown) if groups else ():
        part = batch.slice(min(skip, batch.num_rows), limit - len(cells))
        skip = max(0, skip - batch.num_rows)
        cells += [
            list(row) for row in zip(*([_cell(one) for one in column.to_pylist()] for column in part.columns), strict=True)
        ]
        if len(cells) >= limit:
            break
    return FilePreview("table", size, about.num_rows, len(schema.names), columns, cells)


def _archive(file: BinaryIO, size: int) -> list[ArrayPreview]:
    _check_directory(file, size)
    arrays, budget = [], WHOLE
    with zipfile.ZipFile(file) as archive:
        for member in archive.infolist()[:MEMBERS]:
            name = member.filename.removesuffix(".npy")
            if not member.filename.endswith(".npy"):
                arrays.append(ArrayPreview(name, "", [], [], note="no array"))
                continue
            with archive.open(member) as inner:
                preview, read = _array(inner, name, budget)
            budget -= read
            arrays.append(preview)
    return arrays


def _check_directory(file: BinaryIO, size: int) -> None:
    """The directory of an archive is read whole by whoever opens it: not if it is larger than any honest one."""
    tail = min(size, 22 + 65_535)
    file.seek(size - tail)
    data = file.read(tail)
    at = data.rfind(b"PK\5\6")
    if at < 0 or len(data) < at + 22:
        raise ValueError("it has no directory at its end: it is cut short, or no archive.")
    if int.from_bytes(data[at + 12 : at + 16], "little") > DIRECTORY:
        raise ValueError("it holds too many arrays to be looked into.")
    file.seek(0)


def _array(file: Any, name: str, budget: int) -> tuple[ArrayPreview, int]:
    """One array and how many bytes of it were read."""
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, by_columns, dtype = read(file)
    preview = ArrayPreview(name, str(dtype)[:TEXT], list(shape), [])
    if dtype.hasobject:
        preview.note = "Python objects, which only unpickling could read: they are not shown"
        return preview, 0
    count, item = math.prod(shape), dtype.itemsize
    if not count or not item:
        return preview, 0
    whole = count * item <= budget
    wanted = count * item if whole else min(budget, 1 << 20) // item * item
    data = file.read(wanted)
    values: NDArray[Any] = np.frombuffer(data, dtype, len(data) // item)
    if len(values) < wanted // item:
        whole, preview.note = False, "the file ends before its array does"
    elif not whole:
        preview.note = "only its beginning was read" if len(values) else "too large to be looked into beside the others"
    _show(preview, values, shape, whole, by_columns)
    return preview, len(data)


def _show(preview: ArrayPreview, values: NDArray[Any], shape: tuple[int, ...], whole: bool, by_columns: bool) -> None:
    across = shape[-1] if len(shape) > 1 else 1
    if whole:
        grid = values.reshape(shape, order="F" if by_columns else "C").reshape(-1, across)
        if values.dtype.kind in "fiu":
            finite = values[np.isfinite(values)]
            preview.not_finite = int(values.size - finite.size)
            if finite.size:
                preview.low, preview.high = number(float(finite.min())), number(float(finite.max()))
                preview.mean = number(float(finite.mean(dtype=np.float64)))
    elif by_columns and len(shape) > 1:
        preview.note = f"{preview.note}; it is stored column by column, so no rows can be shown"
        return
    else:
        across = min(across, max(1, values.size))
        grid = values[: values.size // across * across].reshape(-1, across)
    preview.cells = [[_cell(one) for one in row] for row in grid[:ROWS, :COLUMNS].tolist()]


def _cell(value: Any) -> Cell:
    """A value as JSON carries it exactly: what is no number, or too long for one, as a text."""
    if value is None or isinstance(value, float):
        return value if value is None else number(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return value if abs(value) < _EXACT else str(value)
    if isinstance(value, bytes):
        text = value[:TEXT].hex()
    elif isinstance(value, (list, dict)):
        text = json.dumps(value, default=str, ensure_ascii=False)
    else:
        text = str(value)
    return text if len(text) <= TEXT else text[:TEXT] + "…"
