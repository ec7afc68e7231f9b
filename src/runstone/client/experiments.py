"""Which experiment runs go to, and changing experiments."""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from msgspec import Struct

from runstone import connect, settings
from runstone.contracts import Batch, ExperimentQuery
from runstone.entities import Experiment, LifecycleStage, PagedList, ViewType
from runstone.errors import AlreadyExists, InvalidValue, NotFound, NotSupported, Trouble, WrongState
from runstone.records import ExperimentChanged, ExperimentCreated

from . import context
from .checks import check_key, check_optional_text, check_texts, check_view, path_text, shown, texts
from .notices import notice_once, said_if_slow
from .paging import all_pages
from .run_log import now_ms
from .session import Session, session

#: Tag of an experiment that was made because runs named none.
AUTO_TAG = "runstone.experiment.unnamed"
#: How long what the store said about an experiment is believed by ``start_run``.
_BELIEVED_SECONDS = 5.0


class _Known(Struct):
    experiment: Experiment
    until: float


_known: dict[tuple[str, str], _Known] = {}  # (store, id or name) -> what was read lately
_chosen: dict[str, Experiment] = {}  # store -> what set_experiment chose there; "" -> the latest choice anywhere


def set_experiment(
    experiment_name: str | None = None, experiment_id: str | None = None, trace_location: Any = None
) -> Experiment:
    """Choose the experiment of the runs that follow, here and in child processes; made if there is none of that name.

    Args:
        experiment_name: its name, or
        experiment_id: its id; exactly one of the two.
        trace_location: where traces go; only ``None`` is known.

    Raises:
        InvalidValue: both or none given.
        NotFound: no experiment has that id.
        WrongState: it is deleted.
    """
    _no_trace_location(trace_location)
    if (experiment_name is None) == (experiment_id is None):
        raise InvalidValue("set_experiment() takes an experiment_name or an experiment_id, exactly one of them.")
    here = session()
    if experiment_name is not None:
        found = _named_or_unknown(here, check_experiment_name(experiment_name))
    else:
        found = _numbered(here, check_experiment_id(experiment_id), fresh=True)
    if found.lifecycle_stage != LifecycleStage.ACTIVE:
        raise WrongState(
            f"Cannot set a deleted experiment {found.name!r} as the active experiment. Restore it with "
            f"restore_experiment({found.experiment_id!r}), or choose another name."
        )
    _chosen[here.uri] = _chosen[""] = found
    if found.experiment_id:
        settings.EXPERIMENT_ID.set(found.experiment_id)
    else:
        settings.EXPERIMENT_ID.unset()
        settings.EXPERIMENT_NAME.set(found.name)
    return found


def _named_or_unknown(here: Session, name: str) -> Experiment:
    """By name; while the store cannot be reached, one with an empty id: its runs are begun by the name, and find it later."""
    try:
        return experiment_named(here, name, fresh=True)
    except Trouble as trouble:
        _say_away(here, trouble)
        return Experiment("", name, "", LifecycleStage.ACTIVE)


def _say_away(here: Session, trouble: Trouble) -> None:
    if here.offline:
        notice_once("offline", f"{settings.OFFLINE.name} is set: runs are kept in {here.root} until `{here.how_to_sync}`")
    elif settings.STRICT.get() and not connect.is_server(here.uri):
        raise trouble
    else:
        here.say_away(trouble)


def experiment_for_run(here: Session, experiment_id: str | int | None = None) -> Experiment:
    """The active experiment that a new run belongs to: the one named, else chosen, else of the environment, else one
    named after the script.

    While the store cannot be reached: an experiment with an empty id. The run is then begun by the experiment's name.

    Raises: NotFound, WrongState (deleted).
    """
    try:
        found = _default(here) if experiment_id is None else _numbered(here, check_experiment_id(experiment_id))
    except Trouble as trouble:
        _say_away(here, trouble)
        chosen = _chosen.get("")
        name = chosen.name if chosen else settings.EXPERIMENT_NAME.get() or default_name()
        known_id = str(experiment_id or (chosen.experiment_id if chosen and here.uri in _chosen else ""))
        return Experiment(known_id, name, "", LifecycleStage.ACTIVE)
    if found.lifecycle_stage != LifecycleStage.ACTIVE:
        raise WrongState(
            f"The experiment {found.name!r} (id {found.experiment_id}) is deleted, so no run can be started in it. Restore it "
            f"with restore_experiment({found.experiment_id!r}), or choose another with set_experiment(name)."
        )
    return found


def chosen_experiment(here: Session) -> Experiment | None:
    """What ``set_experiment`` or the environment chose, if anything."""
    if here.uri in _chosen and _chosen[here.uri].experiment_id:
        return _numbered(here, _chosen[here.uri].experiment_id)
    if "" in _chosen:
        return experiment_named(here, _chosen[""].name)  # chosen before the tracking URI was changed
    if settings.EXPERIMENT_ID.get():
        return _of_environment(here, settings.EXPERIMENT_ID.get())
    if settings.EXPERIMENT_NAME.get():
        return experiment_named(here, check_experiment_name(settings.EXPERIMENT_NAME.get()))
    return None


def _of_environment(here: Session, experiment_id: str) -> Experiment:
    try:
        return _numbered(here, experiment_id)
    except NotFound as cause:
        names = "RUNSTONE_EXPERIMENT_ID or MLFLOW_EXPERIMENT_ID"
        raise NotFound(
            f"{cause.message}: {names} names it. `runstone experiments list` shows the ids that there are."
        ) from cause


def where_to_look(here: Session, everywhere: bool = False) -> list[str]:
    """The experiments that a search means that names none: the chosen one, else those that runs without a named one went to;
    ``everywhere``: all."""
    chosen = None if everywhere else chosen_experiment(here)
    if chosen is not None:
        return [chosen.experiment_id]
    return [
        experiment.experiment_id
        for experiment in all_pages(lambda count, token: search(here, ViewType.ACTIVE_ONLY, count, None, None, token), None)
        if everywhere or experiment.experiment_id == "0" or AUTO_TAG in experiment.tags
    ]


def _default(here: Session) -> Experiment:
    chosen = chosen_experiment(here)
    if chosen is not None:
        return chosen
    name = default_name()
    notice_once(
        f"experiment {here.uri} {name}",
        f"no experiment was set, so runs go to {name!r}, named after this {'script' if _script() else 'folder'}; "
        "set_experiment(name) chooses another",
    )
    return experiment_named(here, name, tags={AUTO_TAG: "true"})


def _script() -> Path | None:
    """The file that Python was started with, if any."""
    main = sys.modules.get("__main__")
    file = getattr(main, "__file__", None)
    if not file or file == "<stdin>" or hasattr(main, "get_ipython") or "ipykernel" in sys.modules:
        return None
    path = Path(file)
    return path.parent if path.stem == "__main__" else path


def default_name() -> str:
    """Name of the experiment for runs that name none: the script's, or in a notebook the working folder's."""
    script = _script()
    return (script.stem if script else Path.cwd().name) or "Default"


# --- one experiment ------------------------------------------------------------------------------------------------


def _numbered(here: Session, experiment_id: str, fresh: bool = False) -> Experiment:
    seen = None if fresh else _known.get((here.uri, experiment_id))
    if seen is not None and time.monotonic() < seen.until:
        return seen.experiment
    return _remember(here, experiment_id, here.store.get_experiment(experiment_id))


def experiment_named(here: Session, name: str, tags: dict[str, str] | None = None, fresh: bool = False) -> Experiment:
    """By name; made if there is none, by whichever process comes first."""
    about = f"name {name}"
    seen = None if fresh else _known.get((here.uri, about))
    if seen is not None and time.monotonic() < seen.until:
        return seen.experiment
    found = here.store.find_experiment(name)
    if found is None:
        with (
            suppress(AlreadyExists),
            said_if_slow(f"waiting until {here.shown_uri} can be written, to make experiment {name!r}"),
        ):
            here.store.write(Batch([ExperimentCreated(name, tags=tags or {}, time=now_ms())]))
        found = here.store.find_experiment(name)
    if found is None:
        raise NotFound(f"The experiment {name!r} was removed while it was being made; try again.")
    return _remember(here, about, found)


def _remember(here: Session, about: str, experiment: Experiment) -> Experiment:
    _known[here.uri, about] = _Known(experiment, time.monotonic() + _BELIEVED_SECONDS)
    return experiment


def forget() -> None:
    """Nothing chosen, nothing known."""
    _chosen.clear()
    _known.clear()


def create(here: Session, name: str, artifact_location: str | os.PathLike[str] | None, tags: dict[str, Any] | None) -> str:
    """A new experiment's id. Raises AlreadyExists; InvalidValue: a place that artifacts cannot be in."""
    place = "a folder or URI, as text or a pathlib.Path"
    where = connect.artifact_location(path_text(artifact_location or "", "artifact_location", place))
    given = texts(tags or {}, "tag")
    here.store.write(Batch([ExperimentCreated(check_experiment_name(name), "", where, given, now_ms())]))
    found = here.store.find_experiment(name)
    if found is None:
        raise NotFound(f"The experiment {name!r} was removed while it was being made; try again.")
    return found.experiment_id


def change(
    here: Session,
    experiment_id: object,
    name: str | None = None,
    deleted: bool | None = None,
    tags: dict[str, str | None] | None = None,
) -> None:
    """Rename, delete, restore or tag an experiment. Raises NotFound, AlreadyExists (name), WrongState."""
    number = check_experiment_id(experiment_id)
    new_name = None if name is None else check_experiment_name(name)
    if deleted:
        context.settle_before_deletion()
    here.flush()
    here.store.write(Batch([ExperimentChanged(number, now_ms(), new_name, deleted, tags or {})]))
    if deleted is not None:
        here.deleted("experiment", number, deleted)
    _known.clear()


def search(
    here: Session,
    view_type: int,
    max_results: int,
    filter_string: str | None,
    order_by: list[str] | None,
    page_token: str | None = None,
) -> PagedList[Experiment]:
    """One page."""
    check_optional_text(filter_string, "filter_string", "\"name LIKE 'churn%'\"")
    check_optional_text(page_token, "page_token", "the token of the page before")
    check_texts(order_by, "order_by", "['last_update_time DESC']")
    query = ExperimentQuery(
        filter=filter_string or "",
        order_by=tuple(order_by or ()),
        view=check_view(view_type, "view_type"),
        limit=max_results,
        page_token=page_token,
    )
    return here.store.search_experiments(query)


def check_experiment_name(name: object) -> str:
    if not isinstance(name, str) or not name.strip():
        raise InvalidValue(f"Invalid experiment name: {shown(name)}. Experiment name must be a non-empty text.")
    return name


def check_experiment_id(experiment_id: object) -> str:
    if isinstance(experiment_id, int) and not isinstance(experiment_id, bool):
        return str(experiment_id)
    if not isinstance(experiment_id, str) or not experiment_id:
        raise InvalidValue(f"Invalid experiment ID: {shown(experiment_id)}. An experiment ID is text such as '3'.")
    return experiment_id


def _no_trace_location(trace_location: Any) -> None:
    if trace_location is not None:
        raise NotSupported("trace_location is not known here: traces have no place of their own. Leave it out.")


# --- the fluent names ----------------------------------------------------------------------------------------------


def create_experiment(
    name: str,
    artifact_location: str | os.PathLike[str] | None = None,
    tags: dict[str, Any] | None = None,
    trace_location: Any = None,
) -> str:
    """Make an experiment and return its id.

    Args:
        name: unique, non-empty.
        artifact_location: folder or URI of its runs' artifacts; below the store's folder if not given.
        tags: its first tags.
        trace_location: where traces go; only ``None`` is known.

    Raises:
        AlreadyExists: the name is taken, maybe by a deleted experiment.
    """
    _no_trace_location(trace_location)
    return create(session(), name, artifact_location, tags)


def get_experiment(experiment_id: str) -> Experiment:
    """By id, deleted ones too. Raises NotFound."""
    return session().store.get_experiment(check_experiment_id(experiment_id))


def get_experiment_by_name(name: str) -> Experiment | None:
    """By exact name, deleted ones too; ``None`` if there is none."""
    return session().store.find_experiment(check_experiment_name(name))


def delete_experiment(experiment_id: str) -> None:
    """Mark it deleted, its runs with it; :func:`restore_experiment` takes that back. Raises NotFound."""
    change(session(), experiment_id, deleted=True)


def restore_experiment(experiment_id: str) -> None:
    """Take a deletion back. Raises NotFound."""
    change(session(), experiment_id, deleted=False)


def set_experiment_tag(key: str, value: Any) -> None:
    """Set a tag on the experiment in force."""
    set_experiment_tags({check_key(key, "tag"): value})


def set_experiment_tags(tags: dict[str, Any]) -> None:
    """Set tags on the experiment in force."""
    here = session()
    new: dict[str, str | None] = dict(texts(tags, "tag"))
    change(here, experiment_for_run(here).experiment_id, tags=new)


def delete_experiment_tag(key: str) -> None:
    """Remove a tag from the experiment in force. Raises NotFound if it has no such tag."""
    here = session()
    delete_tag_of(here, experiment_for_run(here).experiment_id, key)


def delete_tag_of(here: Session, experiment_id: str, key: str) -> None:
    found = here.store.get_experiment(check_experiment_id(experiment_id))
    if check_key(key, "tag") not in found.tags:
        raise NotFound(f"No tag with name {shown(key)} in experiment {found.name!r}: there is nothing to delete.")
    change(here, experiment_id, tags={key: None})


def search_experiments(
    view_type: int = ViewType.ACTIVE_ONLY,
    max_results: int | None = None,
    filter_string: str | None = None,
    order_by: list[str] | None = None,
) -> list[Experiment]:
    """All experiments that match, up to ``max_results``.

    Args:
        view_type: a number of :class:`~runstone.entities.ViewType`.
        max_results: at most so many; all if ``None``.
        filter_string: such as ``name LIKE 'churn%' AND tags.team = 'a'``.
        order_by: such as ``["last_update_time DESC"]``.

    Raises:
        FilterError: the filter or an ordering cannot be read.
    """
    here = session()
    return all_pages(lambda count, token: search(here, view_type, count, filter_string, order_by, token), max_results)
