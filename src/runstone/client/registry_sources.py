"""What may become a model version here."""

from __future__ import annotations

import shutil
from pathlib import Path
from urllib.parse import unquote, urlsplit

from msgspec import Struct, structs

from runstone import connect
from runstone.contracts import ArtifactStore
from runstone.entities.model_uris import is_model_uri, parse_model_uri
from runstone.errors import InvalidValue, NotFound
from runstone.query.registry import whole_model
from runstone.query.run_models import folder_of, logged_as, newest_model

from .checks import shown
from .places import place_at
from .session import Session

MANIFEST = "MLmodel"
#: Folder below a store's artifacts for models that were registered from outside of it.
REGISTERED = "registered"


class Source(Struct, frozen=True):
    """What a version is made of. ``location`` empty: ``uri`` says where the files are."""

    uri: str
    run_id: str = ""
    model_id: str = ""
    location: str = ""


def source_of(here: Session, registry_uri: str, source: str, run_id: str = "", model_id: str = "") -> Source:
    """A source as ``create_model_version`` takes it.

    Args:
        here: the session of the store that knows the runs.
        registry_uri: canonical URI of the store that keeps the version.

    Raises:
        InvalidValue: it is not of the run or logged model given with it, or a local path outside of this store.
        NotFound: the run does not exist.
    """
    if not isinstance(source, str) or not source.strip() or "\0" in source:
        raise InvalidValue(f"source={shown(source)} names no model. runs:/<run_id>/<path> does.")
    if is_model_uri(source):
        named = parse_model_uri(source).model_id
        if named and model_id and named != model_id:
            raise InvalidValue(f"source={source!r} is not the logged model model_id={model_id!r}.")
        if not named:
            return Source(source, run_id, model_id)
        model = whole_model(here.fresh_store().get_logged_model(named))
        if run_id and model.source_run_id and run_id != model.source_run_id:
            raise InvalidValue(f"source={source!r} is a model of the run {model.source_run_id!r}, not of run_id={run_id!r}.")
        location = "" if here.uri == registry_uri else model.artifact_location
        return Source(source, run_id or model.source_run_id or "", named, location)
    if source.startswith("runs:"):
        return _of_run(here, registry_uri, source, run_id, model_id)
    local = local_path(source)
    if local is None or is_remote(registry_uri):
        return Source(source, run_id, model_id)
    if run_id:
        root = local_path(here.run(run_id).info.artifact_uri or "")
        if root is not None and local.resolve().is_relative_to(root.resolve()):
            below = local.resolve().relative_to(root.resolve()).as_posix()
            location = f"runs:/{run_id}/{below}" if here.uri == registry_uri else local.resolve().as_uri()
            return Source(source, run_id, model_id, location)
    if not _of_store(local, registry_uri):
        raise InvalidValue(
            f"source={source!r} lies outside of this store's artifacts, where it could change or go. "
            f"runstone.register_model({source!r}, name) copies it into the store first."
        )
    return Source(source, run_id, model_id, local.resolve().as_uri())


def whole_source(here: Session, registry_uri: str, model_uri: str, key: str) -> Source:
    """A source as ``register_model`` takes it: there must be a whole model, and one from outside of the store is copied
    into it, as ``key``. A model's manifest is written last, so an upload that was cut in the middle has none.

    Raises:
        NotFound: there is no model; InvalidValue.
    """
    local = None if is_model_uri(model_uri) or model_uri.startswith("runs:") else local_path(model_uri)
    if local is None:
        found = source_of(here, registry_uri, model_uri)
        if is_model_uri(found.uri):
            return found
        if not _has_model(*place_at(here, found.location or found.uri)):
            raise NotFound(
                f"There is no whole model at {model_uri!r}: no file {MANIFEST} is there. It is written last, so an upload "
                "that was cut short leaves none; log the model again."
            )
        if not found.run_id:
            return found
        path = model_uri.partition(":")[2].lstrip("/").partition("/")[2].strip("/")
        made = newest_model(here.store, here.run(found.run_id), path)
        return found if made is None else structs.replace(found, model_id=made.model_id)
    if not (local / MANIFEST).is_file():
        raise NotFound(f"There is no model at {model_uri!r}: a model is a folder with a file {MANIFEST}.")
    if is_remote(registry_uri):
        raise InvalidValue(
            f"{model_uri!r} is a folder of this machine, which the registry at {registry_uri} cannot reach. Log the model to a "
            "run first (log_model, or log_artifacts), then register runs:/<run_id>/<path>."
        )
    if _of_store(local, registry_uri):
        return Source(model_uri, location=local.resolve().as_uri())
    copy = connect.artifact_root(registry_uri) / REGISTERED / key
    draft = copy.with_name(f".{key}")
    try:
        shutil.copytree(local, draft)
        draft.replace(copy)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return Source(copy.as_uri())


def drop_copy(registry_uri: str, key: str) -> None:
    """Remove what :func:`whole_source` copied for a version that was not made."""
    if not is_remote(registry_uri):
        shutil.rmtree(connect.artifact_root(registry_uri) / REGISTERED / key, ignore_errors=True)


def local_path(text: str) -> Path | None:
    """The path that a URI or a plain path means on this machine; ``None`` for a place elsewhere."""
    parts = urlsplit(text)
    if parts.scheme == "file":
        return Path(unquote(parts.path))
    return Path(text).expanduser().absolute() if len(parts.scheme) < 2 and text else None


def is_remote(uri: str) -> bool:
    """Whether a store is reached through a server."""
    return uri.startswith(("http://", "https://"))


def _of_run(here: Session, registry_uri: str, source: str, run_id: str, model_id: str) -> Source:
    named, _, path = source[len("runs:") :].removeprefix("/").partition("/")
    plain = path.strip("/")
    if not named or not plain or ".." in plain.split("/"):
        raise InvalidValue(f"source={source!r} is no model of a run: runs:/<run_id>/<path> names both.")
    if run_id and run_id != named:
        raise InvalidValue(f"source={source!r} is not of the run run_id={run_id!r}.")
    run = here.run(named)
    made = here.store.get_logged_model(model_id) if model_id else newest_model(here.store, run, plain)
    if (
        made is not None and logged_as(run, made, plain) and folder_of(run, made) != plain
    ):  # what runs:/ means changes with the next log_model, a version never
        return source_of(here, registry_uri, made.model_uri, named)
    root = run.info.artifact_uri or ""
    location = f"runs:/{named}/{plain}" if here.uri == registry_uri else f"{root.rstrip('/')}/{plain}"
    return Source(source, named, model_id, location)


def _of_store(path: Path, registry_uri: str) -> bool:
    return path.resolve().is_relative_to(connect.artifact_root(registry_uri).resolve())


def _has_model(artifacts: ArtifactStore, path: str) -> bool:
    manifest = f"{path}/{MANIFEST}" if path else MANIFEST
    return any(one.path == manifest for one in artifacts.list(path))
