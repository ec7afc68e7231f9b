"""What may be done to accounts, and by whom: MLflow's endpoints and ours both come here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from runstone.entities.accounts import EXPERIMENT, PERMISSIONS, SCOPES, Grant, Group, Token, User
from runstone.errors import InvalidValue, NotFound, PermissionDenied

from .caller import MANAGE, Caller, Unauthenticated, administrator, caller, exchange
from .credentials import check_username, digest, hash_password, new_token
from .policy import check_permission, check_resource_type

if TYPE_CHECKING:
    from runstone.contracts import Store

    from .auth import Auth


T = TypeVar("T")


class Desk:
    """For whoever asks at the moment. Everything that changes accounts needs scope ``admin`` of a token."""

    def __init__(self, auth: Auth, store: Store) -> None:
        self.auth, self._store, self._accounts = auth, store, auth.policy.accounts

    # --- users --------------------------------------------------------------------------------------------------------

    def user(self, username: str) -> User:
        """Oneself, or anybody for administrators: others do not learn who is there."""
        asking = caller()
        if username != asking.username:
            administrator()
        return self._user(username)

    def users(self) -> Sequence[User]:
        administrator()
        return self._accounts.users()

    def create_user(self, username: str, password: str, is_admin: bool = False) -> User:
        """Without a password: for whoever signs in at the provider under this name. Raises InvalidValue where there is none."""
        administrator()
        if not username or not (password or self.auth.oidc):
            raise InvalidValue("Username and password cannot be empty.")
        hashed = hash_password(password) if password else ""
        return self._changed(lambda: self._accounts.add_user(check_username(username), hashed, is_admin))

    def set_password(self, username: str, password: str, current: str = "") -> None:
        """Oneself with the current password, unless this very request was made with it; administrators anybody."""
        asking = caller("admin")
        if username != asking.username:
            administrator()
        elif current or asking.how != "password":
            if not current:
                raise InvalidValue("Current password is required when changing your own password.")
            try:
                self.auth.signing.check_password(exchange(), username, current)
            except Unauthenticated as cause:  # somebody is signed in, and stays so
                raise InvalidValue("The current password is wrong.") from cause
        user, hashed = self._user(username), hash_password(password)
        self._changed(lambda: self._accounts.change_user(user.user_id, password_hash=hashed))

    def set_admin(self, username: str, is_admin: bool) -> None:
        administrator()
        user = self._user(username)
        self._changed(lambda: self._accounts.change_user(user.user_id, is_admin=is_admin))

    def delete_user(self, username: str) -> None:
        administrator()
        user = self._user(username)
        self._changed(lambda: self._accounts.delete_user(user.user_id))

    # --- groups -------------------------------------------------------------------------------------------------------

    def groups(self) -> Sequence[Group]:
        administrator()
        return self._accounts.groups()

    def groups_of(self, username: str) -> Sequence[Group]:
        return self._accounts.groups(self.user(username).user_id)

    def group(self, group_id: int) -> Group:
        administrator()
        for one in self._accounts.groups():
            if one.group_id == group_id:
                return one
        raise NotFound(f"There is no group {group_id}.")

    def create_group(self, name: str, description: str = "") -> Group:
        administrator()
        return self._changed(lambda: self._accounts.add_group(check_username(name), description))

    def change_group(self, group_id: int, name: str | None, description: str | None) -> Group:
        administrator()
        checked = None if name is None else check_username(name)
        return self._changed(lambda: self._accounts.change_group(group_id, checked, description))

    def delete_group(self, group_id: int) -> None:
        administrator()
        self._changed(lambda: self._accounts.delete_group(group_id))

    def members(self, group_id: int) -> Sequence[User]:
        administrator()
        return self._accounts.members(group_id)

    def set_member(self, group_id: int, username: str, member: bool) -> User:
        administrator()
        user = self._user(username)
        self._changed(lambda: self._accounts.set_member(group_id, user.user_id, member))
        return user

    # --- grants -------------------------------------------------------------------------------------------------------

    def grant(self, holder_id: int, resource_type: str, resource: str, permission: str) -> Grant:
        """Raises PermissionDenied without MANAGE on the resource, NotFound for one that is not there."""
        self.require_manage(resource_type, resource)
        check_permission(permission)
        if resource_type == EXPERIMENT and resource != "*":
            self._store.get_experiment(resource)
        return self._changed(lambda: self._accounts.grant(holder_id, resource_type, resource, permission))

    def revoke(self, grant: Grant) -> None:
        self.require_manage(grant.resource_type, grant.resource)
        self._changed(lambda: self._accounts.revoke(grant.grant_id))

    def grants_on(self, resource_type: str, resource: str) -> Sequence[Grant]:
        self.require_manage(resource_type, resource)
        return self._accounts.grants(resource_type=resource_type, resource=resource)

    def grants_of(self, holder_id: int) -> Sequence[Grant]:
        """Of a user or group, for administrators, or of oneself."""
        if caller().user_id != holder_id:
            administrator()
        return self._accounts.grants([holder_id])

    def revoke_by_id(self, grant_id: int) -> None:
        """For whoever manages the resource; others learn nothing of the grant."""
        caller("admin")
        for one in self._accounts.grants():
            if one.grant_id == grant_id:
                self.revoke(one)
                return
        administrator()
        raise NotFound(f"There is no grant {grant_id}.")

    def grant_by_id(self, grant_id: int) -> Grant:
        administrator()
        for one in self._accounts.grants():
            if one.grant_id == grant_id:
                return one
        raise NotFound(f"There is no grant {grant_id}.")

    def own_grant(self, username: str, resource_type: str, resource: str) -> Grant:
        """What one user was granted on one resource. Raises NotFound, PermissionDenied without MANAGE."""
        self.require_manage(resource_type, resource)
        found = self._accounts.grants([self._user(username).user_id], resource_type, resource)
        if not found:
            kind = resource_type.replace("_", " ")
            raise NotFound(f"No permission of user {username!r} on {kind} {resource!r} was found.")
        return found[0]

    def effective(self, username: str, resource_type: str, resource: str) -> int:
        """Rank of what a user may do: for oneself, for who manages the resource, and for administrators."""
        check_resource_type(resource_type)
        asking = caller()
        if asking.username != username:
            self.require_manage(resource_type, resource)
        return self.auth.policy.of_user(self._user(username), resource_type, resource)

    def holder(self, username: str = "", group: str = "") -> int:
        """The id of a user or a group by name. Raises NotFound. To be asked after what needs MANAGE."""
        if username:
            return self._user(username).user_id
        for one in self._accounts.groups():
            if one.name == group:
                return one.group_id
        raise NotFound(f"There is no group {group!r}.")

    # --- tokens -------------------------------------------------------------------------------------------------------

    def tokens(self) -> Sequence[Token]:
        """One's own."""
        return self._accounts.tokens(caller().user_id)

    def create_token(self, name: str, scope: str, expires: int | None) -> tuple[Token, str]:
        """The token and its secret, which is shown this once."""
        asking: Caller = caller("admin")
        if scope not in SCOPES:
            raise InvalidValue(f"Invalid scope {scope!r}. Valid scopes are: {', '.join(SCOPES)}.")
        if not name.strip() or len(name) > 255:
            raise InvalidValue("A token needs a name, of at most 255 characters.")
        secret = new_token()
        made = self._changed(lambda: self._accounts.add_token(asking.user_id, name.strip(), scope, expires, digest(secret)))
        return made, secret

    def delete_token(self, token_id: int) -> None:
        """One's own; administrators anybody's."""
        asking = caller("admin")
        if token_id not in [one.token_id for one in self._accounts.tokens(asking.user_id)]:
            administrator()
        self._changed(lambda: self._accounts.delete_token(token_id))

    # --- how ----------------------------------------------------------------------------------------------------------

    def require_manage(self, resource_type: str, resource: str) -> None:
        """Raises PermissionDenied."""
        check_resource_type(resource_type)
        asking = caller("admin")
        if resource == "*":
            administrator()
        elif self.auth.policy.permission(asking, resource_type, resource) < MANAGE:
            raise PermissionDenied(
                f"Permission denied: {PERMISSIONS[MANAGE]} on this {resource_type.replace('_', ' ')} is needed."
            )

    def _user(self, username: str) -> User:
        found = self._accounts.find_user(username=username) if username else None
        if found is None:
            raise NotFound(f"User with username={username} not found")
        return found

    def _changed(self, work: Callable[[], T]) -> T:
        try:
            return work()
        finally:
            self.auth.signing.forget()
