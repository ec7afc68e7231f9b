"""Where a dataset of Hugging Face's came from: its name on the hub, or a path, and which part of it."""

from __future__ import annotations

from typing import Any

from runstone._lazy import need
from runstone.errors import InvalidValue

from .dataset_source import DatasetSource

_TOLD = ("path", "config_name", "data_dir", "data_files", "split", "revision")


class HuggingFaceDatasetSource(DatasetSource):
    """What ``datasets.load_dataset`` takes, by its names; ``config_name`` is what it calls ``name``."""

    def __init__(
        self,
        path: str,
        config_name: str | None = None,
        data_dir: str | None = None,
        data_files: Any = None,
        split: Any = None,
        revision: Any = None,
        trust_remote_code: bool | None = None,
    ) -> None:
        self.path, self.config_name, self.data_dir, self.data_files = path, config_name, data_dir, data_files
        self.split, self.revision, self.trust_remote_code = split, revision, trust_remote_code

    @staticmethod
    def _get_source_type() -> str:
        return "hugging_face"

    def load(self, **kwargs: Any) -> Any:
        """The ``datasets.Dataset``; ``kwargs`` are for ``load_dataset``. Raises InvalidValue for one that the source has."""
        told = {"name" if name == "config_name" else name: getattr(self, name) for name in _TOLD}
        if self.trust_remote_code is not None:
            told["trust_remote_code"] = self.trust_remote_code
        twice = sorted(told.keys() & kwargs.keys())
        if twice:
            raise InvalidValue(f"load() takes no {', '.join(twice)}: the source says that already.")
        return need("datasets", "data of Hugging Face's hub").load_dataset(**told, **kwargs)

    @staticmethod
    def _can_resolve(raw_source: Any) -> bool:
        return False

    def to_dict(self) -> dict[Any, Any]:
        return {**{name: getattr(self, name) for name in _TOLD}, "split": str(self.split)}

    @classmethod
    def from_dict(cls, source_dict: dict[Any, Any]) -> HuggingFaceDatasetSource:
        told = {name: source_dict.get(name) for name in _TOLD}
        if told["split"] == "None":  # as MLflow writes that there is none
            told["split"] = None
        return cls(**told)  # type: ignore[arg-type]
