"""Sessions and wrong passwords: in the store, so that all server processes know of them; in this process alone while the store
may not be written. A store that is only read can then be signed in at, and a password there is guessed no more often."""

from __future__ import annotations

import logging
from typing import Any

from runstone.contracts import Accounts
from runstone.entities.accounts import Session, User
from runstone.errors import StoreReadOnly

log = logging.getLogger("runstone.server")

#: What memory holds of each kind; then the oldest goes.
_MOST = 10_000


class Kept:
    """Args:
    accounts: those of the store.
    """

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts
        self._sessions: dict[str, tuple[Session, str]] = {}  # with the user's hash, since a new password ends them
        self._ended: dict[str, None] = {}
        self._failed: dict[str, list[int]] = {}

    def add_session(self, session: Session, user: User) -> None:
        try:
            self._accounts.add_session(session)
        except StoreReadOnly:
            if not self._sessions:
                log.warning("the store may not be written: who signs in stays so in this server process, until it ends")
            self._sessions[session.digest] = (session, user.password_hash)
            _cut(self._sessions)

    def find_session(self, digest: str) -> Session | None:
        """Not one that was ended, or whose user has another password since."""
        if digest in self._ended:
            return None
        session, hashed = self._sessions.get(digest, (None, ""))
        if session is None:
            return self._accounts.find_session(digest)
        user = self._accounts.find_user(user_id=session.user_id)
        return session if user is not None and user.password_hash == hashed else None

    def end_session(self, digest: str) -> None:
        """One that the store may not forget is ended in this process."""
        if self._sessions.pop(digest, None) is not None:
            return
        try:
            self._accounts.delete_sessions(digest=digest)
        except StoreReadOnly:
            self._ended[digest] = None
            _cut(self._ended)

    def end_sessions(self, user_id: int, until: int) -> None:
        """Those of a user that were begun until then, milliseconds. Raises StoreReadOnly."""
        for digest, (session, _) in list(self._sessions.items()):
            if session.user_id == user_id and session.creation_time <= until:
                self._sessions.pop(digest, None)
        self._accounts.delete_sessions(user_id=user_id, until=until)

    def failures(self, key: str, since: int) -> int:
        """How often a password was wrong since then, milliseconds."""
        return self._accounts.failures(key, since) + sum(1 for one in self._failed.get(key, ()) if one > since)

    def add_failure(self, key: str, now: int, window: int) -> None:
        """``window``: what is so many milliseconds old is asked for no more."""
        try:
            self._accounts.add_failure(key, now)
        except StoreReadOnly:
            before = self._failed.pop(key, [])
            self._failed[key] = [*(one for one in before if one > now - window), now]
            _cut(self._failed)


def _cut(kept: dict[str, Any]) -> None:
    while len(kept) > _MOST:
        kept.pop(next(iter(kept)), None)
