"""Datasets in files: on this machine, or in a store named by a URI."""

from __future__ import annotations

import os
import re
from typing import Any

from runstone.client.downloads import download_artifacts
from runstone.errors import InvalidValue

from .dataset_source import DatasetSource

_SCHEME = re.compile(r"^([A-Za-z][A-Za-z0-9+.\-]*):")


def scheme_of(raw_source: Any) -> str | None:
    """The scheme of a URI in lower case, ``""`` for a path, ``None`` for what is neither."""
    if not isinstance(raw_source, (str, os.PathLike)):
        return None
    found = _SCHEME.match(str(os.fspath(raw_source)))
    return found.group(1).lower() if found else ""


class FileSystemDatasetSource(DatasetSource):
    """A file or folder, named by ``uri``."""

    def __init__(self, uri: str) -> None:
        self._uri = uri

    @property
    def uri(self) -> str:
        return self._uri

    def load(self, dst_path: str | None = None) -> str:
        """The local path of the file or folder; copied below ``dst_path`` if that is given. Raises NotFound."""
        return download_artifacts(artifact_uri=self.uri, dst_path=dst_path)

    @classmethod
    def _resolve(cls, raw_source: Any) -> FileSystemDatasetSource:
        return cls(str(os.fspath(raw_source)))

    def to_dict(self) -> dict[Any, Any]:
        return {"uri": self.uri}

    @classmethod
    def from_dict(cls, source_dict: dict[Any, Any]) -> FileSystemDatasetSource:
        """Raises InvalidValue when there is no ``uri``."""
        if not isinstance(uri := source_dict.get("uri"), str):
            raise InvalidValue(f"A {cls.__name__} is a dict with 'uri', not {source_dict!r}.")
        return cls(uri)


class LocalArtifactDatasetSource(FileSystemDatasetSource):
    """On this machine, by path or ``file:`` URI."""

    @staticmethod
    def _get_source_type() -> str:
        return "local"

    @staticmethod
    def _can_resolve(raw_source: Any) -> bool:
        return scheme_of(raw_source) in ("", "file")


class UriDatasetSource(FileSystemDatasetSource):
    """In a store named by a URI, such as ``s3://bucket/data.parquet``. Its type is the URI's scheme."""

    def _get_source_type(self) -> str:  # type: ignore[override]  # one class stands for MLflow's one per scheme
        return scheme_of(self.uri) or "local"

    @staticmethod
    def _can_resolve(raw_source: Any) -> bool:
        return scheme_of(raw_source) not in (None, "", "file", "http", "https")
