"""The objective of one or several experiments, as the UI is told it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from runstone.contracts import Store
from runstone.entities import Experiment
from runstone.query import objective as query

from .schema import Objective

#: Metric keys that a guess looks at, the most used ones.
KEYS = 200


def objective_of(store: Store, experiments: Sequence[Experiment]) -> Objective | None:
    """What the first of ``experiments`` with a tag says, else a guess from the metrics that they use."""
    if not experiments:
        return None
    tagged = next((one for one in experiments if query.OBJECTIVE_TAG in one.tags), None)
    ids = [one.experiment_id for one in experiments]
    keys = [] if tagged else [info.key for info in store.keys("metrics", ids, limit=KEYS)]
    return objective_among(tagged or experiments[0], keys)


def objective_among(experiment: Experiment, keys: Sequence[str]) -> Objective | None:
    """What an experiment's tags say, else a guess from its metrics, the most used first."""
    found = query.objective(experiment.tags, () if query.OBJECTIVE_TAG in experiment.tags else keys)
    if found is None:
        return None
    direction: Literal["max", "min"] = "min" if found.direction == query.MIN else "max"
    return Objective(found.key, direction, found.guessed, found.statistic, found.unit)  # type: ignore[arg-type]


def meanings_of(experiments: Sequence[Experiment]) -> dict[str, query.Meaning]:
    """What was said of metrics; of several experiments that speak of the same one the first counts."""
    found: dict[str, query.Meaning] = {}
    for one in experiments:
        found = {**query.meanings(one.tags), **found}
    return found


def column_of(objective: Objective) -> str:
    """What counts, in the grammar of filters and columns."""
    return query.Objective(objective.key, objective.direction, statistic=objective.statistic).column
