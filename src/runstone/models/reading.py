"""Ask about a model without loading it."""

from __future__ import annotations

import os
from typing import Any

from .enforce import enforce_schema
from .info import ModelInfo
from .locate import local_folder
from .manifest import Model
from .schema import Schema


def get_model_info(model_uri: str) -> ModelInfo:
    """What the manifest of a model says; ``model_uri`` of a logged model is ``models:/<model id>``, by whatever name it was
    asked for.

    Args:
        model_uri: a folder, ``file:…``, ``runs:/<run_id>/<path>`` or ``models:/…``.

    Raises:
        NotFound: there is no model.
    """
    asked = os.fspath(model_uri)
    manifest = Model.load(local_folder(asked))
    logged = manifest.model_id and asked.startswith(("runs:", "models:"))
    return manifest.get_model_info(None if logged else asked)


def validate_schema(data: Any, expected_schema: Schema) -> None:
    """Raises InvalidValue when a model with this schema would refuse the data."""
    enforce_schema(data, expected_schema)
