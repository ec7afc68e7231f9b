"""Where the weights of a Transformers model are: in the model's folder, in a checkpoint elsewhere, or on the hub.

In the manifest, all with ``source_model_name``:

    model_binary            a folder of the model's own
    local_base_model_path   a checkpoint on this machine, of a PEFT model; its parts are in the model's folder
    source_model_revision   the commit of a repository on the hub; so are its parts (``<part>_name``, ``<part>_revision``)

``peft_adaptor`` names the folder of a PEFT model's adapter, which is put on what these give.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import transformers

from runstone._lazy import need
from runstone.client.notices import warn_once
from runstone.errors import InvalidValue
from runstone.models import policy, yaml_text

from . import saving

MODEL, COMPONENTS, ADAPTER = "model", "components", "peft"
BASE, REVISION, PEFT = "local_base_model_path", "source_model_revision", "peft_adaptor"
CARD, CARD_DATA = "model_card.md", "model_card_data.yaml"


def is_peft(model: Any) -> bool:
    """Whether an adapter of PEFT's is on this model, without importing PEFT."""
    return any(kind.__name__ == "PeftModel" and kind.__module__.startswith("peft.") for kind in type(model).__mro__)


def base_of(model: Any) -> Any:
    """The model of Transformers' below an adapter, or the model itself."""
    return model.get_base_model() if is_peft(model) else model


def checkpoint(path: str | os.PathLike[str]) -> str:
    """The absolute path of a folder with a model of Transformers'. Raises InvalidValue."""
    folder = Path(path).absolute()
    if not (folder / "config.json").is_file():
        raise InvalidValue(f"{path} is no checkpoint of Transformers: a folder with config.json and weights is one.")
    return str(folder)


def place_of(model: Any, save_pretrained: bool, base_model_path: str | os.PathLike[str] | None) -> dict[str, Any]:
    """What the manifest says of where the weights are.

    Raises:
        InvalidValue: a base path that is no checkpoint, or of a model without an adapter; a commit that nobody can tell.
    """
    base = base_of(model)
    told = {"source_model_name": base.name_or_path}
    if base_model_path is not None:
        if not is_peft(model):
            raise InvalidValue(f"base_model_path is for models with an adapter of PEFT's; this one is {type(model).__name__}.")
        return {**told, BASE: checkpoint(base_model_path)}
    if save_pretrained and not is_peft(model):
        return {**told, "model_binary": MODEL}
    if is_repository(base.name_or_path):
        return {**told, REVISION: _commit(base, base.name_or_path)}
    if not save_pretrained:
        warn_once(
            f"save_pretrained {base.name_or_path}",
            f"the weights are saved although save_pretrained=False: {base.name_or_path!r} is no repository on the hub.",
        )
    return {**told, "model_binary": MODEL}


def place_of_part(name: str, part: Any, model: Any) -> dict[str, str]:
    """What the manifest says of a tokenizer or its like whose model is on the hub."""
    base = base_of(model)
    repository = getattr(part, "name_or_path", None) or base.name_or_path
    holder = base if repository == base.name_or_path and not _known_commit(part) else part
    return {f"{name}_name": repository, f"{name}_revision": _commit(holder, repository)}


def is_repository(name: Any) -> bool:
    """Whether it can be the name of a repository on the hub, and is no folder here."""
    if not isinstance(name, str) or not name or Path(name).is_dir():
        return False
    checks = need("huggingface_hub.utils", "a reference to the hub", "huggingface_hub")
    try:
        checks.validate_repo_id(name)
    except checks.HFValidationError:
        return False
    return True


def _known_commit(loaded: Any) -> str | None:
    """The commit that Transformers loaded this from, as it noted it."""
    found = (
        getattr(getattr(loaded, "config", None), "_commit_hash", None)
        or (getattr(loaded, "init_kwargs", None) or {}).get("_commit_hash")
        or getattr(loaded, "_commit_hash", None)
    )
    return str(found) if found else None


def _commit(loaded: Any, repository: str) -> str:
    """The commit that something was loaded from: as it notes that itself (Transformers 4), else what the hub's cache on this
    machine has for the main branch, else the latest on the hub. (MLflow always notes the latest.)"""
    if known := _known_commit(loaded):
        return known
    hub = need("huggingface_hub", "a reference to the hub", "huggingface_hub")
    cached = hub.try_to_load_from_cache(repository, "config.json")
    if isinstance(cached, str):
        return Path(cached).parent.name
    try:
        return str(hub.HfApi().model_info(repository).sha)
    except Exception as cause:
        raise InvalidValue(
            f"The commit of {repository!r} on the hub cannot be told ({cause}), and a reference needs one. With "
            "save_pretrained=True the weights are saved instead."
        ) from cause


def save_weights(model: Any, folder: Path) -> None:
    """The weights of a model, or of the one below an adapter, as they were before the adapter came."""
    if not is_peft(model):
        model.save_pretrained(folder)
        return
    base = base_of(model)
    base.save_pretrained(
        folder, state_dict=_without_adapter(base.state_dict(), getattr(model.base_model, "prefix", "") or "lora_")
    )


def _without_adapter(weights: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """Weights under the names that they had before an adapter was put between, and none of the adapter's.

    Args:
        prefix: of what is the adapter's, such as ``lora_``.
    """
    kept = {name: value for name, value in weights.items() if prefix not in name and ".modules_to_save." not in name}
    return {name.replace(".base_layer.", ".").replace(".original_module.", "."): value for name, value in kept.items()}


def save_card(card: Any, folder: Path) -> None:
    """A ``huggingface_hub.ModelCard``: its text, and the data at the head of that. Raises InvalidValue for anything else."""
    if not hasattr(card, "text") or not hasattr(getattr(card, "data", None), "to_dict"):
        raise InvalidValue(f"model_card is a huggingface_hub.ModelCard; it got {type(card).__name__}.")
    (folder / CARD).write_text(card.text, encoding="utf-8")
    (folder / CARD_DATA).write_text(yaml_text.dumps(card.data.to_dict()), encoding="utf-8")


# --- loading -----------------------------------------------------------------------------------------------------------


def load_parts(
    folder: Path, settings: Mapping[str, Any], named: Callable[[Any], Any], base: str | os.PathLike[str] | None = None
) -> dict[str, Any]:
    """The model and its parts, by name.

    Args:
        named: the class that a manifest names.
        base: a checkpoint to take in place of the one that the manifest names.

    Raises:
        InvalidValue: they are not where the manifest says.
    """
    if base is not None and BASE not in settings:
        raise InvalidValue(f"base_model_path is for models that were saved with one; the one in {folder} has its own weights.")
    further: dict[str, Any] = {"torch_dtype": "auto"} if int(transformers.__version__.partition(".")[0]) < 5 else {}
    further |= {} if "model_binary" in settings or policy.lets_code_run() else {"use_safetensors": True}
    source = str(settings.get("source_model_name"))
    remote = BASE not in settings and "model_binary" not in settings
    if remote and not settings.get(REVISION):
        raise InvalidValue(f"The model in {folder} has no weights, and names no commit of {source!r} on the hub.")
    try:
        kind = named(settings["pipeline_model_type"])
        if remote:
            model = kind.from_pretrained(source, revision=settings[REVISION], **further)
        elif BASE in settings:
            model = kind.from_pretrained(checkpoint(base or settings[BASE]), **further)
        else:
            model = _of_folder(kind, saving.inside(folder, settings["model_binary"]), PEFT in settings, further)
        parts = {"model": model}
        for name in [*settings.get("components", ()), *(["processor"] if "processor_type" in settings else [])]:
            kind = named(settings[f"{name}_type"])
            if remote:
                repository, revision = settings.get(f"{name}_name", source), settings.get(f"{name}_revision")
                parts[name] = kind.from_pretrained(repository, revision=revision)
            else:
                parts[name] = kind.from_pretrained(str(saving.inside(folder, f"{COMPONENTS}/{name}")))
    except OSError as cause:
        if not remote:
            raise
        raise InvalidValue(
            f"The model in {folder} was saved without its weights, and {source!r} at {settings[REVISION]} cannot be had from "
            f"the hub: {cause}"
        ) from cause
    if PEFT in settings:
        peft = need("peft", "a model with an adapter")
        parts["model"] = peft.PeftModel.from_pretrained(parts["model"], str(saving.inside(folder, settings[PEFT])))
    return parts


def _of_folder(kind: Any, folder: Path, adapted: bool, further: Mapping[str, Any]) -> Any:
    """A model of a folder of weights. MLflow writes those below an adapter under names that no model has; these are put right
    here, since Transformers would draw lots for them."""
    files = sorted(folder.glob("*.safetensors")) if adapted else []
    weights: dict[str, Any] = {}
    for file in files:
        weights |= need("safetensors.torch", "weights below an adapter", "safetensors").load_file(file)
    if not any(".base_layer." in name or ".original_module." in name for name in weights):
        return kind.from_pretrained(str(folder), **further)
    config = transformers.AutoConfig.from_pretrained(str(folder))
    return kind.from_pretrained(None, config=config, state_dict=_without_adapter(weights, "lora_"), **further)
