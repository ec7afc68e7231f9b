"""``runstone models promote``."""

from __future__ import annotations

import click

from .shell import json_option, store_option

#: Exit code where a rule is not met: it is no error, and no promotion.
NOT_MET = 3


@click.command()
@click.argument("name")
@click.option("--if", "rule", required=True, metavar="RULE", help='Such as "metrics.accuracy > champion + 0.005".')
@click.option("--version", metavar="N", help="The candidate; by default the newest version that is ready.")
@click.option("--alias", default="champion", show_default=True, help="What is moved.")
@click.option("--level", type=float, default=0.95, show_default=True, help="How sure repeated runs must make it.")
@click.option("--single", is_flag=True, help="Hold the two runs against each other, not their repetitions with other seeds.")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@click.option("--reason", default="", help="Kept with the move; by default the rule and its outcome.")
@json_option
@store_option
def promote(
    name: str,
    rule: str,
    version: str | None,
    alias: str,
    level: float,
    single: bool,
    dry_run: bool,
    reason: str,
    as_json: bool,
    store: str,
) -> None:
    """Let the alias champion stand for a version of NAME, if the version meets a rule. Exit code 3 where it does not."""
    from runstone.client.promotion import promote_in

    from .opening import open_for_reading
    from .output import print_json, safe

    opened = open_for_reading(store)
    found = promote_in(opened, opened, name, rule, version, alias, level, not single, dry_run, reason)
    if as_json:
        print_json(found)
    else:
        for line in str(found).splitlines():
            click.echo(safe(line))
    if not found.met and found.version != found.before:
        raise SystemExit(NOT_MET)
