"""Where a model version may come from when a client asks over the wire, and where its files are.

A source belongs to the run or logged model that is named with it, or that its path names: ``runs:/<run>/<path>``,
``models:/…``, or a URI below the artifacts of that run. Anything else (a local path of the server, another bucket, another
run) is refused, so that no version leads the server where its client could not go.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from runstone.entities.model_uris import is_model_uri, parse_model_uri
from runstone.errors import InvalidValue, NotFound, PermissionDenied
from runstone.query.registry import PROMPT_TAG, version_meant, whole_model
from runstone.query.run_models import folder_of, logged_as, newest_model

if TYPE_CHECKING:
    from runstone.entities import Run
    from runstone.entities.logged_models import LoggedModel
    from runstone.server.backend import Backend

#: What prompts have instead of a source.
PROMPT_SOURCES = ("dummy-source", "prompt-template")

_OWNED = re.compile(r"/(?:(?P<run>[0-9a-f]{32})|(?P<model>m-[0-9a-f]{32}))/artifacts(?:/|$)")


class Origin(Struct, frozen=True):
    """A source that may be registered; ``location`` empty: the source says it."""

    source: str
    run_id: str = ""
    model_id: str = ""
    location: str = ""


def origin(backend: Backend, source: str, run_id: str, model_id: str, prompt: bool) -> Origin:
    """Raises InvalidValue for a source that is not the run's or model's own, NotFound for what it names and is not there."""
    if prompt:
        if source not in PROMPT_SOURCES:
            raise _refused(source, f"a prompt's source is one of {', '.join(PROMPT_SOURCES)}")
        return Origin(source)
    _require_plain(source)
    if is_model_uri(source):
        return _of_model_uri(backend, source, run_id, model_id)
    if source.startswith("runs:"):
        return _of_run_uri(backend, source, run_id, model_id)
    if not run_id and not model_id:
        run_id, model_id = _named_in(backend, source)
    if run_id:
        run = backend.store.get_run(run_id, metrics=False)
        inside = backend.locations.inside(source, run.info.artifact_uri or "")
        if inside is not None:
            if model_id:
                _require_model(backend, source, model_id)
            newest = None if model_id else _newest(backend, run, inside)  # MLflow's clients make such a URI of runs:/…
            return newest or Origin(source, run_id, model_id, f"runs:/{run_id}/{inside}")
    if model_id:
        model = whole_model(backend.store.get_logged_model(model_id))
        inside = backend.locations.inside(source, model.artifact_location)
        if inside is not None:
            return Origin(source, run_id or model.source_run_id or "", model_id, f"models:/{model_id}/{inside}".rstrip("/"))
    raise _refused(
        source, "name the run (run_id) or logged model (model_id) whose artifacts hold it; paths of the server are never taken"
    )


def version_place(backend: Backend, name: str, version: int) -> tuple[str, str]:
    """The artifact root of a version's files, and the path of its folder below it, for the server to read.

    Raises:
        NotFound: there is no such version, or what it came from is gone.
        PermissionDenied: its files lie outside of what this server serves, whoever registered it so.
    """
    location = backend.store.version_location(name, version)
    served = backend.locations.destination or backend.locations.root
    ours = location.startswith("runs:/") or is_model_uri(location)
    if not ours and (not served or backend.locations.inside(location, served) is None):
        raise PermissionDenied(f"The files of {name} version {version} are at {location!r}, which this server does not serve.")
    return _place(backend, location)


def shown_location(backend: Backend, name: str, version: int) -> str:
    """Where a version's files are, as one URI that clients can use. Raises NotFound."""
    root, path = _place(backend, backend.store.version_location(name, version))
    shown = backend.shown_artifact_uri(root)
    return f"{shown.rstrip('/')}/{path}" if path else shown


def _place(backend: Backend, location: str) -> tuple[str, str]:
    if location.startswith("runs:/"):
        run_id, _, path = location[len("runs:/") :].partition("/")
        return backend.store.get_run(run_id, metrics=False).info.artifact_uri or "", path
    if is_model_uri(location):
        uri = parse_model_uri(location)
        return backend.store.get_logged_model(uri.model_id).artifact_location, uri.path
    return location, ""


def _of_model_uri(backend: Backend, source: str, run_id: str, model_id: str) -> Origin:
    uri = parse_model_uri(source)
    if uri.path:
        raise _refused(source, "a version is a whole model, not a file in it")
    if uri.model_id:
        if model_id and model_id != uri.model_id:
            raise _refused(source, f"it is not model_id={model_id!r}")
        model = whole_model(backend.store.get_logged_model(uri.model_id))
        own_run = model.source_run_id or ""
        if run_id and own_run and run_id != own_run:
            raise _refused(source, f"that model's run_id is {own_run!r}, not {run_id!r}")
        return Origin(source, run_id or own_run, uri.model_id)
    copied = version_meant(backend.store, uri)
    if PROMPT_TAG in backend.store.get_registered_model(copied.name).tags:
        raise _refused(source, "versions of a prompt are no models")
    for given, own, what in ((run_id, copied.run_id, "run_id"), (model_id, copied.model_id, "model_id")):
        if given and given != (own or ""):
            raise _refused(source, f"that version's {what} is {own!r}, not {given!r}")
    return Origin(f"models:/{copied.name}/{copied.version}", copied.run_id or "", copied.model_id or "")


def _of_run_uri(backend: Backend, source: str, run_id: str, model_id: str) -> Origin:
    named, _, path = source[len("runs:") :].removeprefix("/").partition("/")
    if not named or not path.strip("/") or source.startswith("runs://"):
        raise _refused(source, "runs:/<run_id>/<path> names a run and a folder among its artifacts")
    if run_id and run_id != named:
        raise _refused(source, f"it is not of run_id={run_id!r}")
    run, plain = backend.store.get_run(named, metrics=False), path.strip("/")
    if not model_id:
        return _newest(backend, run, plain) or Origin(source, named)
    model = _require_model(backend, source, model_id)
    if not logged_as(run, model, plain):
        raise _refused(source, f"it is not of model_id={model_id!r}")
    model = whole_model(model)
    return Origin(source if folder_of(run, model) == plain else model.model_uri, named, model_id)


def _require_model(backend: Backend, source: str, model_id: str) -> LoggedModel:
    try:
        return backend.store.get_logged_model(model_id)
    except NotFound:
        raise _refused(source, f"there is no model_id={model_id!r}") from None


def _newest(backend: Backend, run: Run, path: str) -> Origin | None:
    """The newest model that the run logged as ``path``, if it lies elsewhere than there. What a run's path means changes when
    it logs another model under the same name, what a version is made of never."""
    made = newest_model(backend.store, run, path)
    if made is None or folder_of(run, made) == path:
        return None
    return Origin(made.model_uri, run.info.run_id, made.model_id)


def _named_in(backend: Backend, source: str) -> tuple[str, str]:
    """The run or logged model that the folder before ``artifacts`` is called after; as MLflow's clients send
    ``run.info.artifact_uri + "/model"`` and nothing with it. Two empty texts where there is none."""
    found = _OWNED.search(urlsplit(source).path)
    if found is None:
        return "", ""
    run_id, model_id = found["run"] or "", found["model"] or ""
    try:
        if run_id:
            backend.store.get_run(run_id, metrics=False)
        else:
            backend.store.get_logged_model(model_id)
    except NotFound:
        return "", ""
    return run_id, model_id


def _require_plain(source: str) -> None:
    """Raises InvalidValue for a source that climbs or hides something, however often it is percent-encoded."""
    plain = source
    while (once := unquote(plain)) != plain:
        plain = once
    path = urlsplit(plain).path if "://" in plain else plain
    if ".." in plain.split("/") or "\\" in plain or any(char < " " or char == "\x7f" for char in plain) or "//" in path[1:]:
        raise _refused(source, "it may have no '..', empty part, backslash or control character")


def _refused(source: str, reason: str) -> InvalidValue:
    return InvalidValue(f"Invalid model version source: {source!r}: {reason}.")
