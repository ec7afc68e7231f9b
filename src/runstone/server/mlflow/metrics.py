"""MLflow's metric endpoints: the points of a series, of one run or of many."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runstone.contracts import Series
from runstone.errors import InvalidValue

from . import messages as m
from . import shapes
from .limits import MAX_HISTORY_BULK, MAX_HISTORY_RUNS
from .runs import run_of

if TYPE_CHECKING:
    from runstone.server.backend import Backend


def history(backend: Backend, request: m.MetricHistory) -> shapes.Json:
    """All points, or a page of them. The page token is how many points came before."""
    if request.page_token and not request.page_token.isdecimal():
        raise InvalidValue(
            f"Invalid value {request.page_token!r} for parameter 'page_token' supplied: it comes from an answer."
        )
    after = int(request.page_token or 0)
    limit = request.max_results or None
    found = backend.store.history(run_of(request), request.metric_key, after=after, limit=limit)
    answer: shapes.Json = {"metrics": _points(found)}
    if after + len(found.steps) < found.total:
        answer["next_page_token"] = str(after + len(found.steps))
    return answer


def histories(backend: Backend, request: m.MetricHistories) -> shapes.Json:
    """The same key of several runs, ordered by run, then by step."""
    _check_runs(request.run_id)
    left = min(request.max_results, MAX_HISTORY_BULK)
    points: list[shapes.Json] = []
    for run_id in sorted(request.run_id):
        if left <= 0:
            break
        found = backend.store.history(run_id, request.metric_key, limit=left)
        points += _points(found, run_id)
        left -= len(found.steps)
    return {"metrics": points}


def interval(backend: Backend, request: m.MetricInterval) -> shapes.Json:
    """At most ``max_results`` points a run between two steps; first, last and every extreme are among them."""
    _check_runs(request.run_ids)
    if request.start_step is not None and request.end_step is not None and request.start_step > request.end_step:
        raise InvalidValue(f"start_step {request.start_step} is greater than end_step {request.end_step}; swap them.")
    found = backend.store.sample(
        request.run_ids, [request.metric_key], min(request.max_results, MAX_HISTORY_BULK), request.start_step, request.end_step
    )
    return {"metrics": [point for series in found for point in _points(series, series.run_id)]}


def _points(found: Series, run_id: str = "") -> list[shapes.Json]:
    return shapes.points(found.key, found.steps.tolist(), found.values.tolist(), found.timestamps.tolist(), run_id)


def _check_runs(run_ids: list[str]) -> None:
    if not 1 <= len(run_ids) <= MAX_HISTORY_RUNS:
        raise InvalidValue(f"Histories of 1 to {MAX_HISTORY_RUNS} runs can be asked for at once; got {len(run_ids)}.")
