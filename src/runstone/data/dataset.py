"""What is known of a dataset: name, digest, source, schema, profile."""

from __future__ import annotations

import json
from typing import Any

from runstone.entities import Dataset as DatasetEntity

from .dataset_source import DatasetSource


class Dataset:
    """The base of all datasets. A subclass sets what its digest is computed of before it calls this constructor.

    Args:
        source: where it came from.
        name: ``dataset`` if not given.
        digest: a short fingerprint; computed if not given.
    """

    def __init__(self, source: DatasetSource, name: str | None = None, digest: str | None = None) -> None:
        self._name = name
        self._source = source
        self._digest = digest or self._compute_digest()

    def _compute_digest(self) -> str:
        """About 8 characters, equal for equal data."""
        raise NotImplementedError

    @property
    def name(self) -> str:
        return "dataset" if self._name is None else self._name

    @property
    def digest(self) -> str:
        return self._digest

    @property
    def source(self) -> DatasetSource:
        return self._source

    @property
    def profile(self) -> Any | None:
        """Counts and sizes, ready for JSON."""
        return None

    @property
    def schema(self) -> Any | None:
        """Names and types; ``None`` where they cannot be told."""
        return None

    def _get_source_type(self) -> str:
        return self.source._get_source_type()

    def _schema_json(self) -> str | None:
        return None

    def to_dict(self) -> dict[str, Any]:
        """``name``, ``digest``, ``source_type`` and, as JSON texts, ``source``, ``schema``, ``profile``."""
        told: dict[str, Any] = {
            "name": self.name,
            "digest": self.digest,
            "source": self.source.to_json(),
            "source_type": self._get_source_type(),
        }
        schema, profile = self._schema_json(), self.profile
        if schema is not None or profile is not None:
            told |= {"schema": schema, "profile": json.dumps(profile)}
        return told

    def to_json(self) -> str:
        return json.dumps(self.to_dict())

    def _to_mlflow_entity(self) -> DatasetEntity:
        """As a run's inputs record it."""
        told = self.to_dict()
        return DatasetEntity(
            told["name"], told["digest"], told["source_type"], told["source"], told.get("schema"), told.get("profile")
        )
