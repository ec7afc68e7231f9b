"""Registered models in MLflow's folder: ``models/<name>/version-<n>``."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Any

from . import reading
from .contents import Problem, RegisteredIn, VersionIn
from .reading import Unreadable, number, word

META = "meta.yaml"
#: The stage by which MLflow marks a version that is deleted.
DELETED = "Deleted_Internal"
_VERSION = re.compile(r"version-(\d{1,9})")
_LOGGED = re.compile(r"/(m-[0-9a-f]{32})/artifacts/?(.*)$")


def registered(folder: str, problem: Problem) -> Iterator[RegisteredIn]:
    for name in reading.folders(folder):
        place = os.path.join(folder, name)
        if not os.path.exists(os.path.join(place, META)):
            continue
        try:
            yield _model(place, problem)
        except Unreadable as cause:
            problem(place, str(cause))


def _model(folder: str, problem: Problem) -> RegisteredIn:
    meta = reading.mapping(os.path.join(folder, META))
    versions, last = [], 0
    for name in reading.folders(folder):
        match = _VERSION.fullmatch(name)
        if match is None:
            continue
        last = max(last, int(match[1]))
        try:
            found = reading.mapping(os.path.join(folder, name, META))
        except Unreadable as cause:
            problem(os.path.join(folder, name), str(cause))
            continue
        if found.get("current_stage") != DELETED:
            versions.append(version_of(int(match[1]), found, _texts(os.path.join(folder, name, "tags"), problem)))
    aliases = {key: number(value.strip()) for key, value in _texts(os.path.join(folder, "aliases"), problem).items()}
    created = number(meta.get("creation_timestamp")) or 0
    return RegisteredIn(
        name=word(meta.get("name")) or os.path.basename(folder),
        created=created,
        updated=number(meta.get("last_updated_timestamp")) or created,
        description=word(meta.get("description")) or None,
        tags=_texts(os.path.join(folder, "tags"), problem),
        aliases={key: value for key, value in aliases.items() if value is not None},
        versions=sorted(versions, key=lambda one: one.version),
        next_version=last + 1,
    )


def version_of(version: int, meta: dict[str, Any], tags: dict[str, str]) -> VersionIn:
    """A version by MLflow's names of its fields, those of the files or of the database."""
    source, run_id = word(meta.get("source")), word(meta.get("run_id"))
    created = number(meta.get("creation_timestamp", meta.get("creation_time"))) or 0
    return VersionIn(
        version=version,
        created=created,
        updated=number(meta.get("last_updated_timestamp", meta.get("last_updated_time"))) or created,
        source=source,
        location=location_of(word(meta.get("storage_location")) or source, run_id),
        description=word(meta.get("description")) or None,
        user_id=word(meta.get("user_id")),
        stage=word(meta.get("current_stage")) or "None",
        run_id=run_id,
        run_link=word(meta.get("run_link")),
        model_id=word(meta.get("model_id")),
        status=word(meta.get("status")) or "READY",
        status_message=word(meta.get("status_message")) or None,
        tags=tags,
    )


def location_of(uri: str, run_id: str) -> str:
    """Where a version's files are, in a way that goes by the run's or logged model's own artifacts; else empty."""
    if uri.startswith(("runs:/", "models:/m-")):
        return uri
    logged = _LOGGED.search(uri)
    if logged:
        return f"models:/{logged[1]}" + (f"/{logged[2]}" if logged[2] else "")
    if run_id and f"/{run_id}/artifacts/" in uri:
        return f"runs:/{run_id}/{uri.partition(f'/{run_id}/artifacts/')[2].strip('/')}"
    return ""


def _texts(folder: str, problem: Problem) -> dict[str, str]:
    found = {}
    for key, value, why in reading.texts(folder):
        if value is None:
            problem(os.path.join(folder, key), why)
        else:
            found[key] = value
    return found
