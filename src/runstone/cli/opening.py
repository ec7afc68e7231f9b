"""From what a person types to the thing meant: a store, an experiment, a run."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Sequence

from runstone import settings
from runstone.contracts import ExperimentQuery, RunQuery, Store
from runstone.entities import Experiment, Run, ViewType
from runstone.errors import InvalidValue, NotFound, StoreUnavailable
from runstone.query.printer import quoted


def store_uri(given: str) -> str:
    """The store's URI: what was given, else the environment's, in canonical form."""
    from runstone import connect

    uri: str = connect.canonical(given or settings.TRACKING_URI.get())
    return uri


def open_for_reading(given: str, make: bool = False) -> Store:
    """The store, with runs of dead processes already marked as such, and what those had still in their journals brought in.
    One that is not there is not made unasked.

    Raises: NotFound, and what opening a store raises.
    """
    from runstone import connect

    uri = store_uri(given)
    if not make and not connect.exists(uri):
        raise NotFound(
            f"There is no store at {connect.shown(uri)!r}: nothing was logged there yet. Go to the folder where runs were "
            "logged, or name their store with --store."
        )
    store: Store = connect.open_store(uri)
    with contextlib.suppress(StoreUnavailable):  # a full disk can still be read
        store.sweep(milliseconds())
        if not connect.is_server(uri):
            from runstone.journal.recovery import recover_all

            from .output import note

            for problem in recover_all(connect.journal_roots(uri), store).problems:
                note(f"Problem: {problem}")
    return store


def milliseconds() -> int:
    return time.time_ns() // 1_000_000


def find_run(store: Store, text: str) -> Run:
    """A run by its id or a prefix of it that no other has.

    Raises:
        NotFound: there is none.
        InvalidValue: several begin like this.
    """
    return store.get_run(run_id(store, text))


def run_id(store: Store, text: str) -> str:
    """The whole id for an id or a unique prefix of one, or for a name that one run has; raises as :func:`find_run`."""
    given, text = text.strip(), text.strip().lower()
    if re.fullmatch("[0-9a-f]{32}", text):
        return store.get_run(text).info.run_id
    found = store.find_runs(text, 4) if text else ()
    if given and not found:
        named = _named(store, given)
        if len(named) > 1:
            shown = ", ".join(one.info.run_id[:8] for one in named[:3]) + ", …" * (len(named) > 3)
            raise InvalidValue(f"{given!r} is the name of several runs ({shown}); give an id.")
        found = [one.info.run_id for one in named]
    if len(found) > 1:
        shown = ", ".join(one[: len(text) + 4] + "…" for one in found[:3])
        raise InvalidValue(f"{text!r} is the beginning of several run ids ({shown}); give more of it.")
    if not found:
        raise NotFound(f"No run has an id that begins with {text!r}, or that name. `runstone runs list` shows the ids.")
    return found[0]


def _named(store: Store, name: str) -> Sequence[Run]:
    """Active runs of this name, at most a few."""
    everywhere = tuple(one.experiment_id for one in all_experiments(store, ViewType.ACTIVE_ONLY))
    query = RunQuery(experiment_ids=everywhere, filter=f"attributes.run_name = {quoted(name)}", limit=4)
    return store.search_runs(query) if everywhere else ()


def find_experiment(store: Store, text: str) -> Experiment:
    """An experiment by its name, or else by its id; deleted ones too. Raises NotFound, naming what there is."""
    named = store.find_experiment(text)
    if named is not None:
        return named
    try:
        return store.get_experiment(text)
    except (NotFound, InvalidValue):
        names = [repr(one.name) for one in store.search_experiments(ExperimentQuery(limit=6))]
        more = ", …" if len(names) > 5 else ""
        there = ", ".join(names[:5]) + more if names else "none"
        raise NotFound(f"No experiment has the name or id {text!r}. There are: {there}.") from None


def chosen_experiments(store: Store, given: tuple[str, ...]) -> list[Experiment]:
    """Those named, else the environment's, else every active one."""
    if given:
        return [find_experiment(store, text) for text in given]
    if settings.EXPERIMENT_ID.get():
        return [store.get_experiment(settings.EXPERIMENT_ID.get())]
    if settings.EXPERIMENT_NAME.get():
        return [find_experiment(store, settings.EXPERIMENT_NAME.get())]
    return all_experiments(store, ViewType.ACTIVE_ONLY)


def all_experiments(store: Store, view: int) -> list[Experiment]:
    """Every experiment of a view, over all pages."""
    found: list[Experiment] = []
    token: str | None = None
    while True:
        page = store.search_experiments(ExperimentQuery(view=view, page_token=token))
        found += page
        token = page.token
        if token is None:
            return found
