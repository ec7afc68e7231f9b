"""Datasets at a web address."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import urllib3

from runstone.errors import InvalidUrlException, InvalidValue

from .dataset_source import DatasetSource
from .filesystem_dataset_source import scheme_of

_PIECE = 1 << 20


class HTTPDatasetSource(DatasetSource):
    """A file at ``url``."""

    def __init__(self, url: str) -> None:
        self._url = url

    @property
    def url(self) -> str:
        return self._url

    @staticmethod
    def _get_source_type() -> str:
        return "http"

    def load(self, dst_path: str | None = None) -> str:
        """Fetch it into the folder ``dst_path`` (a new one if not given); the file's path.

        Raises: InvalidUrlException when the address does not answer with the file.
        """
        folder = Path(tempfile.mkdtemp(prefix="runstone-") if dst_path is None else dst_path)
        folder.mkdir(parents=True, exist_ok=True)
        try:
            answer = urllib3.PoolManager().request("GET", self.url, preload_content=False, timeout=60.0)
        except urllib3.exceptions.HTTPError as cause:
            raise InvalidUrlException(f"{self.url!r} cannot be fetched: {cause}") from cause
        try:
            if answer.status != 200:
                raise InvalidUrlException(f"{self.url!r} answered with status {answer.status}, not with the file.")
            place = folder / self._file_name(answer.headers.get("Content-Disposition", ""))
            with open(place, "wb") as file:
                for piece in answer.stream(_PIECE):
                    file.write(piece)
        except urllib3.exceptions.HTTPError as cause:
            raise InvalidUrlException(f"{self.url!r} broke off: {cause}") from cause
        finally:
            answer.release_conn()
        return str(place)

    def _file_name(self, disposition: str) -> str:
        """What the server calls the file, else the end of the address. Raises InvalidValue for a name that is a path."""
        told = re.search(r'filename="?([^";]+)"?', disposition)
        name = told.group(1).strip() if told else unquote(urlsplit(self.url).path.rpartition("/")[2])
        if re.search(r"[/\\\0]", name) or name in (".", ".."):
            raise InvalidValue(f"{self.url!r} calls its file {name!r}, which is a path; only plain names are taken.")
        return name or "dataset_source"

    @staticmethod
    def _can_resolve(raw_source: Any) -> bool:
        return scheme_of(raw_source) in ("http", "https")

    @classmethod
    def _resolve(cls, raw_source: Any) -> HTTPDatasetSource:
        return cls(str(raw_source))

    def to_dict(self) -> dict[Any, Any]:
        return {"url": self.url}

    @classmethod
    def from_dict(cls, source_dict: dict[Any, Any]) -> HTTPDatasetSource:
        """Raises InvalidValue when there is no ``url``."""
        if not isinstance(url := source_dict.get("url"), str):
            raise InvalidValue(f"An HTTPDatasetSource is a dict with 'url', not {source_dict!r}.")
        return cls(url)
