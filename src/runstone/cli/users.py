"""``runstone users``: who may sign in at a server over this store."""

from __future__ import annotations

import sys

import click

from .shell import json_done_option, json_option, store_option


@click.group()
def users() -> None:
    """Make, list and remove users of a server with --auth."""


@users.command("create")
@click.argument("username")
@click.option("--admin", is_flag=True, help="May do everything.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input instead of asking for it.")
@click.option("--no-password", is_flag=True, help="For whoever signs in first under this name at the server's OpenID provider.")
@json_done_option
@store_option
def create(username: str, admin: bool, password_stdin: bool, no_password: bool, store: str) -> None:
    """Make a user; asks for the password."""
    from runstone.server.auth.credentials import check_username, hash_password

    from .accounts import open_accounts
    from .output import done

    if no_password and password_stdin:
        raise click.UsageError("--no-password and --password-stdin contradict each other; leave one out.")
    hashed = "" if no_password else hash_password(_password(password_stdin))
    open_accounts(store).add_user(check_username(username), hashed, admin)
    done(f"Made {'administrator' if admin else 'user'} {username!r}.", username=username, is_admin=admin)


@users.command("list")
@json_option
@store_option
def list_users(as_json: bool, store: str) -> None:
    """List users, by name."""
    from .accounts import open_accounts
    from .output import moment, print_json, print_table

    accounts = open_accounts(store)
    rows = [(one, [group.name for group in accounts.groups(one.user_id)]) for one in accounts.users()]
    if as_json:
        print_json([{"username": one.username, "is_admin": one.is_admin, "groups": groups} for one, groups in rows])
        return
    print_table(
        ["Name", "Administrator", "Signs in by", "Groups", "Since"],
        [
            (
                one.username,
                "yes" if one.is_admin else None,
                "password" if one.password_hash else "provider",
                ", ".join(groups) or None,
                moment(one.creation_time),
            )
            for one, groups in rows
        ],
    )


@users.command("password")
@click.argument("username")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input instead of asking for it.")
@json_done_option
@store_option
def change_password(username: str, password_stdin: bool, store: str) -> None:
    """Give a user a new password; ends the user's sessions."""
    from runstone.server.auth.credentials import hash_password

    from .accounts import find_user, open_accounts
    from .output import done

    accounts = open_accounts(store)
    user = find_user(accounts, username)
    accounts.change_user(user.user_id, password_hash=hash_password(_password(password_stdin)))
    done(f"{username!r} has a new password.", username=username)


@users.command("admin")
@click.argument("username")
@click.option("--no", "no_longer", is_flag=True, help="No longer.")
@json_done_option
@store_option
def admin(username: str, no_longer: bool, store: str) -> None:
    """Make a user an administrator."""
    from .accounts import find_user, open_accounts
    from .output import done

    accounts = open_accounts(store)
    accounts.change_user(find_user(accounts, username).user_id, is_admin=not no_longer)
    said = "no administrator any more" if no_longer else "an administrator"
    done(f"{username!r} is {said}.", username=username, is_admin=not no_longer)


@users.command("delete")
@click.argument("username")
@json_done_option
@store_option
def delete(username: str, store: str) -> None:
    """Remove a user with tokens, sessions and permissions."""
    from .accounts import find_user, open_accounts
    from .output import done

    accounts = open_accounts(store)
    accounts.delete_user(find_user(accounts, username).user_id)
    done(f"Removed {username!r}.", username=username)


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\n")
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
