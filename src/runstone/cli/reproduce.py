"""``runstone reproduce``: make a run again and check it."""

from __future__ import annotations

import click

from .shell import json_option, store_option


@click.command("reproduce")
@click.argument("run")
@click.option("--dry-run", is_flag=True, help="Only say what would be done, and what is missing.")
@click.option(
    "--tolerance", default="0", show_default=True, metavar="SHARE|seeds", help="How far a metric may be off; 0 is exact."
)
@click.option(
    "--env-manager",
    type=click.Choice(["local", "uv", "virtualenv", "conda"]),
    default=None,
    help="What makes the environment; default: this one if it has the same packages, else uv.",
)
@json_option
@store_option
def reproduce(run: str, dry_run: bool, tolerance: str, env_manager: str | None, as_json: bool, store: str) -> None:
    """Check out RUN's code and uncommitted changes, rebuild its environment, run its command, compare every metric.

    The verdict is kept on both runs: reproduced, differs (and in which layer), or cannot (and what is missing).
    Exit code 0 only for reproduced; with --dry-run, when nothing is missing.
    """
    import runstone
    from runstone.projects import reproduce as making

    from .opening import open_for_reading, run_id
    from .output import print_json

    if store:
        runstone.set_tracking_uri(store)
    whole = run_id(open_for_reading(store), run)
    if dry_run:
        found = making.plan(whole)
        if as_json:
            told = {"command": found.command, "code": found.code, "environment": found.environment}
            print_json({**told, "missing": list(found.missing), "remarks": list(found.remarks)})
        else:
            click.echo(f"would run: {found.command or '-'}\ncode: {found.code or '-'}\nenvironment: {found.environment}")
            for word, lines in (("missing", found.missing or ["nothing"]), ("note", found.remarks)):
                for line in lines:
                    click.echo(f"{word}: {line}")
        raise SystemExit(1 if found.missing else 0)
    verdict = making.reproduce(whole, tolerance, env_manager)
    if as_json:
        print_json(verdict)
    else:
        click.echo(making.in_words(verdict))
        if verdict.run_id:
            click.echo(f"new run: {verdict.run_id}")
    raise SystemExit(0 if verdict.status == making.REPRODUCED else 1)
