"""``runstone import``."""

from __future__ import annotations

import click

from .shell import json_option


@click.command("import")
@click.argument("source")
@click.option(
    "--into", "--store", "store", metavar="URI", default="",
    help="Where the runs go; default RUNSTONE_TRACKING_URI, else the folder .runstone here.",
)  # fmt: skip
@click.option(
    "--artifacts-from", metavar="URI", multiple=True,
    help="A folder or object store outside of SOURCE that its artifacts may be read from; may be given again.",
)  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Write nothing; say what would be carried.")
@json_option
def import_runs(source: str, store: str, artifacts_from: tuple[str, ...], dry_run: bool, as_json: bool) -> None:
    """Read in the runs of SOURCE, which is never changed: MLflow's folder (mlruns) or database
    (sqlite:///mlflow.db, postgresql://user@host/mlflow).

    Again, it reads only what is new or changed. Exit code 1 when something could not be carried.
    """
    from runstone import connect
    from runstone.importers.progress import bar

    from .opening import store_uri
    from .output import note, print_json, safe

    named = connect.shown(source) if source.startswith("postgres") else source
    with bar(f"Reading in {named}") as tell:
        report = connect.read_in(source, store_uri(store), artifacts_from, dry_run, tell)
    if as_json:
        print_json(report)
    else:
        verb = "Would read in" if dry_run else "Read in"
        same = report.unchanged.get("run", 0)
        click.echo(f"{verb} from {report.kind}: {report.words()}; {same:,} run{'s' * (same != 1)} as before.")
        for line in report.problem_lines():
            note(f"Left out: {safe(line)}")
    if report.problems:
        raise SystemExit(1)
