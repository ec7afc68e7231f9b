"""Datasets of polars frames."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from runstone.errors import InvalidValue
from runstone.models.datatypes import Array, DataType, Object, Property
from runstone.models.schema import ColSpec, Schema

from . import digests
from .dataset_source import DatasetSource
from .dataset_source_registry import source_or_code
from .tabular import TabularDataset

_TYPES: dict[Any, DataType] = {
    pl.Binary: DataType.binary,
    pl.Boolean: DataType.boolean,
    pl.Categorical: DataType.string,
    pl.Date: DataType.datetime,
    pl.Datetime: DataType.datetime,
    pl.Enum: DataType.string,
    pl.Float32: DataType.float,
    pl.Float64: DataType.double,
    pl.Int8: DataType.integer,
    pl.Int16: DataType.integer,
    pl.Int32: DataType.integer,
    pl.Int64: DataType.long,
    pl.String: DataType.string,
    pl.UInt8: DataType.integer,
    pl.UInt16: DataType.integer,
    pl.UInt32: DataType.long,
}


class PolarsDataset(TabularDataset):
    """A polars frame; ``df`` gives it back."""

    def _compute_digest(self) -> str:
        """polars may hash differently in another version: then the digest differs too."""
        first = self._df.head(digests.MOST)
        rows = first.hash_rows(seed=0).to_numpy() if first.width else np.zeros(0, "u8")
        return digests.short_md5([rows.tobytes(), np.int64(self._df.height), *(name.encode() for name in self._df.columns)])

    def _infer(self) -> Schema:
        return Schema([_column(self._df[name]) for name in self._df.columns])


def _column(column: pl.Series) -> ColSpec:
    return ColSpec(_type(column.dtype, column.name), column.name, required=column.null_count() == 0)


def _type(dtype: Any, name: str) -> Any:
    """Raises InvalidValue for a dtype that a schema cannot name."""
    found = _TYPES.get(dtype.base_type())
    if found is not None:
        return found
    if isinstance(dtype, pl.List | pl.Array):
        return Array(_type(dtype.inner, name))
    if isinstance(dtype, pl.Struct):
        return Object([Property(field.name, _type(field.dtype, field.name)) for field in dtype.fields])
    raise InvalidValue(f"Column {name!r} of polars type {dtype} has no type in a schema.")


def from_polars(
    df: pl.DataFrame,
    source: str | DatasetSource | None = None,
    targets: str | None = None,
    name: str | None = None,
    digest: str | None = None,
    predictions: str | None = None,
) -> PolarsDataset:
    """A dataset of a polars frame; see :func:`runstone.data.from_pandas` for the arguments and errors."""
    given: Any = df
    if not isinstance(given, pl.DataFrame):
        raise InvalidValue(f"from_polars takes a polars.DataFrame, not {type(given).__name__}.")
    return PolarsDataset(df, source_or_code(source), targets, name, digest, predictions)
