"""Transformers' pipelines: ``runstone.transformers``. Weights are safetensors; code of a model's repository is never run."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import transformers

from runstone.errors import InvalidValue, NotSupported
from runstone.models.environment import conda_from, pinned
from runstone.models.manifest import Model

from . import saving
from . import transformers_sources as sources
from .saving import Function, Given, Written
from .transformers_function import TEMPLATE, check_template, predict, signature_of

FLAVOR_NAME = "transformers"
#: Parts of a pipeline beside its model, by their attribute.
PARTS = ("feature_extractor", "tokenizer", "image_processor")
PACKAGES = ["transformers", "torch", "accelerate"]


def save_model(
    transformers_model: Any,
    path: str | os.PathLike[str],
    processor: Any = None,
    task: str | None = None,
    torch_dtype: Any = None,
    model_card: Any = None,
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
    save_pretrained: bool = True,
    base_model_path: str | os.PathLike[str] | None = None,
    extra_files: saving.Paths | None = None,
) -> None:
    """Save a pipeline to a folder, with its weights. Of a model with an adapter of PEFT's, the adapter, and the weights below
    it where they are not on the hub.

    Args:
        transformers_model: a ``Pipeline``, or its parts: ``{"model": …, "tokenizer": …}``, or the folder of a checkpoint; these
            two need ``task``.
        processor: a processor to keep with it.
        task: what the parts do, such as ``text-classification``.
        torch_dtype: of the weights, when loaded.
        model_card: a ``huggingface_hub.ModelCard`` to keep with it. None is fetched where none is given.
        model_config: arguments for each call of the pipeline as python_function.
        prompt_template: a text with ``{prompt}`` in it, which each input of the python_function is put into; what is generated
            then comes without it, unless ``model_config`` says ``return_full_text``.
        save_pretrained: ``False`` for a model from the hub keeps the name of its repository and the commit that it was loaded
            from in place of weights; it is had from there again when it is loaded.
        base_model_path: the checkpoint below the adapter of a PEFT model, which is kept by its path in place of weights; it
            must be there when the model is loaded.
        path, code_paths … extra_files: as for :func:`runstone.sklearn.save_model`.

    Raises:
        AlreadyExists: the folder is there and not empty.
        InvalidValue: no pipeline, or an argument that cannot be used, or a commit that cannot be told.
    """
    pipeline = _pipeline(transformers_model, task)
    if prompt_template is not None:
        check_template(prompt_template)
        metadata = {**(metadata or {}), TEMPLATE: prompt_template}
        further = {"return_full_text": False} if pipeline.task == "text-generation" else {}
        model_config = {**further, **(model_config or {})} or None

    model = pipeline.model
    place = sources.place_of(model, save_pretrained, base_model_path)

    def write(folder: Path) -> Written:
        parts = {name: part for name in PARTS if (part := getattr(pipeline, name, None)) is not None}
        everything = {**parts, **({} if processor is None else {"processor": processor})}
        settings: dict[str, Any] = {
            "transformers_version": transformers.__version__,
            "task": pipeline.task,
            "instance_type": type(pipeline).__name__,
            "pipeline_model_type": type(sources.base_of(model)).__name__,
            **place,
            "components": list(parts),
            **{f"{name}_type": type(part).__name__ for name, part in everything.items()},
        }
        for name, part in everything.items():
            if sources.REVISION in place:
                settings |= sources.place_of_part(name, part, model)
            else:
                part.save_pretrained(folder / sources.COMPONENTS / name)
        if "model_binary" in place:
            sources.save_weights(model, folder / place["model_binary"])
        if sources.is_peft(model):
            settings[sources.PEFT] = sources.ADAPTER
            model.save_pretrained(folder / sources.ADAPTER)
        if model_card is not None:
            sources.save_card(model_card, folder)
        dtype = torch_dtype or getattr(model, "dtype", None)
        settings |= {"torch_dtype": str(dtype)} if dtype is not None else {}
        if getattr(pipeline, "framework", None):
            settings["framework"] = pipeline.framework
        python = None if processor is not None else {"config": model_config} if model_config else {}
        return Written(settings, python, packages_of(model), signature=signature_of(pipeline.task))

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
    "transformers_model artifact_path processor task torch_dtype model_card code_paths registered_model_name signature "
    "input_example await_registration_for pip_requirements extra_pip_requirements conda_env metadata model_config "
    "prompt_template save_pretrained prompts name params tags model_type step model_id base_model_path extra_files",
)


def load_model(
    model_uri: str | os.PathLike[str],
    dst_path: str | os.PathLike[str] | None = None,
    return_type: str = "pipeline",
    device: Any = None,
    base_model_path: str | os.PathLike[str] | None = None,
    **kwargs: Any,
) -> Any:
    """Load a pipeline.

    Args:
        model_uri: a folder, ``file:…``, ``runs:/<run_id>/<path>`` or ``models:/…``; written by Runstone or by MLflow.
        dst_path: a folder that exists, to copy the model to first.
        return_type: ``pipeline``, or ``components`` for its parts by name.
        device: where it runs, such as ``cpu`` or ``0``.
        base_model_path: the checkpoint below an adapter, where it is no longer at the path that it was saved with.
        kwargs: for the pipeline.

    Raises:
        NotFound, InvalidValue: there is no model, or none of Transformers', or its weights are not where it says.
    """
    if return_type not in ("pipeline", "components"):
        raise InvalidValue(f"return_type={return_type!r} is unknown; there are pipeline and components.")
    with saving.opened(FLAVOR_NAME, model_uri, dst_path) as (folder, settings):
        parts = sources.load_parts(folder, settings, _class, base_model_path)
        if return_type == "components":
            return {"task": settings["task"], **parts}
        parts.pop("processor", None)
        return _made(settings, parts, device, **kwargs)


def get_default_pip_requirements(model: Any = None) -> list[str]:
    """The requirements that every model has."""
    return pinned(packages_of(model))


get_default_conda_env = conda_from(get_default_pip_requirements)


def packages_of(model: Any = None) -> list[str]:
    """Distributions that loading a model needs."""
    return [*PACKAGES, "peft"] if model is not None and sources.is_peft(model) else PACKAGES


def _pipeline(given: Any, task: str | None) -> Any:
    if isinstance(given, transformers.Pipeline):
        return given
    is_path = isinstance(given, str | os.PathLike)
    if not is_path and not (isinstance(given, Mapping) and "model" in given):
        raise InvalidValue(
            "transformers_model is a Pipeline, a dict of its parts with 'model', or the folder of a checkpoint; "
            f"it got {type(given).__name__}."
        )
    if task is None:
        told = "A checkpoint needs" if is_path else "The parts of a pipeline need"
        raise InvalidValue(f"{told} task=, such as 'text-classification', which says what it is for.")
    parts = {"model": sources.checkpoint(given)} if is_path else given
    return transformers.pipeline(task=task, **parts)


def _class(name: Any) -> Any:
    """A class of Transformers' that a manifest names."""
    found = getattr(transformers, str(name), None)
    if found is None or not hasattr(found, "from_pretrained"):
        raise InvalidValue(f"The manifest names {name!r}, which transformers {transformers.__version__} does not have.")
    return found


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
    pipeline = _made(settings, sources.load_parts(folder, settings, _class))
    known = {name: value for name, value in (model_config or {}).items() if value is not None}
    return Function(pipeline, lambda data, params: predict(pipeline, data, {**known, **(params or {})}, template))
