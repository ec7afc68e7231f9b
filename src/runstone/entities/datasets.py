"""Datasets and models that a run read or wrote."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import field

from .shape import Entity


class InputTag(Entity, frozen=True):
    key: str
    value: str


class Dataset(Entity, frozen=True):
    """A dataset's identity. ``source``, ``schema`` and ``profile`` are JSON texts."""

    name: str
    digest: str
    source_type: str
    source: str
    schema: str | None = None
    profile: str | None = None


class DatasetInput(Entity, frozen=True):
    """A dataset as a run used it; the tag ``mlflow.data.context`` says for what (training, validation …)."""

    dataset: Dataset
    tags: list[InputTag] = field(default_factory=list)


class LoggedModelInput(Entity, frozen=True):
    model_id: str


class LoggedModelOutput(Entity, frozen=True):
    model_id: str
    step: int = 0


class RunInputs(Entity, frozen=True):
    dataset_inputs: list[DatasetInput]
    model_inputs: list[LoggedModelInput] = field(default_factory=list)

    def to_dictionary(self) -> dict[str, Any]:
        return {
            "dataset_inputs": msgspec.to_builtins(self.dataset_inputs),
            "model_inputs": msgspec.to_builtins(self.model_inputs),
        }


class RunOutputs(Entity, frozen=True):
    model_outputs: list[LoggedModelOutput]

    def to_dictionary(self) -> dict[str, Any]:
        return {"model_outputs": msgspec.to_builtins(self.model_outputs)}
