"""Datasets of pandas frames."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd  # type: ignore[import-untyped, unused-ignore]

from runstone.errors import InvalidValue
from runstone.models.infer import infer_schema
from runstone.models.schema import Schema

from . import digests
from .dataset_source import DatasetSource
from .dataset_source_registry import source_or_code
from .tabular import TabularDataset


def digest_of(frame: pd.DataFrame) -> str:
    """Columns of text and of numbers count with their values, all columns with their names."""
    first = frame.head(digests.MOST)
    is_text = [all(isinstance(value, str) for value in first.iloc[:, place]) for place in range(first.shape[1])]
    texts = first.columns[is_text]
    numbers = first.select_dtypes(include=[np.number]).columns
    rows = pd.util.hash_pandas_object(first[texts.union(numbers)]).values
    return digests.short_md5([rows, np.int64(len(frame)), *(str(name).encode() for name in frame.columns)])


class PandasDataset(TabularDataset):
    """A pandas frame; ``df`` gives it back."""

    def _compute_digest(self) -> str:
        return digest_of(self._df)

    def _infer(self) -> Schema:
        return infer_schema(self._df)


def from_pandas(
    df: pd.DataFrame,
    source: str | DatasetSource | None = None,
    targets: str | None = None,
    name: str | None = None,
    digest: str | None = None,
    predictions: str | None = None,
) -> PandasDataset:
    """A dataset of a pandas frame.

    Args:
        df: the frame.
        source: where it came from, a URI, path or source; the running code if not given.
        targets: the column that is to be predicted.
        name: ``dataset`` if not given.
        digest: computed if not given.
        predictions: the column of a model's predictions.

    Raises: InvalidValue when there is no such column, or ``df`` is no frame.
    """
    given: Any = df
    if not isinstance(given, pd.DataFrame):
        raise InvalidValue(f"from_pandas takes a pandas.DataFrame, not {type(given).__name__}.")
    return PandasDataset(df, source_or_code(source), targets, name, digest, predictions)
