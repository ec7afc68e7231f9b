"""Versions of registered models as people name them on the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runstone.contracts import Store
    from runstone.entities.model_registry import ModelVersion


def version_named(store: Store, text: str) -> ModelVersion:
    """The version that ``name/3``, ``name/Production``, ``name/latest`` or ``name@alias`` means.

    Raises: NotFound, InvalidValue.
    """
    from runstone.entities.model_uris import parse_model_uri
    from runstone.errors import InvalidValue
    from runstone.query.registry import version_meant

    uri = parse_model_uri("models:/" + text.removeprefix("models:/"))
    if not uri.name:
        raise InvalidValue(f"{text!r} names no version: name/3, name/Production, name/latest or name@alias does.")
    return version_meant(store, uri)
