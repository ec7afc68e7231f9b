"""A model's folder on disk: made whole or not at all, with the caller's code and files beside the model."""

from __future__ import annotations

import os
import shutil
import sys
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from runstone.errors import AlreadyExists, InvalidValue, NotFound

CODE, EXTRA_FILES = "code", "extra_files"
#: What a copied code folder does not need.
_LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.pyc", ".git", ".venv", ".ipynb_checkpoints")


@contextmanager
def new_folder(path: str | os.PathLike[str]) -> Iterator[Path]:
    """A folder to fill; it takes its name when the block ends well and is gone when it does not.

    Args:
        path: where it will be; nothing or an empty folder may be there.

    Raises:
        AlreadyExists: something is there.
    """
    target = Path(path).expanduser().absolute()
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise AlreadyExists(f"The path {os.fspath(path)!r} already exists and is not empty; choose another, or remove it.")
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}")
    draft.mkdir()
    try:
        yield draft
        draft.replace(target)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise


def size_of(folder: Path) -> int:
    """Bytes of all files below the folder."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def copy_code(code_paths: Sequence[str | os.PathLike[str]] | None, folder: Path) -> str | None:
    """Copy files and folders of code into the model; the name of the subfolder for the flavors, None if there are none.

    Raises:
        InvalidValue: not a list, or one of them does not exist.
    """
    if code_paths is None:
        return None
    _copy_all(code_paths, folder / CODE, "code_paths")
    return CODE


def copy_modules(files: Mapping[str, str], folder: Path) -> None:
    """Copy modules into the model's code, each to its place there."""
    for place, file in files.items():
        target = folder / CODE / place
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)


def copy_extra(extra_files: Sequence[str | os.PathLike[str]] | None, folder: Path) -> dict[str, Any]:
    """Copy further files into the model; what the flavor's settings say of them."""
    if not extra_files:
        return {}
    names = _copy_all(extra_files, folder / EXTRA_FILES, "extra_files")
    return {EXTRA_FILES: [{"path": f"{EXTRA_FILES}/{name}"} for name in names]}


def _copy_all(paths: Sequence[str | os.PathLike[str]], target: Path, argument: str) -> list[str]:
    if isinstance(paths, str | bytes) or not isinstance(paths, Sequence):
        raise InvalidValue(f"{argument} is a list of paths; it got {paths!r}.")
    target.mkdir()
    names = []
    for path in map(Path, paths):
        source = path.expanduser()
        name = source.resolve().name
        if not source.exists():
            raise InvalidValue(f"{argument} names {os.fspath(path)!r}, which does not exist (looked in {Path.cwd()}).")
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=_LEFT_OUT, dirs_exist_ok=True)
        else:
            shutil.copyfile(source, target / name)
        names.append(name)
    return names


def inside(folder: Path, name: Any) -> Path:
    """A file or folder of the model that its manifest names. Raises NotFound; InvalidValue for one outside."""
    place = folder / str(name)
    if not place.resolve().is_relative_to(folder.resolve()):
        raise InvalidValue(f"The manifest in {folder} names {name!r}, which lies outside of the model.")
    if not place.exists():
        raise NotFound(f"The model's file {str(name)!r} is not there: {place}")
    return place


def use_code(folder: Path, settings: Mapping[str, Any]) -> None:
    """Make the code that was saved with a model importable in this process.

    Raises: NotFound, InvalidValue: it is not there, or lies outside of the model.
    """
    subfolder = settings.get(CODE)
    if subfolder:
        place = str(inside(folder, subfolder).resolve())
        if place not in sys.path:
            sys.path.insert(0, place)
