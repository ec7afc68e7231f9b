"""``runstone models scan``: what a model would run when it is loaded, and what its pickles would import, without loading it."""

from __future__ import annotations

from pathlib import Path

import click

from .shell import json_option, store_option


@click.command("scan")
@click.argument("model", metavar="URI", required=False)
@click.option("-m", "--model-uri", metavar="URI", help="The same, as an option.")
@json_option
@store_option
def scan(model: str | None, model_uri: str | None, as_json: bool, store: str) -> None:
    """Tell what the pickles of a model, or one file, would import, and what else runs code when it is loaded. Nothing is.

    Exit code 1 when something in it runs commands, reaches files or networks, or cannot be read.
    """
    from runstone import settings
    from runstone.models import risks
    from runstone.models import scan as scanning
    from runstone.models.locate import local_folder

    from .opening import store_uri
    from .output import print_json, print_table, safe

    if (model is None) == (model_uri is None):
        raise click.UsageError("Give one model: URI, or -m URI.")
    model = model or model_uri or ""
    if store:
        settings.TRACKING_URI.set(store_uri(store))
    place = Path(model) if Path(model).is_file() else local_folder(model)
    found = [*scanning.scan(place), *risks.of(place)]
    if as_json:
        print_json(found)
    elif found:
        order = [scanning.RUNS_CODE, scanning.UNREADABLE, scanning.CARRIES_CODE, scanning.IMPORTS]
        rows = [(one.verdict, one.name, one.file) for one in sorted(found, key=lambda one: order.index(one.verdict))]
        print_table(["Verdict", "Name", "File"], rows)
    else:
        click.echo(f"There is no pickle in {safe(model)}, and nothing else of it runs code.")
    if any(one.verdict in (scanning.RUNS_CODE, scanning.UNREADABLE) for one in found):
        raise SystemExit(1)
