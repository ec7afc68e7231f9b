"""The run's own source files that git does not have: what was imported from the code's folder, by content."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from .secrets import speaks_of_secrets

#: Longest file of which the text is kept, and of all together, bytes.
FILE_CAP, TOTAL_CAP = 256 << 10, 1 << 20
#: Most files that are looked at.
COUNT_CAP = 500
_FOREIGN = {"site-packages", "dist-packages", "node_modules", "__pycache__", ".git", ".tox", ".nox"}
#: Folders of stores, in which models have code and descriptions of their own.
_STORES = {"mlruns", "mlartifacts"}
#: What a project is made of wherever it lies in its folder, and what describes it at the top.
_CODE, _DESCRIBING = (".py", ".sh", ".r"), (".yaml", ".yml", ".toml")


def imported(root: Path) -> list[Path]:
    """Files of modules that this process has imported from below ``root``, its script included; no installed packages."""
    # a script that has come to its end has lost its __file__; what was started is still known
    found = {sys.argv[0]} if getattr(sys, "argv", None) and sys.argv[0].endswith(".py") else set()
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if isinstance(file, str) and file.endswith((".py", ".ipynb")):
            found.add(file)
    return _own(root, map(Path, found))


def below(root: Path) -> list[Path]:
    """Files of a project below ``root``, for a process whose imports cannot be seen: Python, shell and R, ``MLproject`` and
    the YAML and TOML files beside it. Left out are what is hidden, folders of stores, and descriptions whose names speak of
    secrets."""
    found = []
    for place, folders, names in os.walk(root):
        folders[:] = [one for one in folders if not one.startswith(".") and one not in _FOREIGN | _STORES]
        at_top = Path(place) == root
        found += [Path(place, name) for name in names if name.lower().endswith(_CODE) or (at_top and _describes(name.lower()))]
    return _own(root, found)


def _describes(name: str) -> bool:
    return name == "mlproject" or (name.endswith(_DESCRIBING) and not name.startswith(".") and not speaks_of_secrets(name))


def _own(root: Path, files: Iterable[Path]) -> list[Path]:
    root = root.resolve()
    prefix = Path(sys.prefix).resolve()
    found = []
    for file in files:
        with suppress(OSError, ValueError):
            path = file.resolve()
            inner = path.relative_to(root)
            outside = not prefix.is_relative_to(root) or not path.is_relative_to(prefix)
            if outside and not _FOREIGN & set(inner.parts) and path.is_file():
                found.append(path)
    return sorted(set(found))[:COUNT_CAP]


def described(root: Path, files: Iterable[Path], only: Iterable[str] | None = None) -> dict[str, dict[str, Any]]:
    """Path below ``root`` to ``sha256``, and ``text`` while there is room for it.

    Args:
        only: paths below ``root``; others are left out. Those that git does not track, where there is git.
    """
    wanted = None if only is None else set(only)
    root, room = root.resolve(), TOTAL_CAP
    found: dict[str, dict[str, Any]] = {}
    for file in files:
        path = file.relative_to(root).as_posix()
        if wanted is not None and path not in wanted:
            continue
        with suppress(OSError):
            content = file.read_bytes()
            found[path] = {"sha256": hashlib.sha256(content).hexdigest()}
            if len(content) <= min(FILE_CAP, room):
                with suppress(UnicodeDecodeError):
                    found[path]["text"] = content.decode("utf-8")
                    room -= len(content)
    return found
