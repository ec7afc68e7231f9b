"""What the metrics of an experiment mean."""

from __future__ import annotations

from typing import Literal

from runstone.query.objective import metric_tags

from .checks import check_key, check_optional_text
from .experiments import change, experiment_for_run
from .session import session


def define_metric(
    key: str,
    *,
    direction: Literal["max", "min"] | None = None,
    statistic: Literal["last", "min", "max", "mean", "first"] | None = None,
    unit: str | None = None,
    objective: bool = False,
) -> None:
    """Say of a metric of the experiment in force what tables, charts and comparisons should know; see docs/tracking.md.

    What is not given stays as it is. It is kept in tags of the experiment, so it may be said once, and changed at any time.

    Args:
        key: the metric's.
        direction: which end is good, ``"max"`` or ``"min"``. Unsaid, the metric's name tells.
        statistic: the value of its series that counts when runs are ranked: the ``"last"`` (unsaid), ``"min"``, ``"max"``,
            ``"mean"`` or ``"first"``.
        unit: in what it is measured, at most 24 characters, such as ``"ms"``; ``""`` takes it back.
        objective: it is what the runs of this experiment are ranked by.

    Raises InvalidValue for another direction or statistic, or a longer unit.
    """
    check_optional_text(unit, "unit", "'ms'")
    tags = metric_tags(check_key(key, "metric"), direction, statistic, unit, objective)
    here = session()
    if tags:
        change(here, experiment_for_run(here).experiment_id, tags=tags)
