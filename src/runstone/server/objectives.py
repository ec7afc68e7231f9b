"""The objective of one or several experiments, as the UI is told it."""

from __future__ import annotations

from collections.abc import Sequence

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
    found = query.objective(tagged.tags if tagged else {}, keys)
    if found is None:
        return None
    return Objective(found.key, "min" if found.direction == query.MIN else "max", found.guessed)
