"""Datasets of Hugging Face's ``datasets``."""

from __future__ import annotations

import json
from functools import cached_property
from typing import Any

import datasets

from runstone.client.notices import warn_once
from runstone.errors import InvalidValue
from runstone.models.infer import infer_schema
from runstone.models.schema import Schema

from . import digests
from .dataset import Dataset
from .dataset_source import DatasetSource
from .dataset_source_registry import source_or_code
from .huggingface_dataset_source import HuggingFaceDatasetSource
from .pandas_dataset import digest_of
from .pyfunc_dataset_mixin import PyFuncConvertibleDatasetMixin, PyFuncInputsOutputs


class HuggingFaceDataset(Dataset, PyFuncConvertibleDatasetMixin):
    """A ``datasets.Dataset``; ``ds`` gives it back. Raises InvalidValue when it has no column ``targets``."""

    def __init__(
        self, ds: Any, source: DatasetSource, targets: str | None = None, name: str | None = None, digest: str | None = None
    ) -> None:
        if targets is not None and targets not in ds.column_names:
            raise InvalidValue(f"The dataset has no targets column {targets!r}; its columns are {ds.column_names!r}.")
        self._ds, self._targets = ds, targets
        super().__init__(source, name, digest)

    @cached_property
    def _first(self) -> Any:
        """The first 10,000 rows as a frame: digest and schema are of these, as in MLflow."""
        return self._ds.select(range(min(digests.MOST, self._ds.num_rows))).to_pandas()

    def _compute_digest(self) -> str:
        return digest_of(self._first)

    @property
    def ds(self) -> Any:
        return self._ds

    @property
    def targets(self) -> str | None:
        return self._targets

    @property
    def profile(self) -> dict[str, Any]:
        return {name: getattr(self._ds, name) for name in ("num_rows", "dataset_size", "size_in_bytes")}

    @cached_property
    def schema(self) -> Schema | None:
        try:
            return infer_schema(self._first)
        except InvalidValue:
            return None

    def _schema_json(self) -> str | None:
        return None if self.schema is None else json.dumps({"mlflow_colspec": self.schema.to_dict()})

    def to_pyfunc(self) -> PyFuncInputsOutputs:
        """pandas frames."""
        frame = self._ds.to_pandas()
        if self._targets is None:
            return PyFuncInputsOutputs(frame)
        return PyFuncInputsOutputs(frame.drop(columns=self._targets), frame[self._targets])


def from_huggingface(
    ds: Any,
    path: str | None = None,
    targets: str | None = None,
    data_dir: str | None = None,
    data_files: Any = None,
    revision: Any = None,
    name: str | None = None,
    digest: str | None = None,
    trust_remote_code: bool | None = None,
    source: str | DatasetSource | None = None,
) -> HuggingFaceDataset:
    """A dataset of Hugging Face's.

    Args:
        ds: a ``datasets.Dataset``, not a ``DatasetDict``.
        path, data_dir, data_files, revision, trust_remote_code: what ``datasets.load_dataset`` was given: the source loads
            it again by these.
        targets: the column that is to be predicted.
        name, digest: as for :func:`runstone.data.from_pandas`.
        source: another source, a URI, path or source; ``path`` does not count then. The running code if neither is given.

    Raises: InvalidValue when there is no such column, or ``ds`` is no such dataset.
    """
    if not isinstance(ds, datasets.Dataset):
        raise InvalidValue(f"from_huggingface takes a datasets.Dataset, not {type(ds).__name__}.")
    if source is None and path is not None:
        source = HuggingFaceDatasetSource(path, ds.config_name, data_dir, data_files, ds.split, revision, trust_remote_code)
    elif path is not None:
        warn_once("from_huggingface source", "from_huggingface was given source= and path=: source= counts.")
    return HuggingFaceDataset(ds, source_or_code(source), targets, name, digest)
