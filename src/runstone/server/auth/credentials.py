"""Passwords, and secrets that we draw. Passwords are kept as Argon2id, slow on purpose; tokens and session cookies have 256
random bits, so a plain SHA-256 of them is enough and costs nothing per request."""

from __future__ import annotations

import hashlib
import secrets
import threading
from typing import Any

from runstone.errors import InvalidValue

TOKEN_PREFIX = "rs_"
SHORTEST, LONGEST = 12, 1024
#: Argon2id as OWASP advises for servers: KiB of memory, passes, lanes.
_MEMORY, _PASSES, _LANES = 19_456, 2, 1
#: So many passwords are checked at once; the rest waits, or memory would be whoever asks.
_turns = threading.BoundedSemaphore(2)
_dummy = ""


def hash_password(password: str) -> str:
    """Argon2's text. Raises InvalidValue for a password that is too short or too long."""
    if len(password) < SHORTEST:
        raise InvalidValue(f"Password must be at least {SHORTEST} characters.")
    if len(password) > LONGEST:
        raise InvalidValue(f"Password must be at most {LONGEST} characters.")
    with _turns:
        made: str = _hasher().hash(password)
    return made


def verify_password(kept: str, password: str) -> bool:
    """Whether it is the one; takes as long for a user who is not there (``kept`` empty), so that time tells nothing."""
    global _dummy
    from argon2.exceptions import Argon2Error, InvalidHashError

    hasher = _hasher()
    with _turns:
        if not _dummy:
            _dummy = hasher.hash(secrets.token_hex(16))
        try:
            hasher.verify(kept or _dummy, password[:LONGEST])
        except (Argon2Error, InvalidHashError):
            return False
    return bool(kept) and len(password) <= LONGEST


def new_token() -> str:
    return TOKEN_PREFIX + secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()


def check_username(name: str) -> str:
    """Raises InvalidValue for a name that cannot be typed or sent."""
    if not name.strip() or name != name.strip() or len(name) > 255 or ":" in name or not name.isprintable():
        raise InvalidValue(
            f"Invalid username {name!r}: 1 to 255 printable characters, without ':' and without spaces at its ends."
        )
    return name


def _hasher() -> Any:
    from argon2 import PasswordHasher

    return PasswordHasher(time_cost=_PASSES, memory_cost=_MEMORY, parallelism=_LANES)
