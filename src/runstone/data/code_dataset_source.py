"""Datasets that the code itself made."""

from __future__ import annotations

from typing import Any

from runstone.errors import NotSupported

from .dataset_source import DatasetSource


class CodeDatasetSource(DatasetSource):
    """Code, told apart by the tags of the run's context: user, script, commit."""

    def __init__(self, tags: dict[Any, Any]) -> None:
        self._tags = tags

    @staticmethod
    def _get_source_type() -> str:
        return "code"

    def load(self, *args: Any, **kwargs: Any) -> Any:
        raise NotSupported(
            f"This dataset was made by code ({self._tags.get('mlflow.source.name')}); run that to have it again."
        )

    @staticmethod
    def _can_resolve(raw_source: Any) -> bool:
        return False

    def to_dict(self) -> dict[Any, Any]:
        return {"tags": self._tags}

    @classmethod
    def from_dict(cls, source_dict: dict[Any, Any]) -> CodeDatasetSource:
        return cls(source_dict.get("tags") or {})
