"""``mlflow.tracking.fluent``: the fluent API, and what scripts take from behind it."""

from runstone.client.experiments import experiment_for_run
from runstone.client.fluent import *  # noqa: F403
from runstone.client.session import session


def _get_experiment_id() -> str:
    """Of the experiment that a new run would belong to."""
    return experiment_for_run(session()).experiment_id
