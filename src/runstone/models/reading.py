"""Ask about a model without loading it."""

from __future__ import annotations

import os
from typing import Any

from runstone.errors import InvalidValue

from .enforce import enforce_schema
from .info import ModelInfo
from .locate import local_folder
from .manifest import FILE_NAME, Model
from .schema import Schema
from .signature import ModelSignature


def get_model_info(model_uri: str) -> ModelInfo:
    """What the manifest of a model says.

    Args:
        model_uri: a folder, ``file:…`` or ``runs:/<run_id>/<path>``.

    Raises:
        NotFound: there is no model.
    """
    return Model.load(local_folder(model_uri)).get_model_info(os.fspath(model_uri))


def set_signature(model_uri: str, signature: ModelSignature) -> None:
    """Give a saved model another signature.

    Args:
        model_uri: a folder or ``file:…``; a run's model is fixed once logged.

    Raises:
        NotFound: there is no model.
        InvalidValue: no signature, or a model of a run.
    """
    if not isinstance(signature, ModelSignature):
        raise InvalidValue(f"signature is a ModelSignature; it got {type(signature).__name__}. infer_signature makes one.")
    if os.fspath(model_uri).startswith("runs:"):
        raise InvalidValue(
            f"{model_uri!r} is a run's model, which does not change once logged; log it again with the signature."
        )
    folder = local_folder(model_uri)
    manifest = Model.load(folder)
    manifest.signature = signature
    manifest.save(folder / FILE_NAME)


def validate_schema(data: Any, expected_schema: Schema) -> None:
    """Raises InvalidValue when a model with this schema would refuse the data."""
    enforce_schema(data, expected_schema)
