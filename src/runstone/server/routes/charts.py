"""Charts of all runs of a table: bands of many curves, and which params matter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

from runstone._lazy import later
from runstone.contracts import RunQuery, RunTable, Series
from runstone.errors import InvalidValue
from runstone.query.bands import Band, band, edges_of
from runstone.query.identity import is_seed
from runstone.query.importance import MOST_COLUMNS, Importance, importances
from runstone.server import charts_schema as c
from runstone.server.schema import Number

from .experiments import VIEWS
from .tables import experiments_named

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from runstone.server.backend import Backend
else:
    np = later("numpy")

Floats: TypeAlias = "NDArray[np.float64]"

#: Points that one question reads for each key, shared among its runs; a run gets at least and at most so many.
_POINTS, _LEAST, _MOST = 400_000, 200, 2_000
Curve = tuple[Floats, Floats]


def bands(backend: Backend, body: c.BandsRequest) -> c.BandsAnswer:
    """Runs that match as one band for each key: the middle, the spread and the extremes of all their curves."""
    for column in body.group:
        if not column.startswith(("params.", "tags.", "attributes.")):
            raise InvalidValue(f"group={column!r} is no param, tag or attribute; try params.KEY.")
    experiments = experiments_named(backend, body.experiment_ids)
    limit = min(c.MAX_RUNS, c.MAX_SERIES // len(body.keys))
    ids = tuple(one.experiment_id for one in experiments)
    query = RunQuery(experiment_ids=ids, filter=body.filter, view=VIEWS[body.view], limit=limit)
    keys = list(dict.fromkeys(body.keys))
    table = backend.store.table(query, [*body.group, *(f"metrics.{key}:count" for key in keys)])
    counts = dict(zip(keys, table.values[len(body.group) :], strict=True))
    alone = [key for key in keys if body.axis == "step" and max((n for n in counts[key] if isinstance(n, int)), default=0) == 1]
    sampled = _summaries(backend, query, alone) if alone else []
    curved = [key for key in keys if key not in alone and any(counts[key])]
    if curved:
        sampled += _sampled(backend, table.run_ids, curved, body)
    groups = _groups(table, len(body.group))
    starts = dict(zip(table.run_ids, table.start, strict=True))
    found = []
    for key in keys:
        series = {one.run_id: one for one in sampled if one.key == key and one.run_id in starts}
        curves = {run_id: _curve(one, body.axis, starts[run_id] or 0) for run_id, one in series.items()}
        edges = _edges(list(curves.values()), body)
        if edges is None:
            continue
        for group, members in groups[: c.MAX_GROUPS]:
            there = [run_id for run_id in members if run_id in curves]
            if there:
                made = band([curves[run_id] for run_id in there], edges, body.log, body.kind == "mean")
                found.append(_answer(key, group, len(there), sum(series[run_id].total for run_id in there), made))
    return c.BandsAnswer(table.matched, len(table.run_ids), len(groups), found)


def importance(backend: Backend, body: c.ImportanceRequest) -> c.ImportanceAnswer:
    """Which params matter for a metric among the runs that match: permutation importance and correlation."""
    if not body.metric.startswith("metrics."):
        raise InvalidValue(f"metric={body.metric!r} is no metric; try metrics.KEY or metrics.KEY:max.")
    experiments = experiments_named(backend, body.experiment_ids)
    ids = [one.experiment_id for one in experiments]
    params = list(dict.fromkeys(body.params))
    if not params:
        known = backend.store.keys("params", ids)
        params = [one.key for one in known if one.distinct > 1 and not is_seed(one.key)][:MOST_COLUMNS]
    query = RunQuery(experiment_ids=tuple(ids), filter=body.filter, view=VIEWS[body.view], limit=c.MAX_RUNS)
    table = backend.store.table(query, [body.metric, *(f"params.{key}" for key in params)])
    found = importances(dict(zip(params, table.values[1:], strict=True)), table.values[0])
    rows = [_row(one) for one in found.params]
    return c.ImportanceAnswer(table.matched, found.runs, found.used, _finite(found.explained), found.words, rows)


def _row(one: Importance) -> c.ParamImportance:
    r = one.correlation
    low, high = _finite(one.low), _finite(one.high)
    return c.ParamImportance(
        one.name, one.numeric, one.runs, one.distinct, one.importance, low, high, r.value, r.low, r.high, r.p
    )


def _finite(value: float | None) -> float | None:
    return value if value is not None and np.isfinite(value) else None


def _groups(table: RunTable, columns: int) -> list[tuple[list[str | None], list[str]]]:
    """Values of the first columns and the runs that have them, the largest group first."""
    groups: dict[tuple[str | None, ...], list[str]] = {}
    for i, run_id in enumerate(table.run_ids):
        cells = [values[i] for values in table.values[:columns]]
        groups.setdefault(tuple(None if cell is None else str(cell) for cell in cells), []).append(run_id)
    return sorted(((list(key), runs) for key, runs in groups.items()), key=lambda one: -len(one[1]))


def _summaries(backend: Backend, query: RunQuery, keys: Sequence[str]) -> list[Series]:
    """Series of one point, from what the table knows of them."""
    columns = [f"metrics.{key}{part}" for key in keys for part in ("", ":last_step")]
    table = backend.store.table(query, columns)
    found = []
    for place, key in enumerate(keys):
        for run_id, value, step in zip(table.run_ids, table.values[2 * place], table.values[2 * place + 1], strict=True):
            if isinstance(value, (int, float)) and isinstance(step, int):
                steps, times = np.array([step]), np.zeros(1, np.int64)
                found.append(Series(run_id, key, steps, np.array([value], np.float64), times, 1))
    return found


def _sampled(backend: Backend, run_ids: Sequence[str], keys: Sequence[str], body: c.BandsRequest) -> list[Series]:
    points = min(_MOST, max(_LEAST, _POINTS // max(1, len(run_ids))))
    start = end = None
    if body.axis == "step":
        start = None if body.start is None else int(np.floor(max(body.start, -(2.0**62))))
        end = None if body.end is None else int(np.ceil(min(body.end, 2.0**62)))
    return list(backend.store.sample(run_ids, keys, points, start, end))


def _curve(series: Series, axis: str, start: int) -> Curve:
    if axis == "step":
        return series.steps.astype(np.float64), series.values
    places = series.timestamps.astype(np.float64) - (start if axis == "relative" else 0)
    order = np.argsort(places, kind="stable")
    return places[order], series.values[order]


def _edges(curves: Sequence[Curve], body: c.BandsRequest) -> Floats | None:
    """Bins over what was asked for, as far as there are points; ``None`` when there are none."""
    least, most = np.inf, -np.inf
    for places, _ in curves:
        inside = places[places > 0] if body.log else places
        if inside.size:
            least, most = min(least, float(inside[0])), max(most, float(inside[-1]))
    low = least if body.start is None else max(least, body.start)
    high = most if body.end is None else min(most, body.end)
    if not (np.isfinite(low) and np.isfinite(high)) or high < low:
        return None
    # no more bins than there are steps: bins without a step of their own would all be invented
    few = body.axis == "step" and not body.log
    bins = max(1, min(body.bins, int(high - low) + 1)) if few else body.bins
    if few and bins < body.bins:
        low, high = low - 0.5, high + 0.5
    return edges_of(low, high, bins, body.log)


def _answer(key: str, group: list[str | None], runs: int, points: int, made: Band) -> c.BandAnswer:
    middle, low, high, least, greatest = map(_numbers, (made.middle, made.low, made.high, made.least, made.greatest))
    return c.BandAnswer(key, group, runs, points, made.xs.tolist(), middle, low, high, least, greatest, made.runs.tolist())


def _numbers(values: Floats) -> list[Number | None]:
    return [value if np.isfinite(value) else None for value in values.tolist()]
