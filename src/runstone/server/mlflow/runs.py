"""MLflow's run endpoints: life cycle, search, and what is logged to a run."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import msgspec

from runstone.contracts import Batch, RunQuery
from runstone.entities import Dataset, DatasetInput, InputTag, LifecycleStage, LoggedModelInput, LoggedModelOutput, Run
from runstone.errors import InvalidValue, NotFound
from runstone.names import random_name
from runstone.records import Inputs, Outputs, Params, Record, RunChanged, RunStarted, Tags

from . import messages as m
from . import shapes
from .limits import MAX_DATASET, MAX_DATASETS, MAX_RUNS, check_batch, check_keys, check_length, page_size, status, view
from .points import metric_records
from .reading import missing

if TYPE_CHECKING:
    from runstone.server.backend import Backend

RUN_NAME, MODEL_HISTORY = "mlflow.runName", "mlflow.log-model.history"


def create(backend: Backend, request: m.CreateRun) -> shapes.Json:
    """Start a run."""
    run_id = uuid.uuid4().hex
    check_keys([tag.key for tag in request.tags], "tags[{}].key")
    tags = {tag.key: tag.value for tag in request.tags}
    if request.run_name and tags.get(RUN_NAME, request.run_name) != request.run_name:
        raise InvalidValue(
            f"Both 'run_name' and the tag {RUN_NAME!r} are given, with different values: "
            f"{request.run_name!r} and {tags[RUN_NAME]!r}. Give one of them."
        )
    name = request.run_name or tags.get(RUN_NAME) or random_name()
    started = backend.now() if request.start_time is None else request.start_time
    backend.write(Batch([RunStarted(run_id, request.experiment_id, started, name, request.user_id, tags)]))
    return {"run": _shape(backend, backend.store.get_run(run_id))}


def get(backend: Backend, request: m.OfRun) -> shapes.Json:
    """A whole run, deleted ones too."""
    return {"run": _shape(backend, backend.store.get_run(run_of(request)))}


def update(backend: Backend, request: m.UpdateRun) -> shapes.Json:
    """End or rename a run."""
    run_id = run_of(request)
    state = None if request.status is None else status(request.status)
    backend.write(Batch([RunChanged(run_id, backend.now(), state, request.end_time, request.run_name or None)]))
    info = backend.store.get_run(run_id, metrics=False).info
    return {"run_info": shapes.run_info(info, backend.shown_artifact_uri(info.artifact_uri or ""))}


def delete(backend: Backend, request: m.OfRun) -> shapes.Json:
    """Into the trash."""
    return write(backend, RunChanged(run_of(request), backend.now(), deleted=True))


def restore(backend: Backend, request: m.OfRun) -> shapes.Json:
    """Out of the trash."""
    return write(backend, RunChanged(run_of(request), backend.now(), deleted=False))


def search(backend: Backend, request: m.SearchRuns) -> shapes.Json:
    """Filter, order and page."""
    page = backend.store.search_runs(
        RunQuery(
            experiment_ids=tuple(map(str, request.experiment_ids)),
            filter=request.filter,
            order_by=tuple(request.order_by),
            view=view(request.run_view_type, "run_view_type"),
            limit=page_size(request.max_results, MAX_RUNS),
            page_token=request.page_token or None,
        )
    )
    return shapes.without_none({"runs": [_shape(backend, one) for one in page], "next_page_token": page.token})


def log_metric(backend: Backend, request: m.LogMetric) -> Batch:
    """One point. Clients send a call again when they saw no answer: each point counts once."""
    if bool(request.dataset_name) != bool(request.dataset_digest):
        raise InvalidValue(
            f"A dataset is named by both dataset_name={request.dataset_name!r} and dataset_digest={request.dataset_digest!r}; "
            "give both or neither."
        )
    point = m.Point(
        request.key,
        request.value,
        request.timestamp,
        request.step,
        request.model_id,
        request.dataset_name,
        request.dataset_digest,
    )
    return Batch(metric_records(run_of(request), [point]), once=True)


def log_param(backend: Backend, request: m.LogParam) -> Batch:
    """One param."""
    check_keys([request.key])
    return Batch([Params(run_of(request), {request.key: request.value})])


def set_tag(backend: Backend, request: m.SetTag) -> Batch:
    """One tag."""
    check_keys([request.key])
    return Batch([Tags(run_of(request), {request.key: request.value})])


def delete_tag(backend: Backend, request: m.DeleteTag) -> shapes.Json:
    """Remove one tag, which must be there."""
    run_id = run_of(request)
    run = backend.store.get_run(run_id, metrics=False)
    if request.key not in run.data.tags and run.info.lifecycle_stage == LifecycleStage.ACTIVE:  # else the store refuses it
        raise NotFound(f"No tag with name: {request.key} in run with id {run_id}")
    return write(backend, Tags(run_id, {request.key: None}))


def log_batch(backend: Backend, request: m.LogBatch) -> Batch:
    """Metrics, params and tags together, all or nothing."""
    check_batch(len(request.metrics), len(request.params), len(request.tags))
    check_keys([param.key for param in request.params], "params[{}].key")
    check_keys([tag.key for tag in request.tags], "tags[{}].key")
    run_id = run_of(request)
    records: list[Record] = []
    if request.params:
        records.append(Params(run_id, _params(request.params)))
    if request.metrics:
        records += metric_records(run_id, request.metrics, "metrics[{}].{}")
    if request.tags:
        records.append(Tags(run_id, {tag.key: tag.value for tag in request.tags}))
    # of an empty one it is still found out whether there is such a run
    return Batch(records or [Params(run_id, {})], once=True)


def log_inputs(backend: Backend, request: m.LogInputs) -> shapes.Json:
    """Datasets and models that the run read."""
    if len(request.datasets) > MAX_DATASETS:
        raise InvalidValue(f"At most {MAX_DATASETS} datasets can be logged at once. Got {len(request.datasets)}.")
    for place, one in enumerate(request.datasets):
        for name, most in MAX_DATASET.items():
            check_length(f"datasets[{place}].dataset.{name}", getattr(one.dataset, name), most)
    datasets = [
        DatasetInput(
            Dataset(**{name: getattr(one.dataset, name) for name in one.dataset.__struct_fields__}),
            [InputTag(tag.key, tag.value) for tag in one.tags],
        )
        for one in request.datasets
    ]
    return write(backend, Inputs(run_of(request), datasets, [LoggedModelInput(one.model_id) for one in request.models]))


def log_outputs(backend: Backend, request: m.LogOutputs) -> shapes.Json:
    """Models that the run wrote."""
    return write(backend, Outputs(run_of(request), [LoggedModelOutput(one.model_id, one.step) for one in request.models]))


def log_model(backend: Backend, request: m.LogModel) -> shapes.Json:
    """A model's description, kept in the run's tag as MLflow 2 does it."""
    run_id = run_of(request)
    try:
        model = msgspec.json.decode(request.model_json, type=dict[str, object])
    except msgspec.MsgspecError as cause:
        raise InvalidValue(f"Malformed model info: {request.model_json!r} is not a valid JSON object.") from cause
    lacking = sorted({"artifact_path", "flavors", "utc_time_created", "run_id"} - model.keys())
    if lacking:
        raise InvalidValue(f"Model json is missing mandatory fields: {', '.join(lacking)}.")
    before = backend.store.get_run(run_id, metrics=False).data.tags.get(MODEL_HISTORY, "[]")
    history = [*msgspec.json.decode(before, type=list[object]), model]
    return write(backend, Tags(run_id, {MODEL_HISTORY: msgspec.json.encode(history).decode()}))


def write(backend: Backend, record: Record) -> shapes.Json:
    backend.write(Batch([record]))
    return {}


def run_of(request: m.OfRun) -> str:
    run_id = request.run_id or request.run_uuid
    if not run_id:
        raise missing("run_id")
    return run_id


def _params(given: list[m.KeyValue]) -> dict[str, str]:
    values: dict[str, str] = {}
    for param in given:
        if values.setdefault(param.key, param.value) != param.value:
            raise InvalidValue(f"Duplicate parameter keys have been submitted: [{param.key!r}]. Send each key once.")
    return values


def _shape(backend: Backend, found: Run) -> shapes.Json:
    return shapes.run(found, backend.shown_artifact_uri(found.info.artifact_uri or ""))
