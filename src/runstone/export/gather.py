"""From a store to the contents of one file. Everything has a limit, and what a limit leaves out is said in the file."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Sequence

from runstone.contracts import ExperimentQuery, RunQuery, RunTable, Store
from runstone.entities import Experiment, Run, Summary, ViewType
from runstone.errors import InvalidValue, NotFound, PermissionDenied
from runstone.query.objective import Objective, objective
from runstone.query.printer import quoted
from runstone.query.verdict import compare_runs

from .contents import Cells, Contents, Curve, DatasetNote, Detail, Goal, Head, Kind, MetricStory, Number, Text

#: Runs of a file, runs told whole, columns of a kind, curves of runs and of keys, points of a curve, characters of a text.
MOST_RUNS, MOST_WHOLE, MOST_COLUMNS, MOST_CURVE_RUNS, POINTS, MOST_TEXT = 5_000, 20, 200, 50, 400, 200_000
_KEYS = {"run": 60, "comparison": 24, "runs": 6}
_TEXTS = ("git.diff", "packages", "traceback")
_BATCH = 400
_CONTEXT = "mlflow.data.context"
_COLOUR = "runstone.color"


def gather(
    store: Store, run_ids: Sequence[str], kind: Kind | None = None, title: str = "", source: str = "", found: int = 0
) -> Contents:
    """These runs, in this order.

    Args:
        kind: what the file is about; by the number of runs if not given: one, at most 20 to compare, or a table.
        title: over the page; the runs' names if empty.
        source: where they come from, as it may be shown.
        found: how many runs the search found that these are the first of.

    Raises:
        InvalidValue: no run is named.
        NotFound: none of them is there.
        PermissionDenied: a named run may not be seen.
    """
    ids = list(dict.fromkeys(run_ids))
    if not ids:
        raise InvalidValue("There is nothing to export: name a run, or a search that finds some.")
    chosen: Kind = kind or ("run" if len(ids) == 1 else "comparison" if len(ids) <= MOST_WHOLE else "runs")
    every, ids = max(found, len(ids)), ids[:MOST_RUNS]
    left_out = [f"runs after the first {len(ids):,} of {every:,}"] if every > len(ids) else []
    experiments = {one.experiment_id: one for one in _every_experiment(store)}
    whole = _whole(store, ids) if chosen != "runs" and len(ids) <= MOST_WHOLE else []
    heads = _heads(store, ids, experiments)
    if not heads:
        raise NotFound(f"No run is there for {', '.join(map(repr, ids[:3]))}.")
    if len(heads) < len(ids):
        left_out.append(f"{len(ids) - len(heads):,} of the runs named: gone, or not to be seen by who made this file")
    used = list(dict.fromkeys(one.experiment_id for one in heads))
    params, metrics = _keys(store, used, whole, left_out)
    goal = objective(experiments[used[0]].tags, metrics)
    counts = "" if goal is None else goal.key if goal.statistic == "last" else f"{goal.key}:{goal.statistic}"
    if goal is not None and goal.key in metrics:
        metrics = [goal.key, *(key for key in metrics if key != goal.key)]
    place = {one.run_id: i for i, one in enumerate(heads)}
    details = [_detail(store, one, place[one.info.run_id]) for one in whole if one.info.run_id in place]
    return Contents(
        title=title or _title(heads, experiments),
        kind=chosen,
        made=time.time_ns() // 1_000_000,
        source=source,
        objective=Goal(goal.key, "max" if goal.direction == "max" else "min", f"metrics.{counts}", goal.unit) if goal else None,
        runs=heads,
        columns=_columns(store, place, experiments, params, metrics, goal),
        details=details,
        curves=_curves(store, heads, metrics[: _KEYS[chosen]], left_out, len(metrics)),
        verdict=_verdict(whole, experiments) if chosen == "comparison" else [],
        left_out=left_out,
    )


def _heads(store: Store, ids: Sequence[str], experiments: dict[str, Experiment]) -> list[Head]:
    found: dict[str, Head] = {}
    for table in _tables(store, ids, experiments, (f"tags.{_COLOUR}",)):
        (colours,) = table.values
        for i, run_id in enumerate(table.run_ids):
            experiment = experiments[table.experiment_ids[i]]
            found[run_id] = Head(
                run_id,
                table.names[i] or run_id[:8],
                experiment.experiment_id,
                experiment.name,
                table.status[i],
                table.start[i],
                table.end[i],
                table.users[i],
                table.ordinal[i],
                table.parents[i],
                table.lifecycle[i] == "deleted",
                str(colours[i] or ""),
            )
    return [found[run_id] for run_id in ids if run_id in found]


def _columns(
    store: Store,
    place: dict[str, int],
    experiments: dict[str, Experiment],
    params: Sequence[str],
    metrics: Sequence[str],
    goal: Objective | None,
) -> list[Cells]:
    names = [f"params.{key}" for key in params] + [f"metrics.{key}" for key in metrics]
    asked = [f"{kind}.{_quoted(key)}" for kind, keys in (("params", params), ("metrics", metrics)) for key in keys]
    if goal is not None and goal.statistic != "last" and goal.key in metrics:
        names.insert(len(params), f"metrics.{goal.key}:{goal.statistic}")
        asked.insert(len(params), goal.column)
    cells = [Cells(name, [None] * len(place)) for name in names]
    for table in _tables(store, list(place), experiments, asked) if names else ():
        for column, values in zip(cells, table.values, strict=True):
            for run_id, value in zip(table.run_ids, values, strict=True):
                if run_id in place and value is not None:
                    column.values[place[run_id]] = value if isinstance(value, str) else number(float(value))
    return [one for one in cells if any(value is not None for value in one.values)]


def _curves(store: Store, heads: Sequence[Head], keys: Sequence[str], left_out: list[str], there: int) -> list[Curve]:
    """Series with more than one point."""
    if len(heads) > MOST_CURVE_RUNS:
        left_out.append(f"curves of all but the first {MOST_CURVE_RUNS} runs")
    if there > len(keys):
        left_out.append(f"curves of metrics beyond the first {len(keys)}")
    place = {one.run_id: i for i, one in enumerate(heads[:MOST_CURVE_RUNS])}
    found = store.sample(list(place), list(keys), POINTS) if keys else ()
    return [
        Curve(place[one.run_id], one.key, one.steps.tolist(), [number(value) for value in one.values.tolist()], one.total)
        for one in found
        if one.total > 1
    ]


def _keys(store: Store, experiments: Sequence[str], whole: Sequence[Run], left_out: list[str]) -> tuple[list[str], list[str]]:
    """Param and metric keys that become columns."""
    found: list[list[str]] = []
    for kind in ("params", "metrics"):
        if whole:
            maps = [one.data.params if kind == "params" else one.data.metrics for one in whole]
            keys = sorted({key for one in maps for key in one})
        else:
            keys = [one.key for one in store.keys(kind, experiments, limit=MOST_COLUMNS + 1)]
        if kind == "metrics":
            keys.sort(key=lambda key: key.startswith("system/"))
        if len(keys) > MOST_COLUMNS:
            left_out.append(f"{kind} beyond the first {MOST_COLUMNS}")
        found.append(keys[:MOST_COLUMNS])
    return found[0], found[1]


def _whole(store: Store, ids: Sequence[str]) -> list[Run]:
    """Raises NotFound and PermissionDenied where there is but one run; a gap among several is said in the file."""
    if len(ids) == 1:
        return [store.get_run(ids[0])]
    found = list[Run]()
    for run_id in ids:
        try:
            found.append(store.get_run(run_id))
        except (NotFound, PermissionDenied):
            continue
    return found


def _detail(store: Store, run: Run, place: int) -> Detail:
    documents = {one.name: one.text for one in store.documents(run.info.run_id)}
    return Detail(
        place,
        run.info.cause or "",
        run.data.tags,
        [_story(key, one) for key, one in sorted(run.data.summaries.items())],
        [
            DatasetNote(
                one.dataset.name, one.dataset.digest, next((tag.value for tag in one.tags or () if tag.key == _CONTEXT), "")
            )
            for one in run.inputs.dataset_inputs
        ],
        [Text(name, documents[name][:MOST_TEXT], len(documents[name]) > MOST_TEXT) for name in _TEXTS if name in documents],
    )


def _story(key: str, one: Summary) -> MetricStory:
    lowest, highest = (None if value is None else number(value) for value in (one.min, one.max))
    return MetricStory(key, number(one.last), one.last_step, lowest, one.min_step, highest, one.max_step, one.count, one.nans)


def _verdict(runs: Sequence[Run], experiments: dict[str, Experiment]) -> list[str]:
    """Is it better? In plain words; nothing where it cannot be asked."""
    if len(runs) < 2:
        return []
    try:
        found = compare_runs(runs, tags=experiments[runs[0].info.experiment_id].tags)
    except InvalidValue:
        return []
    return str(found).splitlines()


def _tables(store: Store, ids: Sequence[str], experiments: dict[str, Experiment], columns: Sequence[str]) -> Iterable[RunTable]:
    for start in range(0, len(ids), _BATCH):
        batch = ids[start : start + _BATCH]
        text = f"attributes.run_id IN ({', '.join(map(quoted, batch))})"
        query = RunQuery(experiment_ids=tuple(experiments), filter=text, view=ViewType.ALL, limit=len(batch))
        yield store.table(query, list(columns))


def _every_experiment(store: Store) -> Iterable[Experiment]:
    token: str | None = None
    while True:
        page = store.search_experiments(ExperimentQuery(view=ViewType.ALL, limit=5_000, page_token=token))
        yield from page
        token = page.token
        if token is None:
            return


def _title(heads: Sequence[Head], experiments: dict[str, Experiment]) -> str:
    if len(heads) == 1:
        return heads[0].name
    names = list(dict.fromkeys(experiments[one.experiment_id].name for one in heads))
    return f"{len(heads):,} runs of {', '.join(names[:3])}{' …' if len(names) > 3 else ''}"


def _quoted(key: str) -> str:
    return f"`{key.replace('`', '``')}`"


def number(value: float) -> Number:
    """``value``, or the text for what JSON cannot say."""
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
