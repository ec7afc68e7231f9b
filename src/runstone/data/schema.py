"""The schema of a dataset of tensors."""

from __future__ import annotations

from typing import Any

from runstone.errors import InvalidValue
from runstone.models.schema import Schema


class TensorDatasetSchema:
    """The schema of ``features`` and, if there are any, of ``targets``."""

    def __init__(self, features: Schema, targets: Schema | None = None) -> None:
        for name, given in (("features", features), ("targets", targets)):
            if not isinstance(given, Schema) and (name == "features" or given is not None):
                raise InvalidValue(f"{name} must be a Schema, not {type(given).__name__}.")
        self.features, self.targets = features, targets

    def to_dict(self) -> dict[str, Any]:
        targets = None if self.targets is None else self.targets.to_json()
        return {"mlflow_tensorspec": {"features": self.features.to_json(), "targets": targets}}

    @classmethod
    def from_dict(cls, schema_dict: dict[str, Any]) -> TensorDatasetSchema:
        """Raises InvalidValue when the key ``mlflow_tensorspec`` is missing."""
        told = schema_dict.get("mlflow_tensorspec")
        if not isinstance(told, dict):
            raise InvalidValue(f"A schema of tensors is a dict with 'mlflow_tensorspec', not {schema_dict!r}.")
        targets = told.get("targets")
        return cls(Schema.from_json(told["features"]), None if targets is None else Schema.from_json(targets))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TensorDatasetSchema) and self.to_dict() == other.to_dict()

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"features: {self.features!r}, targets: {self.targets!r}"
