"""``runstone db upgrade`` and ``runstone db check``."""

from __future__ import annotations

import click

from .shell import fail, json_done_option, json_option


@click.command("upgrade")
@json_done_option
@click.argument("uri")
def upgrade(uri: str) -> None:
    """Make the tables of the store at URI, or migrate them to this version: all of it or nothing.

    Opening a store does the same; this is for doing it at a time of your choosing, by a user who may.
    """
    from runstone import connect

    from .output import done

    found, head = connect.schema_of(uri)
    place = connect.shown(uri)
    if found == head:
        said = "nothing to do, the schema is"
    else:
        connect.open_store(uri)
        said = "made tables of schema" if found is None else f"migrated from schema {found} to schema"
    done(f"{place}: {said} {head}.", store=place, schema_before=found, schema=head)


@click.command("check")
@json_option
@click.argument("uri")
def check(as_json: bool, uri: str) -> None:
    """Say whether the tables of the store at URI are those of this version; exit code 1 when they are not.

    Changes nothing. `runstone doctor` looks at what is in them.
    """
    from runstone import connect

    from .output import print_json

    found, head = connect.schema_of(uri)
    place = connect.shown(uri)
    if as_json:
        print_json({"store": place, "schema": found, "current": head, "sound": found == head})
        if found != head:
            raise SystemExit(1)
    elif found is None:
        fail(f"{place} has no tables yet. `runstone db upgrade` makes them.")
    elif found != head:
        fail(f"{place} has schema {found}, this version works with {head}. `runstone db upgrade` migrates it.")
    else:
        click.echo(f"{place}: the schema is {head}, as it should be.")
