"""Where a source's artifacts may be read from. They stay where they are.

A source is data from elsewhere: a file in it that says that a run's artifacts are in ``/etc`` must not open ``/etc`` to all who
can see the run. So only folders that belong to the source are followed, and places that whoever reads it in has named.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from runstone.contracts import READ_ONLY
from runstone.errors import InvalidValue

_PROXIED = "mlflow-artifacts"
_CLOUD = ("s3", "s3a", "gs", "gcs", "az", "azure", "adl", "abfs", "abfss", "wasb", "wasbs")


class Roots:
    """The places of one source.

    Args:
        base: the folder that relative paths are meant from.
        own: folders that belong to the source, whether they are there or not.
        named: further folders, ``file:`` URIs or URIs of object stores that may be read.

    Raises: InvalidValue for a named place of another kind.
    """

    def __init__(self, base: Path, own: Sequence[Path], named: Sequence[str] = ()) -> None:
        self._base = base
        self._folders = [os.path.realpath(folder) for folder in own]
        self._clouds: list[str] = []
        for uri in named:
            if _scheme(uri) in _CLOUD:
                self._clouds.append(uri.rstrip("/") + "/")
            elif _scheme(uri) in ("", "file"):
                self._folders.append(os.path.realpath(_path(uri)))
            else:
                raise InvalidValue(
                    f"Artifacts cannot be read from {uri!r}: name a folder or an object store (s3://, gs://, az://)."
                )

    def location(self, uri: str, here: Path | None = None) -> tuple[str, str]:
        """Where artifacts are that the source says are at ``uri``, as a URI that is only read; empty and the reason if they
        cannot be reached.

        Args:
            here: the folder where they would be in a source that was moved.
        """
        scheme = _scheme(uri)
        if scheme in _CLOUD:
            if any(f"{uri.rstrip('/')}/".startswith(root) for root in self._clouds) and ".." not in uri:
                return READ_ONLY + uri, ""
            bucket = "{0.scheme}://{0.netloc}".format(urlsplit(uri))
            return "", f"artifacts outside of the source are left out unless --artifacts-from allows them: {bucket}"
        for folder in self._candidates(uri, scheme, here):
            real = os.path.realpath(folder)
            if os.path.isdir(real) and self._is_ours(real):
                return READ_ONLY + Path(real).as_uri(), ""
        if uri and scheme in ("", "file") and os.path.isdir(self._local(uri)):
            parent = os.path.dirname(self._local(uri).rstrip("/"))
            return "", f"artifacts outside of the source are left out unless --artifacts-from allows them: {parent}"
        if scheme not in ("", "file", _PROXIED):
            return "", f"artifacts at {scheme}: URIs cannot be reached from here"
        return "", ""  # nothing there: a run without artifacts

    def _candidates(self, uri: str, scheme: str, here: Path | None) -> list[str]:
        found: list[str] = []
        if uri and scheme in ("", "file"):
            found.append(self._local(uri))
        elif scheme == _PROXIED:
            inside = unquote(urlsplit(uri).path).strip("/")
            if inside and ".." not in inside.split("/"):
                found += [os.path.join(folder, inside) for folder in self._folders]
        return [*found, *([str(here)] if here is not None else [])]

    def _local(self, uri: str) -> str:
        return os.path.join(self._base, _path(uri))

    def _is_ours(self, real: str) -> bool:
        return any(real == folder or real.startswith(folder.rstrip("/") + "/") for folder in self._folders)


def _scheme(uri: str) -> str:
    scheme = urlsplit(uri).scheme.lower() if ":" in uri else ""
    return scheme if len(scheme) > 1 else ""


def _path(uri: str) -> str:
    return unquote(urlsplit(uri).path) if _scheme(uri) == "file" else uri
