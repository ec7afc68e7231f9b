"""Versions of registered models: look at one whole, register from a run, move its stage, describe, tag, delete."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from msgspec import UNSET

from runstone.contracts import Batch, RegistryQuery
from runstone.entities.logged_models import LoggedModel
from runstone.entities.model_registry import ModelVersion
from runstone.entities.moves import move_tag
from runstone.errors import AlreadyExists, InvalidValue, NotFound, PermissionDenied, RunstoneError
from runstone.query.printer import quoted
from runstone.query.run_models import folder_of
from runstone.records import ModelVersionChanged, ModelVersionCreated, Record, RegisteredModelCreated
from runstone.server import models_schema as m
from runstone.server.auth.may import may_with_model, username
from runstone.server.files import plain, run_root
from runstone.server.manifests import MANIFEST, model_files
from runstone.server.mlflow.registry_sources import Origin, origin
from runstone.server.moves import moves_of
from runstone.server.numbers import number
from runstone.server.registry_facts import Runs, name_filter, version_row, whole_run

from .runs import metric_summary

if TYPE_CHECKING:
    from runstone.server.backend import Backend

_COMMIT = "mlflow.source.git.commit"


def get_version(backend: Backend, name: str, version: str) -> m.VersionDetail:
    """One version: its run's params and metrics, its datasets, signature, example, and who moved it."""
    found = backend.store.get_model_version(name, version_number(version))
    number_ = int(found.version)
    run, runs = whole_run(backend, found.run_id), Runs(backend, [found.run_id])
    logged = _logged(backend, found.model_id)
    files, problem = model_files(backend, name, number_)
    previous, following = _beside(backend, name, number_)
    return m.VersionDetail(
        name=found.name,
        version=number_,
        may=may_with_model(backend, name),
        row=version_row(found, runs, ()),
        objective=runs.objective(found.run_id),
        previous=previous,
        next=following,
        params={**(logged.params if logged else {}), **(run.data.params if run else {})},
        run_metrics=[metric_summary(key, one) for key, one in sorted(run.data.summaries.items())] if run else [],
        model_metrics=_points(logged),
        datasets=list(run.inputs.dataset_inputs) if run else [],
        commit=run.data.tags.get(_COMMIT, "") if run else "",
        files=files,
        files_problem=problem,
        moves=moves_of(found.tags),
        meanings={key: one for key, one in runs.meanings().items() if run and key in run.data.summaries},
    )


def create_version(backend: Backend, name: str, body: m.NewVersion) -> m.VersionDetail:
    """Register a model of a run, or a logged model. The registered model is made if it is not there, both or neither."""
    found, now, key = _origin(backend, body), backend.now(), uuid.uuid4().hex
    model = RegisteredModelCreated(uuid.uuid4().hex, name, now, user_id=username())
    version = ModelVersionCreated(
        key, name, now, found.source, found.run_id, found.model_id, "", body.description or None, body.tags, username(),
        location=found.location,
    )  # fmt: skip
    try:
        backend.store.write(Batch([model, version], by=username()))
    except AlreadyExists:
        backend.store.write(Batch([version], by=username()))
    made = backend.store.find_version(key)
    if made is None:
        raise RunstoneError(f"The new version of {name!r} was written but is gone; somebody may have deleted it.")
    return get_version(backend, name, made.version)


def edit_version(backend: Backend, name: str, version: str, body: m.VersionEdit) -> m.VersionDetail:
    """Describe, tag, or move to another stage."""
    found, now = backend.store.get_model_version(name, version_number(version)), backend.now()
    stage = None if body.stage is UNSET or body.stage == found.current_stage else body.stage
    tags = {} if body.tags is UNSET else dict(body.tags)
    records: list[Record] = []
    if stage is not None:
        before = found.current_stage or "None"
        tags.update(move_tag(now, "stage", "", before, stage, username(), body.reason))
        if body.archive_existing:
            for other in _in_stage(backend, name, stage, found.version):
                left = move_tag(now, "stage", "", stage, "Archived", username(), body.reason)
                records.append(ModelVersionChanged(name, int(other.version), now, tags=left))
    records.append(
        ModelVersionChanged(
            name,
            int(found.version),
            now,
            stage,
            body.archive_existing and stage is not None,
            None if body.description is UNSET else body.description,
            tags,
        )
    )
    backend.store.write(Batch(records, by=username(), reason=body.reason))
    return get_version(backend, name, version)


def delete_version(backend: Backend, name: str, version: str) -> m.ModelDone:
    """Remove a version; its number is not used again."""
    backend.store.write(Batch([ModelVersionChanged(name, version_number(version), backend.now(), deleted=True)], by=username()))
    return m.ModelDone()


def run_models(backend: Backend, run_id: str) -> m.RunModels:
    """Models of a run that can be registered, and the versions that come from it."""
    run = backend.store.get_run(run_id, metrics=False)
    versions = backend.store.search_model_versions(RegistryQuery(filter=f"run_id = {quoted(run_id)}", limit=200))
    logged = [one for one in (_logged(backend, each.model_id) for each in run.outputs.model_outputs) if one]
    ready = sorted((one for one in logged if one.status == "READY"), key=lambda one: -one.creation_timestamp)
    found: list[m.RunModel] = []
    names: set[str] = set()
    for one in ready:  # as runs:/ does, the name alone means the newest
        name = f"{one.name} ({one.model_id[:10]})" if one.name in names else one.name
        names.add(one.name)
        folder = folder_of(run, one) or ""
        found.append(m.RunModel("", one.model_id, name, _made(versions, model_id=one.model_id), folder))
    folders = {one.folder for one in found}
    for path in _folders(backend, run_id):
        if path not in folders:
            found.append(m.RunModel(path, "", path, _made(versions, source=f"runs:/{run_id}/{path}"), path))
    every = [m.RunModelVersion(one.name, int(one.version)) for one in versions]
    return m.RunModels(found, every)


def _folders(backend: Backend, run_id: str) -> list[str]:
    """Folders right below the run's artifacts that are whole models."""
    try:
        root = run_root(backend, run_id)
        tops = [one.path for one in root.list("") if one.is_dir][:50]
        return [path for path in tops if any(one.path == f"{path}/{MANIFEST}" for one in root.list(path))]
    except RunstoneError:  # artifacts that cannot be reached: nothing can be registered from there now
        return []


def _made(versions: list[ModelVersion], model_id: str = "", source: str = "") -> list[m.RunModelVersion]:
    same = [one for one in versions if (model_id and one.model_id == model_id) or (source and one.source == source)]
    return [m.RunModelVersion(one.name, int(one.version)) for one in same]


def _origin(backend: Backend, body: m.NewVersion) -> Origin:
    if body.model_id:
        return origin(backend, f"models:/{body.model_id}", body.run_id, body.model_id, False)
    path = plain(body.path.strip("/"))
    if not body.run_id or not path:
        raise InvalidValue("Give run_id and path, the folder of a model among the run's artifacts; or model_id.")
    found = origin(backend, f"runs:/{body.run_id}/{path}", body.run_id, "", False)
    if not any(one.path == f"{path}/{MANIFEST}" for one in run_root(backend, body.run_id).list(path)):
        raise NotFound(f"There is no whole model at {path!r}: no file {MANIFEST} is in it. It is written last; log it again.")
    return found


def _in_stage(backend: Backend, name: str, stage: str, but: str) -> list[ModelVersion]:
    query = RegistryQuery(filter=f"{name_filter(name)} AND current_stage = {quoted(stage)}", limit=m.MOST_VERSIONS)
    return [one for one in backend.store.search_model_versions(query) if one.version != but]


def _beside(backend: Backend, name: str, version: int) -> tuple[int | None, int | None]:
    """The nearest versions before and after."""
    found: list[int | None] = []
    for operator, order in (("<", "DESC"), (">", "ASC")):
        query = RegistryQuery(
            filter=f"{name_filter(name)} AND version_number {operator} {version}",
            order_by=(f"version_number {order}",),
            limit=1,
        )
        page = backend.store.search_model_versions(query)
        found.append(int(page[0].version) if page else None)
    return found[0], found[1]


def _logged(backend: Backend, model_id: str | None) -> LoggedModel | None:
    if not model_id:
        return None
    try:
        return backend.store.get_logged_model(model_id)
    except (NotFound, PermissionDenied):
        return None


def _points(logged: LoggedModel | None) -> list[m.ModelMetric]:
    points = (logged.metrics or []) if logged else []
    return [
        m.ModelMetric(one.key, number(one.value), one.step, one.dataset_name or "", one.dataset_digest or "")
        for one in points[:500]
    ]


def version_number(version: str) -> int:
    """Raises NotFound for what is no number."""
    if not (version.isascii() and version.isdecimal()) or len(version) > 18:
        raise NotFound(f"There is no version {version!r}: versions are numbers.")
    return int(version)
