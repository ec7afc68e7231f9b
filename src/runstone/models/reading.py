"""Ask about a model without loading it."""

from __future__ import annotations

from typing import Any

from msgspec import structs

import runstone
from runstone.errors import NotFound

from .enforce import enforce_schema
from .info import ModelInfo
from .locate import local_folder, uri_text
from .manifest import Model
from .schema import Schema


def get_model_info(model_uri: str) -> ModelInfo:
    """What the manifest of a model says; ``model_uri`` of a logged model is ``models:/<model id>``, by whatever name it was
    asked for, and what is known of it is told, too: name, params, tags, points.

    Args:
        model_uri: a folder, ``file:…``, ``runs:/<run_id>/<path>`` or ``models:/…``.

    Raises:
        NotFound: there is no model.
    """
    asked = uri_text(model_uri)
    manifest = Model.load(local_folder(asked))
    logged = manifest.model_id and asked.startswith(("runs:", "models:"))
    info = manifest.get_model_info(None if logged else asked)
    if not logged:
        return info
    try:
        found = runstone.get_logged_model(str(manifest.model_id))
    except NotFound:  # the files of a model of another store
        return info
    names = ("name", "params", "tags", "creation_timestamp", "metrics")
    return structs.replace(info, **{name: getattr(found, name) for name in names})


def validate_schema(data: Any, expected_schema: Schema) -> None:
    """Raises InvalidValue when a model with this schema would refuse the data."""
    enforce_schema(data, expected_schema)
