"""The one table of MLflow's endpoints. Each row answers below ``/api/<v>.0`` and, identically, ``/ajax-api/<v>.0``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from anyio import to_thread
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from . import artifacts, experiments, metrics, runs
from . import messages as m
from .reading import read

if TYPE_CHECKING:
    from runstone.server.backend import Backend


class Row(Struct, frozen=True):
    """``handler(backend, message)`` runs in a worker thread and returns the answer's JSON object."""

    method: Literal["GET", "POST", "PATCH", "PUT", "DELETE"]
    path: str
    message: type[Struct]
    handler: Callable[..., dict[str, Any]]
    permission: Literal["read", "write"] = "read"
    version: int = 2


# fmt: off
TABLE: tuple[Row, ...] = (
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
    Row("GET", "/mlflow/metrics/get-history", m.MetricHistory, metrics.history),
    Row("GET", "/mlflow/metrics/get-history-bulk", m.MetricHistories, metrics.histories),
    Row("GET", "/mlflow/metrics/get-history-bulk-interval", m.MetricInterval, metrics.interval),
    Row("GET", "/mlflow/artifacts/list", m.ListArtifacts, artifacts.list_artifacts),
)
# fmt: on

#: Where the same endpoints answer: for clients, and for pages (MLflow's own UI calls the second).
ROOTS = ("/api", "/ajax-api")


def routes(backend: Backend) -> list[Route]:
    """Every row under both roots."""
    return [
        Route(f"{root}/{row.version}.0{row.path}", _answer(row, backend), methods=[row.method])
        for row in TABLE
        for root in ROOTS
    ]


def _answer(row: Row, backend: Backend) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        body = await request.body()

        def work() -> Response:
            message = read(row.message, request.query_params, body, request.path_params)
            return Response(msgspec.json.encode(row.handler(backend, message)), media_type="application/json")

        return await to_thread.run_sync(work)

    return answer
