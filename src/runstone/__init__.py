"""Runstone: experiment tracking and the ML lifecycle, in MLflow's language.

Opening this door loads nothing but the door; each name loads its part when it is first used.
"""

from ._lazy import lazy
from .version import __version__ as __version__

_LOG, _RUNS, _SEARCH, _WHERE = (f"runstone.client.{part}:" for part in ("log", "runs", "search", "location"))
_EXPERIMENTS, _FILES = "runstone.client.experiments:", "runstone.client.artifacts:"
_MODELS, _LOGGED = "runstone.client.register:", "runstone.client.logged_models:"
_SYSTEM = "runstone.client.system_settings:"

__getattr__, __dir__ = lazy(
    __name__,
    {
        # runs
        "ActiveRun": _RUNS + "ActiveRun",
        "active_run": _RUNS + "active_run",
        "cached_run": "runstone.client.cached:cached_run",
        "compare": "runstone.client.comparing:compare",
        "delete_run": _SEARCH + "delete_run",
        "end_run": _RUNS + "end_run",
        "export_html": "runstone.client.share:export_html",
        "get_parent_run": _SEARCH + "get_parent_run",
        "get_run": _SEARCH + "get_run",
        "last_active_run": _SEARCH + "last_active_run",
        "restore_run": _SEARCH + "restore_run",
        "search_runs": _SEARCH + "search_runs",
        "show": "runstone.client.share:show",
        "start_run": _RUNS + "start_run",
        # metrics, params, tags
        "delete_tag": _LOG + "delete_tag",
        "flush": _LOG + "flush",
        "flush_artifact_async_logging": _LOG + "flush_artifact_async_logging",
        "flush_async_logging": _LOG + "flush_async_logging",
        "log_metric": _LOG + "log_metric",
        "log_metrics": _LOG + "log_metrics",
        "log_param": _LOG + "log_param",
        "log_params": _LOG + "log_params",
        "set_tag": _LOG + "set_tag",
        "set_tags": _LOG + "set_tags",
        # artifacts, pictures, tables, datasets
        "Image": "runstone.client.media:Image",
        "get_artifact_uri": _FILES + "get_artifact_uri",
        "load_table": "runstone.client.loading:load_table",
        "log_artifact": _FILES + "log_artifact",
        "log_artifacts": _FILES + "log_artifacts",
        "log_dict": _FILES + "log_dict",
        "log_figure": _FILES + "log_figure",
        "log_image": _FILES + "log_image",
        "log_input": "runstone.client.inputs:log_input",
        "log_inputs": "runstone.client.inputs:log_inputs",
        "log_stream": _FILES + "log_stream",
        "log_table": _FILES + "log_table",
        "log_text": _FILES + "log_text",
        # registered models
        "promote": "runstone.client.promotion:promote",
        "register_model": _MODELS + "register_model",
        "search_model_versions": _MODELS + "search_model_versions",
        "search_registered_models": _MODELS + "search_registered_models",
        "set_model_version_tag": _MODELS + "set_model_version_tag",
        # logged models
        **{
            name: f"runstone.client.logged_models:{name}"
            for name in (
                "ActiveModel",
                "clear_active_model",
                "create_external_model",
                "delete_logged_model_tag",
                "finalize_logged_model",
                "get_active_model_id",
                "get_logged_model",
                "initialize_logged_model",
                "last_logged_model",
                "log_model_params",
                "log_outputs",
                "search_logged_models",
                "set_active_model",
                "set_logged_model_tags",
            )
        },  # fmt: skip
        # experiments
        "define_metric": "runstone.client.defining:define_metric",
        "create_experiment": _EXPERIMENTS + "create_experiment",
        "delete_experiment": _EXPERIMENTS + "delete_experiment",
        "delete_experiment_tag": _EXPERIMENTS + "delete_experiment_tag",
        "get_experiment": _EXPERIMENTS + "get_experiment",
        "get_experiment_by_name": _EXPERIMENTS + "get_experiment_by_name",
        "restore_experiment": _EXPERIMENTS + "restore_experiment",
        "search_experiments": _EXPERIMENTS + "search_experiments",
        "set_experiment": _EXPERIMENTS + "set_experiment",
        "set_experiment_tag": _EXPERIMENTS + "set_experiment_tag",
        "set_experiment_tags": _EXPERIMENTS + "set_experiment_tags",
        # where it is kept
        "doctor": "runstone.client.installation:doctor",
        "get_registry_uri": _WHERE + "get_registry_uri",
        "get_tracking_uri": _WHERE + "get_tracking_uri",
        "is_tracking_uri_set": _WHERE + "is_tracking_uri_set",
        "set_registry_uri": _WHERE + "set_registry_uri",
        "set_tracking_uri": _WHERE + "set_tracking_uri",
        # system metrics
        "disable_system_metrics_logging": _SYSTEM + "disable_system_metrics_logging",
        "enable_system_metrics_logging": _SYSTEM + "enable_system_metrics_logging",
        "set_system_metrics_node_id": _SYSTEM + "set_system_metrics_node_id",
        "set_system_metrics_samples_before_logging": _SYSTEM + "set_system_metrics_samples_before_logging",
        "set_system_metrics_sampling_interval": _SYSTEM + "set_system_metrics_sampling_interval",
        # evaluation
        "evaluate": "runstone.evaluation.evaluate:evaluate",
        "validate_evaluation_results": "runstone.evaluation.thresholds:validate_evaluation_results",
        # projects
        "run": "runstone.projects.runner:run",
        # the client and modules
        "Client": "runstone.client.api:MlflowClient",
        "MlflowClient": "runstone.client.api:MlflowClient",
        "MlflowException": "runstone.errors:MlflowException",
        "artifacts": "runstone.artifacts",
        "autolog": "runstone.autolog",
        "client": "runstone.client",
        "data": "runstone.data",
        "entities": "runstone.entities",
        "exceptions": "runstone.exceptions",
        "metrics": "runstone.metrics",
        "models": "runstone.models",
        "projects": "runstone.projects",
        "pyfunc": "runstone.pyfunc",
        "sklearn": "runstone.sklearn",
        "tracking": "runstone.tracking",
        "types": "runstone.models.types",
        # frameworks
        **{
            name: f"runstone.{name}"
            for name in (
                "catboost",
                "keras",
                "lightgbm",
                "onnx",
                "optuna",
                "prophet",
                "pyspark",
                "pytorch",
                "sentence_transformers",
                "spacy",
                "spark",
                "statsmodels",
                "tensorflow",
                "transformers",
                "xgboost",
            )
        },  # fmt: skip
    },
    other="runstone.plugins:flavor",
)
