"""Requests and answers of our own endpoints about accounts. Times are milliseconds since 1970 UTC."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

Scope = Literal["read", "write", "admin"]
ResourceType = Literal["experiment", "registered_model"]
Permission = Literal["NO_PERMISSIONS", "READ", "USE", "EDIT", "MANAGE", "DENY"]


class SessionInfo(Struct):
    """``accounts``: whether this server has any. ``username`` is empty while nobody is signed in. ``provider`` names the place
    beside here where one may sign in, below ``/oidc/sign-in``; empty for none."""

    accounts: bool
    username: str = ""
    is_admin: bool = False
    has_password: bool = False
    provider: str = ""


class SignIn(Struct):
    username: str
    password: str


class Done(Struct):
    """It is done."""


class SignedOut(Struct):
    """``url``: where the browser goes on to sign out at the provider, too; empty for nowhere."""

    url: str = ""


class AccountRow(Struct):
    username: str
    is_admin: bool
    has_password: bool
    groups: list[str]
    creation_time: int


class Accounts(Struct):
    users: list[AccountRow]


class NewAccount(Struct):
    """Without ``password`` it waits for whoever signs in at the provider under this name; there must be one."""

    username: str
    password: str = ""
    is_admin: bool = False


class AccountEdit(Struct):
    """``current_password`` is needed to change one's own password."""

    password: str | UnsetType = UNSET
    current_password: str = ""
    is_admin: bool | UnsetType = UNSET


class GroupRow(Struct):
    group_id: int
    name: str
    description: str
    members: list[str]


class Groups(Struct):
    groups: list[GroupRow]


class NewGroup(Struct):
    name: str
    description: str = ""


class GroupEdit(Struct):
    """Users to add and to take out; another name or description."""

    add: list[str] = []
    remove: list[str] = []
    name: str | UnsetType = UNSET
    description: str | UnsetType = UNSET


class GrantsQuery(Struct):
    """Of one resource, or, for administrators, all."""

    resource_type: ResourceType | UnsetType = UNSET
    resource: str = ""


class GrantRow(Struct):
    grant_id: int
    username: str
    group: str
    resource_type: str
    resource: str
    permission: str


class Grants(Struct):
    """``default_permission``: what everybody else may, where no grant speaks."""

    grants: list[GrantRow]
    default_permission: str


class NewGrant(Struct):
    """To a user or a group, one of the two. ``resource`` is an experiment's id or a registered model's name, or ``*``."""

    resource_type: ResourceType
    resource: str
    permission: Permission
    username: str = ""
    group: str = ""


class TokenRow(Struct):
    """``expires`` is missing for a token that never does. ``token`` is there once, when it was made."""

    token_id: int
    name: str
    scope: str
    creation_time: int
    expires: int | None = None
    token: str = ""


class Tokens(Struct):
    tokens: list[TokenRow]


class NewToken(Struct):
    """``days`` until it expires; ``null``: never."""

    name: str
    scope: Scope = "write"
    days: Annotated[int, Meta(ge=1, le=3650)] | None = 90
