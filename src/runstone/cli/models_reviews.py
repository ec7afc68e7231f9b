"""``runstone models request``, ``requests``, ``approve``, ``reject``, ``withdraw``, ``comment``, ``comments``."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from .shell import json_done_option, json_option, store_option

if TYPE_CHECKING:
    from runstone.client import MlflowClient
    from runstone.entities.reviews import TransitionRequest

F = TypeVar("F", bound=Callable[..., Any])

_version = click.argument("version", metavar="NAME/VERSION")
_comment = click.option("-m", "--comment", default="", help="Why.")


def _target(command: F) -> F:
    stage = click.option("--stage", default="", help="None, Staging, Production or Archived.")
    return stage(click.option("--alias", default="", help="Such as champion.")(command))


@click.command()
@_version
@_target
@_comment
@json_done_option
@store_option
def request(version: str, stage: str, alias: str, comment: str, store: str) -> None:
    """Ask that a version goes to a stage, or that an alias stands for it."""
    if bool(stage) == bool(alias):
        raise click.UsageError("Give --stage or --alias, exactly one of them.")
    client, name, number = _meant(store, version)
    _say(client.create_transition_request(name, number, stage, comment, alias), "is asked for")


@click.command()
@_version
@_target
@click.option("--archive-existing", is_flag=True, help="Archive what is in that stage.")
@_comment
@json_done_option
@store_option
def approve(version: str, stage: str, alias: str, archive_existing: bool, comment: str, store: str) -> None:
    """Make the move that somebody asked for; without --stage and --alias the only one that waits."""
    client, name, number, stage, alias = _waiting(store, version, stage, alias)
    _say(client.approve_transition_request(name, number, stage, archive_existing, comment, alias), "is done")


@click.command()
@_version
@_target
@_comment
@json_done_option
@store_option
def reject(version: str, stage: str, alias: str, comment: str, store: str) -> None:
    """Turn a request down; without --stage and --alias the only one that waits."""
    client, name, number, stage, alias = _waiting(store, version, stage, alias)
    _say(client.reject_transition_request(name, number, stage, comment, alias), "is rejected")


@click.command()
@_version
@_target
@_comment
@json_done_option
@store_option
def withdraw(version: str, stage: str, alias: str, comment: str, store: str) -> None:
    """Take a request back; without --stage and --alias the only one that waits."""
    client, name, number, stage, alias = _waiting(store, version, stage, alias)
    _say(client.delete_transition_request(name, number, stage, comment, alias), "is not asked for any more")


@click.command()
@click.argument("name")
@click.option("--all", "every", is_flag=True, help="Those that were decided, too.")
@json_option
@store_option
def requests(name: str, every: bool, as_json: bool, store: str) -> None:
    """List what waits for an answer, newest first."""
    from .opening import open_for_reading
    from .output import moment, print_json, print_table

    found = open_for_reading(store).transition_requests(name, state="" if every else "PENDING")
    if as_json:
        print_json(found)
        return
    rows = [
        (
            moment(one.creation_timestamp),
            one.user_id or None,
            one.version,
            f"{one.before or 'none'} → {one.target}",
            one.comment or None,
            "STALE" if one.stale else one.state,
            one.decided_by or None,
            one.decision_comment or None,
        )
        for one in found
    ]
    print_table(["When", "Who", "Version", "Change", "Why", "State", "By", "Said"], rows, right=["Version"])


@click.command()
@_version
@click.argument("text")
@json_done_option
@store_option
def comment(version: str, text: str, store: str) -> None:
    """Say something about a version."""
    from .output import done, safe

    client, name, number = _meant(store, version)
    made = client.create_comment(name, number, text)
    done(f"Commented on '{safe(name)}' version {number}.", name=name, version=number, comment_id=made.comment_id)


@click.command()
@_version
@json_option
@store_option
def comments(version: str, as_json: bool, store: str) -> None:
    """Show what was said about a version, oldest first."""
    from .output import moment, print_json, print_table

    client, name, number = _meant(store, version)
    found = client.list_comments(name, number)
    if as_json:
        print_json(found)
        return
    print_table(["When", "Who", "What"], [(moment(one.creation_timestamp), one.user_id or None, one.comment) for one in found])


#: What ``runstone models`` takes in.
COMMANDS = (request, requests, approve, reject, withdraw, comment, comments)


def _meant(store: str, text: str) -> tuple[MlflowClient, str, int]:
    from runstone.client import MlflowClient

    from .opening import open_for_reading, store_uri
    from .version_named import version_named

    found = version_named(open_for_reading(store), text)
    return MlflowClient(store_uri(store)), found.name, int(found.version)


def _waiting(store: str, text: str, stage: str, alias: str) -> tuple[MlflowClient, str, int, str, str]:
    from runstone.client.reviews import request_for

    client, name, version = _meant(store, text)
    found = request_for(client._registry, name, version, stage, alias)
    return client, name, version, found.stage, found.alias


def _say(one: TransitionRequest, what: str) -> None:
    from .output import done, safe

    move = f"in {one.stage}" if one.stage else f"as @{safe(one.alias)}"
    facts = {"name": one.name, "version": one.version, "stage": one.stage, "alias": one.alias, "state": one.state}
    done(f"'{safe(one.name)}' version {one.version} {move} {what}.", request_id=one.request_id, **facts)
