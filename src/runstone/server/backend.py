"""What the handlers work on: one store, its artifacts, and who is listening."""

from __future__ import annotations

import time
from collections.abc import Callable
from urllib.parse import urlsplit, urlunsplit

from runstone.contracts import ArtifactStore, Batch, Receipt, Store

from .gathering import Gathering
from .locations import Locations
from .pulse import Pulse

#: Opens the artifact root of a run or an experiment by its URI.
OpenArtifacts = Callable[[str], ArtifactStore]


class Backend:
    """Shared by all requests of one app; holds nothing that another server process would need to know."""

    def __init__(self, store: Store, artifacts: OpenArtifacts, pulse: Pulse, locations: Locations | None = None) -> None:
        self.store, self.artifacts, self.pulse = store, artifacts, pulse
        self.locations = locations or Locations()
        self.shown_uri = without_password(store.uri)
        self.started = milliseconds()
        self._gathering = Gathering(store)

    def write(self, batch: Batch) -> Receipt:
        """A direct batch, in one transaction with those of other requests of this moment; errors as ``Store.write``."""
        return self._gathering.write(batch)

    async def written(self, batch: Batch) -> Receipt:
        """:meth:`write` for a coroutine."""
        return await self._gathering.written(batch)

    def shown_artifact_uri(self, uri: str) -> str:
        """See :meth:`Locations.shown`."""
        return self.locations.shown(uri)

    @staticmethod
    def now() -> int:
        return milliseconds()


def milliseconds() -> int:
    """Now, as records say it."""
    return time.time_ns() // 1_000_000


def without_password(uri: str) -> str:
    """A store's address as it may be shown."""
    parts = urlsplit(uri)
    if not parts.password:
        return uri
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{parts.username}:***@{host}"))
