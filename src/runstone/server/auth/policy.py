"""What a user may do with what. Answers come from memory; what changed in another process is seen within :data:`FRESH` seconds.

Of the grants that apply, the nearest counts: the user's own on the very thing, then those of the user's groups on it (the
greatest), then the same two for ``*``, then the server's default. ``DENY`` on any of them means none. Administrators may all.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Literal, TypeVar

from runstone.contracts import Accounts
from runstone.entities.accounts import DENY, EXPERIMENT, PERMISSIONS, REGISTERED_MODEL, RESOURCE_TYPES, Grant, User
from runstone.errors import InvalidValue, PermissionDenied

from .caller import MANAGE, NONE, READ, USE, Caller, rank

#: Seconds for which what was read is used without asking whether it changed.
FRESH = 1.0
#: Runs whose experiment is remembered.
_MOST = 50_000
#: What the scope of a token leaves of its owner's permissions.
_CAP = {"read": USE, "write": MANAGE, "admin": MANAGE}

#: In place of an experiment's id: what the caller may do with experiments that no grant names.
ANY = ""

Kind = Literal["run", "model", "trace"]
K = TypeVar("K")


class Policy:
    """Args:
    accounts: where users and grants are kept.
    default: permission on everything that no grant speaks of.
    """

    def __init__(self, accounts: Accounts, default: str = "READ", clock: Callable[[], float] = time.monotonic) -> None:
        self.accounts, self._clock = accounts, clock
        self.default = rank("NO_PERMISSIONS" if check_permission(default) == DENY else default)
        self._lock = threading.Lock()
        self._version, self._looked = -1, -1e9
        self._users: dict[int, tuple[list[Grant], list[Grant], float]] = {}
        self._names: dict[str, User | None] = {}
        self._ids: dict[int, User | None] = {}
        self._owners: dict[tuple[Kind, str], tuple[str, float]] = {}

    def version(self) -> int:
        """Number of the state that answers come from; what was remembered under another one is forgotten."""
        now = self._clock()
        if now - self._looked > FRESH:
            found = self.accounts.version()
            with self._lock:
                if found != self._version:
                    self._users, self._names, self._ids = {}, {}, {}
                self._version, self._looked = found, now
        return self._version

    def fresh_version(self) -> int:
        """:meth:`version`, if memory alone can tell; else a number that is none."""
        return self._version if self._clock() - self._looked <= FRESH else -2

    def changed(self) -> None:
        """This process changed accounts: look at once."""
        self._looked = -1e9
        self._users = {}

    def user(self, username: str = "", user_id: int = 0) -> User | None:
        """From memory."""
        self.version()
        if username:
            return _remembered(self._names, username, lambda: self.accounts.find_user(username=username))
        return _remembered(self._ids, user_id, lambda: self.accounts.find_user(user_id=user_id))

    def permission(self, caller: Caller, resource_type: str, resource: str) -> int:
        """Rank of what the caller may do with one experiment (id) or registered model (name)."""
        cap = _CAP[caller.scope]
        if caller.is_admin:
            return min(MANAGE, cap)
        return min(self._granted(caller.user_id, resource_type, resource), cap)

    def of_user(self, user: User, resource_type: str, resource: str) -> int:
        """The same for any user, without tokens."""
        return MANAGE if user.is_admin else self._granted(user.user_id, resource_type, resource)

    def sees_all(self, caller: Caller) -> bool:
        """Whether nothing is hidden from the caller, whatever was granted."""
        return caller.is_admin

    def require(self, caller: Caller, needed: int, resource_type: str, resource: str) -> None:
        """Raises PermissionDenied."""
        if self.permission(caller, resource_type, resource) < needed:
            what = {EXPERIMENT: "experiment", REGISTERED_MODEL: "registered model"}[resource_type]
            raise PermissionDenied(f"Permission denied: {PERMISSIONS[needed]} on {what} {resource!r} is needed.")

    def require_experiments(self, caller: Caller, needed: int, ids: Iterable[str]) -> None:
        for one in dict.fromkeys(ids):
            self.require(caller, needed, EXPERIMENT, one)

    def readable(self, caller: Caller, ids: Sequence[str]) -> tuple[str, ...]:
        """Those of these experiments that the caller may read."""
        return tuple(one for one in ids if self.permission(caller, EXPERIMENT, one) >= READ)

    def experiments_of(self, kind: Kind, ids: Iterable[str]) -> dict[str, str]:
        """The experiments of runs, logged models or traces; what is not there is left out."""
        now, found, unknown = self._clock(), dict[str, str](), list[str]()
        for one in dict.fromkeys(ids):
            known = self._owners.get((kind, one))
            if known is not None and known[1] > now:
                found[one] = known[0]
            else:
                unknown.append(one)
        if unknown:
            fresh = self.accounts.experiments_of(kind, unknown)
            if len(self._owners) > _MOST:
                self._owners = {}
            self._owners.update({(kind, one): (owner, now + 2 * FRESH) for one, owner in fresh.items()})
            found.update(fresh)
        return found

    def moved(self, run_id: str) -> None:
        """A run may be in another experiment now."""
        self._owners.pop(("run", run_id), None)

    def _granted(self, user_id: int, resource_type: str, resource: str) -> int:
        own, groups, _ = self._grants(user_id)
        if any(one.permission == DENY for one in _on((*own, *groups), resource_type, (resource, "*"))):
            return NONE
        for place in (resource, "*"):
            for holders in (own, groups):
                found = _on(holders, resource_type, (place,))
                if found:
                    return max(rank(one.permission) for one in found)
        return self.default

    def _grants(self, user_id: int) -> tuple[list[Grant], list[Grant], float]:
        """The user's own and those of the user's groups, read again now and then: models get other names."""
        self.version()
        now, known = self._clock(), self._users.get(user_id)
        if known is None or known[2] < now:
            groups = [group.group_id for group in self.accounts.groups(user_id)]
            every = self.accounts.grants([user_id, *groups])
            own = [one for one in every if one.holder_id == user_id]
            known = (own, [one for one in every if one.holder_id != user_id], now + 2 * FRESH)
            if len(self._users) > _MOST:
                self._users = {}
            self._users[user_id] = known
        return known


def check_permission(permission: str) -> str:
    """Raises InvalidValue for a word that is no permission."""
    if permission not in (*PERMISSIONS, DENY):
        raise InvalidValue(f"Invalid permission '{permission}'. Valid permissions are: {', '.join((*PERMISSIONS, DENY))}.")
    return permission


def check_resource_type(resource_type: str) -> str:
    """Raises InvalidValue for a kind of thing that nothing is granted on."""
    if resource_type not in RESOURCE_TYPES:
        raise InvalidValue(f"Invalid resource type '{resource_type}'. Valid resource types are: {', '.join(RESOURCE_TYPES)}.")
    return resource_type


def _on(grants: Iterable[Grant], resource_type: str, resources: tuple[str, ...]) -> list[Grant]:
    return [one for one in grants if one.resource_type == resource_type and one.resource in resources]


def _remembered(known: dict[K, User | None], key: K, ask: Callable[[], User | None]) -> User | None:
    if key not in known:
        if len(known) > _MOST:
            known.clear()
        known[key] = ask()
    return known[key]
