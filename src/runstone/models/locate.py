"""Where a model lies: a folder on this machine for any model URI."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from urllib.parse import unquote, urlsplit

import runstone
from runstone.client.checks import path_text, shown
from runstone.errors import InvalidValue, NotFound

WORKS = "A folder, file:///…, runs:/<run_id>/<path>, models:/<name>/<version> and models:/<name>@<alias> work."


def local_folder(model_uri: str | os.PathLike[str], dst_path: str | os.PathLike[str] | None = None) -> Path:
    """The folder of a model on this machine; fetched if it lies elsewhere.

    Args:
        model_uri: a folder, ``file:…``, ``runs:/<run_id>/<path>`` (of several models that were logged so the newest), or
            ``models:/<name>/<version>``; instead of the version ``latest`` or a stage, or ``models:/<name>@<alias>``.
        dst_path: a folder that exists, to copy the model to; None reads it where it is, when it can.

    Raises:
        NotFound: there is nothing.
        InvalidValue: no URI of a model.
    """
    text = uri_text(model_uri)
    scheme = urlsplit(text).scheme
    if scheme == "runs":
        return _from_run(text, dst_path)
    if scheme == "models":
        return Path(runstone.artifacts.download_artifacts(text, dst_path=dst_path))
    if scheme == "file":
        text = unquote(urlsplit(text).path)
    elif len(scheme) > 1:
        raise InvalidValue(f"{text!r} has the scheme {scheme!r}, which models cannot be read from. {WORKS}")
    folder = Path(text).expanduser()
    if not folder.exists():
        raise NotFound(f"There is no model at {text!r}: the folder does not exist.")
    return folder if dst_path is None else _copied(folder, Path(path_text(dst_path, "dst_path")))


def uri_text(model_uri: str | os.PathLike[str]) -> str:
    """A model's URI as text. Raises InvalidValue."""
    text: object = os.fspath(model_uri) if isinstance(model_uri, os.PathLike) else model_uri
    if not isinstance(text, str) or not text:
        raise InvalidValue(f"{shown(model_uri)} is no place of a model. {WORKS}")
    return text


def split_run_uri(uri: str) -> tuple[str, str]:
    """Run id and path of ``runs:/<run_id>/<path>``. Raises InvalidValue."""
    run_id, _, path = urlsplit(uri).path.lstrip("/").partition("/")
    if not run_id or not path.strip("/"):
        raise InvalidValue(f"{uri!r} is no model of a run: runs:/<run_id>/<path> names both, as in runs:/0a1b…/model.")
    return run_id, path.strip("/")


def _from_run(uri: str, dst_path: str | os.PathLike[str] | None) -> Path:
    run_id, path = split_run_uri(uri)
    target = None if dst_path is None else path_text(dst_path, "dst_path")
    return Path(runstone.artifacts.download_artifacts(f"runs:/{run_id}/{path}", dst_path=target))


def _copied(folder: Path, target: Path) -> Path:
    if not target.is_dir():
        raise NotFound(f"dst_path={os.fspath(target)!r} is no folder; make it first.")
    return Path(shutil.copytree(folder, target / folder.resolve().name, dirs_exist_ok=True))
