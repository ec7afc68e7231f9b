"""What a model is evaluated on: features, and the answers that are right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from runstone._lazy import need
from runstone.data.dataset import Dataset
from runstone.data.numpy_dataset import from_numpy
from runstone.data.pandas_dataset import PandasDataset, from_pandas
from runstone.data.pyfunc_dataset_mixin import PyFuncConvertibleDatasetMixin
from runstone.data.tabular import TabularDataset
from runstone.errors import InvalidValue
from runstone.models.frames import is_gap

WORKS = "A pandas or polars DataFrame, a NumPy array, a list of rows and a runstone.data Dataset work."


class EvaluationDataset:
    """Data in the words of MLflow's evaluators.

    Attributes:
        features_data: a DataFrame or array, as the model gets it.
        labels_data: the targets, a NumPy array, or None.
        predictions_data: predictions that are part of the data, or None.
        targets_name, predictions_name: their columns; None for arrays.
        dataset: as runs record it.
    """

    def __init__(
        self,
        features: Any,
        labels: Any,
        predictions: Any,
        dataset: Dataset,
        targets_name: str | None = None,
        predictions_name: str | None = None,
        path: str | None = None,
        feature_names: Sequence[str] | None = None,
    ) -> None:
        self.features_data, self.dataset, self.path = features, dataset, path
        self.labels_data = None if labels is None else np.asarray(labels)
        self.predictions_data = predictions
        self.targets_name, self.predictions_name = targets_name, predictions_name
        self._feature_names = feature_names
        if self.labels_data is not None and len(self.labels_data) != len(features):
            raise InvalidValue(f"There are {len(features)} rows and {len(self.labels_data)} targets; give one for each row.")
        if not len(features):
            raise InvalidValue("The data has no rows, so there is nothing to evaluate.")
        gaps = 0 if self.labels_data is None else sum(map(is_gap, self.labels_data.ravel().tolist()))
        if gaps:
            where = f" in {targets_name!r}" if targets_name else ""
            raise InvalidValue(f"{gaps} of {len(features)} rows have no target{where}; drop them first.")

    @property
    def has_targets(self) -> bool:
        return self.labels_data is not None

    @property
    def has_predictions(self) -> bool:
        return self.predictions_data is not None

    @property
    def name(self) -> str:
        return self.dataset.name

    @property
    def digest(self) -> str:
        return self.dataset.digest

    @property
    def hash(self) -> str:
        return self.dataset.digest

    @cached_property
    def feature_names(self) -> list[str]:
        if self._feature_names is not None:
            return list(self._feature_names)
        if hasattr(self.features_data, "columns"):
            return [str(name) for name in self.features_data.columns]
        width = np.shape(self.features_data)[1] if np.ndim(self.features_data) > 1 else 1
        return [f"feature_{place:0{len(str(width))}d}" for place in range(1, width + 1)]

    @cached_property
    def frame(self) -> Any:
        """The features as a pandas frame; None for what is no table."""
        if hasattr(self.features_data, "columns"):
            return self.features_data
        array = np.asarray(self.features_data)
        if array.ndim > 2:
            return None
        return need("pandas", "evaluate").DataFrame(array.reshape(len(array), -1), columns=self.feature_names)

    def part(self, keep: Any) -> EvaluationDataset:
        """The rows where ``keep`` is true."""
        features = self.features_data[keep] if not hasattr(self.features_data, "loc") else self.features_data.loc[keep]
        labels = None if self.labels_data is None else self.labels_data[keep]
        return EvaluationDataset(
            features, labels, None, self.dataset, self.targets_name, self.predictions_name, self.path, self._feature_names
        )


def of_data(
    data: Any,
    targets: Any,
    predictions: str | None,
    with_model: bool,
    path: str | None = None,
    feature_names: Sequence[str] | None = None,
) -> EvaluationDataset:
    """The data in parts.

    Args:
        targets: the name of a column, or the values; None for a Dataset, which knows its own.
        predictions: the column of predictions, where they are part of the data.
        with_model: a model predicts: a column of predictions is not the data's.
        feature_names: columns that the model gets; all others if None. For arrays, the names of their columns.

    Raises:
        InvalidValue: data of another kind, no such column, or not one target for each row.
    """
    if isinstance(data, Dataset):
        return _of_dataset(data, path, feature_names)
    if type(data).__module__.partition(".")[0] == "polars" and hasattr(data, "to_pandas"):
        data = data.to_pandas()
    static = None if with_model else predictions
    if hasattr(data, "columns") and hasattr(data, "iloc"):
        name = targets if isinstance(targets, str) else None
        dataset = from_pandas(data, targets=name, predictions=static)
        return _of_frame(dataset, None if name else targets, path, feature_names)
    try:
        array = np.asarray(data)
    except ValueError as cause:
        raise InvalidValue(f"data is a list of rows of different lengths: {cause}. {WORKS}") from cause
    if array.ndim == 0 or array.dtype == object and isinstance(data, Mapping):
        raise InvalidValue(f"evaluate cannot take data of type {type(data).__name__}. {WORKS}")
    if isinstance(targets, str):
        raise InvalidValue(f"targets={targets!r} names a column, and an array has none; give the values of the targets.")
    labels = None if targets is None else np.asarray(targets)
    return EvaluationDataset(
        array, labels, None, from_numpy(array, targets=labels), path=path, feature_names=_names(feature_names, array)
    )


def _of_dataset(data: Dataset, path: str | None, feature_names: Sequence[str] | None) -> EvaluationDataset:
    if isinstance(data, TabularDataset):
        return _of_frame(data, None, path, feature_names)
    if not isinstance(data, PyFuncConvertibleDatasetMixin):
        raise InvalidValue(f"A {type(data).__name__} does not say what its features are. {WORKS}")
    parts = data.to_pyfunc()
    return EvaluationDataset(parts.inputs, parts.outputs, None, data, path=path, feature_names=feature_names)


def _of_frame(dataset: TabularDataset, labels: Any, path: str | None, names: Sequence[str] | None) -> EvaluationDataset:
    frame = dataset.df if isinstance(dataset, PandasDataset) else dataset.df.to_pandas()
    static = None if dataset.predictions is None else frame[dataset.predictions]
    if dataset.targets is not None:
        labels = frame[dataset.targets].to_numpy()
    if names is not None and (unknown := [name for name in names if name not in frame.columns]):
        raise InvalidValue(f"feature_names names {unknown}, and the data has the columns {list(frame.columns)}.")
    rest = [name for name in frame.columns if name not in (dataset.targets, dataset.predictions)]
    features = frame[list(names) if names is not None else rest]
    return EvaluationDataset(features, labels, static, dataset, dataset.targets, dataset.predictions, path)


def _names(given: Sequence[str] | None, array: Any) -> Sequence[str] | None:
    width = array.shape[1] if array.ndim > 1 else 1
    if given is not None and len(given) != width:
        raise InvalidValue(f"feature_names has {len(given)} names for {width} columns.")
    return given
