"""From what a provider says of somebody to a user here, with groups."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from runstone.contracts import Accounts
from runstone.entities.accounts import User
from runstone.errors import AlreadyExists, PermissionDenied, WrongState

from .credentials import check_username

if TYPE_CHECKING:
    from .oidc import OidcSettings

log = logging.getLogger("runstone.server")


def user_for(accounts: Accounts, settings: OidcSettings, issuer: str, claims: Mapping[str, Any]) -> User:
    """The user that these claims are about: known by issuer and ``sub``, never by a name that somebody could take on.

    A user without password and without a provider's id, as an administrator makes one, waits for whoever signs in first
    under that name; a user with a password never becomes somebody else's.

    Raises:
        PermissionDenied: there is no such user and none is made, the name is taken, or a group is missing.
    """
    groups = _groups(settings, claims)
    if settings.required_group and settings.required_group not in groups:
        raise PermissionDenied(f"Only members of the group {settings.required_group!r} may sign in here.")
    subject = f"{issuer} {claims['sub']}"
    user = accounts.find_user(subject=subject) or _new(accounts, settings, subject, claims)
    if settings.groups_claim:
        _set_groups(accounts, user, groups)
    if settings.admin_group:
        _set_admin(accounts, user, settings.admin_group in groups)
    return accounts.find_user(user_id=user.user_id) or user


def _new(accounts: Accounts, settings: OidcSettings, subject: str, claims: Mapping[str, Any]) -> User:
    name = _name(settings, claims)
    there = accounts.find_user(username=name)
    if there is not None and not there.password_hash and not there.subject:
        accounts.change_user(there.user_id, subject=subject)
        return there
    if there is not None:
        raise PermissionDenied(f"There is another user {name!r} here already. Ask an administrator for an account.")
    if not settings.create_users:
        raise PermissionDenied(f"There is no user {name!r} here. Ask an administrator for an account.")
    with suppress(AlreadyExists):  # the same person, at the same moment, in another tab
        return accounts.add_user(name, "", False, subject)
    found = accounts.find_user(subject=subject)
    if found is None:
        raise PermissionDenied(f"There is another user {name!r} here already. Ask an administrator for an account.")
    return found


def _name(settings: OidcSettings, claims: Mapping[str, Any]) -> str:
    claim = settings.username_claim
    name = claims.get(claim)
    if not isinstance(name, str):
        raise PermissionDenied(f"The provider does not say a user name: it gives no {claim!r} (RUNSTONE_OIDC_USERNAME_CLAIM).")
    if claim == "email" and claims.get("email_verified") not in (True, None):
        raise PermissionDenied(f"The provider has not verified the address {name!r}.")
    return check_username(name)


def _groups(settings: OidcSettings, claims: Mapping[str, Any]) -> frozenset[str]:
    """A list of names, or one; anything else is none."""
    found = claims.get(settings.groups_claim) if settings.groups_claim else ()
    if isinstance(found, str):
        found = [found]
    return frozenset(one for one in found if isinstance(one, str)) if isinstance(found, list) else frozenset()


def _set_groups(accounts: Accounts, user: User, wanted: frozenset[str]) -> None:
    """Of the groups that there are here, those that the provider names, and no others."""
    has = {one.group_id for one in accounts.groups(user.user_id)}
    for group in accounts.groups():
        if (group.name in wanted) != (group.group_id in has):
            accounts.set_member(group.group_id, user.user_id, group.name in wanted)


def _set_admin(accounts: Accounts, user: User, wanted: bool) -> None:
    if user.is_admin == wanted:
        return
    try:
        accounts.change_user(user.user_id, is_admin=wanted)
    except WrongState as cause:
        log.warning("%s left the administrators' group at the provider, and is the last administrator here", user.username)
        raise PermissionDenied(
            "You are no administrator at the provider any more, but the last one here. Make somebody else one first, with "
            "`runstone users admin NAME`."
        ) from cause
