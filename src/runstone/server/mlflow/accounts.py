"""MLflow's endpoints for accounts, of its second and third series: users, permissions, and roles, which are our groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runstone.entities.accounts import EXPERIMENT, PERMISSIONS, REGISTERED_MODEL, Grant, Group, User
from runstone.errors import AlreadyExists, InvalidValue
from runstone.server.auth.caller import USE, administrator, caller

from . import accounts_answers as a
from . import accounts_messages as m
from .answers import Nothing as Empty
from .messages import Nothing
from .row import Row
from .shapes import Json

if TYPE_CHECKING:
    from runstone.server.backend import Backend

#: The only workspace there is.
WORKSPACE = "default"


# --- users ------------------------------------------------------------------------------------------------------------


def create_user(backend: Backend, request: m.NewUser) -> Json:
    """A user with a password."""
    return {"user": _user(backend.desk().create_user(request.username, request.password))}


def get_user(backend: Backend, request: m.Username) -> Json:
    """Oneself, or anybody for administrators."""
    return {"user": _user(backend.desk().user(request.username))}


def list_users(backend: Backend, request: Nothing) -> Json:
    """Everybody, with roles."""
    desk = backend.desk()
    return {
        "users": [
            {**_user(one), "roles": [_role(backend, group) for group in desk.groups_of(one.username)]} for one in desk.users()
        ]
    }


def current_user(backend: Backend, request: Nothing) -> Json:
    """Who asks."""
    return {"user": _user(backend.desk().user(caller().username)), "is_basic_auth": caller().how == "password"}


def update_password(backend: Backend, request: m.NewPassword) -> Json:
    """Set a password, one's own or, for administrators, anybody's."""
    backend.desk().set_password(request.username, request.password, request.current_password)
    return {}


def update_admin(backend: Backend, request: m.SetAdmin) -> Json:
    """Make somebody an administrator, or no longer."""
    backend.desk().set_admin(request.username, request.is_admin)
    return {}


def delete_user(backend: Backend, request: m.Username) -> Json:
    """With tokens, sessions and permissions."""
    backend.desk().delete_user(request.username)
    return {}


# --- permissions of one user on one thing -----------------------------------------------------------------------------


def create_on_experiment(backend: Backend, request: m.GrantExperiment) -> Json:
    """Grant a user a permission on an experiment, where there is none yet."""
    made = _create(backend, request.username, EXPERIMENT, request.experiment_id, request.permission)
    return {"experiment_permission": _on_experiment(made)}


def get_on_experiment(backend: Backend, request: m.UserOnExperiment) -> Json:
    """What a user was granted on an experiment."""
    return {"experiment_permission": _on_experiment(_own(backend, request.username, EXPERIMENT, request.experiment_id))}


def update_on_experiment(backend: Backend, request: m.GrantExperiment) -> Json:
    """Change what was granted."""
    return _update(backend, request.username, EXPERIMENT, request.experiment_id, request.permission)


def delete_on_experiment(backend: Backend, request: m.UserOnExperiment) -> Json:
    """Take back what was granted."""
    return _delete(backend, request.username, EXPERIMENT, request.experiment_id)


def create_on_model(backend: Backend, request: m.GrantModel) -> Json:
    """Grant a user a permission on a registered model, where there is none yet."""
    made = _create(backend, request.username, REGISTERED_MODEL, request.name, request.permission)
    return {"registered_model_permission": _on_model(made)}


def get_on_model(backend: Backend, request: m.UserOnModel) -> Json:
    """What a user was granted on a registered model."""
    return {"registered_model_permission": _on_model(_own(backend, request.username, REGISTERED_MODEL, request.name))}


def update_on_model(backend: Backend, request: m.GrantModel) -> Json:
    """Change what was granted."""
    return _update(backend, request.username, REGISTERED_MODEL, request.name, request.permission)


def delete_on_model(backend: Backend, request: m.UserOnModel) -> Json:
    """Take back what was granted."""
    return _delete(backend, request.username, REGISTERED_MODEL, request.name)


def grant(backend: Backend, request: m.GrantResource) -> Json:
    """Grant a user a permission, or change it."""
    desk = backend.desk()
    desk.require_manage(request.resource_type, request.resource_id)
    desk.grant(desk.holder(request.username), request.resource_type, request.resource_id, request.permission)
    return {}


def revoke(backend: Backend, request: m.OnResource) -> Json:
    """Take back what was granted."""
    return _delete(backend, request.username, request.resource_type, request.resource_id)


def effective(backend: Backend, request: m.OnResource) -> Json:
    """What a user may do with a resource, by whatever way."""
    found = backend.desk().effective(request.username, request.resource_type, request.resource_id)
    return {"allowed": found >= USE, "permission": PERMISSIONS[found]}


def list_permissions(backend: Backend, request: m.Username) -> Json:
    """All that a user was granted, directly and by roles."""
    desk = backend.desk()
    user = desk.user(request.username)
    holders = [(user.user_id, f"__user_{user.user_id}__"), *((one.group_id, one.name) for one in desk.groups_of(user.username))]
    names = dict(holders)
    rows = [
        {
            "role_id": one.holder_id,
            "role_name": names[one.holder_id],
            "workspace": WORKSPACE,
            "resource_type": one.resource_type,
            "resource_pattern": one.resource,
            "permission": one.permission,
        }
        for holder, _ in holders
        for one in backend.accounts.grants([holder])
    ]
    return {"is_admin": user.is_admin, "permissions": rows}


def list_own_permissions(backend: Backend, request: Nothing) -> Json:
    """All that one was granted oneself."""
    return list_permissions(backend, m.Username(caller().username))


# --- roles ------------------------------------------------------------------------------------------------------------


def create_role(backend: Backend, request: m.NewRole) -> Json:
    """A group."""
    _check_workspace(request.workspace)
    return {"role": _role(backend, backend.desk().create_group(request.name, request.description or ""))}


def get_role(backend: Backend, request: m.OfRole) -> Json:
    """A group with its permissions."""
    return {"role": _role(backend, backend.desk().group(request.role_id))}


def list_roles(backend: Backend, request: m.ListRoles) -> Json:
    """All groups."""
    found = backend.desk().groups() if request.workspace == WORKSPACE else ()
    return {"roles": [_role(backend, one) for one in found]}


def update_role(backend: Backend, request: m.ChangeRole) -> Json:
    """Another name or description."""
    return {"role": _role(backend, backend.desk().change_group(request.role_id, request.name, request.description))}


def delete_role(backend: Backend, request: m.OfRole) -> Json:
    """With its permissions."""
    backend.desk().delete_group(request.role_id)
    return {}


def add_role_permission(backend: Backend, request: m.NewRolePermission) -> Json:
    """Grant a group a permission."""
    administrator()
    desk = backend.desk()
    group = desk.group(request.role_id)
    there = backend.accounts.grants([group.group_id], request.resource_type, request.resource_pattern)
    if there:
        raise AlreadyExists(
            f"The role has a permission on {request.resource_type} {request.resource_pattern!r}: change that one."
        )
    made = desk.grant(group.group_id, request.resource_type, request.resource_pattern, request.permission)
    return {"role_permission": _role_permission(made)}


def remove_role_permission(backend: Backend, request: m.OfRolePermission) -> Json:
    """Take it back."""
    desk = backend.desk()
    desk.revoke(desk.grant_by_id(request.role_permission_id))
    return {}


def update_role_permission(backend: Backend, request: m.ChangeRolePermission) -> Json:
    """Change it."""
    desk = backend.desk()
    found = desk.grant_by_id(request.role_permission_id)
    changed = desk.grant(found.holder_id, found.resource_type, found.resource, request.permission)
    return {"role_permission": _role_permission(changed)}


def list_role_permissions(backend: Backend, request: m.OfRole) -> Json:
    """What a group was granted."""
    desk = backend.desk()
    return {"role_permissions": [_role_permission(one) for one in desk.grants_of(desk.group(request.role_id).group_id)]}


def assign_role(backend: Backend, request: m.AssignRole) -> Json:
    """Make a user a member of a group."""
    return {"assignment": _assignment(backend.desk().set_member(request.role_id, request.username, True), request.role_id)}


def unassign_role(backend: Backend, request: m.AssignRole) -> Json:
    """No longer a member."""
    backend.desk().set_member(request.role_id, request.username, False)
    return {}


def list_user_roles(backend: Backend, request: m.Username) -> Json:
    """Groups of a user: one's own, or anybody's for administrators."""
    return {"roles": [_role(backend, one) for one in backend.desk().groups_of(request.username)]}


def list_role_users(backend: Backend, request: m.OfRole) -> Json:
    """Members of a group."""
    return {"assignments": [_assignment(one, request.role_id) for one in backend.desk().members(request.role_id)]}


# --- how --------------------------------------------------------------------------------------------------------------


def _create(backend: Backend, username: str, resource_type: str, resource: str, permission: str) -> Grant:
    desk = backend.desk()
    desk.require_manage(resource_type, resource)
    holder = desk.holder(username)
    if backend.accounts.grants([holder], resource_type, resource):
        raise AlreadyExists(f"User {username!r} has a permission on {resource_type} {resource!r} already: update it.")
    return desk.grant(holder, resource_type, resource, permission)


def _own(backend: Backend, username: str, resource_type: str, resource: str) -> Grant:
    return backend.desk().own_grant(username, resource_type, resource)


def _update(backend: Backend, username: str, resource_type: str, resource: str, permission: str) -> Json:
    desk = backend.desk()
    found = desk.own_grant(username, resource_type, resource)
    desk.grant(found.holder_id, resource_type, resource, permission)
    return {}


def _delete(backend: Backend, username: str, resource_type: str, resource: str) -> Json:
    desk = backend.desk()
    desk.revoke(desk.own_grant(username, resource_type, resource))
    return {}


def _check_workspace(name: str) -> None:
    if name != WORKSPACE:
        raise InvalidValue(f"Invalid workspace {name!r}: the only one here is {WORKSPACE!r}.")


def _user(found: User) -> Json:
    """MLflow 2 reads the two lists of permissions as well."""
    return {
        "id": found.user_id,
        "username": found.username,
        "is_admin": found.is_admin,
        "experiment_permissions": [],
        "registered_model_permissions": [],
    }


def _on_experiment(found: Grant) -> Json:
    return {"experiment_id": found.resource, "user_id": found.holder_id, "permission": found.permission}


def _on_model(found: Grant) -> Json:
    return {"workspace": WORKSPACE, "name": found.resource, "user_id": found.holder_id, "permission": found.permission}


def _role(backend: Backend, group: Group) -> Json:
    return {
        "id": group.group_id,
        "name": group.name,
        "workspace": WORKSPACE,
        "description": group.description,
        "permissions": [_role_permission(one) for one in backend.accounts.grants([group.group_id])],
    }


def _role_permission(found: Grant) -> Json:
    return {
        "id": found.grant_id,
        "role_id": found.holder_id,
        "resource_type": found.resource_type,
        "resource_pattern": found.resource,
        "permission": found.permission,
    }


def _assignment(user: User, role_id: int) -> Json:
    return {"id": user.user_id, "user_id": user.user_id, "role_id": role_id}


# fmt: off
ACCOUNTS: tuple[Row, ...] = (
    Row("POST", "/mlflow/users/create", m.NewUser, a.OneUser, create_user, "admin"),
    Row("GET", "/mlflow/users/get", m.Username, a.OneUser, get_user),
    Row("GET", "/mlflow/users/list", Nothing, a.Users, list_users, "admin"),
    Row("GET", "/mlflow/users/current", Nothing, a.CurrentUser, current_user),
    Row("PATCH", "/mlflow/users/update-password", m.NewPassword, Empty, update_password, "write"),
    Row("PATCH", "/mlflow/users/update-admin", m.SetAdmin, Empty, update_admin, "admin"),
    Row("DELETE", "/mlflow/users/delete", m.Username, Empty, delete_user, "admin"),
    Row("POST", "/mlflow/experiments/permissions/create", m.GrantExperiment, a.OneOnExperiment, create_on_experiment, "write"),
    Row("GET", "/mlflow/experiments/permissions/get", m.UserOnExperiment, a.OneOnExperiment, get_on_experiment),
    Row("PATCH", "/mlflow/experiments/permissions/update", m.GrantExperiment, Empty, update_on_experiment, "write"),
    Row("DELETE", "/mlflow/experiments/permissions/delete", m.UserOnExperiment, Empty, delete_on_experiment, "write"),
    Row("POST", "/mlflow/registered-models/permissions/create", m.GrantModel, a.OneOnModel, create_on_model, "write"),
    Row("GET", "/mlflow/registered-models/permissions/get", m.UserOnModel, a.OneOnModel, get_on_model),
    Row("PATCH", "/mlflow/registered-models/permissions/update", m.GrantModel, Empty, update_on_model, "write"),
    Row("DELETE", "/mlflow/registered-models/permissions/delete", m.UserOnModel, Empty, delete_on_model, "write"),
    Row("POST", "/mlflow/users/permissions/grant", m.GrantResource, Empty, grant, "write", version=3),
    Row("POST", "/mlflow/users/permissions/revoke", m.OnResource, Empty, revoke, "write", version=3),
    Row("GET", "/mlflow/users/permissions/get", m.OnResource, a.Effective, effective, version=3),
    Row("GET", "/mlflow/users/permissions/list", m.Username, a.AllHeld, list_permissions, version=3),
    Row("GET", "/mlflow/users/current/permissions", Nothing, a.AllHeld, list_own_permissions, version=3),
    Row("POST", "/mlflow/roles/create", m.NewRole, a.OneRole, create_role, "admin", 3),
    Row("GET", "/mlflow/roles/get", m.OfRole, a.OneRole, get_role, "admin", 3),
    Row("GET", "/mlflow/roles/list", m.ListRoles, a.Roles, list_roles, "admin", 3),
    Row("PATCH", "/mlflow/roles/update", m.ChangeRole, a.OneRole, update_role, "admin", 3),
    Row("DELETE", "/mlflow/roles/delete", m.OfRole, Empty, delete_role, "admin", 3),
    Row("POST", "/mlflow/roles/permissions/add", m.NewRolePermission, a.OneRolePermission,
        add_role_permission, "admin", 3),
    Row("DELETE", "/mlflow/roles/permissions/remove", m.OfRolePermission, Empty, remove_role_permission, "admin", 3),
    Row("GET", "/mlflow/roles/permissions/list", m.OfRole, a.RolePermissions, list_role_permissions, "admin", 3),
    Row("PATCH", "/mlflow/roles/permissions/update", m.ChangeRolePermission, a.OneRolePermission,
        update_role_permission, "admin", 3),
    Row("POST", "/mlflow/roles/assign", m.AssignRole, a.OneAssignment, assign_role, "admin", 3),
    Row("DELETE", "/mlflow/roles/unassign", m.AssignRole, Empty, unassign_role, "admin", 3),
    Row("GET", "/mlflow/users/roles/list", m.Username, a.Roles, list_user_roles, version=3),
    Row("GET", "/mlflow/roles/users/list", m.OfRole, a.Assignments, list_role_users, "admin", 3),
)
# fmt: on
