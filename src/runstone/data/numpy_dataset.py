"""Datasets of NumPy arrays."""

from __future__ import annotations

import json
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runstone.errors import InvalidValue
from runstone.models.infer import infer_schema

from . import digests
from .dataset import Dataset
from .dataset_source import DatasetSource
from .dataset_source_registry import source_or_code
from .pyfunc_dataset_mixin import PyFuncConvertibleDatasetMixin, PyFuncInputsOutputs
from .schema import TensorDatasetSchema

Arrays = NDArray[Any] | dict[str, NDArray[Any]]


class NumpyDataset(Dataset, PyFuncConvertibleDatasetMixin):
    """Features, and targets if there are any: each an array or a dict of arrays."""

    def __init__(
        self,
        features: Arrays,
        source: DatasetSource,
        targets: Arrays | None = None,
        name: str | None = None,
        digest: str | None = None,
    ) -> None:
        for what, given in (("features", features), ("targets", targets)):
            if given is not None or what == "features":
                _check(what, given)
        self._features, self._targets = features, targets
        super().__init__(source, name, digest)

    def _compute_digest(self) -> str:
        return digests.of_arrays(self._features, self._targets)

    @property
    def features(self) -> Arrays:
        return self._features

    @property
    def targets(self) -> Arrays | None:
        return self._targets

    @property
    def profile(self) -> dict[str, Any]:
        """Shapes, numbers of elements and bytes."""
        told = {}
        for what, arrays in (("features", self._features), ("targets", self._targets)):
            for fact in ("shape", "size", "nbytes"):
                if isinstance(arrays, dict):
                    told[f"{what}_{fact}"] = {key: getattr(array, fact) for key, array in arrays.items()}
                elif arrays is not None:
                    told[f"{what}_{fact}"] = getattr(arrays, fact)
        return told

    @cached_property
    def schema(self) -> TensorDatasetSchema | None:
        try:
            targets = None if self._targets is None else infer_schema(self._targets)
            return TensorDatasetSchema(infer_schema(self._features), targets)
        except InvalidValue:
            return None

    def _schema_json(self) -> str | None:
        return None if self.schema is None else json.dumps(self.schema.to_dict())

    def to_pyfunc(self) -> PyFuncInputsOutputs:
        return PyFuncInputsOutputs(self._features, self._targets)


def _check(what: str, given: Any) -> None:
    arrays = list(given.values()) if isinstance(given, dict) else [given]
    if not arrays or not all(isinstance(array, np.ndarray) for array in arrays):
        raise InvalidValue(f"{what} must be a numpy.ndarray or a dict of them, not {type(given).__name__}.")


def from_numpy(
    features: Arrays,
    source: str | DatasetSource | None = None,
    targets: Arrays | None = None,
    name: str | None = None,
    digest: str | None = None,
) -> NumpyDataset:
    """A dataset of arrays.

    Args:
        features: an array or a dict of arrays.
        source: where it came from, a URI, path or source; the running code if not given.
        targets: what is to be predicted.
        name: ``dataset`` if not given.
        digest: computed if not given.
    """
    return NumpyDataset(features, source_or_code(source), targets, name, digest)
