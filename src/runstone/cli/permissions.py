"""``runstone permissions``: what users and groups may do."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import click

from .shell import json_done_option, json_option, store_option

if TYPE_CHECKING:
    from runstone.contracts import Accounts

C = TypeVar("C", bound=Callable[..., object])


def _what(command: C) -> C:
    """Who, and on what."""
    for option in (
        click.option("--model", default="", help="A registered model's name; * for all."),
        click.option("--experiment", default="", help="An experiment's name or id; * for all."),
        click.option("--group", default="", help="The group it is for."),
        click.option("--user", default="", help="The user it is for."),
    ):
        command = option(command)
    return command


@click.group()
def permissions() -> None:
    """Grant and revoke permissions on experiments and registered models."""


@permissions.command("grant")
@click.argument("permission", type=click.Choice(["NO_PERMISSIONS", "READ", "USE", "EDIT", "MANAGE", "DENY"], False))
@_what
@json_done_option
@store_option
def grant(permission: str, user: str, group: str, experiment: str, model: str, store: str) -> None:
    """Grant a permission, or change what was granted."""
    from .accounts import open_accounts
    from .output import done

    accounts = open_accounts(store)
    kind, resource = _resource(experiment, model, store)
    accounts.grant(_holder(accounts, user, group), kind, resource, permission)
    said = f"{user or group} has {permission} on {kind.replace('_', ' ')} {resource}."
    done(said, holder=user or group, permission=permission, resource_type=kind, resource=resource)


@permissions.command("revoke")
@_what
@json_done_option
@store_option
def revoke(user: str, group: str, experiment: str, model: str, store: str) -> None:
    """Take back what was granted."""
    from .accounts import open_accounts
    from .output import done
    from .shell import fail

    accounts = open_accounts(store)
    kind, resource = _resource(experiment, model, store)
    found = accounts.grants([_holder(accounts, user, group)], kind, resource)
    if not found:
        fail(f"{user or group} was granted nothing on {kind.replace('_', ' ')} {resource}.")
    accounts.revoke(found[0].grant_id)
    said = f"{user or group} has no grant on {kind.replace('_', ' ')} {resource} any more."
    done(said, holder=user or group, resource_type=kind, resource=resource)


@permissions.command("list")
@json_option
@store_option
def list_permissions(as_json: bool, store: str) -> None:
    """List all grants."""
    from .accounts import open_accounts
    from .output import print_json, print_table

    accounts = open_accounts(store)
    names = {one.user_id: f"user {one.username}" for one in accounts.users()}
    names |= {one.group_id: f"group {one.name}" for one in accounts.groups()}
    rows = [(names.get(one.holder_id, "-"), one.permission, one.resource_type, one.resource) for one in accounts.grants()]
    if as_json:
        print_json([dict(zip(("holder", "permission", "resource_type", "resource"), row, strict=True)) for row in rows])
        return
    print_table(["Who", "May", "On", "Which"], rows)


def _holder(accounts: Accounts, user: str, group: str) -> int:
    from .accounts import find_group, find_user

    if bool(user) == bool(group):
        raise click.UsageError("Give --user or --group, one of them.")
    return find_user(accounts, user).user_id if user else find_group(accounts, group)


def _resource(experiment: str, model: str, store: str) -> tuple[str, str]:
    from runstone import connect
    from runstone.entities.accounts import EXPERIMENT, REGISTERED_MODEL

    from .opening import find_experiment, store_uri

    if bool(experiment) == bool(model):
        raise click.UsageError("Give --experiment or --model, one of them.")
    if model:
        return REGISTERED_MODEL, model
    if experiment == "*":
        return EXPERIMENT, experiment
    return EXPERIMENT, find_experiment(connect.open_store(store_uri(store)), experiment).experiment_id
