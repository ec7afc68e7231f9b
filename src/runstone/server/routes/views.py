"""Saved views of runs tables: whole views under a name, kept with their experiment for everybody who may see it.

Each is a tag of the experiment (decision 029), so that two who save at once lose nothing of each other's, and whoever may
change the experiment's tags may save, change and delete views.
"""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING

import msgspec
from msgspec import UNSET, Struct

from runstone.contracts import Batch
from runstone.entities import Experiment
from runstone.errors import AlreadyExists, InvalidValue, NotFound
from runstone.records import ExperimentChanged
from runstone.server import views_schema as v
from runstone.server.auth.may import may_edit_experiment, username

if TYPE_CHECKING:
    from runstone.server.backend import Backend

#: What the tags begin with; the rest is the view's key. One more tag names the default view.
PREFIX = "runstone.view."
DEFAULT = "runstone.defaultView"
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
_KEY = re.compile(rf"(?P<experiment>[^-]+)-[{_LETTERS}]{{10}}")


class _Kept(Struct):
    """What the tag holds, as JSON."""

    name: str
    search: dict[str, str]
    created: int = 0
    updated: int = 0
    user_id: str = ""


def list_views(backend: Backend, query: v.ViewsQuery) -> v.SavedViews:
    """The saved views of an experiment."""
    experiment = backend.store.get_experiment(query.exp)
    views = views_of(experiment)
    return v.SavedViews(views, may_edit_experiment(backend, experiment.experiment_id))


def get_view(backend: Backend, key: str) -> v.SavedView:
    """One saved view, by its key."""
    return _find(_home(backend, key), key)


def create_view(backend: Backend, body: v.NewView) -> v.SavedView:
    """Save a view under a name that no other view of the experiment has."""
    experiment = backend.store.get_experiment(body.experiment_id)
    there = views_of(experiment)
    if len(there) >= v.MOST_VIEWS:
        raise InvalidValue(f"There are {len(there):,} saved views already, the most of one experiment. Delete some first.")
    key = body.key or f"{experiment.experiment_id}-{''.join(secrets.choice(_LETTERS) for _ in range(10))}"
    parts = _KEY.fullmatch(key)
    if parts is None or parts["experiment"] != experiment.experiment_id:
        raise InvalidValue(f"{key!r} is no key of a view of experiment {experiment.experiment_id}. Leave it out.")
    if any(one.key == key for one in there):
        raise AlreadyExists(f"There is a view {key!r} already. Leave the key out to save another one.")
    now = backend.now()
    kept = _Kept(_free(there, body.name), _sized(body.search), now, now, username())
    _write(backend, experiment, {PREFIX + key: _text(kept)}, key, True if body.is_default else None)
    return _find(backend.store.get_experiment(experiment.experiment_id), key)


def edit_view(backend: Backend, key: str, body: v.ViewEdit) -> v.SavedView:
    """Rename a view, save something else under its name, make it what a plain link shows."""
    experiment = _home(backend, key)
    old = _find(experiment, key)
    name = old.name if body.name is UNSET else _free(views_of(experiment), body.name, but=key)
    search = old.search if body.search is UNSET else _sized(body.search)
    tags: dict[str, str | None] = {}
    if (name, search) != (old.name, old.search):
        tags[PREFIX + key] = _text(_Kept(name, search, old.created, backend.now(), username()))
    _write(backend, experiment, tags, key, None if body.is_default is UNSET else body.is_default)
    return _find(backend.store.get_experiment(experiment.experiment_id), key)


def delete_view(backend: Backend, key: str) -> v.ViewGone:
    """Delete a saved view; no run is touched."""
    experiment = _home(backend, key)
    _find(experiment, key)
    _write(backend, experiment, {PREFIX + key: None}, key, False)
    return v.ViewGone(key)


def views_of(experiment: Experiment) -> list[v.SavedView]:
    """By name. A tag that holds no view is passed over: clients may write any text."""
    default = experiment.tags.get(DEFAULT)
    found = []
    for tag, text in experiment.tags.items():
        key = tag.removeprefix(PREFIX)
        if key == tag or not _KEY.fullmatch(key):
            continue
        try:
            kept = msgspec.json.decode(text, type=_Kept)
        except msgspec.DecodeError:
            continue
        found.append(
            v.SavedView(
                key, experiment.experiment_id, kept.name, kept.search, kept.created, kept.updated, kept.user_id, key == default
            )
        )
    return sorted(found, key=lambda one: (one.name.casefold(), one.key))


def default_view(experiment: Experiment) -> v.SavedView | None:
    """What a plain link to the experiment shows, if somebody has chosen a view for that."""
    if DEFAULT not in experiment.tags:
        return None
    return next((one for one in views_of(experiment) if one.is_default), None)


def shown_tags(experiment: Experiment) -> dict[str, str]:
    """The experiment's tags without its views, which may be long and many."""
    return {key: value for key, value in experiment.tags.items() if not key.startswith(PREFIX) and key != DEFAULT}


def _home(backend: Backend, key: str) -> Experiment:
    parts = _KEY.fullmatch(key)
    if parts is None:
        raise NotFound(f"There is no saved view {key[:80]!r}.")
    return backend.store.get_experiment(parts["experiment"])


def _find(experiment: Experiment, key: str) -> v.SavedView:
    for one in views_of(experiment):
        if one.key == key:
            return one
    raise NotFound(f"There is no saved view {key!r} in experiment {experiment.name!r}; somebody may have deleted it.")


def _free(there: list[v.SavedView], name: str, but: str = "") -> str:
    wanted = " ".join(name.split())
    if not wanted:
        raise InvalidValue("A view needs a name.")
    if any(one.name.casefold() == wanted.casefold() and one.key != but for one in there):
        raise AlreadyExists(f"There is a view named {wanted!r} already. Choose another name, or update that one.")
    return wanted


def _sized(search: dict[str, str]) -> dict[str, str]:
    size = sum(len(key) + len(value) for key, value in search.items())
    if size > v.MOST_TEXT:
        raise InvalidValue(
            f"This view says {size:,} characters; at most {v.MOST_TEXT:,} can be saved. Hide fewer runs by name."
        )
    return search


def _write(backend: Backend, experiment: Experiment, tags: dict[str, str | None], key: str, is_default: bool | None) -> None:
    """``is_default`` ``None`` leaves the default as it is."""
    if is_default:
        tags[DEFAULT] = key
    elif is_default is False and experiment.tags.get(DEFAULT) == key:
        tags[DEFAULT] = None
    backend.store.write(Batch([ExperimentChanged(experiment.experiment_id, backend.now(), tags=tags)]))


def _text(kept: _Kept) -> str:
    return msgspec.json.encode(kept).decode()
