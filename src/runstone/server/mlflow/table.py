"""The one table of MLflow's endpoints. Each row answers below ``/api/<v>.0`` and, identically, ``/ajax-api/<v>.0``."""

from __future__ import annotations

from . import about, artifacts, experiments, metrics, presigning, runs
from . import messages as m
from .logged_models import LOGGED_MODELS
from .registry import REGISTRY
from .row import Row
from .traces import TRACES

# fmt: off
TRACKING: tuple[Row, ...] = (
    Row("POST", "/mlflow/experiments/create", m.CreateExperiment, experiments.create, "write"),
    Row("POST", "/mlflow/experiments/search", m.SearchExperiments, experiments.search),
    Row("GET", "/mlflow/experiments/search", m.SearchExperiments, experiments.search),
    Row("GET", "/mlflow/experiments/list", m.SearchExperiments, experiments.search),
    Row("GET", "/mlflow/experiments/get", m.ExperimentId, experiments.get),
    Row("GET", "/mlflow/experiments/get-by-name", m.ExperimentName, experiments.get_by_name),
    Row("POST", "/mlflow/experiments/update", m.UpdateExperiment, experiments.update, "write"),
    Row("POST", "/mlflow/experiments/delete", m.ExperimentId, experiments.delete, "write"),
    Row("POST", "/mlflow/experiments/restore", m.ExperimentId, experiments.restore, "write"),
    Row("POST", "/mlflow/experiments/set-experiment-tag", m.ExperimentTagged, experiments.set_tag, "write"),
    Row("POST", "/mlflow/experiments/delete-experiment-tag", m.ExperimentUntagged, experiments.delete_tag, "write"),
    Row("POST", "/mlflow/runs/create", m.CreateRun, runs.create, "write"),
    Row("GET", "/mlflow/runs/get", m.OfRun, runs.get),
    Row("POST", "/mlflow/runs/update", m.UpdateRun, runs.update, "write"),
    Row("POST", "/mlflow/runs/delete", m.OfRun, runs.delete, "write"),
    Row("POST", "/mlflow/runs/restore", m.OfRun, runs.restore, "write"),
    Row("POST", "/mlflow/runs/search", m.SearchRuns, runs.search),
    Row("POST", "/mlflow/runs/log-metric", m.LogMetric, runs.log_metric, "write"),
    Row("POST", "/mlflow/runs/log-parameter", m.LogParam, runs.log_param, "write"),
    Row("POST", "/mlflow/runs/set-tag", m.SetTag, runs.set_tag, "write"),
    Row("POST", "/mlflow/runs/delete-tag", m.DeleteTag, runs.delete_tag, "write"),
    Row("POST", "/mlflow/runs/log-batch", m.LogBatch, runs.log_batch, "write"),
    Row("POST", "/mlflow/runs/log-inputs", m.LogInputs, runs.log_inputs, "write"),
    Row("POST", "/mlflow/runs/outputs", m.LogOutputs, runs.log_outputs, "write"),
    Row("POST", "/mlflow/runs/log-model", m.LogModel, runs.log_model, "write"),
    Row("GET", "/mlflow/metrics/get-history", m.MetricHistory, metrics.history),
    Row("GET", "/mlflow/metrics/get-history-bulk", m.MetricHistories, metrics.histories),
    Row("GET", "/mlflow/metrics/get-history-bulk-interval", m.MetricInterval, metrics.interval),
    Row("GET", "/mlflow/artifacts/list", m.ListArtifacts, artifacts.list_artifacts),
    Row("POST", "/mlflow/artifacts/presigned-upload-url", presigning.PresignUpload, presigning.upload, "write"),
    Row("POST", "/mlflow/artifacts/presigned-download-url", presigning.Presign, presigning.download),
    Row("GET", "/mlflow/server-info", m.Nothing, about.server_info, "none", version=3),
)
# fmt: on

TABLE: tuple[Row, ...] = (*TRACKING, *LOGGED_MODELS, *TRACES, *REGISTRY)
