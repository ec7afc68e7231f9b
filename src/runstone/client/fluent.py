"""The functions of the fluent API in one place, under the module name that MLflow gives them."""

from .experiments import (
    create_experiment,
    delete_experiment,
    delete_experiment_tag,
    get_experiment,
    get_experiment_by_name,
    restore_experiment,
    search_experiments,
    set_experiment,
    set_experiment_tag,
    set_experiment_tags,
)
from .location import get_registry_uri, get_tracking_uri, is_tracking_uri_set, set_registry_uri, set_tracking_uri
from .log import (
    RunOperations,
    delete_tag,
    flush,
    flush_artifact_async_logging,
    flush_async_logging,
    log_metric,
    log_metrics,
    log_param,
    log_params,
    set_tag,
    set_tags,
)
from .runs import ActiveRun, active_run, end_run, start_run
from .search import delete_run, get_parent_run, get_run, last_active_run, restore_run, search_runs

__all__ = [
    "ActiveRun", "RunOperations", "active_run", "create_experiment", "delete_experiment", "delete_experiment_tag",
    "delete_run", "delete_tag", "end_run", "flush",
    "flush_artifact_async_logging", "flush_async_logging", "get_experiment", "get_experiment_by_name",
    "get_parent_run", "get_registry_uri", "get_run", "get_tracking_uri", "is_tracking_uri_set", "last_active_run",
    "log_metric", "log_metrics", "log_param", "log_params", "restore_experiment", "restore_run", "search_experiments",
    "search_runs", "set_experiment", "set_experiment_tag", "set_experiment_tags", "set_registry_uri", "set_tag",
    "set_tags", "set_tracking_uri", "start_run",
]  # fmt: skip
