"""A store behind a Runstone server: the same contract, over HTTP."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any, cast

from msgspec import structs

from runstone import settings
from runstone.contracts import Batch, Health, Receipt, Store
from runstone.errors import NotSupported, StoreUnavailable
from runstone.servers import Server
from runstone.wire_store import MEDIA_TYPE, QUESTIONS, pack_arguments, pack_batches, unpack_receipts, unpack_result

from .busy import until_taken

#: Below the server's address.
ROOT = "/api/runstone/v1"
#: How often a question is sent while the server is in trouble that may pass.
TRIES = 3
#: A server that did not answer in time is not asked again for so many seconds: its next callers are told at once.
REST = 10.0


class _Remote:
    """Made by :func:`open_remote`. Nothing is asked of the server before the first call.

    Args:
        uri: ``http://host:port/prefix``; a user and password in it are used, and not shown.
    """

    def __init__(self, uri: str) -> None:
        self.server = Server(uri)
        self.uri = self.server.base
        self._lock = threading.Lock()
        self._rests_until = 0.0

    def write(self, batch: Batch) -> Receipt:
        return self.write_all([batch])[0]

    def write_all(self, batches: Sequence[Batch]) -> Sequence[Receipt]:
        if not batches:
            return []
        body, patience = pack_batches(batches), 2 * settings.HTTP_TIMEOUT.get()

        def send() -> Sequence[Receipt]:
            return unpack_receipts(self._send("/ingest", body, 1, patience), batches)

        if any(batch.origin is not None for batch in batches):
            return send()  # whoever has it in a journal tries again by itself
        return until_taken(send, [record for batch in batches for record in batch.records], self.uri)

    def health(self, deep: bool = False) -> Health:
        """As the server sees its store; under the address by which it is known here."""
        found: Health = self._ask_store("health", (deep,), {})
        return structs.replace(found, uri=self.uri)

    def close(self) -> None:
        self.server.close()

    def __getattr__(self, name: str) -> Any:
        if name not in QUESTIONS:
            raise AttributeError(f"{type(self).__name__} has no {name!r}")

        def ask(*arguments: Any, **named: Any) -> Any:
            return self._ask_store(name, arguments, named)

        ask.__name__ = name
        setattr(self, name, ask)  # the next look-up is an ordinary one
        return ask

    def _ask_store(self, name: str, arguments: Sequence[Any], named: Mapping[str, Any]) -> Any:
        tries = TRIES if QUESTIONS[name] == "read" else 1
        body = pack_arguments(name, arguments, named)
        return unpack_result(name, self._ask(f"/store/{name}", body, tries))

    def _ask(self, path: str, body: bytes, tries: int) -> bytes:
        now = time.monotonic()
        if now < self._rests_until:
            raise StoreUnavailable(f"The server {self.uri} did not answer in time a moment ago.")
        patience = settings.HTTP_TIMEOUT.get()
        try:
            return self._send(path, body, tries, patience)
        except StoreUnavailable:
            if time.monotonic() - now >= patience:
                self._rests_until = time.monotonic() + REST
            raise

    def _send(self, path: str, body: bytes, tries: int, patience: float) -> bytes:
        headers = {"Content-Type": MEDIA_TYPE, "Accept": MEDIA_TYPE}
        other = (
            f"The server {self.uri} answers, but is no Runstone server, or one that is too old. Start one with "
            "`runstone server`; an mlflow server is reached with the mlflow package."
        )
        answer = self.server.ask(
            "POST", ROOT + path, headers=headers, body=lambda: body, tries=tries, patience=patience, ours=other
        )
        if answer.headers.get("Content-Type", "").partition(";")[0] != MEDIA_TYPE:
            raise NotSupported(other)
        return bytes(answer.data)


def open_remote(uri: str) -> Store:
    """The store behind the server at ``uri``."""
    return cast(Store, _Remote(uri))
