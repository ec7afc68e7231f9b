"""Transformers' pipelines: ``runstone.transformers``. Weights are safetensors; code of a model's repository is never run."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import transformers

from runstone.errors import InvalidValue, NotSupported
from runstone.models.environment import pinned
from runstone.models.manifest import Model

from . import saving
from .saving import Function, Given, Written
from .transformers_function import TEMPLATE, check_template, predict, signature_of

FLAVOR_NAME = "transformers"
MODEL, COMPONENTS = "model", "components"
#: Parts of a pipeline beside its model, by their attribute.
PARTS = ("feature_extractor", "tokenizer", "image_processor")
PACKAGES = ["transformers", "torch", "accelerate"]


def save_model(
    transformers_model: Any,
    path: str | os.PathLike[str],
    processor: Any = None,
    task: str | None = None,
    torch_dtype: Any = None,
    code_paths: saving.Paths | None = None,
    mlflow_model: Model | None = None,
    signature: saving.Signature = None,
    input_example: Any = None,
    pip_requirements: saving.Requirements | None = None,
    extra_pip_requirements: saving.Requirements | None = None,
    conda_env: saving.Environment = None,
    metadata: dict[str, Any] | None = None,
    model_config: dict[str, Any] | None = None,
    prompt_template: str | None = None,
    extra_files: saving.Paths | None = None,
) -> None:
    """Save a pipeline to a folder, with its weights.

    Args:
        transformers_model: a ``Pipeline``, or its parts: ``{"model": …, "tokenizer": …}``, which need ``task``.
        processor: a processor to keep with it.
        task: what the parts do, such as ``text-classification``.
        torch_dtype: of the weights, when loaded.
        model_config: arguments for each call of the pipeline as python_function.
        prompt_template: a text with ``{prompt}`` in it, which each input of the python_function is put into; what is generated
            then comes without it, unless ``model_config`` says ``return_full_text``.
        path, code_paths … extra_files: as for :func:`runstone.sklearn.save_model`.

    Raises:
        AlreadyExists: the folder is there and not empty.
        InvalidValue: no pipeline, or an argument that cannot be used.
    """
    pipeline = _pipeline(transformers_model, task)
    if prompt_template is not None:
        check_template(prompt_template)
        metadata = {**(metadata or {}), TEMPLATE: prompt_template}
        further = {"return_full_text": False} if pipeline.task == "text-generation" else {}
        model_config = {**further, **(model_config or {})} or None

    def write(folder: Path) -> Written:
        pipeline.model.save_pretrained(folder / MODEL)
        parts = {name: part for name in PARTS if (part := getattr(pipeline, name, None)) is not None}
        for name, part in parts.items():
            part.save_pretrained(folder / COMPONENTS / name)
        settings: dict[str, Any] = {
            "transformers_version": transformers.__version__,
            "task": pipeline.task,
            "instance_type": type(pipeline).__name__,
            "pipeline_model_type": type(pipeline.model).__name__,
            "source_model_name": pipeline.model.name_or_path,
            "model_binary": MODEL,
            "components": list(parts),
            **{f"{name}_type": type(part).__name__ for name, part in parts.items()},
        }
        dtype = torch_dtype or getattr(pipeline.model, "dtype", None)
        settings |= {"torch_dtype": str(dtype)} if dtype is not None else {}
        if getattr(pipeline, "framework", None):
            settings["framework"] = pipeline.framework
        if processor is not None:
            processor.save_pretrained(folder / COMPONENTS / "processor")
            settings["processor_type"] = type(processor).__name__
        python = None if processor is not None else {"config": model_config} if model_config else {}
        return Written(settings, python, PACKAGES, signature=signature_of(pipeline.task))

    given = Given(
        conda_env, code_paths, mlflow_model, signature, input_example, pip_requirements, extra_pip_requirements, metadata,
        extra_files,
    )  # fmt: skip
    known = model_config or {}

    def called(data: Any, params: Mapping[str, Any] | None) -> Any:
        return predict(pipeline, data, {**known, **(params or {})}, prompt_template)

    saving.save(FLAVOR_NAME, path, given, write, called)


log_model = saving.logs(
    save_model,
    "transformers_model artifact_path processor task torch_dtype code_paths registered_model_name signature input_example "
    "await_registration_for pip_requirements extra_pip_requirements conda_env metadata model_config prompt_template prompts "
    "name params tags model_type step model_id extra_files",
)


def load_model(
    model_uri: str | os.PathLike[str],
    dst_path: str | os.PathLike[str] | None = None,
    return_type: str = "pipeline",
    device: Any = None,
    **kwargs: Any,
) -> Any:
    """Load a pipeline.

    Args:
        model_uri: a folder, ``file:…``, ``runs:/<run_id>/<path>`` or ``models:/…``; written by Runstone or by MLflow.
        dst_path: a folder that exists, to copy the model to first.
        return_type: ``pipeline``, or ``components`` for its parts by name.
        device: where it runs, such as ``cpu`` or ``0``.
        kwargs: for the pipeline.

    Raises:
        NotFound, InvalidValue: there is no model, or none of Transformers', or one without its weights.
    """
    if return_type not in ("pipeline", "components"):
        raise InvalidValue(f"return_type={return_type!r} is unknown; there are pipeline and components.")
    with saving.opened(FLAVOR_NAME, model_uri, dst_path) as (folder, settings):
        parts = _parts(folder, settings)
        if return_type == "components":
            return {"task": settings["task"], **parts}
        parts.pop("processor", None)
        return _made(settings, parts, device, **kwargs)


def get_default_pip_requirements(model: Any = None) -> list[str]:
    """The requirements that every model has."""
    return pinned(PACKAGES)


def _pipeline(given: Any, task: str | None) -> Any:
    if isinstance(given, transformers.Pipeline):
        return given
    if isinstance(given, Mapping) and "model" in given:
        if task is None:
            raise InvalidValue("The parts of a pipeline need task=, such as 'text-classification', which says what they do.")
        return transformers.pipeline(task=task, **given)
    raise InvalidValue(
        f"transformers_model is a Pipeline, or a dict of its parts with 'model'; it got {type(given).__name__}. "
        "A pipeline of a checkpoint on disk: transformers.pipeline(task, model=path)."
    )


def _class(name: Any) -> Any:
    """A class of Transformers' that a manifest names."""
    found = getattr(transformers, str(name), None)
    if found is None or not hasattr(found, "from_pretrained"):
        raise InvalidValue(f"The manifest names {name!r}, which transformers {transformers.__version__} does not have.")
    return found


def _parts(folder: Path, settings: Mapping[str, Any]) -> dict[str, Any]:
    if "model_binary" not in settings:
        raise InvalidValue(
            f"The model in {folder} was saved without its weights; they are {settings.get('source_model_name')!r} on the hub."
        )
    weights = str(saving.inside(folder, settings["model_binary"]))
    further = {"torch_dtype": "auto"} if int(transformers.__version__.partition(".")[0]) < 5 else {}
    parts = {"model": _class(settings["pipeline_model_type"]).from_pretrained(weights, **further)}
    named = [*settings.get("components", ()), *(["processor"] if "processor_type" in settings else [])]
    for name in named:
        place = str(saving.inside(folder, f"{COMPONENTS}/{name}"))
        parts[name] = _class(settings[f"{name}_type"]).from_pretrained(place)
    return parts


def _made(settings: Mapping[str, Any], parts: Mapping[str, Any], device: Any = None, **kwargs: Any) -> Any:
    further = {} if device is None else {"device": device}
    return transformers.pipeline(task=settings["task"], **parts, **further, **kwargs)


def _load_pyfunc(path: str, model_config: Mapping[str, Any] | None = None) -> Function:
    folder, settings = saving.found(FLAVOR_NAME, path)
    if settings.get("inference_task"):
        raise NotSupported(
            f"The model in {folder} answers requests of the kind {settings['inference_task']!r}, which is not supported here: "
            "runstone.transformers.load_model gives its pipeline; saved without that task it is a python_function."
        )
    template = (Model.load(folder).metadata or {}).get(TEMPLATE)
    if template is not None:
        check_template(template)
    pipeline = _made(settings, _parts(folder, settings))
    known = {name: value for name, value in (model_config or {}).items() if value is not None}
    return Function(pipeline, lambda data, params: predict(pipeline, data, {**known, **(params or {})}, template))
