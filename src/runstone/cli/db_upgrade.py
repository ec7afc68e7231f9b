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
@click.option("--schema-only", is_flag=True, help="Do not read what is in the tables, which takes its time for a large store.")
@click.argument("uri")
def check(as_json: bool, schema_only: bool, uri: str) -> None:
    """Say whether the store at URI has the tables of this version, and whether what is in them is whole.

    Exit code 1 when not. Changes nothing. Reads all of it, unless --schema-only. `runstone doctor` looks at journals, disk
    and clock, too.
    """
    from runstone import connect

    from .output import print_json

    place, lost = connect.shown(uri), connect.lost_writes(uri)  # by opening it, so this comes first
    found, head = (None, "") if lost else connect.schema_of(uri)
    problems = lost or _of_schema(place, found, head) or ([] if schema_only else connect.damage_of(uri))
    if as_json:
        print_json({"store": place, "schema": found, "current": head, "sound": not problems, "problems": problems})
        if problems:
            raise SystemExit(1)
    elif problems:
        fail("\n".join(problems))
    else:
        whole = "" if schema_only else " and all that is in it can be read"
        click.echo(f"{place}: the schema is {head}, as it should be{whole}.")


def _of_schema(place: str, found: str | None, head: str) -> list[str]:
    """What is wrong with the tables of a store, in one sentence, or none."""
    if found is None:
        return [f"{place} has no tables yet. `runstone db upgrade` makes them."]
    if found != head:
        return [f"{place} has schema {found}, this version works with {head}. `runstone db upgrade` migrates it."]
    return []
