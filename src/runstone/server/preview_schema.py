"""What can be seen of a file whose bytes a browser cannot read: rows of a table, shapes and values of arrays."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from .schema import Cell, Count, Number

#: Most rows of one answer, most columns, most numbers of one array.
MAX_PREVIEW_ROWS, MAX_PREVIEW_COLUMNS = 2_000, 200


class PreviewQuery(Struct):
    """Rows of a table from ``offset`` on."""

    path: str
    offset: Count = 0
    limit: Annotated[int, Meta(ge=1, le=MAX_PREVIEW_ROWS)] = 1000


class PreviewColumn(Struct):
    """``type`` is the file format's own word."""

    name: str
    type: str


class ArrayPreview(Struct):
    """One array of a NumPy file. ``cells`` are its first values, the last axis across and all others down; ``low``, ``high``
    and ``mean`` are of the finite ones, null where there are none or the array is too large to be read whole; ``note`` says
    why something is not shown."""

    name: str
    dtype: str
    shape: list[int]
    cells: list[list[Cell]]
    low: Number | None = None
    high: Number | None = None
    mean: Number | None = None
    not_finite: int = 0
    note: str = ""


class FilePreview(Struct):
    """``rows`` is how many the whole table has, ``columns_total`` how many columns; ``cells`` is row by row, null where a
    value is missing, texts cut where they are long. ``size`` is that of the file in bytes."""

    kind: Literal["table", "arrays"]
    size: int
    rows: int = 0
    columns_total: int = 0
    columns: list[PreviewColumn] = field(default_factory=list)
    cells: list[list[Cell]] = field(default_factory=list)
    arrays: list[ArrayPreview] = field(default_factory=list)
