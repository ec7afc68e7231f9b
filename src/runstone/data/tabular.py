"""What datasets of pandas, polars and Spark frames have in common."""

from __future__ import annotations

import json
from functools import cached_property
from typing import Any

from runstone.errors import InvalidValue
from runstone.models.schema import Schema

from .dataset import Dataset
from .dataset_source import DatasetSource
from .pyfunc_dataset_mixin import PyFuncConvertibleDatasetMixin, PyFuncInputsOutputs


class TabularDataset(Dataset, PyFuncConvertibleDatasetMixin):
    """A frame with names of a target and of a prediction column.

    Raises: InvalidValue when the frame has no such column.
    """

    def __init__(
        self,
        df: Any,
        source: DatasetSource,
        targets: str | None = None,
        name: str | None = None,
        digest: str | None = None,
        predictions: str | None = None,
    ) -> None:
        columns = list(df.columns)
        for what, column in (("targets", targets), ("predictions", predictions)):
            if column is not None and column not in columns:
                raise InvalidValue(f"The frame has no {what} column {column!r}; its columns are {columns!r}.")
        self._df, self._targets, self._predictions = df, targets, predictions
        super().__init__(source, name, digest)

    @property
    def df(self) -> Any:
        return self._df

    @property
    def targets(self) -> str | None:
        return self._targets

    @property
    def predictions(self) -> str | None:
        return self._predictions

    @property
    def profile(self) -> dict[str, Any]:
        rows, columns = self._df.shape
        return {"num_rows": int(rows), "num_elements": int(rows * columns)}

    def _infer(self) -> Schema:
        """Raises InvalidValue where a column has no type in a schema."""
        raise NotImplementedError

    @cached_property
    def schema(self) -> Schema | None:
        try:
            return self._infer()
        except InvalidValue:
            return None

    def _schema_json(self) -> str | None:
        return None if self.schema is None else json.dumps({"mlflow_colspec": self.schema.to_dict()})

    def to_pyfunc(self) -> PyFuncInputsOutputs:
        if self._targets is None:
            return PyFuncInputsOutputs(self._df)
        return PyFuncInputsOutputs(
            self._df[[name for name in self._df.columns if name != self._targets]], self._df[self._targets]
        )
