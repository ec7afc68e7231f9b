"""Is it better? Asked from Python."""

from __future__ import annotations

from collections.abc import Sequence

from runstone.entities import Run
from runstone.query.verdict import Comparison, compare_runs

from .checks import check_run_id, many
from .experiments import get_experiment
from .search import get_run


def compare(
    runs: Sequence[str | Run],
    metric: str | None = None,
    direction: str | None = None,
    baseline: str | Run | None = None,
    statistic: str | None = None,
    level: float = 0.95,
) -> Comparison:
    """Compare 2 to 100 runs; those that differ only in their seed are one group.

    ``print()`` of the answer says it in plain words; see :class:`~runstone.query.verdict.Comparison` for the figures.

    Args:
        runs: ids of runs, or runs.
        metric: what decides; by default the objective of the first run's experiment, else guessed from the metrics' names.
        direction: ``max`` or ``min``; by default what :func:`runstone.define_metric` said of the metric, else guessed
            from its name.
        baseline: a run of the group to compare with; by default the first run's.
        statistic: which value of each run decides: ``last``, ``min``, ``max``, ``mean``, ``first`` or ``best``; by default what
            was said of the metric, else the last.
        level: of the intervals; a difference counts when p, corrected for the number of comparisons, is at most 1 − level.

    Raises:
        NotFound: an unknown run.
        InvalidValue: what cannot be compared, and why.
    """
    given = many(runs, "runs", "['0a1b…', '2c3d…']")
    found = [get_run(one) for one in dict.fromkeys(check_run_id(_id(one)) for one in given)]
    tags = get_experiment(found[0].info.experiment_id).tags if found else {}
    base = None if baseline is None else _id(baseline)
    return compare_runs(found, metric, direction, base, statistic, level, tags)


def _id(run: str | Run) -> str:
    return run.info.run_id if isinstance(run, Run) else run
