"""What the handlers work on: one store, its artifacts, and who is listening."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from anyio import to_thread

from runstone.contracts import Accounts, ArtifactStore, Batch, Receipt, Store
from runstone.errors import RunstoneError

from .auth.auth import Auth
from .auth.caller import NO_ACCOUNTS
from .auth.desk import Desk
from .auth.guarded import GuardedStore
from .gathering import Gathering
from .locations import Locations
from .pulse import Pulse
from .webhooks.desk import Desk as WebhookDesk

#: Opens the artifact root of a run or an experiment by its URI.
OpenArtifacts = Callable[[str], ArtifactStore]


class Backend:
    """Shared by all requests of one app; holds nothing that another server process would need to know.

    ``store`` is what the caller of the moment may see of it, where ``auth`` says who may what.
    """

    def __init__(
        self,
        store: Store,
        artifacts: OpenArtifacts,
        pulse: Pulse,
        locations: Locations | None = None,
        auth: Auth | None = None,
        webhook_key: Path | None = None,
    ) -> None:
        self.pulse, self._open = pulse, artifacts
        self.locations = locations or Locations()
        self.auth = auth
        self.guard = GuardedStore(store, auth.policy, self.locations) if auth is not None else None
        self.store: Store = self.guard or store
        self.shown_uri = without_password(store.uri)
        self.started = milliseconds()
        self._gathering, self._webhooks = Gathering(store), (store, webhook_key)

    def desk(self) -> Desk:
        """Where accounts are changed. Raises ENDPOINT_NOT_FOUND's error on a server without them."""
        if self.auth is None:
            raise RunstoneError(NO_ACCOUNTS, error_code="ENDPOINT_NOT_FOUND")
        return Desk(self.auth, self.store)

    def webhooks(self) -> WebhookDesk:
        """Where webhooks are changed. Raises NotSupported where the store keeps none."""
        return WebhookDesk(*self._webhooks)

    @property
    def accounts(self) -> Accounts:
        """All accounts, whoever asks; raises as :meth:`desk`."""
        if self.auth is None:
            raise RunstoneError(NO_ACCOUNTS, error_code="ENDPOINT_NOT_FOUND")
        return self.auth.policy.accounts

    def artifacts(self, uri: str) -> ArtifactStore:
        """The artifact root at a URI, as far as the caller may use it."""
        root = self._open(uri)
        return root if self.guard is None else self.guard.artifacts(root)

    def own_artifacts(self, uri: str) -> ArtifactStore:
        """The artifact root at a URI for what the server itself keeps there, once the caller's right to write is known."""
        return self._open(uri)

    def write(self, batch: Batch) -> Receipt:
        """A direct batch, in one transaction with those of other requests of this moment; errors as ``Store.write``."""
        if self.guard is None:
            return self._gathering.write(batch)
        news = self.guard.admit([batch])
        receipt = self._gathering.write(self.guard.signed(batch))
        self.guard.settle(news, [receipt])
        return receipt

    def listen(self, cursor: int | None) -> AsyncIterator[bytes]:
        """The stream of what changes, of that which the caller may see."""
        return self.pulse.listen(cursor, self.guard.visible_changes if self.guard is not None else None)

    async def written(self, batch: Batch) -> Receipt:
        """:meth:`write` for a coroutine."""
        if self.guard is not None:
            return await to_thread.run_sync(self.write, batch)  # what the caller may do can be a question to the store
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
