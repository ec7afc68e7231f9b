"""The UI's cookie. Scripts cannot read it, other sites cannot send it with a change, and without TLS nobody sees it but the
network; behind TLS it travels nowhere else."""

from __future__ import annotations

from runstone.entities.accounts import User

from .caller import Exchange
from .credentials import digest
from .signing import COOKIE, Signing

#: Tells pages that somebody signed in, so that those of a server without accounts need not ask. It says nothing else.
MARK = "runstone_signed_in"


def set_session(signing: Signing, asking: Exchange, user: User) -> None:
    """A new session. The one that the browser had ends: whoever planted it gains nothing."""
    _end(signing, asking)
    seconds = int(signing.session_seconds)
    asking.cookies.append(cookie(asking, COOKIE, signing.open_session(user), seconds))
    asking.cookies.append(cookie(asking, MARK, "1", seconds, readable=True))


def clear_session(signing: Signing, asking: Exchange) -> None:
    """End the session of this browser, if it has one."""
    _end(signing, asking)
    asking.cookies += [cookie(asking, COOKIE, "", 0), cookie(asking, MARK, "", 0, readable=True)]


def cookie(asking: Exchange, name: str, value: str, seconds: int, readable: bool = False, path: str = "") -> str:
    """A ``Set-Cookie`` for this server alone. ``readable``: by the scripts of its pages."""
    hidden = "" if readable else "HttpOnly; "
    text = f"{name}={value}; Path={path or asking.base or '/'}; Max-Age={seconds}; {hidden}SameSite=Lax"
    return text + "; Secure" if asking.secure else text


def _end(signing: Signing, asking: Exchange) -> None:
    before = asking.request_cookies.get(COOKIE, "")
    if before:
        signing.kept.end_session(digest(before))
        signing.forget()
