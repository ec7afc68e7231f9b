"""Requests about logged models and datasets, as MLflow's clients send them."""

from __future__ import annotations

from msgspec import Struct, field

from .messages import KeyValue


class CreateModel(Struct):
    experiment_id: str
    name: str = ""
    model_type: str = ""
    source_run_id: str = ""
    params: list[KeyValue] = field(default_factory=list)
    tags: list[KeyValue] = field(default_factory=list)


class OfModel(Struct):
    model_id: str


class GetModel(OfModel):
    allow_deleted: bool | str = False


class FinalizeModel(OfModel):
    status: str | int


class ModelParams(OfModel):
    params: list[KeyValue] = field(default_factory=list)


class ModelTags(OfModel):
    tags: list[KeyValue] = field(default_factory=list)


class ModelTag(OfModel):
    tag_key: str


class ModelFolder(OfModel):
    artifact_directory_path: str = ""
    page_token: str = ""


class OnDataset(Struct):
    dataset_name: str
    dataset_digest: str = ""


class OrderBy(Struct):
    field_name: str
    ascending: bool = True
    dataset_name: str = ""
    dataset_digest: str = ""


class SearchModels(Struct):
    experiment_ids: list[str]
    filter: str = ""
    datasets: list[OnDataset] = field(default_factory=list)
    max_results: int = 0
    order_by: list[OrderBy] = field(default_factory=list)
    page_token: str = ""


class SearchDatasets(Struct):
    experiment_ids: list[str]
