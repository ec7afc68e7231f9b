"""spaCy's pipelines: ``runstone.spacy``; as python_function, those that categorize texts."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import spacy
from spacy.pipeline import TextCategorizer

from runstone.client.notices import warn_once
from runstone.errors import InvalidValue
from runstone.models.environment import conda_from, pinned
from runstone.models.frames import is_frame, pandas
from runstone.models.manifest import Model

from . import saving
from .saving import Function, Given, Written

FLAVOR_NAME = "spacy"
DATA = "model.spacy"


def save_model(
    spacy_model: Any,
    path: str | os.PathLike[str],
    conda_env: saving.Environment = None,
    code_paths: saving.Paths | None = None,
    mlflow_model: Model | None = None,
    signature: saving.Signature = None,
    input_example: Any = None,
    pip_requirements: saving.Requirements | None = None,
    extra_pip_requirements: saving.Requirements | None = None,
    metadata: dict[str, Any] | None = None,
    extra_files: saving.Paths | None = None,
) -> None:
    """Save a spaCy pipeline to a folder.

    Args:
        spacy_model: a ``Language``; one with a text categorizer also becomes a python_function.
        path, conda_env … extra_files: as for :func:`runstone.sklearn.save_model`.

    Raises:
        AlreadyExists: the folder is there and not empty.
        InvalidValue: no pipeline, or an argument that cannot be used.
    """
    if not isinstance(spacy_model, spacy.language.Language):
        raise InvalidValue(f"spacy_model is a spaCy Language; it got {type(spacy_model).__name__}.")
    categorizes = any(isinstance(part, TextCategorizer) for _, part in spacy_model.pipeline)
    if not categorizes:
        warn_once("spacy", "the pipeline categorizes no texts, so pyfunc cannot load it; runstone.spacy can.")

    def write(folder: Path) -> Written:
        spacy_model.to_disk(folder / DATA)
        settings = {"spacy_version": spacy.__version__, "data": DATA}
        return Written(settings, {"data": DATA} if categorizes else None, ["spacy", "pandas", "numpy"])

    given = Given(
        conda_env, code_paths, mlflow_model, signature, input_example, pip_requirements, extra_pip_requirements, metadata,
        extra_files,
    )  # fmt: skip
    predict = (lambda data, _params: _predict(spacy_model, data)) if categorizes else None
    saving.save(FLAVOR_NAME, path, given, write, predict)


log_model = saving.logs(
    save_model,
    "spacy_model artifact_path conda_env code_paths registered_model_name signature input_example await_registration_for "
    "pip_requirements extra_pip_requirements metadata extra_files name params tags model_type step model_id",
)


def load_model(model_uri: str | os.PathLike[str], dst_path: str | os.PathLike[str] | None = None) -> Any:
    """Load a spaCy model.

    Args:
        model_uri: a folder, ``file:…``, ``runs:/<run_id>/<path>`` or ``models:/…``; written by Runstone or by MLflow.
        dst_path: a folder that exists, to copy the model to first.

    Raises:
        NotFound, InvalidValue: there is no model, or none of spaCy's.
    """
    with saving.opened(FLAVOR_NAME, model_uri, dst_path) as (folder, settings):
        return _load(folder, settings)


def get_default_pip_requirements() -> list[str]:
    """The requirements that every model has."""
    return pinned(["spacy"])


get_default_conda_env = conda_from(get_default_pip_requirements)


def _load(folder: Path, settings: Mapping[str, Any]) -> Any:
    return spacy.load(saving.inside(folder, settings.get("data", DATA)))


def _load_pyfunc(path: str) -> Function:
    model = _load(*saving.found(FLAVOR_NAME, path))
    return Function(model, lambda data, _params: _predict(model, data))


def _predict(model: Any, data: Any) -> Any:
    if not is_frame(data) or len(data.columns) != 1:
        raise InvalidValue("A spaCy model takes a frame of one column of texts.")
    return pandas().DataFrame({"predictions": [model(text).cats for text in data.iloc[:, 0]]})
