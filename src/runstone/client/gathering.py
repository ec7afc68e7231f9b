"""Gather what surrounds a run; the slow part of :mod:`runstone.client.context`, for its background thread."""

from __future__ import annotations

import functools
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from runstone.query.identity import (
    CODE_TAG,
    COMMAND_CAP,
    COMMAND_TAG,
    ENVIRONMENT_TAG,
    code_digest,
    command_text,
    environment_digest,
)

from . import git, host, packages, sources
from .context import Gathered
from .surroundings import code_folder

T = TypeVar("T")


def collect() -> Gathered:
    """Each part by itself: one that fails leaves a note in ``host`` and the others whole."""
    notes: list[str] = []
    code = _part(notes, "git", functools.partial(git.state, code_folder()), git.GitState())
    listed = _part(notes, "packages", packages.installed, "")
    nothing: dict[str, Any] = {}
    facts = _part(notes, "host", host.facts, nothing)
    notes += code.notes
    tags: dict[str, str | None] = {}
    if code.commit:
        tags["mlflow.source.git.commit"] = code.commit
        tags["mlflow.source.git.dirty"] = "true" if code.dirty else "false"
    if code.branch:
        tags["mlflow.source.git.branch"] = code.branch
    if code.remote:
        tags["mlflow.source.git.repoURL"] = code.remote
    files = _part(notes, "source files", functools.partial(own_sources, code, Path(code_folder())), nothing)
    tags |= identity_tags(code, files, facts, listed)
    facts["code_folder"] = code_folder()
    if code.top:
        facts["git"] = {"folder": code.top, "dirty": code.dirty, "untracked": list(code.untracked)}
    if notes:
        facts["notes"] = notes
    documents = [("host", "application/json", json.dumps(facts, ensure_ascii=False, indent=1, default=str))]
    if listed:
        documents.append(("packages", "text/plain", listed))
    if code.diff:
        documents.append(("git.diff", "text/x-diff", code.diff))
    if files:
        documents.append(("sources", "application/json", json.dumps(files, ensure_ascii=False)))
    return Gathered(tags, documents, time.monotonic())


def own_sources(code: git.GitState, folder: Path, files: list[Path] | None = None) -> dict[str, dict[str, Any]]:
    """The run's files that git does not have, by path below git's folder, else ``folder``.

    ``files``: those of the run; what this process imported if not given.
    """
    root = Path(code.top or folder)
    return sources.described(root, sources.imported(root) if files is None else files, code.untracked if code.commit else None)


def identity_tags(
    code: git.GitState, files: dict[str, dict[str, Any]], facts: dict[str, Any], listed: str
) -> dict[str, str | None]:
    """Tags by which equal runs are found; see :mod:`runstone.query.identity`."""
    tags = {
        CODE_TAG: code_digest(code.commit, code.diff, {path: str(one["sha256"]) for path, one in files.items()}),
        ENVIRONMENT_TAG: environment_digest(facts, listed),
        COMMAND_TAG: command_text(facts)[:COMMAND_CAP],
    }
    return {key: value for key, value in tags.items() if value}


def _part(notes: list[str], what: str, read: Callable[[], T], otherwise: T) -> T:
    try:
        return read()
    except Exception as cause:
        notes.append(f"{what} could not be read: {type(cause).__name__}: {cause}")
        return otherwise
