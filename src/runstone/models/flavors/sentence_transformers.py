"""Sentence Transformers: ``runstone.sentence_transformers``. Weights are safetensors and run no code when loaded."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import sentence_transformers
from sentence_transformers import SentenceTransformer

from runstone.errors import InvalidValue
from runstone.models.datatypes import Array, DataType, Object, Property
from runstone.models.environment import conda_from, pinned
from runstone.models.frames import is_frame
from runstone.models.manifest import Model
from runstone.models.schema import ColSpec, Schema, TensorSpec
from runstone.models.signature import ModelSignature

from . import saving
from .saving import Function, Given, Written

FLAVOR_NAME = "sentence_transformers"
DATA = "model.sentence_transformer"
PACKAGES = ["sentence-transformers", "transformers", "torch"]
EMBEDDINGS = "llm/v1/embeddings"

_VECTOR = Object([Property("index", "long"), Property("object", "string"), Property("embedding", Array("double"))])
_USAGE = Object([Property("prompt_tokens", "long"), Property("total_tokens", "long")])
#: Of the task above.
_ANSWERS = ModelSignature(
    inputs=Schema([ColSpec(DataType.string, "input")]),
    outputs=Schema([ColSpec(DataType.string, "object"), ColSpec(Array(_VECTOR), "data"), ColSpec(_USAGE, "usage")]),
)


def save_model(
    model: Any,
    path: str | os.PathLike[str],
    task: str | None = None,
    inference_config: dict[str, Any] | None = None,
    code_paths: saving.Paths | None = None,
    mlflow_model: Model | None = None,
    signature: saving.Signature = None,
    input_example: Any = None,
    pip_requirements: saving.Requirements | None = None,
    extra_pip_requirements: saving.Requirements | None = None,
    conda_env: saving.Environment = None,
    metadata: dict[str, Any] | None = None,
    extra_files: saving.Paths | None = None,
    **kwargs: Any,
) -> None:
    """Save a ``SentenceTransformer`` to a folder.

    Args:
        model: the model.
        task: ``llm/v1/embeddings`` for a python_function that takes ``{"input": texts}`` and answers as OpenAI's embeddings do.
        inference_config: kept beside it, as JSON.
        kwargs: for the model's ``save``.
        path, code_paths … extra_files: as for :func:`runstone.sklearn.save_model`.

    Raises:
        AlreadyExists: the folder is there and not empty.
        InvalidValue: no such model, or an argument that cannot be used.
    """
    if not isinstance(model, SentenceTransformer):
        raise InvalidValue(f"model is a SentenceTransformer; it got {type(model).__name__}.")
    if task not in (None, EMBEDDINGS):
        raise InvalidValue(f"task={task!r} is unknown; there is {EMBEDDINGS!r}.")
    if task is not None:
        signature, metadata = _ANSWERS, {**(metadata or {}), "task": task}

    def write(folder: Path) -> Written:
        model.save(str(folder / DATA), **kwargs)
        if inference_config:
            (folder / "inference_config.json").write_text(json.dumps(inference_config), encoding="utf-8")
        settings = {"sentence_transformers_version": sentence_transformers.__version__, **_source(model)}
        text = Schema([ColSpec(DataType.string)])
        vectors = Schema([TensorSpec(np.dtype("float64"), (-1,))])
        python = {"data": DATA, **({"config": {"task": task}} if task else {})}
        return Written(settings, python, PACKAGES, signature=ModelSignature(inputs=text, outputs=vectors))

    given = Given(
        conda_env, code_paths, mlflow_model, signature, input_example, pip_requirements, extra_pip_requirements, metadata,
        extra_files,
    )  # fmt: skip
    saving.save(FLAVOR_NAME, path, given, write, lambda data, params: _predict(model, data, params, task))


log_model = saving.logs(
    save_model,
    "model artifact_path task inference_config code_paths registered_model_name signature input_example await_registration_for "
    "pip_requirements extra_pip_requirements conda_env metadata extra_files prompts name params tags model_type step model_id",
)


def load_model(model_uri: str | os.PathLike[str], dst_path: str | os.PathLike[str] | None = None) -> Any:
    """Load a Sentence Transformers model.

    Args:
        model_uri: a folder, ``file:…``, ``runs:/<run_id>/<path>`` or ``models:/…``; written by Runstone or by MLflow.
        dst_path: a folder that exists, to copy the model to first.

    Raises:
        NotFound, InvalidValue: there is no model, or none of Sentence Transformers'.
    """
    with saving.opened(FLAVOR_NAME, model_uri, dst_path) as (folder, settings):
        return _load(folder, settings)


def get_default_pip_requirements() -> list[str]:
    """The requirements that every model has."""
    return pinned(PACKAGES)


get_default_conda_env = conda_from(get_default_pip_requirements)


def _source(model: Any) -> dict[str, Any]:
    """The model that the first module was made from, and its class."""
    inner = next((one.auto_model for one in model.modules() if hasattr(one, "auto_model")), None)
    if inner is None:
        return {}
    return {"source_model_name": inner.name_or_path, "pipeline_model_type": type(inner).__name__}


def _load(folder: Path, _settings: Mapping[str, Any]) -> Any:
    return SentenceTransformer(str(saving.inside(folder, DATA)))


def _load_pyfunc(path: str, model_config: Mapping[str, Any] | None = None) -> Function:
    model = _load(*saving.found(FLAVOR_NAME, path))
    task = (model_config or {}).get("task")
    return Function(model, lambda data, params: _predict(model, data, params, task))


def _predict(model: Any, data: Any, params: Mapping[str, Any] | None, task: str | None = None) -> Any:
    texts = data.iloc[:, 0].tolist() if is_frame(data) else data.tolist() if hasattr(data, "tolist") else data
    if is_frame(data) and texts and isinstance(texts[0], list):
        texts = texts[0]
    found = model.encode(texts, **(params or {}))
    if task is None or not is_frame(data) or data.columns[0] != "input":
        return found
    tokens = sum(len(model.tokenizer(text)["input_ids"]) for text in texts)
    vectors = [{"object": "embedding", "index": place, "embedding": vector} for place, vector in enumerate(found)]
    return {"object": "list", "data": vectors, "usage": {"prompt_tokens": tokens, "total_tokens": tokens}}
