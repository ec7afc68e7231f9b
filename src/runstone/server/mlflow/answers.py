"""Answers as MLflow's clients read them. Handlers build plain JSON (:mod:`.shapes`); these say what it looks like, and the
OpenAPI document says it on. A field with a default may be left out, as protobuf leaves out what is not set.
"""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from msgspec import UNSET, Meta, Struct, UnsetType

from .messages import KeyValue

Text: TypeAlias = str | UnsetType
Whole: TypeAlias = int | UnsetType
#: A number, or one of the words that JSON lacks: ``NaN``, ``Infinity``, ``-Infinity``.
Value: TypeAlias = float | str
Rest: TypeAlias = Annotated[dict[str, Any], Meta(description="As the caller gave it.")]


class Nothing(Struct):
    """No fields."""


# --- experiments ------------------------------------------------------------------------------------------------------


class Experiment(Struct):
    experiment_id: str
    name: str
    artifact_location: str
    lifecycle_stage: str
    tags: list[KeyValue]
    creation_time: Whole = UNSET
    last_update_time: Whole = UNSET


class ExperimentMade(Struct):
    experiment_id: str


class OneExperiment(Struct):
    experiment: Experiment


class Experiments(Struct):
    experiments: list[Experiment]
    next_page_token: Text = UNSET


# --- runs -------------------------------------------------------------------------------------------------------------


class RunInfo(Struct):
    run_id: str
    run_uuid: str
    experiment_id: str
    status: str
    artifact_uri: str
    lifecycle_stage: str
    run_name: Text = UNSET
    user_id: Text = UNSET
    start_time: Whole = UNSET
    end_time: Whole = UNSET


class MetricPoint(Struct):
    key: str
    value: Value
    timestamp: int
    step: int


class PointOfRun(MetricPoint):
    run_id: str


class RunData(Struct):
    metrics: list[MetricPoint]
    params: list[KeyValue]
    tags: list[KeyValue]


class Dataset(Struct):
    name: str
    digest: str
    source_type: str
    source: str
    schema: Text = UNSET
    profile: Text = UNSET


class DatasetInput(Struct):
    dataset: Dataset
    tags: list[KeyValue]


class ModelInput(Struct):
    model_id: str


class ModelOutput(Struct):
    model_id: str
    step: int


class RunInputs(Struct):
    dataset_inputs: list[DatasetInput]
    model_inputs: list[ModelInput]


class RunOutputs(Struct):
    model_outputs: list[ModelOutput]


class Run(Struct):
    info: RunInfo
    data: RunData
    inputs: RunInputs
    outputs: RunOutputs | UnsetType = UNSET


class OneRun(Struct):
    run: Run


class RunUpdated(Struct):
    run_info: RunInfo


class Runs(Struct):
    runs: list[Run]
    next_page_token: Text = UNSET


class Points(Struct):
    metrics: list[MetricPoint]
    next_page_token: Text = UNSET


class PointsOfRuns(Struct):
    metrics: list[PointOfRun]


# --- files ------------------------------------------------------------------------------------------------------------


class File(Struct):
    path: str
    is_dir: bool
    file_size: Whole = UNSET


class Listing(Struct):
    files: list[File]


class Files(Listing):
    root_uri: str


class PresignedUpload(Struct):
    presigned_url: str
    headers: dict[str, str]


class PresignedDownload(PresignedUpload):
    file_size: int | None


class Presigned(Struct):
    url: str
    headers: dict[str, str]
    file_size: int | None


class PartAddress(Struct):
    url: str
    part_number: int
    headers: dict[str, str]


class PartsBegun(Struct):
    upload_id: str
    credentials: list[PartAddress]


class ServerInfo(Struct):
    store_type: str
    workspaces_enabled: bool
    trace_archival_enabled: bool
    multipart_uploads_enabled: bool
    multipart_downloads_enabled: bool
    presigned_upload_run_id_supported: bool
    presigned_upload_model_id_supported: bool
    features_enabled: dict[str, bool]


# --- logged models and datasets ---------------------------------------------------------------------------------------


class ModelInfo(Struct):
    model_id: str
    experiment_id: str
    name: str
    artifact_uri: str
    status: str
    tags: list[KeyValue]
    creation_timestamp_ms: int
    last_updated_timestamp_ms: int
    model_type: Text = UNSET
    source_run_id: Text = UNSET
    status_message: Text = UNSET


class ModelPoint(MetricPoint):
    run_id: str
    model_id: Text = UNSET
    dataset_name: Text = UNSET
    dataset_digest: Text = UNSET


class ModelData(Struct):
    params: list[KeyValue]
    metrics: list[ModelPoint]


class Model(Struct):
    info: ModelInfo
    data: ModelData


class OneModel(Struct):
    model: Model


class Models(Struct):
    models: list[Model]
    next_page_token: Text = UNSET


class DatasetUse(Struct):
    experiment_id: str
    name: str
    digest: str
    context: Text = UNSET


class Datasets(Struct):
    dataset_summaries: list[DatasetUse]


# --- traces -----------------------------------------------------------------------------------------------------------


class OneTrace(Struct):
    trace: Rest


class TraceInfos(Struct):
    traces: list[dict[str, Any]]
    next_page_token: Text = UNSET


class OneTraceInfo(Struct):
    trace_info: Rest


class TraceHeads(Struct):
    trace_infos: list[dict[str, Any]]


class OneAssessment(Struct):
    assessment: Rest


class TracesDeleted(Struct):
    traces_deleted: int


# --- registry ---------------------------------------------------------------------------------------------------------


class ModelVersion(Struct):
    name: str
    version: int | str
    creation_timestamp: int
    last_updated_timestamp: int
    current_stage: str
    source: str
    status: str
    tags: list[KeyValue]
    aliases: list[str]
    user_id: Text = UNSET
    description: Text = UNSET
    run_id: Text = UNSET
    run_link: Text = UNSET
    status_message: Text = UNSET
    model_id: Text = UNSET


class AliasOf(Struct):
    alias: str
    version: int | str


class RegisteredModel(Struct):
    name: str
    creation_timestamp: int
    last_updated_timestamp: int
    latest_versions: list[ModelVersion]
    tags: list[KeyValue]
    aliases: list[AliasOf]
    description: Text = UNSET


class OneRegistered(Struct):
    registered_model: RegisteredModel


class Registered(Struct):
    registered_models: list[RegisteredModel]
    next_page_token: Text = UNSET


class OneVersion(Struct):
    model_version: ModelVersion


class Versions(Struct):
    model_versions: list[ModelVersion]
    next_page_token: Text = UNSET


class DownloadUri(Struct):
    artifact_uri: str
