"""What runs read and wrote beside numbers: datasets and logged models. Three statements, whatever the number of runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection

from runstone.entities import Dataset, DatasetInput, InputTag, LoggedModelInput, LoggedModelOutput, Run, RunInputs, RunOutputs

from .search_sql import Sql, batches, listed, rows

_INPUTS = Sql("SELECT run_id, dataset_id, tags FROM inputs WHERE run_id IN ")
_DATASETS = Sql("SELECT dataset_id, name, digest, source_type, source, schema, profile FROM datasets WHERE dataset_id IN ")
_MODELS = Sql("SELECT run_id, direction, model_id, step FROM models WHERE run_id IN ")
_IN_ORDER = Sql(" ORDER BY run_id, sequence")


def add_contexts(connection: Connection, runs: Sequence[Run]) -> None:
    """Give each run its inputs and outputs. A dataset is read once, however many runs used it: its profile may be large."""
    run_ids = [run.info.run_id for run in runs]
    used = [row for part in batches(run_ids) for row in rows(connection, _INPUTS + listed(part) + _IN_ORDER)]
    datasets = _datasets(connection, list(dict.fromkeys(row[1] for row in used)))
    inputs = {run_id: RunInputs([]) for run_id in run_ids}
    outputs = {run_id: RunOutputs([]) for run_id in run_ids}
    for run_id, dataset_id, tags in used:
        told = [InputTag(key, value) for key, value in msgspec.json.decode(tags).items()]
        inputs[run_id].dataset_inputs.append(DatasetInput(datasets[dataset_id], told))
    for part in batches(run_ids):
        for run_id, direction, model_id, step in rows(connection, _MODELS + listed(part) + _IN_ORDER):
            if direction == "in":
                inputs[run_id].model_inputs.append(LoggedModelInput(model_id))
            else:
                outputs[run_id].model_outputs.append(LoggedModelOutput(model_id, step))
    for run in runs:
        run.run_inputs, run.run_outputs = inputs[run.info.run_id], outputs[run.info.run_id]


def _datasets(connection: Connection, dataset_ids: Sequence[str]) -> dict[str, Dataset]:
    found: dict[str, Any] = {}
    for part in batches(dataset_ids):
        found.update((row[0], Dataset(*row[1:])) for row in rows(connection, _DATASETS + listed(part)))
    return found
