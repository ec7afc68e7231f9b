"""Datasets of TensorFlow's tensors and of its ``tf.data.Dataset``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cached_property
from typing import Any

import numpy as np
import tensorflow as tf

from runstone.errors import InvalidValue
from runstone.models.infer import infer_schema
from runstone.models.schema import Schema

from . import digests
from .dataset import Dataset
from .dataset_source import DatasetSource
from .dataset_source_registry import source_or_code
from .pyfunc_dataset_mixin import PyFuncConvertibleDatasetMixin, PyFuncInputsOutputs
from .schema import TensorDatasetSchema


class TensorFlowDataset(Dataset, PyFuncConvertibleDatasetMixin):
    """Features, and targets if there are any: both tensors, or both a ``tf.data.Dataset``.

    Raises: InvalidValue for anything else, and for a dataset without end that has no ``digest`` given.
    """

    def __init__(
        self, features: Any, source: DatasetSource, targets: Any = None, name: str | None = None, digest: str | None = None
    ) -> None:
        if not tf.is_tensor(features) and not isinstance(features, tf.data.Dataset):
            raise InvalidValue(f"features must be a tensor or a tf.data.Dataset, not {type(features).__name__}.")
        kind = tf.is_tensor if tf.is_tensor(features) else lambda given: isinstance(given, tf.data.Dataset)
        if targets is not None and not kind(targets):
            raise InvalidValue(
                f"targets must be of the kind of features, a tensor or a tf.data.Dataset, not {type(targets).__name__}."
            )
        self._features, self._targets = features, targets
        super().__init__(source, name, digest)

    def _parts(self) -> Iterator[tuple[str, Any]]:
        yield "features", self._features
        if self._targets is not None:
            yield "targets", self._targets

    def _compute_digest(self) -> str:
        """As MLflow's: of the elements of tensors, of each element of a dataset. So a dataset is read once, whole."""
        if tf.is_tensor(self._features):
            return digests.of_arrays(*(one.numpy() for _, one in self._parts()))
        return digests.short_md5(self._hashes())

    def _hashes(self) -> Iterator[Any]:
        for what, dataset in self._parts():
            if dataset.cardinality() == tf.data.INFINITE_CARDINALITY:
                raise InvalidValue(f"The {what} have no end, so no digest can be computed: give digest=.")
            for element in dataset.as_numpy_iterator():
                pieces = [np.asarray(piece).flatten() for piece in tf.nest.flatten(element)]
                yield digests.hashes_of(np.concatenate(pieces))

    @property
    def data(self) -> Any:
        """The features."""
        return self._features

    @property
    def targets(self) -> Any:
        return self._targets

    @property
    def profile(self) -> dict[str, Any]:
        """How many elements there are; of a ``tf.data.Dataset`` -1 if there is no end, -2 if nobody knows."""
        return {
            f"{what}_cardinality": int(tf.size(one) if tf.is_tensor(one) else one.cardinality()) for what, one in self._parts()
        }

    @cached_property
    def schema(self) -> TensorDatasetSchema | None:
        try:
            return TensorDatasetSchema(*(_schema_of(one) for _, one in self._parts()))
        except InvalidValue:
            return None

    def _schema_json(self) -> str | None:
        return None if self.schema is None else json.dumps(self.schema.to_dict())

    def to_pyfunc(self) -> PyFuncInputsOutputs:
        """Tensors as arrays."""
        features, targets = (
            one.numpy() if one is not None and tf.is_tensor(one) else one for one in (self._features, self._targets)
        )
        return PyFuncInputsOutputs(features, targets)


def _schema_of(given: Any) -> Schema:
    """Of a tensor, or of a dataset's first element. Raises InvalidValue where that is not of arrays."""
    if tf.is_tensor(given):
        return infer_schema(given.numpy())
    first = next(given.as_numpy_iterator(), None)
    if isinstance(first, tuple):
        first = {str(place): one for place, one in enumerate(first)}
    arrays = list(first.values()) if isinstance(first, dict) else [first]
    if not all(isinstance(one, np.ndarray) for one in arrays):
        raise InvalidValue("Only of elements that are arrays, or dicts or tuples of them, there is a schema.")
    return infer_schema(first)


def from_tensorflow(
    features: Any,
    source: str | DatasetSource | None = None,
    targets: Any = None,
    name: str | None = None,
    digest: str | None = None,
) -> TensorFlowDataset:
    """A dataset of TensorFlow's.

    Args:
        features: a tensor, or a ``tf.data.Dataset``, which is read once for the digest.
        source, name, digest: as for :func:`runstone.data.from_numpy`.
        targets: what is to be predicted, of the same kind.

    Raises:
        InvalidValue: features or targets of another kind; a dataset without end and no ``digest``.
    """
    return TensorFlowDataset(features, source_or_code(source), targets, name, digest)
