"""Tables as artifacts, in MLflow's JSON form ``{"columns": […], "data": [[…], …]}``, and as Parquet through pandas."""

from __future__ import annotations

import datetime
import io
import json
import math
import os
from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

from runstone._lazy import need
from runstone.errors import InvalidValue

from .checks import path_text

#: Endings that a table's file may have.
ENDINGS = (".json", ".parquet")


class Table(Struct):
    """``rows`` hold one value for each of ``columns``, in their order."""

    columns: list[str]
    rows: list[list[Any]]


def check_ending(artifact_file: str | os.PathLike[str]) -> str:
    """The path as text. Raises InvalidValue where no table can be at it."""
    path = path_text(artifact_file, "artifact_file")
    if not path.endswith(ENDINGS):
        raise InvalidValue(f"A table cannot be logged as {path!r}: its name must end in .json or .parquet.")
    return path


def table_of(data: Any) -> Table:
    """A pandas DataFrame, a dict of columns, or a dict of single values (one row).

    Raises: InvalidValue for anything else, and for columns of unequal length.
    """
    if isinstance(data, Mapping):
        return _from_mapping(data)
    if hasattr(data, "columns") and hasattr(data, "itertuples"):
        rows = [list(row) for row in data.itertuples(index=False, name=None)]
        return Table([str(column) for column in data.columns], rows)
    raise InvalidValue(f"A table is a pandas.DataFrame or a dict of columns, not {type(data).__name__}.")


def _from_mapping(data: Mapping[Any, Any]) -> Table:
    columns = {str(key): _column(value) for key, value in data.items()}
    lengths = {len(values) for values in columns.values() if values is not None}
    if not lengths:
        return Table(list(columns), [list(data.values())] if columns else [])
    if len(lengths) > 1:
        told = ", ".join(f"{key!r} {len(values)}" for key, values in columns.items() if values is not None)
        raise InvalidValue(f"The columns of a table must be equally long; these are: {told}.")
    length = lengths.pop()
    filled = [
        values if values is not None else [value] * length
        for values, value in zip(columns.values(), data.values(), strict=True)
    ]
    return Table(list(columns), [list(row) for row in zip(*filled, strict=True)])


def _column(value: Any) -> list[Any] | None:
    """``None`` for a single value, which stands in every row."""
    if isinstance(value, (str, bytes, Mapping)) or not hasattr(value, "__len__") or not hasattr(value, "__iter__"):
        return None
    return value.tolist() if hasattr(value, "tolist") else list(value)


def replace_cells(table: Table, picked: Callable[[Any], bool], change: Callable[[Any], Any]) -> Table:
    """``table`` with every cell changed in the columns whose cells are all picked.

    Raises: InvalidValue for a column where some are and some are not.
    """
    for position, column in enumerate(table.columns):
        hits = [picked(row[position]) for row in table.rows]
        if any(hits) and not all(hits):
            raise InvalidValue(f"Column {column!r} mixes pictures and other values; a column holds one or the other.")
        if any(hits):
            table = Table(table.columns, [[*row[:position], change(row[position]), *row[position + 1 :]] for row in table.rows])
    return table


def append(before: Table, after: Table) -> Table:
    """The rows of both; a column that one lacks is ``None`` there."""
    columns = [*before.columns, *(column for column in after.columns if column not in before.columns)]
    rows: list[list[Any]] = []
    for table in (before, after):
        places = [table.columns.index(column) if column in table.columns else None for column in columns]
        rows += [[None if place is None else row[place] for place in places] for row in table.rows]
    return Table(columns, rows)


def write(table: Table, artifact_file: str) -> bytes:
    """The file's content. Raises: InvalidValue for a value that JSON cannot hold."""
    if artifact_file.endswith(".parquet"):
        target = io.BytesIO()
        frame(table, "a table as Parquet").to_parquet(target, index=False)
        return target.getvalue()
    body = {"columns": table.columns, "data": [[_plain(value) for value in row] for row in table.rows]}
    try:
        return json.dumps(body, ensure_ascii=False, allow_nan=False).encode("utf-8", "surrogatepass")
    except (TypeError, ValueError) as cause:
        raise InvalidValue(
            f"The table cannot be saved as {artifact_file!r}: {cause}. Turn such values into text first."
        ) from cause


def read(content: bytes, artifact_file: str) -> Table:
    """Raises: InvalidValue for a file that holds no table."""
    if artifact_file.endswith(".parquet"):
        return table_of(need("pandas", "a table as Parquet").read_parquet(io.BytesIO(content)))
    try:
        body = json.loads(content)
        return Table([str(column) for column in body["columns"]], [list(row) for row in body["data"]])
    except (ValueError, KeyError, TypeError) as cause:
        raise InvalidValue(f"Artifact {artifact_file!r} holds no table: it is not JSON with 'columns' and 'data'.") from cause


def frame(table: Table, what: str = "load_table") -> Any:
    """As a pandas DataFrame."""
    return need("pandas", what).DataFrame(table.rows, columns=table.columns)


def _plain(value: Any) -> Any:
    """A cell as JSON can hold it: NaN and pandas' NA and NaT as null, times in ISO form, NumPy values as Python's."""
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(inner) for inner in value]
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        return None if value != value else value.isoformat()  # NaT is a datetime unequal to itself
    if type(value).__name__ == "NAType":
        return None
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    return value
