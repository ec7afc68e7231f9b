"""``runstone tokens``: secrets with which programs sign in as somebody."""

from __future__ import annotations

import click

from .shell import json_done_option, json_option, store_option, wants_json


@click.group()
def tokens() -> None:
    """Make, list and revoke tokens for MLFLOW_TRACKING_TOKEN."""


@tokens.command("create")
@click.argument("username")
@click.option("--name", default="command line", show_default=True, help="What it is for.")
@click.option(
    "--scope", type=click.Choice(["read", "write", "admin"]), default="write", show_default=True, help="What it may do."
)
@click.option("--days", type=click.IntRange(1, 3650), default=90, show_default=True, help="How long it is good.")
@click.option("--forever", is_flag=True, help="It never expires.")
@json_done_option
@store_option
def create(username: str, name: str, scope: str, days: int, forever: bool, store: str) -> None:
    """Make a token of a user and print it, this once."""
    from runstone.server.auth.credentials import digest, new_token

    from .accounts import find_user, open_accounts
    from .opening import milliseconds
    from .output import print_json

    accounts, secret = open_accounts(store), new_token()
    expires = None if forever else milliseconds() + days * 86_400_000
    accounts.add_token(find_user(accounts, username).user_id, name, scope, expires, digest(secret))
    if wants_json():
        print_json({"username": username, "name": name, "scope": scope, "expires": expires, "token": secret})
    else:
        click.echo(secret)


@tokens.command("list")
@click.argument("username", required=False, default="")
@json_option
@store_option
def list_tokens(username: str, as_json: bool, store: str) -> None:
    """List tokens, all or those of one user; their secrets are not kept."""
    from .accounts import find_user, open_accounts
    from .output import moment, print_json, print_table

    accounts = open_accounts(store)
    names = {one.user_id: one.username for one in accounts.users()}
    found = accounts.tokens(find_user(accounts, username).user_id if username else 0)
    if as_json:
        fields = ("token_id", "name", "scope", "creation_time", "expires")
        print_json([{"username": names[one.user_id], **{name: getattr(one, name) for name in fields}} for one in found])
        return
    rows = [
        (one.token_id, names[one.user_id], one.name, one.scope, moment(one.creation_time), moment(one.expires)) for one in found
    ]
    print_table(["Number", "User", "Name", "Scope", "Made", "Expires"], rows, right=["Number"])


@tokens.command("delete")
@click.argument("number", type=int)
@json_done_option
@store_option
def delete(number: int, store: str) -> None:
    """Revoke a token by its number."""
    from .accounts import open_accounts
    from .output import done

    open_accounts(store).delete_token(number)
    done(f"Revoked token {number}.", token_id=number)
