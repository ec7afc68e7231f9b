"""What PostgreSQL says, in one message that tells what to do."""

from __future__ import annotations

from urllib.parse import unquote

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from runstone.errors import DiskFull, InvalidValue, RunstoneError, StoreCorrupt, StoreReadOnly, StoreUnavailable
from runstone.store.postgresql_uri import secrets

from .base import TOO_MANY, WAITS, trouble

#: By SQLSTATE: how it begins, and the advice.
_STATES: tuple[tuple[str, type[RunstoneError], str], ...] = (
    ("53300", StoreUnavailable, "It takes no more connections; raise max_connections, or run fewer server processes."),
    ("53100", DiskFull, f"Free some space on its disk; {WAITS}."),
    ("53", StoreUnavailable, f"It is short of memory or connections; {WAITS}."),
    ("55P03", StoreUnavailable, "Another process has been writing for more than {wait:g} s; find it in pg_stat_activity."),
    ("25006", StoreUnavailable, "It may only be read: a standby, or a user with default_transaction_read_only."),
    ("42501", StoreReadOnly, "This user may not do that; GRANT it CREATE on the schema and ALL on the tables."),
    ("42P01", StoreCorrupt, "A table is missing that should be there; put a backup back."),
    ("XX00", StoreCorrupt, "It found its files damaged; put a backup back."),
    ("22", InvalidValue, "Nothing like this can be stored, so nothing can be found."),
    ("54001", InvalidValue, TOO_MANY),
    ("57P0", StoreUnavailable, f"It is shutting down or starting; {WAITS}."),
    ("25P03", StoreUnavailable, "This process slept in the middle of a transaction, which was undone; try again."),
)
#: By what the client library says when no connection comes about.
_WORDS: tuple[tuple[str, str], ...] = (
    ("password authentication failed", "User or password is wrong."),
    ("no password supplied", "It wants a password; put it into the URI, PGPASSWORD or ~/.pgpass."),
    ("too many clients", "It takes no more connections; raise max_connections, or run fewer server processes."),
    ("too many connections", "It takes no more connections for this user or database; raise the limit."),
    ("remaining connection slots", "It takes no more connections; raise max_connections, or run fewer server processes."),
    ("no pg_hba.conf entry", "Its pg_hba.conf does not let this user in from here."),
    ("starting up", "It is starting; try again in a moment."),
    ("shutting down", "It is shutting down."),
    ("Connection refused", "Nothing listens there; is PostgreSQL running, and are host and port right?"),
    ("No such file or directory", "Nothing listens at that socket; is PostgreSQL running, and is the host right?"),
    ("timeout expired", "It did not answer in time; is it reachable from here?"),
    ("timed out", "It did not answer in time; is it reachable from here?"),
    ("SSL", "Client and server do not agree about TLS; see sslmode in the URI."),
)
_HOST = ("could not translate host name", "failed to resolve host", "Name or service not known", "resolve")
#: What clients of a server are told where the words name hosts, users and databases.
_AWAY = "its database cannot be asked at the moment"


def error(cause: BaseException, place: str, uri: str, wait: float) -> RunstoneError:
    """The error for what the driver or SQLAlchemy's pool raised. ``uri`` is what nobody may read in it."""
    if isinstance(cause, PoolTimeout):
        busy = "all connections of this process were in use for a minute; it has too much to do"
        return trouble(StoreUnavailable, place, busy)
    original = cause.orig if isinstance(cause, DBAPIError) else cause
    text = _words(original, uri)
    state = getattr(original, "sqlstate", None) or ""
    for start, kind, advice in _STATES:
        if state and state.startswith(start):
            return trouble(kind, place, text, advice.format(wait=wait))
    if 'database "' in text and "does not exist" in text:
        return trouble(StoreUnavailable, place, text, "Make it with `createdb`, or name another one.", _AWAY)
    if 'role "' in text and "does not exist" in text:
        return trouble(StoreUnavailable, place, text, "Make the user with `createuser`, or name another one.", _AWAY)
    if any(sign in text for sign in _HOST):
        return trouble(StoreUnavailable, place, text, "No machine has that name; check the host in the URI.", _AWAY)
    for sign, advice in _WORDS:
        if sign in text:
            return trouble(StoreUnavailable, place, text, advice, _AWAY)
    if "number of parameters must be" in text:
        return trouble(InvalidValue, place, text, TOO_MANY)
    if isinstance(cause, DBAPIError) and cause.connection_invalidated:
        return trouble(StoreUnavailable, place, text, f"The connection was lost; {WAITS}.", _AWAY)
    return trouble(StoreUnavailable, place, text, "", _AWAY)


def _words(cause: object, uri: str) -> str:
    """The first lines of what was said, on one line, without a secret."""
    text = " ".join(line.strip() for line in str(cause).splitlines()[:2] if line.strip()).rstrip(". ")
    for secret in secrets(uri):
        text = text.replace(secret, "***").replace(unquote(secret), "***")
    return text
