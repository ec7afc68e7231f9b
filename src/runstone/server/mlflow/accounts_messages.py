"""Requests about users, permissions and roles, as MLflow's ``AuthServiceClient`` sends them; see :mod:`.messages`."""

from __future__ import annotations

from msgspec import Struct


class Username(Struct):
    username: str


class NewUser(Struct):
    username: str = ""
    password: str = ""


class NewPassword(Struct):
    username: str
    password: str
    current_password: str = ""


class SetAdmin(Struct):
    username: str
    is_admin: bool


class UserOnExperiment(Struct):
    experiment_id: str
    username: str


class GrantExperiment(UserOnExperiment):
    permission: str


class UserOnModel(Struct):
    name: str
    username: str


class GrantModel(UserOnModel):
    permission: str


class OnResource(Struct):
    username: str
    resource_type: str
    resource_id: str


class GrantResource(OnResource):
    permission: str


class NewRole(Struct):
    name: str
    workspace: str = "default"
    description: str | None = None


class OfRole(Struct):
    role_id: int


class ListRoles(Struct):
    workspace: str = "default"


class ChangeRole(OfRole):
    name: str | None = None
    description: str | None = None


class NewRolePermission(OfRole):
    resource_type: str
    resource_pattern: str
    permission: str


class OfRolePermission(Struct):
    role_permission_id: int


class ChangeRolePermission(OfRolePermission):
    permission: str


class AssignRole(OfRole):
    username: str
