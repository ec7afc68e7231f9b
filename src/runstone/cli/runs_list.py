"""``runstone runs list``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from .shell import json_option, store_option

if TYPE_CHECKING:
    from runstone.contracts import RunQuery, RunTable, Store

#: Metrics and params that are shown unasked; more fit on no screen.
METRICS, PARAMS = 4, 4
FILES = click.Choice(["csv", "json", "parquet", "markdown", "latex"])
VIEWS = click.Choice(["active_only", "deleted_only", "all"])


@click.command("list")
@click.option("-x", "--experiment-id", "--experiment", "experiments", multiple=True, help="Id or name; may be given again.")
@click.option("-v", "--view", type=VIEWS, default="active_only", show_default=True, help="Also those in the trash?")
@click.option("-f", "--filter", "filter_text", default="", help='For example: metrics.accuracy > 0.9 and params.depth = "3"')
@click.option("-o", "--order-by", "order_by", multiple=True, help='For example: "metrics.accuracy DESC"; may be given again.')
@click.option("-n", "--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="Runs to show.")
@click.option("-c", "--columns", default="", help="Columns, with commas: metrics.loss, min(metrics.loss), params.lr, tags.team")
@click.option("--format", "kind", type=FILES, help="All runs that match, as a file on standard output.")
@json_option
@store_option
def list_runs(
    experiments: tuple[str, ...], view: str, filter_text: str, order_by: tuple[str, ...], limit: int, columns: str,
    kind: str | None, as_json: bool, store: str,
) -> None:  # fmt: skip
    """Runs with their metrics and the params that differ; the newest first."""
    from runstone.contracts import RunQuery
    from runstone.entities import ViewType

    from .opening import chosen_experiments, open_for_reading
    from .output import note, print_json, safe
    from .unknown import unknown_keys

    opened = open_for_reading(store)
    chosen = chosen_experiments(opened, experiments)
    ids = tuple(one.experiment_id for one in chosen)
    names = [part.strip() for part in columns.split(",") if part.strip()] or default_columns(
        opened, ids, as_json or kind is not None
    )
    query = RunQuery(
        experiment_ids=ids, filter=filter_text, order_by=order_by, view=ViewType.from_string(view), limit=limit
    )  # fmt: skip
    if kind is not None:
        _write(opened, query, kind, names)
        return
    found = opened.table(query, names)
    if found.total and (order_by or not found.run_ids):
        for sentence in unknown_keys(opened, ids, "" if found.run_ids else filter_text, order_by):
            note(safe(sentence))
    if as_json:
        print_json([as_row(found, place, names) for place in range(len(found.run_ids))])
        return
    experiments_by_id = {one.experiment_id: one.name for one in chosen}
    _print(found, names, experiments_by_id if len(set(found.experiment_ids)) > 1 else {})
    if found.matched > len(found.run_ids):
        note(f"{len(found.run_ids)} of {found.matched} runs are shown; --limit shows more.")
    elif not found.run_ids:
        note(f"No run matches; there are {found.total} in all." if found.total else "There are no runs here.")


def _write(store: Store, query: RunQuery, kind: str, columns: list[str]) -> None:
    """All runs that match, with names and times before the columns, to standard output."""
    from runstone.export.rows import FORMATS
    from runstone.export.windows import FACTS, every_window, pieces

    asked = [*FACTS, *columns]
    _, _, writer = FORMATS[kind]
    for part in writer(asked, pieces(every_window(store, query, asked))):
        click.echo(part, nl=False)


def default_columns(store: Store, experiment_ids: tuple[str, ...], everything: bool = False) -> list[str]:
    """Metrics, what the runs are judged by first, then params that differ; ``everything`` for programs."""
    from runstone.query.objective import objective

    metrics = [info.key for info in store.keys("metrics", experiment_ids) if not info.key.startswith("system/") or everything]
    goal = objective({}, metrics)
    if goal is not None:
        metrics = [goal.key, *(key for key in metrics if key != goal.key)]
    params = [info.key for info in store.keys("params", experiment_ids) if info.distinct > 1 or everything]
    if not everything:
        metrics, params = metrics[:METRICS], params[:PARAMS]
    return [f"metrics.{key}" for key in metrics] + [f"params.{key}" for key in params]


def as_row(found: RunTable, place: int, columns: list[str]) -> dict[str, object]:
    """One run of a table, for programs."""
    return {
        "run_id": found.run_ids[place],
        "run_name": found.names[place],
        "experiment_id": found.experiment_ids[place],
        "status": found.status[place],
        "start_time": found.start[place],
        "end_time": found.end[place],
        "lifecycle_stage": found.lifecycle[place],
        "parent_run_id": found.parents[place],
        **{name: values[place] for name, values in zip(columns, found.values, strict=True)},
    }


def _print(found: RunTable, columns: list[str], experiments: dict[str, str]) -> None:
    """``experiments``: their names by id, where runs of several are shown."""
    from .output import moment, print_table, span

    heads = ["Id", "Name", "Status", "Started", "Took"]
    heads += ["Experiment"] if experiments else []
    labels = [short(name) for name in columns]
    rows = []
    for place, run_id in enumerate(found.run_ids):
        start, end = found.start[place], found.end[place]
        row: list[object] = [run_id[:8], found.names[place], found.status[place], moment(start), span(start, end)]
        row += [experiments.get(found.experiment_ids[place], found.experiment_ids[place])] if experiments else []
        rows.append([*row, *(values[place] for values in found.values)])
    right = [label for label, name in zip(labels, columns, strict=True) if "metrics." in name]
    print_table([*heads, *labels], rows, right=["Took", *right])


def short(column: str) -> str:
    """A column's head: the key alone when the kind is plain."""
    for prefix in ("metrics.", "params."):
        if column.startswith(prefix):
            return column[len(prefix) :]
    return column
