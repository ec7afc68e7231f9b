"""The one table of MLflow's endpoints. Each row answers below ``/api/<v>.0`` and, identically, ``/ajax-api/<v>.0``."""

from __future__ import annotations

from . import about, artifacts, experiments, metrics, presigning, runs
from . import answers as a
from . import messages as m
from .accounts import ACCOUNTS
from .assessments import ASSESSMENTS
from .eval_datasets import EVAL_DATASETS
from .eval_records import EVAL_RECORDS
from .issues import ISSUE_ROWS
from .label_schemas import LABEL_SCHEMAS
from .logged_models import LOGGED_MODELS
from .mcp_endpoints import MCP_ENDPOINT_ROWS
from .mcp_servers import MCP_SERVER_ROWS
from .mcp_versions import MCP_VERSION_ROWS
from .registry import REGISTRY
from .registry_reviews import REVIEWS
from .review_items import REVIEW_ITEMS
from .review_queues import REVIEW_QUEUES
from .row import Row
from .scorers import SCORERS
from .trace_links import TRACE_LINKS
from .trace_metrics import TRACE_METRICS
from .trace_spans import TRACE_SPANS
from .traces import TRACES
from .traces_v2 import TRACES_V2
from .webhooks import WEBHOOKS

# fmt: off
TRACKING: tuple[Row, ...] = (
    Row("POST", "/mlflow/experiments/create", m.CreateExperiment, a.ExperimentMade, experiments.create, "write"),
    Row("POST", "/mlflow/experiments/search", m.SearchExperiments, a.Experiments, experiments.search),
    Row("GET", "/mlflow/experiments/search", m.SearchExperiments, a.Experiments, experiments.search),
    Row("GET", "/mlflow/experiments/list", m.SearchExperiments, a.Experiments, experiments.search),
    Row("GET", "/mlflow/experiments/get", m.ExperimentId, a.OneExperiment, experiments.get),
    Row("GET", "/mlflow/experiments/get-by-name", m.ExperimentName, a.OneExperiment, experiments.get_by_name),
    Row("POST", "/mlflow/experiments/update", m.UpdateExperiment, a.Nothing, experiments.update, "write"),
    Row("POST", "/mlflow/experiments/delete", m.ExperimentId, a.Nothing, experiments.delete, "write"),
    Row("POST", "/mlflow/experiments/restore", m.ExperimentId, a.Nothing, experiments.restore, "write"),
    Row("POST", "/mlflow/experiments/set-experiment-tag", m.ExperimentTagged, a.Nothing, experiments.set_tag, "write"),
    Row("POST", "/mlflow/experiments/delete-experiment-tag", m.ExperimentUntagged, a.Nothing, experiments.delete_tag, "write"),
    Row("POST", "/mlflow/runs/create", m.CreateRun, a.OneRun, runs.create, "write"),
    Row("GET", "/mlflow/runs/get", m.OfRun, a.OneRun, runs.get),
    Row("POST", "/mlflow/runs/update", m.UpdateRun, a.RunUpdated, runs.update, "write"),
    Row("POST", "/mlflow/runs/delete", m.OfRun, a.Nothing, runs.delete, "write"),
    Row("POST", "/mlflow/runs/restore", m.OfRun, a.Nothing, runs.restore, "write"),
    Row("POST", "/mlflow/runs/search", m.SearchRuns, a.Runs, runs.search),
    Row("POST", "/mlflow/runs/log-metric", m.LogMetric, a.Nothing, runs.log_metric, "write", writes=True),
    Row("POST", "/mlflow/runs/log-parameter", m.LogParam, a.Nothing, runs.log_param, "write", writes=True),
    Row("POST", "/mlflow/runs/set-tag", m.SetTag, a.Nothing, runs.set_tag, "write", writes=True),
    Row("POST", "/mlflow/runs/delete-tag", m.DeleteTag, a.Nothing, runs.delete_tag, "write"),
    Row("POST", "/mlflow/runs/log-batch", m.LogBatch, a.Nothing, runs.log_batch, "write", writes=True),
    Row("POST", "/mlflow/runs/log-inputs", m.LogInputs, a.Nothing, runs.log_inputs, "write"),
    Row("POST", "/mlflow/runs/outputs", m.LogOutputs, a.Nothing, runs.log_outputs, "write"),
    Row("POST", "/mlflow/runs/log-model", m.LogModel, a.Nothing, runs.log_model, "write"),
    Row("GET", "/mlflow/metrics/get-history", m.MetricHistory, a.Points, metrics.history),
    Row("GET", "/mlflow/metrics/get-history-bulk", m.MetricHistories, a.PointsOfRuns, metrics.histories),
    Row("GET", "/mlflow/metrics/get-history-bulk-interval", m.MetricInterval, a.PointsOfRuns, metrics.interval),
    Row("GET", "/mlflow/artifacts/list", m.ListArtifacts, a.Files, artifacts.list_artifacts),
    Row("POST", "/mlflow/artifacts/presigned-upload-url", presigning.PresignUpload, a.PresignedUpload, presigning.upload,
        "write"),
    Row("POST", "/mlflow/artifacts/presigned-download-url", presigning.Presign, a.PresignedDownload, presigning.download),
    Row("GET", "/mlflow/server-info", m.Nothing, a.ServerInfo, about.server_info, "none", version=3),
)
# fmt: on

TABLE: tuple[Row, ...] = (
    *TRACKING,
    *LOGGED_MODELS,
    *TRACES,
    *TRACES_V2,
    *TRACE_SPANS,
    *TRACE_LINKS,
    *TRACE_METRICS,
    *ASSESSMENTS,
    *EVAL_DATASETS,
    *EVAL_RECORDS,
    *SCORERS,
    *ISSUE_ROWS,
    *LABEL_SCHEMAS,
    *REVIEW_QUEUES,
    *REVIEW_ITEMS,
    *MCP_VERSION_ROWS,  # these three in this order: a server's name is all the rest of a path
    *MCP_ENDPOINT_ROWS,
    *MCP_SERVER_ROWS,
    *REGISTRY,
    *REVIEWS,
    *WEBHOOKS,
    *ACCOUNTS,
)
