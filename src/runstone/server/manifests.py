"""The MLmodel file of a version, as far as a screen shows it. What is in it was written by others and is read as data."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

from runstone._lazy import later
from runstone.errors import RunstoneError

from . import models_schema as m
from .files import plain, root_at
from .mlflow.registry_sources import version_place

if TYPE_CHECKING:
    import yaml

    from runstone.contracts import ArtifactStore

    from .backend import Backend
else:
    yaml = later("yaml")


MANIFEST = "MLmodel"
#: Bytes that are read of a manifest and of an example; larger ones are not shown.
MOST_MANIFEST, MOST_EXAMPLE = 512 * 1024, 64 * 1024
#: Columns of a schema that are shown.
MOST_COLUMNS = 2_000
_DEEP = 6


def model_files(backend: Backend, name: str, version: int) -> tuple[m.ModelFiles | None, str]:
    """What the version's manifest says; or ``None`` and why not."""
    try:
        uri, path = version_place(backend, name, version)
        root, folder = root_at(backend, uri), plain(path.strip("/"))
        return read_manifest(root, folder), ""
    except RunstoneError as cause:
        return None, cause.public
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, ValueError) as cause:
        return None, f"{MANIFEST} cannot be read: {str(cause)[:200]}"


def read_manifest(root: ArtifactStore, folder: str) -> m.ModelFiles:
    """Raises NotFound, YAMLError, ValueError."""
    told = yaml.safe_load(_text(root, _in(folder, MANIFEST), MOST_MANIFEST))
    if not isinstance(told, dict):
        raise ValueError("it is no mapping")
    given = told.get("flavors")
    flavors = given if isinstance(given, dict) else {}
    size = told.get("model_size_bytes")
    return m.ModelFiles(
        {str(name): _flavor_version(str(name), settings) for name, settings in list(flavors.items())[:20]},
        signature(told.get("signature")),
        size if isinstance(size, int) and not isinstance(size, bool) else None,
        _writer(told),
        _example(root, folder, told.get("saved_input_example_info")),
    )


def signature(told: Any) -> m.Signature:
    """From the manifest's ``signature``, three texts of JSON."""
    if not isinstance(told, dict):
        return m.Signature(None, None, None)
    return m.Signature(*(_columns(told.get(part)) for part in ("inputs", "outputs", "params")))


def _columns(text: Any) -> list[m.SignatureColumn] | None:
    if text is None:
        return None
    try:
        told = json.loads(text) if isinstance(text, str) else text
    except ValueError:
        return None
    if not isinstance(told, list):
        return None
    columns = [one for one in told[:MOST_COLUMNS] if isinstance(one, dict)]
    return [
        m.SignatureColumn(str(one.get("name", "")), type_words(one), bool(one.get("required", "default" not in one)))
        for one in columns
    ]


def type_words(told: Any, depth: int = 0) -> str:
    """``double``, ``array(string)``, ``object(a: long, b: string)``, ``tensor(float32, -1×28×28)``."""
    if not isinstance(told, dict) or depth > _DEEP:
        return "…"
    kind = str(told.get("type", told.get("dtype", "unknown")))
    spec = told.get("tensor-spec")
    if kind == "tensor" and isinstance(spec, dict):
        shape = spec.get("shape")
        return f"tensor({spec.get('dtype')}, {_shape(shape)})"
    if kind == "array":
        return f"array({type_words(told.get('items'), depth + 1)})"
    if kind == "map":
        return f"map({type_words(told.get('values'), depth + 1)})"
    properties = told.get("properties")
    if kind == "object" and isinstance(properties, dict):
        inner = (f"{name}: {type_words(one, depth + 1)}" for name, one in list(properties.items())[:20])
        return f"object({', '.join(inner)})"
    shape = told.get("shape")
    return f"{kind}[{_shape(shape)}]" if isinstance(shape, list) else kind


def _shape(shape: Any) -> str:
    return "×".join(str(one) for one in shape) if isinstance(shape, list) else "?"


def _flavor_version(name: str, settings: Any) -> str:
    """``1.9.1`` of ``sklearn_version``, ``3.11.7`` of ``python_version``; empty where a flavor does not say."""
    if not isinstance(settings, dict):
        return ""
    key = "python_version" if name == "python_function" else f"{name}_version"
    found = settings.get(key) or next((value for key, value in settings.items() if str(key).endswith("_version")), "")
    return str(found or "")[:60]


def _writer(told: dict[str, Any]) -> str:
    for key, word in (("runstone_version", "runstone"), ("mlflow_version", "mlflow")):
        if told.get(key):
            return f"{word} {str(told[key])[:40]}"
    return ""


def _example(root: ArtifactStore, folder: str, told: Any) -> str:
    """The request that was logged with the model, as a server of the model takes it."""
    name = told.get("serving_input_path") if isinstance(told, dict) else None
    if not isinstance(name, str):
        return ""
    with contextlib.suppress(RunstoneError, UnicodeDecodeError, ValueError):
        return _text(root, _in(folder, plain(name)), MOST_EXAMPLE)
    return ""


def _text(root: ArtifactStore, path: str, most: int) -> str:
    with root.open(path) as file:
        found = file.read(most + 1)
    if len(found) > most:
        raise ValueError(f"it is larger than {most:,} bytes")
    return found.decode()


def _in(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name
