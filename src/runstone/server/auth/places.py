"""Which experiments a place among the artifacts belongs to. Locations never change, so they are remembered; new ones come."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

from runstone.contracts import ExperimentQuery, Store
from runstone.entities import Experiment, ViewType
from runstone.server.locations import place_and_path

#: Seconds between looks at all experiments, when a place is nobody's.
_PAUSE = 1.0


class Places:
    """The artifact locations of all experiments of a store, deleted ones too."""

    def __init__(self, store: Store) -> None:
        self._store = store
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
        place, path = place_and_path(uri)
        found = list[str]()
        while True:
            found += self._known.get((place, path), ())
            shorter = path.rpartition("/")[0]
            if shorter == path or not path:
                return list(dict.fromkeys(found))
            path = shorter

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
