"""Gather what surrounds a run; the slow part of :mod:`runstone.client.context`, for its background thread."""

from __future__ import annotations

import functools
import json
import time
from collections.abc import Callable
from typing import Any, TypeVar

from . import git, host, packages
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
    if code.top:
        facts["git"] = {"folder": code.top, "dirty": code.dirty, "untracked": list(code.untracked)}
    if notes:
        facts["notes"] = notes
    documents = [("host", "application/json", json.dumps(facts, ensure_ascii=False, indent=1, default=str))]
    if listed:
        documents.append(("packages", "text/plain", listed))
    if code.diff:
        documents.append(("git.diff", "text/x-diff", code.diff))
    return Gathered(tags, documents, time.monotonic())


def _part(notes: list[str], what: str, read: Callable[[], T], otherwise: T) -> T:
    try:
        return read()
    except Exception as cause:
        notes.append(f"{what} could not be read: {type(cause).__name__}: {cause}")
        return otherwise
