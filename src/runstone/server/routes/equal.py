"""Params that have one value in all runs of a table, whatever its filter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import structs

from runstone._lazy import later
from runstone.contracts import RunQuery
from runstone.server import table_schema as t

from .experiments import VIEWS
from .tables import experiments_named

if TYPE_CHECKING:
    import numpy as np

    from runstone.server.backend import Backend
else:
    np = later("numpy")

#: Runs that rule out most params, and how many of those left are read at once of all that match.
FIRST, AT_ONCE = 40, 16


def equal_params(backend: Backend, body: t.EqualRequest) -> t.EqualAnswer:
    """Params with one and the same value in every matching run that has them, with how many have them.

    A few runs rule out most params; only those still equal are read of the others.
    """
    experiments = experiments_named(backend, body.experiment_ids)
    ids = tuple(experiment.experiment_id for experiment in experiments)
    keys = backend.store.keys("params", ids, limit=t.MAX_EQUAL)
    plain = not body.filter.strip() and body.view == "active"  # then the store knows already what differs
    query = RunQuery(experiment_ids=ids, filter=body.filter, view=VIEWS[body.view], limit=FIRST)
    known = {one.key: one.runs for one in keys if not plain or one.distinct == 1}
    if not known:
        return t.EqualAnswer(0, [])
    window = backend.store.table(query, [f"params.{key}" for key in known])
    tallies = (_tally(key, Counter(map(str, _there(cells)))) for key, cells in zip(known, window.values, strict=True))
    told = [one for one in tallies if one]
    if plain and len(told) == len(known) and all(one.runs for one in told):
        told = [structs.replace(one, runs=known[one.key]) for one in told]
    elif window.matched > len(window.run_ids):
        told = [one for start in range(0, len(told), AT_ONCE) for one in _of_all(backend, query, told[start : start + AT_ONCE])]
    return t.EqualAnswer(window.matched, sorted((one for one in told if one.runs), key=lambda one: one.key))


def _there(cells: Sequence[object]) -> list[object]:
    return [cell for cell in cells if cell is not None]


def _tally(key: str, values: Mapping[str, int]) -> t.EqualParam | None:
    """The param with its value; with none, where no run has it; nothing at all where runs differ."""
    if len(values) > 1:
        return None
    ((value, runs),) = values.items() or (("", 0),)
    return t.EqualParam(key, value, runs)


def _of_all(backend: Backend, query: RunQuery, params: Sequence[t.EqualParam]) -> list[t.EqualParam]:
    """Those of some params that are equal in all runs that match."""
    columns = backend.store.columns(query, [f"params.{one.key}" for one in params]).columns
    found = []
    for param, column in zip(params, columns, strict=True):
        codes = np.frombuffer(column.codes, "<i4")
        places, runs = np.unique(codes[codes >= 0], return_counts=True)
        values = {str(column.values[place]): int(count) for place, count in zip(places, runs, strict=True)}
        if one := _tally(param.key, values):
            found.append(one)
    return found
