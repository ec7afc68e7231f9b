"""Params that have one value in all runs of a table, whatever its filter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import structs

from runstone.contracts import RunQuery, RunTable
from runstone.server import table_schema as t

from .experiments import VIEWS
from .tables import experiments_named

if TYPE_CHECKING:
    from runstone.server.backend import Backend

#: Runs that rule out most params, and runs of each question about those that are left.
FIRST, WINDOW = 200, 5_000


class _Tally:
    """What is known of each param that may still be equal: its value, and how many runs have it."""

    def __init__(self, keys: list[str]) -> None:
        self.found: dict[str, tuple[str | None, int]] = dict.fromkeys(keys, (None, 0))

    @property
    def columns(self) -> list[str]:
        return [f"params.{key}" for key in self.found]

    def add(self, window: RunTable) -> None:
        """Count the cells of a window that was asked for with :attr:`columns`; params that differ are left out from now on."""
        for key, cells in zip(list(self.found), window.values, strict=True):
            value, runs = self.found[key]
            values = {str(cell) for cell in cells if cell is not None} | ({value} if value is not None else set())
            if len(values) > 1:
                del self.found[key]
            elif values:
                self.found[key] = (values.pop(), runs + sum(cell is not None for cell in cells))


def equal_params(backend: Backend, body: t.EqualRequest) -> t.EqualAnswer:
    """Params with one and the same value in every matching run that has them, with how many have them.

    A few runs rule out most params; only those still equal are read of the others.
    """
    experiments = experiments_named(backend, body.experiment_ids)
    ids = tuple(experiment.experiment_id for experiment in experiments)
    keys = backend.store.keys("params", ids, limit=t.MAX_EQUAL)
    plain = not body.filter.strip() and body.view == "active"  # then the store knows already what differs
    tally = _Tally([one.key for one in keys if not plain or one.distinct == 1])
    query = RunQuery(experiment_ids=ids, filter=body.filter, view=VIEWS[body.view])
    offset, limit, matched = 0, FIRST, 0
    while tally.found:
        window = backend.store.table(structs.replace(query, offset=offset, limit=limit), tally.columns)
        matched = window.matched
        tally.add(window)
        offset, limit = offset + len(window.run_ids), WINDOW
        if not window.run_ids or offset >= matched:
            break
        if plain and all(runs for _, runs in tally.found.values()):
            known = {one.key: one.runs for one in keys}
            tally.found = {key: (value, known[key]) for key, (value, _) in tally.found.items()}
            break
    told = [t.EqualParam(key, value, runs) for key, (value, runs) in sorted(tally.found.items()) if value is not None]
    return t.EqualAnswer(matched, told)
