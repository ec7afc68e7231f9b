"""Accounts: signing in, one's tokens, and what administrators do with users, groups and grants."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from msgspec import UNSET

from runstone.entities.accounts import PERMISSIONS, Grant, Group, Token, User
from runstone.errors import InvalidValue
from runstone.server import accounts_schema as s
from runstone.server.auth.caller import administrator, caller, current, exchange
from runstone.server.auth.cookies import clear_session, set_session
from runstone.server.auth.fetch import ProviderTrouble

if TYPE_CHECKING:
    from runstone.server.backend import Backend


def session(backend: Backend) -> s.SessionInfo:
    """Whether one must sign in here, and who did."""
    asking = current.get(None)
    if backend.auth is None or asking is None:
        return s.SessionInfo(False)
    provider = backend.auth.oidc.name if backend.auth.oidc else ""
    if asking.caller is None:
        return s.SessionInfo(True, provider=provider)
    user = backend.desk().user(asking.caller.username)
    return s.SessionInfo(True, user.username, user.is_admin, bool(user.password_hash), provider)


def sign_in(backend: Backend, body: s.SignIn) -> s.SessionInfo:
    """Sign in at the UI: a cookie that scripts cannot read."""
    auth, asking = backend.desk().auth, exchange()
    user = auth.signing.check_password(asking, body.username, body.password)
    set_session(auth.signing, asking, user)
    return s.SessionInfo(True, user.username, user.is_admin, True, auth.oidc.name if auth.oidc else "")


def sign_out(backend: Backend) -> s.SignedOut:
    """End this session; nothing if there is none. ``url`` is where to sign out of the provider, if that is wanted."""
    desk, asking = backend.desk(), exchange()
    user = asking.caller and desk.user(asking.caller.username)
    clear_session(desk.auth.signing, asking)
    url = ""
    if desk.auth.oidc is not None and user and user.subject:
        with suppress(ProviderTrouble):  # it is away: here the session is over all the same
            url = desk.auth.oidc.goodbye(asking)
    return s.SignedOut(url)


def list_tokens(backend: Backend) -> s.Tokens:
    """One's own tokens, without their secrets."""
    return s.Tokens([_token(one) for one in backend.desk().tokens()])


def create_token(backend: Backend, body: s.NewToken) -> s.TokenRow:
    """Make a token; its secret is shown this once."""
    expires = None if body.days is None else backend.now() + body.days * 86_400_000
    made, secret = backend.desk().create_token(body.name, body.scope, expires)
    return _token(made, secret)


def delete_token(backend: Backend, token_id: str) -> s.Done:
    """Revoke a token: one's own, or anybody's for administrators."""
    backend.desk().delete_token(_number(token_id))
    return s.Done()


def list_users(backend: Backend) -> s.Accounts:
    """Everybody."""
    desk = backend.desk()
    return s.Accounts([_user(one, desk.groups_of(one.username)) for one in desk.users()])


def create_account(backend: Backend, body: s.NewAccount) -> s.AccountRow:
    """A user with a password, or one for whoever signs in at the provider under that name."""
    return _user(backend.desk().create_user(body.username, body.password, body.is_admin), ())


def edit_account(backend: Backend, username: str, body: s.AccountEdit) -> s.AccountRow:
    """Change a password, one's own or, for administrators, anybody's; make administrators."""
    desk = backend.desk()
    if body.is_admin is not UNSET:
        desk.set_admin(username, body.is_admin)
    if body.password is not UNSET:
        desk.set_password(username, body.password, body.current_password)
        if username == caller().username and caller().how == "session":  # all sessions ended, this one goes on
            set_session(desk.auth.signing, exchange(), desk.user(username))
    return _user(desk.user(username), desk.groups_of(username))


def delete_account(backend: Backend, username: str) -> s.Done:
    """Remove a user with tokens, sessions and grants."""
    backend.desk().delete_user(username)
    return s.Done()


def list_groups(backend: Backend) -> s.Groups:
    """All groups with their members."""
    desk = backend.desk()
    return s.Groups([_group(one, desk.members(one.group_id)) for one in desk.groups()])


def create_group(backend: Backend, body: s.NewGroup) -> s.GroupRow:
    """A group, empty."""
    return _group(backend.desk().create_group(body.name, body.description), ())


def edit_group(backend: Backend, group_id: str, body: s.GroupEdit) -> s.GroupRow:
    """Add and remove members; give another name or description."""
    desk, number = backend.desk(), _number(group_id)
    name, description = (None if one is UNSET else one for one in (body.name, body.description))
    if name is not None or description is not None:
        desk.change_group(number, name, description)
    for names, member in ((body.add, True), (body.remove, False)):
        for name in names:
            desk.set_member(number, name, member)
    return _group(desk.group(number), desk.members(number))


def delete_group(backend: Backend, group_id: str) -> s.Done:
    """Remove a group with its grants."""
    backend.desk().delete_group(_number(group_id))
    return s.Done()


def list_grants(backend: Backend, query: s.GrantsQuery) -> s.Grants:
    """What was granted on a resource, for those who manage it; all, for administrators."""
    desk = backend.desk()
    if query.resource_type is UNSET:
        administrator()
        found = backend.accounts.grants()
    else:
        found = desk.grants_on(query.resource_type, query.resource)
    return _grants(backend, found)


def create_grant(backend: Backend, body: s.NewGrant) -> s.Grants:
    """Grant a permission, or change it; all grants on that resource."""
    desk = backend.desk()
    desk.require_manage(body.resource_type, body.resource)
    if bool(body.username) == bool(body.group):
        raise InvalidValue("A grant is for a username or a group, exactly one of them.")
    desk.grant(desk.holder(body.username, body.group), body.resource_type, body.resource, body.permission)
    return _grants(backend, desk.grants_on(body.resource_type, body.resource))


def delete_grant(backend: Backend, grant_id: str) -> s.Done:
    """Take back what was granted."""
    backend.desk().revoke_by_id(_number(grant_id))
    return s.Done()


def _token(one: Token, secret: str = "") -> s.TokenRow:
    return s.TokenRow(one.token_id, one.name, one.scope, one.creation_time, one.expires, secret)


def _user(one: User, groups: Sequence[Group]) -> s.AccountRow:
    names = [group.name for group in groups]
    return s.AccountRow(one.username, one.is_admin, bool(one.password_hash), names, one.creation_time)


def _group(one: Group, members: Sequence[User]) -> s.GroupRow:
    names = [user.username for user in members]
    return s.GroupRow(one.group_id, one.name, one.description, names)


def _grants(backend: Backend, found: Sequence[Grant]) -> s.Grants:
    users = {one.user_id: one.username for one in backend.accounts.users()}
    groups = {one.group_id: one.name for one in backend.accounts.groups()}
    rows: list[s.GrantRow] = []
    for one in found:
        holder = users.get(one.holder_id, ""), groups.get(one.holder_id, "")
        rows.append(s.GrantRow(one.grant_id, *holder, one.resource_type, one.resource, one.permission))
    return s.Grants(rows, PERMISSIONS[backend.desk().auth.policy.default])


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise InvalidValue(f"{text!r} is no number of anything here.")
    return int(text)
