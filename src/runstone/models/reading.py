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
    """What the manifest of a model says.

    Args:
        model_uri: a folder, ``file:…`` or ``runs:/<run_id>/<path>``.

    Raises:
        NotFound: there is no model.
    """
    return Model.load(local_folder(model_uri)).get_model_info(os.fspath(model_uri))


def validate_schema(data: Any, expected_schema: Schema) -> None:
    """Raises InvalidValue when a model with this schema would refuse the data."""
    enforce_schema(data, expected_schema)
