"""Answers about accounts; see :mod:`.answers`."""

from __future__ import annotations

from typing import Any

from msgspec import Struct


class User(Struct):
    """MLflow 2 reads the two lists as well; they are always empty."""

    id: int
    username: str
    is_admin: bool
    experiment_permissions: list[Any]
    registered_model_permissions: list[Any]


class OneUser(Struct):
    user: User


class RolePermission(Struct):
    id: int
    role_id: int
    resource_type: str
    resource_pattern: str
    permission: str


class Role(Struct):
    id: int
    name: str
    workspace: str
    description: str
    permissions: list[RolePermission]


class UserWithRoles(User):
    roles: list[Role]


class Users(Struct):
    users: list[UserWithRoles]


class CurrentUser(OneUser):
    is_basic_auth: bool


class OnExperiment(Struct):
    experiment_id: str
    user_id: int
    permission: str


class OnModel(Struct):
    workspace: str
    name: str
    user_id: int
    permission: str


class OneOnExperiment(Struct):
    experiment_permission: OnExperiment


class OneOnModel(Struct):
    registered_model_permission: OnModel


class Effective(Struct):
    allowed: bool
    permission: str


class Held(Struct):
    role_id: int
    role_name: str
    workspace: str
    resource_type: str
    resource_pattern: str
    permission: str


class AllHeld(Struct):
    is_admin: bool
    permissions: list[Held]


class OneRole(Struct):
    role: Role


class Roles(Struct):
    roles: list[Role]


class OneRolePermission(Struct):
    role_permission: RolePermission


class RolePermissions(Struct):
    role_permissions: list[RolePermission]


class Assignment(Struct):
    id: int
    user_id: int
    role_id: int


class OneAssignment(Struct):
    assignment: Assignment


class Assignments(Struct):
    assignments: list[Assignment]
