"""What ``log_model`` and ``get_model_info`` give back."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from runstone.entities import Metric

from .signature import ModelSignature


class ModelInfo(Struct, frozen=True, eq=False, kw_only=True):
    """A logged model, read only.

    Attributes:
        artifact_path: where it lies among its run's artifacts.
        flavors: flavor name to its settings.
        model_uri: what ``load_model`` takes: ``models:/<model id>`` of a logged model, which always means this one.
        model_uuid: the model's own id; of a logged model its ``model_id``.
        run_id: the run that logged it; None for a model saved to a folder.
        saved_input_example_info: where the example lies and what it is.
        signature: a :class:`~runstone.models.ModelSignature`, or None.
        utc_time_created: UTC, as text.
        mlflow_version: the version of the format.
        metadata: the caller's own.
        model_id, name, params, tags, step: of the logged model.
        creation_timestamp: of the logged model, milliseconds since 1970 UTC.
        metrics: its points as :func:`get_model_info` found them; None of one that was just logged.
    """

    artifact_path: str | None
    flavors: dict[str, Any]
    model_uri: str
    model_uuid: str | None
    run_id: str | None
    saved_input_example_info: dict[str, Any] | None
    signature: ModelSignature | None
    utc_time_created: str
    mlflow_version: str | None
    metadata: dict[str, Any] | None = None
    registered_model_version: int | None = None
    env_vars: list[str] | None = None
    prompts: list[str] | None = None
    model_id: str | None = None
    name: str | None = None
    params: dict[str, str] | None = None
    tags: dict[str, str] | None = None
    step: int = 0
    creation_timestamp: int | None = None
    metrics: list[Metric] | None = None

    @property
    def signature_dict(self) -> dict[str, Any] | None:
        """The signature as in the MLmodel file."""
        return self.signature.to_dict() if self.signature else None
