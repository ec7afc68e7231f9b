"""``runstone groups``: users who are granted things together; MLflow calls them roles."""

from __future__ import annotations

import click

from .shell import json_done_option, json_option, store_option


@click.group()
def groups() -> None:
    """Make groups of users and say who is in them."""


@groups.command("create")
@click.argument("name")
@click.option("--description", default="", help="What the group is for.")
@json_done_option
@store_option
def create(name: str, description: str, store: str) -> None:
    """Make a group, empty."""
    from runstone.server.auth.credentials import check_username

    from .accounts import open_accounts
    from .output import done

    open_accounts(store).add_group(check_username(name), description)
    done(f"Made group {name!r}.", name=name)


@groups.command("list")
@json_option
@store_option
def list_groups(as_json: bool, store: str) -> None:
    """List groups with their members."""
    from .accounts import open_accounts
    from .output import print_json, print_table

    accounts = open_accounts(store)
    rows = [(one, [user.username for user in accounts.members(one.group_id)]) for one in accounts.groups()]
    if as_json:
        print_json([{"name": one.name, "description": one.description, "members": members} for one, members in rows])
        return
    print_table(["Name", "Members", "Description"], [(one.name, ", ".join(who) or None, one.description) for one, who in rows])


@groups.command("add")
@click.argument("name")
@click.argument("usernames", nargs=-1, required=True)
@json_done_option
@store_option
def add(name: str, usernames: tuple[str, ...], store: str) -> None:
    """Make users members."""
    _set(name, usernames, True, store)


@groups.command("remove")
@click.argument("name")
@click.argument("usernames", nargs=-1, required=True)
@json_done_option
@store_option
def remove(name: str, usernames: tuple[str, ...], store: str) -> None:
    """Take users out."""
    _set(name, usernames, False, store)


@groups.command("delete")
@click.argument("name")
@json_done_option
@store_option
def delete(name: str, store: str) -> None:
    """Remove a group with its permissions; its members stay."""
    from .accounts import find_group, open_accounts
    from .output import done

    accounts = open_accounts(store)
    accounts.delete_group(find_group(accounts, name))
    done(f"Removed group {name!r}.", name=name)


def _set(name: str, usernames: tuple[str, ...], member: bool, store: str) -> None:
    from .accounts import find_group, find_user, open_accounts
    from .output import done

    accounts = open_accounts(store)
    group = find_group(accounts, name)
    users = [find_user(accounts, one) for one in usernames]
    for user in users:
        accounts.set_member(group, user.user_id, member)
    said = [f"{user.username!r} is {'in' if member else 'no longer in'} {name!r}." for user in users]
    done("\n".join(said), name=name, members=[user.username for user in accounts.members(group)])
