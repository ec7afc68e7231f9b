"""What a model would run while it is loaded, besides its pickles: told from its manifest and files, without loading them.

A code folder, a model that is a file of code, a loader that no flavor has, and what frameworks run in formats of their own:
lambdas of Keras, graphs of TensorFlow and PyTorch, classes that Sentence Transformers, spaCy or Spark look up by name, code
of Transformers' hub.
"""

from __future__ import annotations

import builtins
import json
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from runstone import plugins
from runstone.errors import PermissionDenied

from . import policy, risks_spacy
from .manifest import FILE_NAME, FLAVORS, Model
from .python_function import LOADERS
from .scan import CARRIES_CODE, UNREADABLE, Finding, verdict

#: Where Keras keeps what a model may be made of. Functions elsewhere in it download, unpack and write files.
_KERAS = {
    "activations", "constraints", "dtype_policies", "initializers", "layers", "losses", "metrics", "models", "ops",
    "optimizers", "quantizers", "random", "regularizers",
}  # fmt: skip
_PYTHON = "python_function"
_HDF5, _HDF5_AT = b"\x89HDF\r\n\x1a\n", (0, 512, 1024, 2048)
#: Findings that one message names.
_SHOWN = 5
#: Keys of Transformers' configurations that name code beside the weights.
_REMOTE = ("auto_map", "custom_pipelines")


def of(folder: Path) -> list[Finding]:
    """What runs when the model in this folder is loaded; by file and name. Empty for a folder that is no model."""
    if not (folder / FILE_NAME).is_file():
        return []
    flavors = Model.load(folder).flavors
    found = set(_code(flavors))
    for name in {*flavors, _flavor_of(flavors.get(_PYTHON) or {})}:
        if name in _OF_FLAVOR:
            found |= set(_OF_FLAVOR[name](folder))
    return sorted(found, key=lambda one: (one.file, one.name))


def allow_code(folder: Path) -> None:
    """Pass or raise before anything of a model is loaded; asked within :func:`policy.loading_from`.

    Raises:
        PermissionDenied: loading it runs code, and ``RUNSTONE_ALLOW_PICKLE`` forbids that.
    """
    if policy.lets_code_run():
        return
    found = of(folder)
    if found:
        told = "; ".join(f"{one.file}: {one.name}" for one in found[:_SHOWN])
        more = f"; and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        raise PermissionDenied(
            f"Loading the model in {folder} runs code that came with it ({told}{more}), and RUNSTONE_ALLOW_PICKLE="
            f"{policy.policy()} does not let it. `runstone models scan` lists what is in it. Set RUNSTONE_ALLOW_PICKLE=allow "
            "if you trust whoever made it; =trusted does for models of a registry."
        )


def _flavor_of(python: Mapping[str, Any]) -> str:
    package, _, name = str(python.get("loader_module", "")).partition(".")
    return name if package in ("mlflow", "runstone") else ""


def _code(flavors: Mapping[str, Any]) -> Iterator[Finding]:
    """Code that the manifest names."""
    for settings in flavors.values():
        if isinstance(settings, Mapping) and settings.get("code"):
            yield Finding(str(settings["code"]), "the folder with the model's own code", CARRIES_CODE)
    python = flavors.get(_PYTHON) or {}
    if python.get("model_code_path"):
        yield Finding(Path(str(python["model_code_path"])).name, "the model is a file of code", CARRIES_CODE)
    loader = str(python.get("loader_module", ""))
    if python and loader not in LOADERS and _flavor_of(python) not in FLAVORS:
        plugin = plugins.flavor(_flavor_of(python) or loader)
        if not getattr(plugin, "RUNS_NO_CODE", False):
            yield Finding(FILE_NAME, f"{loader}._load_pyfunc", verdict(loader))


# --- Keras and TensorFlow ------------------------------------------------------------------------------------------------


def _keras(folder: Path) -> Iterator[Finding]:
    for file in _files(folder):
        shown = file.relative_to(folder).as_posix()
        if file.name in ("saved_model.pb", "saved_model.pbtxt"):
            yield Finding(shown, "a graph of TensorFlow, which can read and write files", CARRIES_CODE)
        elif file.suffix in (".h5", ".hdf5") or _is_hdf5(file):
            yield Finding(shown, "HDF5, whose lambdas Keras runs", CARRIES_CODE)
        elif file.suffix == ".keras" or file.name == "config.json":
            yield from (Finding(shown, name, kind) for name, kind in _keras_config(file))


def _is_hdf5(file: Path) -> bool:
    with file.open("rb") as stream:
        head = stream.read(_HDF5_AT[-1] + len(_HDF5))
    return any(head[at : at + len(_HDF5)] == _HDF5 for at in _HDF5_AT)


def _keras_config(file: Path) -> Iterator[tuple[str, str]]:
    """What a ``.keras`` archive, or the ``config.json`` of one that is a folder, is made of and none of Keras' own parts."""
    try:
        if file.name == "config.json":
            text = file.read_bytes()
        else:
            with zipfile.ZipFile(file) as archive:
                text = archive.read("config.json")
        yield from set(_keras_names(json.loads(text)))
    except Exception as problem:  # whatever a file made with malice brings about
        yield f"config.json: {problem}", UNREADABLE


def _keras_names(config: Any) -> Iterator[tuple[str, str]]:
    """Names in a Keras configuration that are none of its own parts."""
    waiting = [config]
    while waiting:
        one = waiting.pop()
        waiting += one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()
        if not isinstance(one, dict):
            continue
        name, module = one.get("class_name"), one.get("module")
        if name in ("Lambda", "__lambda__"):
            yield "a lambda", CARRIES_CODE
        elif module is not None and name is not None:
            inner = one.get("config") if name == "function" else name
            parts = str(module).removeprefix("keras.src").removeprefix("keras").strip(".").split(".")
            ours = str(module).partition(".")[0] == "keras" and (parts == [""] or parts[0] in _KERAS)
            plain = module == "builtins" and name == "function" and not hasattr(builtins, str(inner))
            if not (plain or (ours and not (parts == [""] and name == "function"))):
                yield f"{module}.{inner}", verdict(f"{module}.{inner}")


# --- PyTorch, Transformers, Spark ------------------------------------------------------------------------------------------


def _torch(folder: Path) -> Iterator[Finding]:
    for file in _files(folder):
        if file.suffix == ".pt2":
            shown = file.relative_to(folder).as_posix()
            yield Finding(shown, "a graph of PyTorch, whose expressions and constants it runs", CARRIES_CODE)


def _transformers(folder: Path) -> Iterator[Finding]:
    for file in _files(folder):
        shown = file.relative_to(folder).as_posix()
        if file.name == "modules.json":
            for name in _types(file):
                if name.partition(".")[0] != "sentence_transformers":
                    yield Finding(shown, name, verdict(name))
        elif file.suffix == ".json" and "config" in file.name:
            told = _json(file)
            keys = [key for key in _REMOTE if isinstance(told, dict) and told.get(key)]
            yield from (Finding(shown, f"{key}: code of its own (trust_remote_code)", CARRIES_CODE) for key in keys)
            if told is None:
                yield Finding(shown, "no JSON", UNREADABLE)
        elif file.suffix == ".bin" and file.name.startswith(("pytorch_model", "adapter_model")):
            yield Finding(shown, "weights in a pickle; safe_serialization=True writes none", CARRIES_CODE)


def _types(file: Path) -> list[str]:
    told = _json(file)
    if not isinstance(told, list):
        return ["?.no list of modules"]
    return [str(one.get("type", "?")) if isinstance(one, dict) else "?" for one in told]


def _spark(folder: Path) -> Iterator[Finding]:
    """Spark makes an object of whatever class the metadata of a stage names, in whichever file it stands."""
    for file in _files(folder):
        if "metadata" not in (file.parent.name, file.name) or file.name.startswith(("_", ".")):
            continue
        shown = file.relative_to(folder).as_posix()
        told = _json(file)
        name = str(told["class"]) if isinstance(told, dict) and "class" in told else None
        if name is None:
            yield Finding(shown, "metadata that cannot be read", UNREADABLE)
        elif not name.startswith(("org.apache.spark.ml.", "pyspark.ml.")):
            yield Finding(shown, name, verdict(name))


def _spacy(folder: Path) -> Iterator[Finding]:
    found = risks_spacy.of(folder, _files(folder))
    yield from (Finding(file.relative_to(folder).as_posix(), name, kind) for file, name, kind in found)


def _files(folder: Path) -> list[Path]:
    """Files below the folder. Raises PermissionDenied for links to folders: what is behind them could change."""
    found = sorted(folder.rglob("*"))
    if links := [one for one in found if one.is_symlink() and one.is_dir()]:
        raise PermissionDenied(f"The model has a link to a folder, {links[0]}, and what is behind it was not looked at.")
    return [one for one in found if one.is_file()]


def _json(file: Path) -> Any:
    """What a JSON file holds; ``None`` where it is none."""
    try:
        return json.loads(file.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return None


_OF_FLAVOR = {
    "keras": _keras,
    "tensorflow": _keras,
    "pytorch": _torch,
    "transformers": _transformers,
    "sentence_transformers": _transformers,
    "spacy": _spacy,
    "spark": _spark,
}
