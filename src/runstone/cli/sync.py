"""``runstone sync``."""

from __future__ import annotations

import click

from .shell import json_option, store_option


@click.command("sync")
@json_option
@store_option
def sync(as_json: bool, store: str) -> None:
    """Ship what processes that died have left in their journals. A journal whose process lives is left to it."""
    from runstone import connect
    from runstone.client import spool
    from runstone.client.session import session
    from runstone.journal import recovery

    from .opening import store_uri
    from .output import note, print_json, safe

    uri = store_uri(store)
    opened = connect.open_store(uri)
    found = recovery.recover_all(connect.journal_roots(uri), opened)
    files, waiting = spool.deliver(session(uri), connect.open_artifacts)
    found.problems += waiting
    if as_json:
        print_json(found)
    elif not found.journals and not files:
        click.echo("Nothing was left to ship.")
    else:
        records = f"{found.records} records with {found.points} metric points"
        click.echo(f"Shipped {records} from {found.journals} journal{'s' * (found.journals != 1)}.")
    if files and not as_json:
        click.echo(f"Brought {files} artifact{'s' * (files != 1)} to their runs.")
    for run_id, cause in found.crashed.items():
        note(f"Run {run_id} ended with its process: {safe(cause)}.")
    for problem in found.problems:
        note(f"Problem: {problem}")
    if found.problems or found.damaged:
        raise SystemExit(1)
