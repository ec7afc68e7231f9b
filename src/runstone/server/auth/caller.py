"""Who asks: known for the time of one request, to everything that is done for it."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Literal

from msgspec import Struct

from runstone.entities.accounts import PERMISSIONS, SCOPES
from runstone.errors import PermissionDenied, RunstoneError


class Unauthenticated(RunstoneError):
    """Nobody signed in, or with a wrong secret."""

    default_code = "UNAUTHENTICATED"


class TooMany(RunstoneError):
    """Asked, or failed, too often. ``seconds`` until it is worth trying again."""

    default_code = "REQUEST_LIMIT_EXCEEDED"

    def __init__(self, message: str, seconds: float) -> None:
        super().__init__(message)
        self.seconds = max(1, round(seconds + 0.5))


class Caller(Struct, frozen=True):
    """A user, and by what this request is the user's. ``secret`` is the digest of the token or session."""

    user_id: int
    username: str
    is_admin: bool
    how: Literal["password", "token", "session"]
    scope: str = "admin"
    secret: str = ""

    def may(self, scope: str) -> bool:
        return SCOPES.index(scope) <= SCOPES.index(self.scope)


class Exchange:
    """One request and its answer. ``caller`` is ``None`` while nobody signed in, and ``problem`` says why not."""

    def __init__(self, address: str = "", secure: bool = False, problem: RunstoneError | None = None) -> None:
        self.address, self.secure, self.problem = address, secure, problem
        self.caller: Caller | None = None
        self.cookies: list[str] = []
        self.request_cookies: dict[str, str] = {}
        self.base = self.host = ""


#: The request that is being answered. Worker threads that the request starts see the same one. It is never set where
#: signing in is off.
current: ContextVar[Exchange] = ContextVar("runstone_exchange")

NO_ACCOUNTS = "This server knows no users. Start it with --auth to have accounts."
_NOBODY = (
    "You are not authenticated. Give user name and password (MLFLOW_TRACKING_USERNAME, MLFLOW_TRACKING_PASSWORD) "
    "or a token (MLFLOW_TRACKING_TOKEN), or sign in."
)


def exchange() -> Exchange:
    """Raises NOT_FOUND's error where the server has no accounts: its endpoints are not there."""
    found = current.get(None)
    if found is None:
        raise RunstoneError(NO_ACCOUNTS, error_code="ENDPOINT_NOT_FOUND")
    return found


def caller(scope: str = "read") -> Caller:
    """Who asks. Raises Unauthenticated where nobody does, PermissionDenied for a token without the scope."""
    asking = exchange()
    if asking.caller is None:
        raise asking.problem or Unauthenticated(_NOBODY)
    if not asking.caller.may(scope):
        raise PermissionDenied(f"Permission denied: the token may only {asking.caller.scope}; this needs scope {scope!r}.")
    return asking.caller


def administrator() -> Caller:
    """Raises PermissionDenied for everybody else."""
    found = caller("admin")
    if not found.is_admin:
        raise PermissionDenied("Permission denied: only administrators may do this.")
    return found


def rank(permission: str) -> int:
    """How much a permission allows; each includes those below."""
    return PERMISSIONS.index(permission)


NONE, READ, USE, EDIT, MANAGE = range(len(PERMISSIONS))
