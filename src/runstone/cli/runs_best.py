"""``runstone runs best``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from msgspec.structs import replace

from .shell import fail, json_option, store_option

if TYPE_CHECKING:
    from runstone.contracts import Store
    from runstone.entities import Experiment
    from runstone.query.objective import Objective


@click.command("best")
@click.option("-x", "--experiment", "--experiment-id", "experiments", multiple=True, help="Id or name; may be given again.")
@click.option("-m", "--metric", default="", help="Default: the experiment's objective.")
@click.option("--max/--min", "greatest", default=None, help="Which end is good; default: what the metric's name says.")
@click.option("-f", "--filter", "filter_text", default="", help="Only runs that match.")
@click.option("-n", "--limit", type=click.IntRange(1, 1000), default=5, show_default=True, help="Runs to show.")
@json_option
@store_option
def best(
    experiments: tuple[str, ...], metric: str, greatest: bool | None, filter_text: str, limit: int, as_json: bool, store: str
) -> None:
    """Rank runs by a metric and show the winner. NaN never wins; runs without the metric do not take part."""
    from runstone.contracts import RunQuery
    from runstone.query.tree import Field

    from .opening import chosen_experiments, open_for_reading
    from .output import note, print_json, print_table, safe
    from .runs_list import as_row, default_columns, short
    from .unknown import unknown_key

    opened = open_for_reading(store)
    chosen = chosen_experiments(opened, experiments)
    ids = tuple(one.experiment_id for one in chosen)
    slip = unknown_key(opened, ids, Field("metrics", metric)) if metric else ""
    if slip:
        fail(slip)
    goal = _objective(opened, chosen, metric, greatest)
    column = f"metrics.{goal.key}" + (f":{goal.statistic}" if goal.statistic != "last" else "")
    columns = [column, *(name for name in default_columns(opened, ids) if name != column)]
    found = opened.table(
        RunQuery(experiment_ids=ids, filter=filter_text, order_by=(goal.order_by,), limit=limit), columns
    )  # fmt: skip
    scores = found.values[0]
    known = [place for place, value in enumerate(scores) if isinstance(value, (int, float)) and value == value]
    if not known:
        if found.matched == 1:
            fail(f"The only run{' that matches' if filter_text else ''} has no value of metric {goal.key!r}.")
        matching = " that match" if filter_text else ""
        fail(f"None of the {found.matched} runs{matching} has a value of metric {goal.key!r}.")
    if as_json:
        ranked = [as_row(found, place, columns) for place in known]
        facts = {"metric": goal.key, "direction": goal.direction, "statistic": goal.statistic, "unit": goal.unit}
        print_json({**facts, "best": ranked[0], "ranked": ranked})
        return
    top = scores[known[0]]
    assert isinstance(top, (int, float))
    rows = []
    for rank, place in enumerate(known):
        value = scores[place]
        gap = None if rank == 0 or not isinstance(value, (int, float)) else float(value - top)
        first = f"★ {rank + 1}" if rank == 0 else str(rank + 1)
        rest = [values[place] for values in found.values[1:]]
        rows.append([first, found.run_ids[place][:8], found.names[place], value, gap, *rest])
    labels = [short(name) for name in columns[1:]]
    numbers = [short(name) for name in columns if name.startswith("metrics.")]
    print_table(["Rank", "Id", "Name", short(column), "Gap", *labels], rows, right=["Rank", "Gap", *numbers], bold=0)
    word = "greatest" if goal.direction == "max" else "least"
    how = ", as its name suggests" if goal.guessed else ""
    what = safe(goal.key) + (f" ({goal.statistic})" if goal.statistic != "last" else "")
    took = "1 run" if found.matched == 1 else f"{found.matched} runs"
    note(f"Best is the {word} {what}{f' in {safe(goal.unit)}' if goal.unit else ''}{how}; {took} took part.")


def _objective(store: Store, experiments: list[Experiment], metric: str, greatest: bool | None) -> Objective:
    """What to rank by: what was asked, else what an experiment says of itself, else a guess by the metrics' names."""
    from runstone.query.objective import OBJECTIVE_TAG, Objective, direction_of, meaning, objective

    tags: dict[str, str] = next(
        (one.tags for one in experiments if OBJECTIVE_TAG in one.tags), experiments[0].tags if experiments else {}
    )
    if metric:
        said = meaning(tags, metric)
        known = said.direction or direction_of(metric)
        if greatest is None and known is None:
            raise click.UsageError(f"Nothing says whether a great or a small {metric!r} is good; add --max or --min.")
        direction = known if greatest is None else "max" if greatest else "min"
        return Objective(metric, str(direction), greatest is None and said.direction is None, said.statistic, said.unit)
    keys = [info.key for info in store.keys("metrics", [one.experiment_id for one in experiments])]
    found = objective(tags, keys)
    if found is None:
        there = ", ".join(keys[:8]) or "none"
        fail(f"Nothing says which metric to rank by; add --metric KEY --max (or --min). Metrics here: {there}.")
    return found if greatest is None else replace(found, direction="max" if greatest else "min", guessed=False)
