"""Which experiments a place among the artifacts belongs to. Locations never change, so they are remembered; new ones come.

A run that was moved, and a logged model with it, left its files where they were: they belong to where it is now.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator

from runstone.contracts import ExperimentQuery, Store
from runstone.entities import Experiment, ViewType
from runstone.errors import NotFound
from runstone.server.locations import place_and_path

from .policy import Kind

#: Seconds between looks at all experiments, when a place is nobody's.
_PAUSE = 1.0


#: What stands first below an experiment's folder: a run's files, or a logged model's.
_TENANT = re.compile(r"/(?P<run>[0-9a-f]{32})(/|$)|/models/(?P<model>m-[0-9a-f]{32})(/|$)")


class Places:
    """The artifact locations of all experiments of a store, deleted ones too.

    Args:
        store: all of it, whoever asks.
        experiments_of: the experiments that runs and logged models are in now.
    """

    def __init__(self, store: Store, experiments_of: Callable[[Kind, Iterable[str]], dict[str, str]]) -> None:
        self._store, self._experiments_of = store, experiments_of
        self._known: dict[tuple[str, str], set[str]] = {}
        self._looked = -_PAUSE
        self._lock = threading.Lock()

    def made(self) -> None:
        """There is a new experiment."""
        self._looked = -_PAUSE

    def owners(self, uri: str, look: bool = True) -> list[str]:
        """Ids of the experiments whose location is ``uri`` or a folder above it; ``look`` for new ones where there are none."""
        found = self._above(uri)
        if not found and look:
            self._look()
            found = self._above(uri)
        return found

    def holds(self, uri: str) -> bool:
        """Whether an experiment keeps its artifacts somewhere below ``uri``."""
        self._look()
        place, path = place_and_path(uri)
        return any(base == place and folder.startswith(path + "/") for base, folder in self._known)

    def _above(self, uri: str) -> list[str]:
        place, whole = place_and_path(uri)
        path, found = whole, list[str]()
        while True:
            here = self._known.get((place, path), ())
            moved = self._moved(uri, whole[len(path) :], here) if here and not found else None
            found += [moved] if moved else here
            shorter = path.rpartition("/")[0]
            if shorter == path or not path:
                return list(dict.fromkeys(found))
            path = shorter

    def _moved(self, uri: str, inside: str, owners: Iterable[str]) -> str | None:
        """Where the run or model is now whose files these are, if it is elsewhere. Its own word for where its files are
        counts, too: ids are drawn by clients, and none opens a folder by its name alone."""
        tenant = _TENANT.match(inside)
        if tenant is None:
            return None
        kind: Kind = "run" if tenant["run"] else "model"
        name = tenant[kind]
        now = self._experiments_of(kind, [name]).get(name)
        if now is None or now in owners:
            return None
        try:
            if kind == "run":
                location = self._store.get_run(name, metrics=False).info.artifact_uri or ""
            else:
                location = self._store.get_logged_model(name, deleted=True).artifact_location
        except NotFound:
            return None
        (place, path), (base, folder) = place_and_path(uri), place_and_path(location)
        return now if place == base and (path == folder or path.startswith(folder + "/")) else None

    def _look(self) -> None:
        with self._lock:
            pause = self._looked + _PAUSE - time.monotonic()
            if pause > 0:  # another process may have made it just now
                time.sleep(pause)
            self._looked = time.monotonic()
            known: dict[tuple[str, str], set[str]] = {}
            for one in self._all():
                known.setdefault(place_and_path(one.artifact_location), set()).add(one.experiment_id)
            self._known = known

    def _all(self) -> Iterator[Experiment]:
        token: str | None = None
        while True:
            page = self._store.search_experiments(ExperimentQuery(view=ViewType.ALL, limit=5000, page_token=token))
            yield from page
            token = page.token
            if token is None:
                return
