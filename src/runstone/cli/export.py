"""``runstone export``."""

from __future__ import annotations

from pathlib import Path

import click

from .shell import fail, json_done_option, store_option, wants_json


@click.command("export")
@click.argument("runs", nargs=-1)
@click.option(
    "--html", "target", required=True, type=click.Path(dir_okay=False), help="The file to write; - for standard output."
)
@click.option("-x", "--experiment", "--experiment-id", "experiments", multiple=True, help="Id or name; may be given again.")
@click.option("-f", "--filter", "filter_text", default="", help="Only runs that match.")
@click.option("-o", "--order-by", "order_by", multiple=True, help='For example: "metrics.accuracy DESC"; may be given again.')
@click.option("-n", "--limit", type=click.IntRange(1, 5_000), default=1_000, show_default=True, help="Runs of a search.")
@click.option("--title", default="", help="Over the page; the runs' names if not given.")
@json_done_option
@store_option
def export(
    runs: tuple[str, ...], target: str, experiments: tuple[str, ...], filter_text: str, order_by: tuple[str, ...], limit: int,
    title: str, store: str,
) -> None:  # fmt: skip
    """Write runs as one HTML file: sortable tables, charts, and the data inside as JSON. It opens offline.

    RUNS are ids or beginnings of ids: one is told whole, up to 20 are compared, more are a table. Without RUNS it is the
    table of what --experiment, --filter and --order-by find.
    """
    from runstone import connect
    from runstone.contracts import RunQuery
    from runstone.export.contents import Kind
    from runstone.export.gather import gather
    from runstone.export.page import html

    from .opening import chosen_experiments, open_for_reading, run_id
    from .output import note, print_json, size_text

    if runs and (experiments or filter_text or order_by):
        raise click.UsageError("Name RUNS, or search with --experiment, --filter and --order-by; not both.")
    opened = open_for_reading(store)
    kind: Kind | None = None
    matched = 0
    if runs:
        ids = [run_id(opened, text) for text in runs]
    else:
        chosen = tuple(one.experiment_id for one in chosen_experiments(opened, experiments))
        found = opened.table(RunQuery(experiment_ids=chosen, filter=filter_text, order_by=order_by, limit=limit))
        if found.matched > len(found.run_ids):
            note(f"{len(found.run_ids)} of {found.matched} runs that match are written; --limit takes more.")
        ids, kind, matched = list(found.run_ids), "runs", found.matched
    contents = gather(opened, ids, kind, title, connect.shown(opened.uri), matched)
    text = html(contents)
    if target == "-":
        click.echo(text)
        return
    try:
        Path(target).write_text(text, "utf-8")
    except OSError as cause:
        fail(f"Cannot write {target!r}: {cause.strerror}.")
    size = len(text.encode())
    if wants_json():
        print_json({"path": target, "runs": [one.run_id for one in contents.runs], "bytes": size})
    else:
        several = len(contents.runs) > 1
        note(f"{len(contents.runs)} runs, {size_text(size)}: {target}" if several else f"Wrote {target}")
