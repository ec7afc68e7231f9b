"""Requests as MLflow's clients send them. A field without a default is required; unknown fields are ignored.

Names and types are those of the wire. ``int`` fields are also taken as texts, as protobuf's JSON sends int64.
"""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct, field

#: Whole numbers that the store can keep.
Int64 = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]


class Nothing(Struct):
    """No fields."""


class KeyValue(Struct):
    key: str
    value: str = ""


class CreateExperiment(Struct):
    name: str
    artifact_location: str = ""
    tags: list[KeyValue] = field(default_factory=list)


class SearchExperiments(Struct):
    max_results: int = 1000
    page_token: str = ""
    filter: str = ""
    order_by: list[str] = field(default_factory=list)
    view_type: str | int = "ACTIVE_ONLY"


class ExperimentId(Struct):
    experiment_id: str


class ExperimentName(Struct):
    experiment_name: str


class UpdateExperiment(Struct):
    experiment_id: str
    new_name: str


class ExperimentTagged(Struct):
    experiment_id: str
    key: str
    value: str = ""


class ExperimentUntagged(Struct):
    experiment_id: str
    key: str


class CreateRun(Struct):
    experiment_id: str = "0"
    user_id: str = ""
    run_name: str = ""
    start_time: Int64 | None = None
    tags: list[KeyValue] = field(default_factory=list)


class OfRun(Struct):
    """A run under its new or its old name."""

    run_id: str = ""
    run_uuid: str = ""


class UpdateRun(OfRun):
    status: str | int | None = None
    end_time: Int64 | None = None
    run_name: str | None = None


class SearchRuns(Struct):
    experiment_ids: list[str | int] = field(default_factory=list)
    filter: str = ""
    run_view_type: str | int = "ACTIVE_ONLY"
    max_results: int = 1000
    order_by: list[str] = field(default_factory=list)
    page_token: str = ""


class Point(Struct, gc=False):
    key: str
    value: Any
    timestamp: int
    step: int = 0
    model_id: str | None = None
    dataset_name: str | None = None
    dataset_digest: str | None = None


class LogMetric(OfRun, kw_only=True):
    key: str
    value: Any
    timestamp: int
    step: int = 0
    model_id: str | None = None
    dataset_name: str | None = None
    dataset_digest: str | None = None


class LogParam(OfRun, kw_only=True):
    key: str
    value: str = ""


class SetTag(OfRun, kw_only=True):
    key: str
    value: str = ""


class DeleteTag(OfRun, kw_only=True):
    key: str


class LogBatch(OfRun):
    metrics: list[Point] = field(default_factory=list)
    params: list[KeyValue] = field(default_factory=list)
    tags: list[KeyValue] = field(default_factory=list)


class DatasetMessage(Struct):
    name: str
    digest: str
    source_type: str
    source: str
    schema: str | None = None
    profile: str | None = None


class DatasetInputMessage(Struct):
    dataset: DatasetMessage
    tags: list[KeyValue] = field(default_factory=list)


class ModelMessage(Struct):
    model_id: str
    step: int = 0


class LogInputs(OfRun):
    datasets: list[DatasetInputMessage] = field(default_factory=list)
    models: list[ModelMessage] = field(default_factory=list)


class LogOutputs(OfRun, kw_only=True):
    models: list[ModelMessage]


class MetricHistory(OfRun, kw_only=True):
    metric_key: str
    page_token: str = ""
    max_results: int | None = None


class MetricHistories(Struct):
    """``get-history-bulk``: the same key of several runs."""

    run_id: list[str]
    metric_key: str
    max_results: int = 25_000


class MetricInterval(Struct):
    run_ids: list[str]
    metric_key: str
    start_step: int | None = None
    end_step: int | None = None
    max_results: int = 2_500


class SearchDatasets(Struct):
    experiment_ids: list[str] = field(default_factory=list)


class LogModel(OfRun, kw_only=True):
    model_json: str


class ListArtifacts(OfRun):
    path: str = ""
    page_token: str = ""
