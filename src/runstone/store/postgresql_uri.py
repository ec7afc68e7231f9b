"""URIs of PostgreSQL databases, in one spelling. Knows no driver, so that naming a store loads none."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from runstone.errors import InvalidValue

#: Query parameters that hold secrets.
_SECRET = {"password", "sslpassword"}


def canonical(uri: str) -> str:
    """``postgresql://…`` as libpq reads it, whatever the spelling of the scheme.

    Raises: InvalidValue: there is no database in it, or it cannot be read.
    """
    shown = "postgresql://user:password@host/database"
    try:
        parts = urlsplit(uri)
        _ = parts.port
    except ValueError as cause:
        raise InvalidValue(f"{without_password(uri)!r} cannot be read: {cause}. It should look like {shown!r}.") from None
    named = dict(parse_qsl(parts.query))
    if not uri.partition(":")[2].startswith("//") or not (parts.path.strip("/") or named.keys() & {"dbname", "service"}):
        raise InvalidValue(f"{without_password(uri)!r} names no database. It should look like {shown!r}.")
    return f"postgresql://{uri.partition('://')[2]}"


def without_password(uri: str) -> str:
    """As it may be shown, and as the name of a store: it stays the same when the password is changed."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return re.sub(r"//[^@/]*@", "//***@", uri)
    user, at, host = parts.netloc.rpartition("@")
    query = parts.query
    if any(key in _SECRET for key, _ in parse_qsl(query)):
        query = urlencode([(key, value) for key, value in parse_qsl(query) if key not in _SECRET])
    return urlunsplit(parts._replace(netloc=user.partition(":")[0] + at + host, query=query))


def secrets(uri: str) -> list[str]:
    """What must not be in a message, in each spelling."""
    from_query = [value for key, value in parse_qsl(urlsplit(uri).query) if key in _SECRET]
    raw = urlsplit(uri).netloc.rpartition("@")[0].partition(":")[2]
    plain = urlsplit(uri).password or ""
    return [one for one in (raw, plain, *from_query) if one]
