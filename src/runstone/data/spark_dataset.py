"""Datasets of Spark frames. No row comes to this process: Spark tells the plan's hash and counts the rows itself."""

from __future__ import annotations

import uuid
from typing import Any

import numpy as np

from runstone.errors import InvalidValue
from runstone.models.frames import is_spark_frame
from runstone.models.infer_spark import schema_of
from runstone.models.schema import Schema

from . import digests
from .dataset_source import DatasetSource
from .dataset_source_registry import source_or_code
from .pyfunc_dataset_mixin import PyFuncInputsOutputs
from .spark_dataset_source import SparkDatasetSource
from .tabular import TabularDataset

#: Rows of a frame that become pandas' for a model, as in MLflow.
MOST = 10_000
#: How long counting may take; what is known by then is the profile.
COUNTING_MS, CONFIDENCE = 5000, 0.9
UNKNOWN = "unknown"


class SparkDataset(TabularDataset):
    """A Spark frame; ``df`` gives it back."""

    def _compute_digest(self) -> str:
        """Of the frame's plan, as in MLflow: equal for frames that are made in the same way from the same sources."""
        return digests.short_md5([np.int64(self._df.semanticHash())])

    def _infer(self) -> Schema:
        return schema_of(self._df)

    @property
    def profile(self) -> dict[str, Any]:
        return {"approx_count": _count(self._df)}

    def to_pyfunc(self) -> PyFuncInputsOutputs:
        """The first 10,000 rows, as pandas frames."""
        frame = self._df.limit(MOST).toPandas()
        if self._targets is None:
            return PyFuncInputsOutputs(frame)
        return PyFuncInputsOutputs(frame.drop(columns=self._targets), frame[self._targets])


def _count(frame: Any) -> int | str:
    """About how many rows there are; ``unknown`` where Spark cannot tell in time, or is in another process.

    Of a frame without columns, so that Spark reads and computes none that the number does not depend on.
    """
    java = getattr(frame, "_jdf", None)
    if java is None:
        return UNKNOWN
    context, tag = frame.sparkSession.sparkContext, f"runstone-count-{uuid.uuid4().hex}"
    can_stop = hasattr(context, "cancelJobsWithTag")  # since Spark 3.5
    if can_stop:
        context.addJobTag(tag)
    try:
        found = frame.select([])._jdf.rdd().countApprox(COUNTING_MS, CONFIDENCE)
        rows = int(found.initialValue().mean())
        if can_stop and not found.isInitialValueFinal():
            context.cancelJobsWithTag(tag)
    finally:
        if can_stop:
            context.removeJobTag(tag)
    return rows if rows > 0 else UNKNOWN


def from_spark(
    df: Any,
    path: str | None = None,
    table_name: str | None = None,
    version: str | None = None,
    sql: str | None = None,
    targets: str | None = None,
    name: str | None = None,
    digest: str | None = None,
    predictions: str | None = None,
) -> SparkDataset:
    """A dataset of a Spark frame.

    Args:
        df: a ``pyspark.sql.DataFrame``.
        path, table_name, sql: where it came from, at most one: Parquet files, a table, a query; the running code if none.
        targets, name, digest, predictions: as for :func:`runstone.data.from_pandas`.

    Raises:
        InvalidValue: no Spark frame, or several sources, or a ``version``: tables of Delta Lake are not known here.
    """
    if not is_spark_frame(df):
        raise InvalidValue(f"from_spark takes a pyspark.sql.DataFrame, not {type(df).__name__}.")
    if version is not None:
        raise InvalidValue(f"version={version!r} is of a table of Delta Lake, which is not supported; leave it out.")
    if path is None and table_name is None and sql is None:
        source: DatasetSource = source_or_code(None)
    else:
        source = SparkDatasetSource(path, table_name, sql)
    return SparkDataset(df, source, targets, name, digest, predictions)
