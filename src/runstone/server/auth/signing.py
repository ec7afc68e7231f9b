"""From what a request carries to who asks: a password, a token, or the UI's cookie.

A password costs Argon2 once a minute, not once a request: that it was right is remembered under a keyed digest of itself, as
long as the user's hash stays the same. Nobody learns whether a user exists: answers and times are the same.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import secrets
import time
from collections.abc import Callable

from msgspec import Struct

from runstone.entities.accounts import Session, User

from .caller import Caller, Exchange, TooMany, Unauthenticated
from .credentials import TOKEN_PREFIX, digest, verify_password
from .kept import Kept
from .policy import FRESH, Policy

COOKIE = "runstone_session"
#: Seconds for which a password that was right is not checked again.
_REMEMBERED = 60.0
#: Wrong passwords in :data:`WINDOW` seconds: of one user from one address, and from one address at all.
OF_ONE, OF_ALL, WINDOW = 10, 50, 900
_MOST = 10_000
_WRONG = "You are not authenticated: user name, password or token is wrong, or no longer good."


class _Known(Struct):
    caller: Caller
    user_hash: str
    until: float
    version: int


class Signing:
    """Args:
    policy: who there is.
    rate: requests a second that one token may make, on average over ten; 0: as many as it likes.
    session_seconds: how long one stays signed in.
    """

    def __init__(
        self, policy: Policy, rate: float = 0, session_seconds: float = 14 * 86_400, clock: Callable[[], float] = time.time
    ) -> None:
        self.policy, self.session_seconds = policy, session_seconds
        self.kept = Kept(policy.accounts)
        self._rate, self._clock, self._key = rate, clock, os.urandom(32)
        self._known: dict[bytes, _Known] = {}
        self._buckets: dict[str, tuple[float, float]] = {}

    def at_once(self, header: str, cookie: str) -> Caller | None:
        """The caller, if memory alone can tell."""
        known = self._known.get(self._digest(header, cookie))
        if known is None or known.until < self._clock() or known.version != self.policy.fresh_version():
            return None
        return known.caller

    def identify(self, asking: Exchange, header: str, cookie: str) -> Caller | None:
        """Who sends this ``Authorization`` header or cookie; ``None`` if it sends neither. To be called in a worker thread.

        Raises: Unauthenticated, TooMany.
        """
        if not header and not cookie:
            return None
        key, now = self._digest(header, cookie), self._clock()
        known = self._known.get(key)
        if known is not None and known.until > now:
            user = self.policy.user(user_id=known.caller.user_id)
            if user is not None and user.password_hash == known.user_hash and known.caller.how == "password":
                self._known[key] = _Known(_caller(user), known.user_hash, known.until, self.policy.version())
                return _caller(user)
        kind, _, value = header.partition(" ")
        if kind.lower() == "basic":
            found, seconds = self._by_password(asking, value.strip()), _REMEMBERED
        elif kind.lower() == "bearer":
            found, seconds = self._by_token(value.strip()), FRESH
        elif header:
            raise Unauthenticated("This server takes the Authorization schemes Basic and Bearer.")
        else:
            found, seconds = self._by_session(cookie), FRESH
        if len(self._known) > _MOST:
            self._known = {}
        user = self.policy.user(user_id=found.user_id)
        self._known[key] = _Known(found, user.password_hash if user else "", now + seconds, self.policy.version())
        return found

    def check_password(self, asking: Exchange, username: str, password: str) -> User:
        """The user whose password this is. Raises Unauthenticated, TooMany."""
        now, window = int(self._clock() * 1000), WINDOW * 1000
        keys = [(f"{asking.address} {digest(username)[:16]}", OF_ONE), (asking.address, OF_ALL)]
        for key, most in keys:
            if self.kept.failures(key, now - window) >= most:
                raise TooMany("Too many wrong passwords. Try again later.", WINDOW)
        user = self.policy.user(username=username) if username else None
        if not verify_password(user.password_hash if user else "", password):
            for key, _ in keys:
                self.kept.add_failure(key, now, window)
            raise Unauthenticated(_WRONG)
        assert user is not None
        return user

    def open_session(self, user: User) -> str:
        """A new secret for the cookie: what a browser had before counts for nothing."""
        secret, now = secrets.token_urlsafe(32), int(self._clock() * 1000)
        until = now + int(self.session_seconds * 1000)
        self.kept.add_session(Session(digest(secret), user.user_id, now, until), user)
        return secret

    def forget(self) -> None:
        """Accounts were changed here: nothing that is remembered counts any more."""
        self.policy.changed()
        self._known = {one: known for one, known in self._known.items() if known.caller.how == "password"}

    def spend(self, caller: Caller) -> None:
        """One request of this token. Raises TooMany."""
        if not self._rate or caller.how != "token":
            return
        now, most = time.monotonic(), self._rate * 10
        left, before = self._buckets.get(caller.secret, (most, now))
        left = min(most, left + (now - before) * self._rate)
        if left < 1:
            raise TooMany(f"This token may make {self._rate:g} requests a second; slow down.", (1 - left) / self._rate)
        if len(self._buckets) > _MOST:
            self._buckets = {}
        self._buckets[caller.secret] = (left - 1, now)

    def _by_password(self, asking: Exchange, value: str) -> Caller:
        try:
            username, colon, password = base64.b64decode(value, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError) as cause:
            raise Unauthenticated("The Authorization header cannot be read: Basic and base64 of user:password.") from cause
        if password.startswith(TOKEN_PREFIX):
            found = self._by_token(password)
            if username not in ("", "token", found.username):
                raise Unauthenticated(_WRONG)
            return found
        return _caller(self.check_password(asking, username if colon else "", password))

    def _by_token(self, secret: str) -> Caller:
        hashed = digest(secret)
        token = self.policy.accounts.find_token(hashed) if secret.startswith(TOKEN_PREFIX) else None
        user = self.policy.accounts.find_user(user_id=token.user_id) if token else None
        if token is None or user is None:
            raise Unauthenticated(_WRONG)
        if token.expires is not None and token.expires < self._clock() * 1000:  # said to who has the whole secret alone
            day = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(token.expires / 1000))
            raise Unauthenticated(f"You are not authenticated: the token {token.name!r} expired on {day} UTC. Make another.")
        return Caller(user.user_id, user.username, user.is_admin, "token", token.scope, hashed)

    def _by_session(self, secret: str) -> Caller:
        hashed = digest(secret)
        session = self.kept.find_session(hashed)
        user = self.policy.accounts.find_user(user_id=session.user_id) if session else None
        if session is None or user is None or session.expires < self._clock() * 1000:
            raise Unauthenticated("You are no longer signed in.")
        return Caller(user.user_id, user.username, user.is_admin, "session", "admin", hashed)

    def _digest(self, header: str, cookie: str) -> bytes:
        return hmac.digest(self._key, f"{header}\n{'' if header else cookie}".encode(), hashlib.sha256)


def _caller(user: User) -> Caller:
    return Caller(user.user_id, user.username, user.is_admin, "password")
