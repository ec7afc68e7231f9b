"""``models:/…``: what it names.

models:/<name>/<version>    a version by its number
models:/<name>/<stage>      the newest version in a stage
models:/<name>/latest       the version with the highest number
models:/<name>@<alias>      the version an alias stands for
models:/<model id>          a logged model
"""

from __future__ import annotations

import posixpath
import re

from msgspec import Struct

from runstone.errors import InvalidValue

from .model_registry import ModelVersionStages

SCHEME = "models:"
_WORKS = "models:/<name>/<version>, models:/<name>/<stage>, models:/<name>/latest, models:/<name>@<alias> or models:/<model id>"


class ModelUri(Struct, frozen=True):
    """Exactly one of ``version``, ``stage``, ``alias``, ``latest`` and ``model_id`` is there; with the last, no ``name``.
    ``path`` is what follows below the model's folder, if anything."""

    name: str = ""
    version: int | None = None
    stage: str = ""
    alias: str = ""
    latest: bool = False
    model_id: str = ""
    path: str = ""


#: Control characters, and halves of characters that no text in UTF-8 has.
_CONTROL = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")


def is_model_uri(text: str) -> bool:
    return text.startswith(SCHEME)


def parse_model_uri(text: str) -> ModelUri:
    """Raises InvalidValue for a text that is none of the forms above."""
    rest = text[len(SCHEME) :] if is_model_uri(text) else ""
    name, _, tail = rest[1:].partition("/")
    suffix, _, path = tail.partition("/")
    if not rest.startswith("/") or not name.strip():
        raise _unreadable(text)
    if _is_number(suffix):
        return ModelUri(name, version=int(suffix), path=path.strip("/"))
    if suffix.lower() == "latest":
        return ModelUri(name, latest=True, path=path.strip("/"))
    stage = ModelVersionStages.canonical(suffix)
    if stage is not None:
        return ModelUri(name, stage=stage, path=path.strip("/"))
    owner, at, alias = name.rpartition("@")
    if at:
        if not owner or not alias:
            raise _unreadable(text)
        return ModelUri(owner, alias=alias, path=tail.strip("/"))
    if suffix and not name.startswith("m-"):
        raise InvalidValue(
            f"{text!r} names no model: {suffix!r} is neither a version's number nor a stage "
            f"({', '.join(ModelVersionStages.ALL)}). An alias stands after an @: models:/{name}@{suffix}."
        )
    return ModelUri(model_id=name, path=tail.strip("/"))


def check_model_name(name: str, parameter: str = "name") -> None:
    """Raises InvalidValue."""
    if not isinstance(name, str) or not name.strip():
        raise InvalidValue(f"Missing value for required parameter '{parameter}': a registered model has a name.")
    if "/" in name or ":" in name:
        raise InvalidValue(
            f"Invalid model name '{name}'. Names cannot contain '/' or ':', since models:/ URIs are made of them."
        )
    if posixpath.normpath(name) != name or name in (".", "..") or _CONTROL.search(name):
        raise InvalidValue(f"Invalid value {name!r} for parameter '{parameter}' supplied: it would not be one folder's name.")


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal()


def _unreadable(text: str) -> InvalidValue:
    return InvalidValue(f"{text!r} names no model. What works: {_WORKS}.")
