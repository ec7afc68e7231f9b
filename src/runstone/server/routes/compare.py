"""Is it better? Asked over HTTP: one question for all runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runstone.query.verdict import Comparison, compare_runs
from runstone.server import schema as s

if TYPE_CHECKING:
    from runstone.server.backend import Backend


def compare(backend: Backend, body: s.CompareRequest) -> Comparison:
    """A verdict on 2 to 100 runs, grouped by what differs besides the seed."""
    runs = [backend.store.get_run(run_id) for run_id in dict.fromkeys(body.run_ids)]
    tags = backend.store.get_experiment(runs[0].info.experiment_id).tags
    return compare_runs(runs, body.metric, body.direction, body.baseline, body.statistic, body.level, tags)
