"""``runstone runs compare``."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import click
import msgspec

from .shell import json_option, store_option

if TYPE_CHECKING:
    from runstone.entities import Run
    from runstone.query.verdict import Comparison


#: Ids that are shown of runs that might be compared as well.
_FURTHER = 6


@click.command("compare")
@click.argument("runs", nargs=-1, required=True)
@click.option("--metric", "-m", help="The metric that decides; guessed from the names if not given.")
@click.option("--max/--min", "largest", default=None, help="Is the largest or the smallest value best? Guessed if not given.")
@click.option(
    "--stat",
    type=click.Choice(["last", "min", "max", "mean", "first", "best"]),
    help="Which value of each run decides; what the experiment says of the metric if not given, else the last.",
)
@click.option("--all", "everything", is_flag=True, help="Also what is equal in all of them.")
@json_option
@store_option
def compare(
    runs: tuple[str, ...],
    metric: str | None,
    largest: bool | None,
    stat: str | None,
    everything: bool,
    as_json: bool,
    store: str,
) -> None:
    """Is it better? And runs side by side: differing params, metrics with the distance from the first run, the best marked.

    RUNS are ids or beginnings of ids; the first is the baseline. Runs that differ only in their seed count as one group.
    """
    from runstone.repetitions import further

    from .opening import find_run, open_for_reading
    from .output import note, print_json, print_table, span

    if len(runs) < 2:
        raise click.UsageError("Name at least two runs to compare.")
    opened = open_for_reading(store)
    found = [find_run(opened, text) for text in runs]
    tags = opened.get_experiment(found[0].info.experiment_id).tags
    verdict = _verdict(found, metric, largest, stat, tags)
    more = further(opened, found)
    if verdict is not None:
        verdict = msgspec.structs.replace(verdict, further=more)
    params, equal = differing(found, everything)
    metrics = {key: judged(found, key, tags) for key in _keys(one.data.metrics for one in found)}
    if as_json:
        infos = [one.to_dictionary()["info"] for one in found]
        print_json({"runs": infos, "params": params, "metrics": metrics, "verdict": verdict and msgspec.to_builtins(verdict)})
        return
    if verdict is not None:
        click.echo(f"{verdict}\n")
    heads = ["", *(f"{one.info.run_name} ({one.info.run_id[:8]})" for one in found)]
    print_table(
        heads,
        [
            ["status", *(one.info.status for one in found)],
            ["took", *(span(one.info.start_time, one.info.end_time) for one in found)],
        ],
    )
    if metrics:
        rows = [[key, *_cells(metric)] for key, metric in metrics.items() if everything or _varies(metric)]
        print_table(["Metric", *heads[1:]], rows, right=heads[1:])
    if params:
        print_table(["Param", *heads[1:]], [[key, *values] for key, values in params.items()])
    if more:
        shown = " ".join(one[:8] for one in more[:_FURTHER]) + " …" * (len(more) > _FURTHER)
        differ = "more run differs" if len(more) == 1 else "more runs differ"
        note(f"{len(more)} {differ} from one of these only in the seed and would tell more: {shown}")
    if equal:
        note(f"{equal} params are equal in all of them; --all shows them.")


def _verdict(
    runs: Sequence[Run], metric: str | None, largest: bool | None, stat: str | None, tags: Mapping[str, str]
) -> Comparison | None:
    """``None`` where nothing can be said without naming a metric, or the same run was named twice."""
    from runstone.errors import InvalidValue
    from runstone.query.verdict import compare_runs

    direction = None if largest is None else "max" if largest else "min"
    try:
        return compare_runs(runs, metric, direction, statistic=stat, tags=tags)
    except InvalidValue:
        if metric is not None:
            raise
        return None


def differing(runs: Sequence[Run], everything: bool = False) -> tuple[dict[str, list[str | None]], int]:
    """Params as rows (``None`` where a run has none), only those that differ; and how many were left out."""
    rows = {key: [one.data.params.get(key) for one in runs] for key in _keys(one.data.params for one in runs)}
    shown = {key: values for key, values in rows.items() if everything or len(set(values)) > 1}
    return shown, len(rows) - len(shown)


def judged(runs: Sequence[Run], key: str, tags: Mapping[str, str] | None = None) -> dict[str, object]:
    """One metric over the runs: last values, distances from the first run, and the best where ``tags`` or the name say how."""
    from runstone.query.objective import best, direction_of, meaning

    values = [one.data.metrics.get(key) for one in runs]
    base = values[0]
    deltas = [None if value is None or base is None else value - base for value in values]
    direction = meaning(tags or {}, key).direction or direction_of(key)
    winner = best({str(place): value for place, value in enumerate(values)}, direction) if direction else None
    return {"values": values, "deltas": deltas, "direction": direction, "best": None if winner is None else int(winner)}


def _cells(metric: dict[str, object]) -> list[str]:
    """Values as a person reads them: ``0.93 (+0.01) ★``."""
    from .output import figure

    values, deltas = metric["values"], metric["deltas"]
    assert isinstance(values, list)
    assert isinstance(deltas, list)
    cells = []
    for place, value in enumerate(values):
        if value is None:
            cells.append("-")
            continue
        delta = deltas[place]
        gap = f" ({'+' if delta >= 0 else ''}{figure(delta)})" if place and delta is not None and math.isfinite(delta) else ""
        cells.append(figure(value) + gap + (" ★" if metric["best"] == place else ""))
    return cells


def _varies(metric: dict[str, object]) -> bool:
    values = metric["values"]
    assert isinstance(values, list)
    return len({str(value) for value in values}) > 1


def _keys(mappings) -> list[str]:  # type: ignore[no-untyped-def]
    return sorted({key for mapping in mappings for key in mapping})
