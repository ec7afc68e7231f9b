"""Entities as MLflow's JSON: protobuf field names, unset fields left out, int64 as numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runstone.entities import Dataset, Experiment, FileInfo, Run, RunInfo

from .reading import json_number

Json = dict[str, Any]


def pairs(texts: Mapping[str, str]) -> list[Json]:
    return [{"key": key, "value": value} for key, value in texts.items()]


def experiment(found: Experiment, artifact_uri: str) -> Json:
    return without_none(
        {
            "experiment_id": found.experiment_id,
            "name": found.name,
            "artifact_location": artifact_uri,
            "lifecycle_stage": found.lifecycle_stage,
            "creation_time": found.creation_time,
            "last_update_time": found.last_update_time,
            "tags": pairs(found.tags),
        }
    )


def run_info(info: RunInfo, artifact_uri: str) -> Json:
    return without_none(
        {
            "run_id": info.run_id,
            "run_uuid": info.run_id,
            "run_name": info.run_name,
            "experiment_id": info.experiment_id,
            "user_id": info.user_id,
            "status": "FAILED" if info.status == "CRASHED" else info.status,  # MLflow has no word for a crash
            "start_time": info.start_time,
            "end_time": info.end_time,
            "artifact_uri": artifact_uri,
            "lifecycle_stage": info.lifecycle_stage,
        }
    )


def run(found: Run, artifact_uri: str) -> Json:
    data = found.data
    shape: Json = {
        "info": run_info(found.info, artifact_uri),
        "data": {
            "metrics": [
                {"key": last.key, "value": json_number(last.value), "timestamp": last.timestamp, "step": last.step}
                for last in data.metric_objects
            ],
            "params": pairs(data.params),
            "tags": pairs(data.tags),
        },
        "inputs": {
            "dataset_inputs": [
                {"dataset": dataset(one.dataset), "tags": [{"key": tag.key, "value": tag.value} for tag in one.tags]}
                for one in found.inputs.dataset_inputs
            ],
            "model_inputs": [{"model_id": one.model_id} for one in found.inputs.model_inputs],
        },
    }
    if found.outputs.model_outputs:
        shape["outputs"] = {
            "model_outputs": [{"model_id": one.model_id, "step": one.step} for one in found.outputs.model_outputs]
        }
    return shape


def dataset(found: Dataset) -> Json:
    return without_none(
        {
            "name": found.name,
            "digest": found.digest,
            "source_type": found.source_type,
            "source": found.source,
            "schema": found.schema,
            "profile": found.profile,
        }
    )


def file(found: FileInfo) -> Json:
    return without_none({"path": found.path, "is_dir": found.is_dir, "file_size": found.file_size})


def without_none(shape: Json) -> Json:
    return {key: value for key, value in shape.items() if value is not None}
