"""``spark_udf``: a model over Spark's columns, with the packages of Spark's workers or in an environment of its own."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from runstone._lazy import need
from runstone.environments import build
from runstone.errors import InvalidValue, NotSupported
from runstone.models.spark_udf import Sent, load_here, over_columns

from . import environment
from .beside import Beside


def spark_udf(
    spark: Any,
    model_uri: str | os.PathLike[str],
    result_type: Any = None,
    env_manager: str | None = None,
    params: Mapping[str, Any] | None = None,
    extra_env: Mapping[str, str] | None = None,
    prebuilt_env_uri: str | None = None,
    model_config: Mapping[str, Any] | str | os.PathLike[str] | None = None,
) -> Callable[..., Any]:
    """A function of Spark's columns that predicts with a model, for ``withColumn``, ``select`` and ``spark.udf.register``.

    Called with columns in the signature's order, with one struct of columns by name, or with nothing: then with the columns
    that the signature names. ``predict`` gets a pandas DataFrame; without a signature its columns are ``'0'``, ``'1'`` ….
    Columns for a signature of tensors are arrays, flat, that get the tensor's shape and type.

    Args:
        spark: the session, of Spark itself; it sends the model to executors that do not see this machine's disk.
        model_uri: any model URI that has the flavor ``python_function``.
        result_type: Spark's type of the predictions or its DDL text; None takes the signature's outputs', else ``double``.
        env_manager: None or ``local``: the packages that Spark's Python workers have. ``uv``, ``virtualenv``, ``conda``: those
            that the model asks for; each worker begins one process in that environment and sends it the batches as JSON.
            Executors on other machines make the environment themselves, once each.
        params: for the model, as in ``predict``.
        extra_env: variables for the workers.
        prebuilt_env_uri: taken for MLflow's sake, where it is for Databricks alone.
        model_config: settings, as in :func:`~runstone.pyfunc.load_model`.

    Raises:
        NotFound: there is no model.
        InvalidValue: no ``python_function``, a ``result_type`` that is none, params that the signature does not know, no such
            ``env_manager``.
        NotSupported: pyspark or pyarrow is not installed; a session of Spark Connect; the manager is not installed.
        ExecutionException: the environment could not be made.
        PermissionDenied: loading it runs code, which ``RUNSTONE_ALLOW_PICKLE`` forbids.
    """
    need("pyspark", "spark_udf")
    if prebuilt_env_uri is not None:
        raise NotSupported("prebuilt_env_uri is for Databricks alone; env_manager='local' works.")
    manager = env_manager or build.LOCAL
    if manager not in build.MANAGERS:
        raise InvalidValue(f"{env_manager!r} is no environment manager. What works: {', '.join(build.MANAGERS)}.")
    load: Callable[[Path, Sent], Any] = load_here
    if manager != build.LOCAL:
        made = environment.prepared(os.fspath(model_uri), manager, lambda _line: None)
        load = functools.partial(_begin, manager, made)
    return over_columns(spark, model_uri, result_type, params, extra_env, model_config, load)


def _begin(manager: str, made: build.Environment, folder: Path, sent: Sent) -> Beside:
    """In a worker: the model's process. Where Spark unpacked the model, the environment is another machine's."""
    here = environment.prepared(str(folder), manager, lambda _line: None) if sent.unpacked else made
    return Beside(here, folder, sent.config)
