"""``models:/…``: what it names.

models:/<name>/<version>    a version by its number
models:/<name>/<stage>      the newest version in a stage
models:/<name>/latest       the version with the highest number
models:/<name>@<alias>      the version an alias stands for
models:/<model id>          a logged model
"""

from __future__ import annotations

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


def is_model_uri(text: str) -> bool:
    return text.startswith(SCHEME)


def parse_model_uri(text: str) -> ModelUri:
    """Raises InvalidValue for a text that is none of the forms above."""
    rest = text[len(SCHEME) :] if is_model_uri(text) else ""
    if not rest.startswith("/") or rest.startswith("//"):
        raise _unreadable(text)
    name, _, tail = rest[1:].partition("/")
    name, at, alias = name.partition("@")
    if not name or (at and not alias):
        raise _unreadable(text)
    if at:
        return ModelUri(name, alias=alias, path=tail.strip("/"))
    suffix, _, path = tail.partition("/")
    if not suffix:
        return ModelUri(model_id=name)
    if name.startswith("m-") and not suffix.isdecimal() and ModelVersionStages.canonical(suffix) is None:
        return ModelUri(model_id=name, path=tail.strip("/"))
    return _by_suffix(name, suffix, path.strip("/"))


def _by_suffix(name: str, suffix: str, path: str) -> ModelUri:
    if suffix.isascii() and suffix.isdecimal():
        return ModelUri(name, version=int(suffix), path=path)
    if suffix.lower() == "latest":
        return ModelUri(name, latest=True, path=path)
    return ModelUri(name, stage=suffix, path=path)


def _unreadable(text: str) -> InvalidValue:
    return InvalidValue(f"{text!r} names no model. What works: {_WORKS}.")
