"""``runstone diff``: what changed from one run to another, layer by layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from .shell import json_option, store_option

if TYPE_CHECKING:
    from runstone.query.difference import Difference, Evidence

_SAME = {True: "same", False: "differs", None: "unknown"}


@click.command("diff")
@click.argument("run")
@click.argument("other", required=False)
@click.option("--no-code", is_flag=True, help="Leave the text of the code's difference out.")
@json_option
@store_option
def diff(run: str, other: str | None, no_code: bool, as_json: bool, store: str) -> None:
    """What changed from RUN to OTHER: code, config, environment, data, seed, then the metrics that moved.

    With one run, what changed to it from its nearest ancestor: the earlier run of its experiment that has the most in common
    with it. Ids may be shortened.
    """
    import runstone
    from runstone.projects.evidence import ancestor, changed, evidence

    from .opening import open_for_reading, run_id
    from .output import print_json

    if store:
        runstone.set_tracking_uri(store)
    opened = open_for_reading(store)
    after = evidence(run_id(opened, other or run))
    before = evidence(run_id(opened, run)) if other else ancestor(after)
    found = changed(before, after)
    if as_json:
        print_json(found)
    else:
        _print(before, after, found, with_code=not no_code)


def _print(before: Evidence, after: Evidence, found: Difference, with_code: bool) -> None:
    from .output import console, print_table, safe

    names = [f"{one.run.info.run_name} ({one.run.info.run_id[:8]})" for one in (before, after)]
    rows: list[list[object]] = []
    for layer in found.layers:
        cells: list[list[object]] = [[c.name, c.before, c.after] for c in layer.changes] or [["", "", ""]]
        rows.append([layer.layer, _SAME[layer.same], *cells[0]])
        rows += [["", "", *row] for row in cells[1:]]
    print_table(["Layer", "", "What", *names], rows)
    text = found.layer("code").text
    if text and with_code:
        for line in text.splitlines():
            style = "green" if line.startswith("+") else "red" if line.startswith("-") else None
            console().print(safe(line), style=style, markup=False)
        console().print()
    if not found.metrics and all(layer.same for layer in found.layers):
        console().print("Nothing differs, and no metric moved.")
    if found.metrics:
        moved = [[one.name, one.before, one.after, _delta(one.before, one.after)] for one in found.metrics]
        print_table(["Metric", *names, "change"], moved, right=[*names, "change"])


def _delta(before: float | None, after: float | None) -> str:
    from .output import figure

    if before is None or after is None:
        return "-"
    return ("+" if after >= before else "") + figure(after - before)
