"""``runstone db copy``."""

from __future__ import annotations

import click

from .shell import json_option


@click.command("copy")
@json_option
@click.argument("source", metavar="SRC")
@click.argument("target", metavar="DST")
def copy(as_json: bool, source: str, target: str) -> None:
    """Copy the store SRC, every table of it, into the empty place DST: a folder, an SQLite file or a PostgreSQL database.

    All of it or nothing. SRC is only read, as it is at one moment. Artifacts stay where they are, and are found there.
    """
    from runstone import connect
    from runstone.importers.progress import bar

    from .output import note, print_json, print_table

    waiting = connect.journal_root(source)
    if waiting.is_dir() and any(waiting.iterdir()):
        note(f"Journals wait in {waiting}: what is in them is not copied. `runstone sync --store SRC` ships those of the dead.")
    with bar(f"Copying {connect.shown(source)}") as tell:
        done = 0

        def progress(table: str, rows: int) -> None:
            nonlocal done
            done += 1
            tell(done, 0)

        found = connect.copy_store(source, target, progress)
    if as_json:
        print_json({"source": connect.shown(source), "target": connect.shown(target), "tables": found})
        return
    print_table(["Table", "Rows", "Digest"], [(one.table, one.rows, one.digest) for one in found], right=["Rows"])
    click.echo(f"Copied {sum(one.rows for one in found):,} rows to {connect.shown(target)}; every digest agrees.")
