"""Models of Spark ML: ``runstone.spark``. They are written and read by Spark, on the local file system."""

from __future__ import annotations

import os
from collections.abc import Mapping, Set
from pathlib import Path
from typing import Any

import numpy as np
import pyspark
from pyspark.ml import Model as SparkModel
from pyspark.ml import PipelineModel, Transformer
from pyspark.ml.functions import array_to_vector, vector_to_array
from pyspark.sql import SparkSession

from runstone.errors import InvalidValue
from runstone.models.datatypes import SparkMLVector
from runstone.models.environment import conda_from, pinned
from runstone.models.frames import is_frame
from runstone.models.manifest import Model

from . import saving
from .saving import Function, Given, Written

FLAVOR_NAME = "spark"
DATA = "sparkml"
#: The column of predictions that Spark's models make unless they are told otherwise.
OUTPUT = "prediction"


def save_model(
    spark_model: Any,
    path: str | os.PathLike[str],
    mlflow_model: Model | None = None,
    conda_env: saving.Environment = None,
    code_paths: saving.Paths | None = None,
    dfs_tmpdir: str | None = None,
    signature: saving.Signature = None,
    input_example: Any = None,
    pip_requirements: saving.Requirements | None = None,
    extra_pip_requirements: saving.Requirements | None = None,
    metadata: dict[str, Any] | None = None,
    extra_files: saving.Paths | None = None,
) -> None:
    """Save a fitted model or pipeline of Spark ML to a folder.

    Args:
        spark_model: a ``pyspark.ml.Model`` or ``Transformer`` that Spark can write.
        dfs_tmpdir: taken for MLflow's sake; the folder must be one that all of Spark's workers reach.
        path, conda_env … extra_files: as for :func:`runstone.sklearn.save_model`.

    Raises:
        AlreadyExists: the folder is there and not empty.
        InvalidValue: nothing that Spark can write, or an argument that cannot be used.
    """
    if not isinstance(spark_model, SparkModel | Transformer) or not hasattr(spark_model, "write"):
        raise InvalidValue(f"spark_model is a fitted model of pyspark.ml; it got {type(spark_model).__name__}.")
    whole = spark_model if isinstance(spark_model, PipelineModel) else PipelineModel([spark_model])

    def write(folder: Path) -> Written:
        whole.write().overwrite().save((folder / DATA).as_uri())
        kind = type(whole)
        settings = {
            "pyspark_version": pyspark.__version__,
            "model_data": DATA,
            "model_class": f"{kind.__module__}.{kind.__name__}",
        }
        return Written(settings, {"data": DATA}, ["pyspark", "pandas", "numpy"])

    given = Given(
        conda_env, code_paths, mlflow_model, signature, input_example, pip_requirements, extra_pip_requirements, metadata,
        extra_files,
    )  # fmt: skip
    saving.save(FLAVOR_NAME, path, given, write, lambda data, _params: _predict(whole, data))


log_model = saving.logs(
    save_model,
    "spark_model artifact_path conda_env code_paths dfs_tmpdir registered_model_name signature input_example "
    "await_registration_for pip_requirements extra_pip_requirements metadata extra_files name params tags model_type step "
    "model_id",
)


def load_model(
    model_uri: str | os.PathLike[str], dfs_tmpdir: str | None = None, dst_path: str | os.PathLike[str] | None = None
) -> Any:
    """Load a model of Spark ML, as a ``PipelineModel``. A local session is begun where none is active.

    Args:
        model_uri: a folder, ``file:…``, ``runs:/<run_id>/<path>`` or ``models:/…``; written by Runstone or by MLflow.
        dfs_tmpdir: taken for MLflow's sake.
        dst_path: a folder that exists, to copy the model to first.

    Raises:
        NotFound, InvalidValue: there is no model, or none of Spark's.
    """
    with saving.opened(FLAVOR_NAME, model_uri, dst_path) as (folder, settings):
        return _load(folder, settings)


def get_default_pip_requirements() -> list[str]:
    """The requirements that every model has."""
    return pinned(["pyspark"])


get_default_conda_env = conda_from(get_default_pip_requirements)


def _session() -> Any:
    return SparkSession.getActiveSession() or SparkSession.builder.master("local[1]").appName("runstone").getOrCreate()


def _load(folder: Path, settings: Mapping[str, Any]) -> Any:
    _session()
    return PipelineModel.load(saving.inside(folder, settings.get("model_data", DATA)).resolve().as_uri())


def _load_pyfunc(path: str) -> Function:
    folder, settings = saving.found(FLAVOR_NAME, path)
    model, signature = _load(folder, settings), Model.load(folder).signature
    inputs = [] if signature is None or signature.inputs is None else signature.inputs.inputs
    vectors = {one.name for one in inputs if isinstance(one.type, SparkMLVector)}
    return Function(model, lambda data, _params: _predict(model, data, vectors))


def output_of(model: Any, frame: Any) -> str:
    """The column that a model's predictions are in: ``prediction``, or what the last stage makes where there is none.

    Args:
        frame: a Spark frame that the model takes.
    """
    last = model.stages[-1] if isinstance(model, PipelineModel) and model.stages else model
    if not last.hasParam("outputCol"):
        return OUTPUT
    return OUTPUT if OUTPUT in model.transform(frame.limit(1)).columns else str(last.getOutputCol())


def _predict(model: Any, data: Any, vectors: Set[Any] = frozenset()) -> list[Any]:
    """The predictions for the rows of a frame, as a list, as in MLflow.

    Args:
        vectors: columns of lists that the model takes as vectors; those that its stages call features are found without.
    """
    if not is_frame(data):
        raise InvalidValue(f"A model of Spark's takes a frame; it got {type(data).__name__}.")
    stages = model.stages if isinstance(model, PipelineModel) else [model]
    named = {stage.getFeaturesCol() for stage in stages if stage.hasParam("featuresCol")}
    lists = {name for name in {*vectors, *named} if name in data.columns and _holds_lists(data[name])}
    # Spark takes lists of Python's numbers alone
    plain = data.assign(**{name: [[float(one) for one in row] for row in data[name]] for name in lists})
    frame = _session().createDataFrame(plain)
    for name in lists:
        frame = frame.withColumn(name, array_to_vector(name))
    output = output_of(model, frame)
    found = model.transform(frame).select(output)
    if type(found.schema.fields[0].dataType).__name__ == "VectorUDT":
        found = found.withColumn(output, vector_to_array(output))
    return [row[0] for row in found.collect()]


def _holds_lists(column: Any) -> bool:
    return any(isinstance(one, list | tuple | np.ndarray) for one in column.head(1))
