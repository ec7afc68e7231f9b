"""MLflow's metric endpoints: the points of a series, of one run or of many."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runstone.errors import InvalidValue

from . import messages as m
from .limits import MAX_HISTORY_BULK, MAX_HISTORY_INTERVAL, MAX_HISTORY_RUNS, page_size
from .points import points_json
from .runs import run_of

if TYPE_CHECKING:
    from runstone.server.backend import Backend


def history(backend: Backend, request: m.MetricHistory) -> bytes:
    """All points, or a page of them. The page token is how many points came before."""
    token = request.page_token
    if token and not (token.isascii() and token.isdecimal() and len(token) < 19):
        raise InvalidValue(f"Invalid value {token!r} for parameter 'page_token' supplied: take it from an answer as it is.")
    if request.max_results is not None and request.max_results <= 0:
        raise InvalidValue(
            f"Invalid value {request.max_results} for parameter 'max_results' supplied. It must be a positive integer."
        )
    after = int(token or 0)
    found = backend.store.history(run_of(request), request.metric_key, after=after, limit=request.max_results)
    end = after + len(found.steps)
    more = b',"next_page_token":"%d"' % end if len(found.steps) and end < found.total else b""
    return b'{"metrics":' + points_json([found]) + more + b"}"


def histories(backend: Backend, request: m.MetricHistories) -> bytes:
    """The same key of several runs, ordered by run, then by step."""
    _check_runs(request.run_id)
    left = page_size(min(request.max_results, MAX_HISTORY_BULK), MAX_HISTORY_BULK)
    found = []
    for run_id in sorted(set(request.run_id)):
        if left <= 0:
            break
        series = backend.store.history(run_id, request.metric_key, limit=left)
        left -= len(series.steps)
        found.append(series)
    return b'{"metrics":' + points_json(found, owned=True) + b"}"


def interval(backend: Backend, request: m.MetricInterval) -> bytes:
    """At most about ``max_results`` points a run between two steps; first, last and every extreme are among them."""
    _check_runs(request.run_ids)
    start, end = request.start_step, request.end_step
    if (start is None) != (end is None):
        raise InvalidValue("If either start step or end step are specified, both must be specified.")
    if start is not None and end is not None and start > end:
        raise InvalidValue(f"end_step must be greater than start_step. Found start_step={start} and end_step={end}.")
    most = page_size(request.max_results, MAX_HISTORY_INTERVAL)
    found = backend.store.sample(sorted(set(request.run_ids)), [request.metric_key], most, start, end)
    return b'{"metrics":' + points_json(found, owned=True) + b"}"


def _check_runs(run_ids: list[str]) -> None:
    if not 1 <= len(run_ids) <= MAX_HISTORY_RUNS:
        raise InvalidValue(f"Histories of 1 to {MAX_HISTORY_RUNS} run ids can be asked for at once; got {len(run_ids)}.")
