"""Where a dataset came from."""

from __future__ import annotations

import json
from typing import Any


class DatasetSource:
    """The base of all sources. A subclass says its type, what it can be made of, and how it looks as a dict."""

    @staticmethod
    def _get_source_type() -> str:
        """A short word, recorded with the dataset."""
        raise NotImplementedError

    def load(self, *args: Any, **kwargs: Any) -> Any:
        """Bring the data here. Raises NotSupported where that cannot be done."""
        raise NotImplementedError

    @staticmethod
    def _can_resolve(raw_source: Any) -> bool:
        """Whether ``raw_source`` (a URI, a path …) means a source of this kind."""
        raise NotImplementedError

    @classmethod
    def _resolve(cls, raw_source: Any) -> DatasetSource:
        raise NotImplementedError

    def to_dict(self) -> dict[Any, Any]:
        """Ready for JSON; :meth:`from_dict` reads it."""
        raise NotImplementedError

    def to_json(self) -> str:
        return json.dumps(self.to_dict())

    @classmethod
    def from_dict(cls, source_dict: dict[Any, Any]) -> DatasetSource:
        raise NotImplementedError

    @classmethod
    def from_json(cls, source_json: str) -> DatasetSource:
        return cls.from_dict(json.loads(source_json))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.to_json()})"
