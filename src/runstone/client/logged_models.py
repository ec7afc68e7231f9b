"""MLflow 3's logged models: what a run makes, with an id, params, tags, and points of its own."""

from __future__ import annotations

import os
import posixpath
import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any
from weakref import WeakKeyDictionary

from msgspec import structs

from runstone import connect
from runstone._lazy import need
from runstone.contracts import ArtifactStore, Batch, LoggedModelQuery, ModelOrder, Store
from runstone.entities import FileInfo, LoggedModelOutput, PagedList
from runstone.entities.logged_models import EXTERNAL, LoggedModel, LoggedModelStatus
from runstone.entities.metrics import Summary
from runstone.errors import InvalidValue, NotFound, RunstoneError
from runstone.names import random_name
from runstone.records import LoggedModelChanged, LoggedModelCreated, MetricLinks, Outputs

from . import active, active_model, experiments
from .checks import check_key, check_mapping, check_optional_text, many, path_text, shown, texts, whole
from .notices import notice, warn_once
from .paging import all_pages
from .run_log import RunLog, now_ms
from .runs import writable
from .session import Session, session
from .surroundings import start_tags

#: What a list of models that a run made looks like, for errors.
OUTPUTS = "[LoggedModelOutput(model.model_id, step=0)]"
_to_come: set[str] = set()
#: By run, points (key, timestamp) that a model got which was logged after them; they are not its alone.
_before: WeakKeyDictionary[RunLog, set[tuple[str, int]]] = WeakKeyDictionary()


def new_model_id() -> str:
    """``m-`` and 32 hexadecimal digits."""
    return f"m-{uuid.uuid4().hex}"


def model_to_come() -> str:
    """The id of a model that this process will log with ``log_model(model_id=…)``: points may name it before it is there, and
    no store is asked."""
    own = new_model_id()
    _to_come.add(own)
    return own


def has_come(model_id: str) -> bool:
    """Whether the id was drawn by :func:`model_to_come`; it is as any other's from now on."""
    known = _check_id(model_id) in _to_come
    _to_come.discard(model_id)
    return known


class LoggedModelCalls:
    """The methods of ``MlflowClient`` about logged models. Each raises NotFound for an unknown or deleted one."""

    @property
    def _session(self) -> Session:
        raise NotImplementedError("a client knows its session")

    def create_logged_model(
        self,
        experiment_id: str,
        name: str | None = None,
        source_run_id: str | None = None,
        tags: dict[str, Any] | None = None,
        params: dict[str, Any] | None = None,
        model_type: str | None = None,
    ) -> LoggedModel:
        """A new one, PENDING until :meth:`finalize_logged_model`.

        Args:
            experiment_id: its experiment.
            name: a pleasant one if not given.
            source_run_id: the run that makes it.
            tags, params: its first ones.
            model_type: a word of yours to search by.

        Raises: NotFound, WrongState (deleted experiment), InvalidValue (name).
        """
        record = LoggedModelCreated(
            new_model_id(), experiments.check_experiment_id(experiment_id), name or random_name(), now_ms(), model_type or "",
            source_run_id or "", texts(params or {}, "param"), texts(tags or {}, "tag"),
        )  # fmt: skip
        self._session.fresh_store().write(Batch([record]))
        return self._session.store.get_logged_model(record.model_id)

    def get_logged_model(self, model_id: str) -> LoggedModel:
        """With params, tags and points."""
        return self._session.fresh_store().get_logged_model(_check_id(model_id))

    def finalize_logged_model(self, model_id: str, status: str) -> LoggedModel:
        """Say that its files are there (READY) or will not come (FAILED)."""
        if status not in (LoggedModelStatus.READY, LoggedModelStatus.FAILED):
            raise InvalidValue(f"A logged model ends as READY or FAILED, not as {shown(status)}.")
        return self._changed(LoggedModelChanged(_check_id(model_id), now_ms(), status=status))

    def delete_logged_model(self, model_id: str) -> None:
        """Mark it deleted."""
        self._write(LoggedModelChanged(_check_id(model_id), now_ms(), deleted=True))

    def log_model_params(self, model_id: str, params: dict[str, Any]) -> None:
        """Add params, which never change. Raises ParamChanged."""
        self._write(LoggedModelChanged(_check_id(model_id), now_ms(), params=texts(params, "param")))

    def set_logged_model_tags(self, model_id: str, tags: dict[str, Any]) -> None:
        """Set tags; they replace what was there."""
        self._write(LoggedModelChanged(_check_id(model_id), now_ms(), tags={**texts(tags, "tag")}))

    def delete_logged_model_tag(self, model_id: str, key: str) -> None:
        """Remove a tag. Raises NotFound when it is not there."""
        if check_key(key, "tag") not in self.get_logged_model(model_id).tags:
            raise NotFound(f"No tag with key {key!r} found for model with ID {model_id!r}.")
        self._write(LoggedModelChanged(model_id, now_ms(), tags={key: None}))

    def log_model_artifact(self, model_id: str, local_path: str | os.PathLike[str], artifact_path: str | None = None) -> None:
        """Copy a file, or a folder under its own name, to the model's files."""
        place = Path(path_text(local_path, "local_path"))
        target = posixpath.join(path_text(artifact_path or "", "artifact_path"), place.resolve().name)
        artifacts = self._model_files(model_id)
        if place.is_dir():
            artifacts.put_tree(place, target)
        else:
            artifacts.put(place, target)

    def log_model_artifacts(self, model_id: str, local_dir: str | os.PathLike[str], artifact_path: str | None = None) -> None:
        """Copy what is in a folder to the model's files."""
        place, target = Path(path_text(local_dir, "local_dir")), path_text(artifact_path or "", "artifact_path")
        self._model_files(model_id).put_tree(place, target)

    def list_logged_model_artifacts(self, model_id: str, path: str | None = None) -> list[FileInfo]:
        """One level of the model's files."""
        return list(self._model_files(model_id).list(path or ""))

    def search_logged_models(
        self,
        experiment_ids: list[str],
        filter_string: str | None = None,
        datasets: list[dict[str, Any]] | None = None,
        max_results: int | None = None,
        order_by: list[dict[str, Any]] | None = None,
        page_token: str | None = None,
    ) -> PagedList[LoggedModel]:
        """One page; see :func:`runstone.search_logged_models`. Raises FilterError, InvalidValue."""
        check_optional_text(filter_string, "filter_string", '"metrics.rmse < 0.5"')
        check_optional_text(page_token, "page_token", "the token of the page before")
        ids = many(experiment_ids, "experiment_ids", "['1']")
        sets = many(datasets, "datasets", "[{'dataset_name': 'train'}]")
        query = LoggedModelQuery(
            experiment_ids=tuple(experiments.check_experiment_id(one) for one in ids),
            filter=filter_string or "",
            datasets=tuple((_need(one, "dataset_name"), one.get("dataset_digest") or "") for one in sets),
            order_by=tuple(
                ModelOrder(
                    _need(one, "field_name"), bool(one.get("ascending", True)), one.get("dataset_name") or "",
                    one.get("dataset_digest") or "",
                )
                for one in many(order_by, "order_by", "[{'field_name': 'metrics.rmse'}]")
            ),
            limit=100 if max_results is None else whole(max_results, "max_results"),
            page_token=page_token or None,
        )  # fmt: skip
        return self._session.fresh_store().search_logged_models(query)

    def _model_files(self, model_id: str) -> ArtifactStore:
        return connect.open_artifacts(self.get_logged_model(model_id).artifact_location, self._session.uri)

    def _write(self, record: LoggedModelChanged) -> None:
        self._session.fresh_store().write(Batch([record]))

    def _changed(self, record: LoggedModelChanged) -> LoggedModel:
        self._write(record)
        return self._session.store.get_logged_model(record.model_id)


def made_by_run(
    log: RunLog, name: str, path: str, step: int, params: Mapping[str, str], tags: Mapping[str, str], kind: str, model_id: str
) -> LoggedModelCreated:
    """Write to a run's journal that it made a model whose files are among its artifacts already."""
    record = LoggedModelCreated(
        model_id, log.experiment_id, name, now_ms(), kind, log.run_id, dict(params), {**start_tags(), **tags}, "READY", path
    )
    log.append(record)
    log.append(Outputs(log.run_id, [LoggedModelOutput(model_id, step)]))
    log.models.setdefault(step, []).append(model_id)
    active_model.last = model_id
    active.stir()
    return record


def take_points(log: RunLog, here: Session, model_id: str, step: int) -> None:
    """Points that the run has at this step already are the model's, too, if they are not another's, as in MLflow; of a metric's
    several the last one. Without a store to ask, none are."""
    nothing_yet = log.started is not None and not log.writer.hot[1] and not log.once
    if here.offline or here.away or nothing_yet:
        return
    before = _before.setdefault(log, set())
    with suppress(RunstoneError, OSError):
        store = here.fresh_store()
        others = [one.model_id for one in store.get_run(log.run_id, metrics=False).outputs.model_outputs if one.step == step]
        taken = {
            (point.key, point.timestamp)
            for one in {*others, model_id}
            for point in store.get_logged_model(one).metrics or ()
            if one == model_id or (point.key, point.timestamp) not in before
        }
        for key, found in store.summaries(log.run_id, list(store.series_counts(log.run_id))).items():
            at = _point(store, log.run_id, key, found, step)
            if at is not None and (key, at[0]) not in taken:
                before.add((key, at[0]))
                log.append(MetricLinks(log.run_id, key, step, *at, model_id, None, None))


def _point(store: Store, run_id: str, key: str, found: Summary, step: int) -> tuple[int, float] | None:
    """Timestamp and value of a metric's last point at a step."""
    if not found.first_step <= step <= found.last_step:
        return None
    if step == found.last_step:
        return found.last_timestamp, found.last
    points = store.history(run_id, key, step, step)
    return (int(points.timestamps[-1]), float(points.values[-1])) if len(points.steps) else None


# --- the fluent functions ----------------------------------------------------------------------------------------------


class ActiveModel(LoggedModel, frozen=True):
    """The active model of a thread: a context manager after which the one before is active again."""

    before: str | None = None

    def __enter__(self) -> ActiveModel:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        active_model.put(self.before)


class _Here(LoggedModelCalls):
    """Those of the store that the active run is in, else of the one in force."""

    @property
    def _session(self) -> Session:
        found = active.visible()
        return found.session if found else session()


def _client() -> LoggedModelCalls:
    return _Here()


def initialize_logged_model(
    name: str | None = None,
    source_run_id: str | None = None,
    tags: dict[str, Any] | None = None,
    params: dict[str, Any] | None = None,
    model_type: str | None = None,
    experiment_id: str | None = None,
) -> LoggedModel:
    """A new logged model of the active run, if any; PENDING until :func:`finalize_logged_model` or a
    ``log_model(model_id=…)``. The arguments are those of :meth:`MlflowClient.create_logged_model`."""
    found = active.visible()
    run_id = source_run_id or (found.log.run_id if found else None)
    if experiment_id is None and found is not None:
        experiment_id = found.log.experiment_id
    elif experiment_id is None:
        experiment_id = experiments.experiment_for_run(session()).experiment_id
    check_mapping(tags or {}, "tag")
    made = _client().create_logged_model(experiment_id, name, run_id, {**start_tags(), **(tags or {})}, params, model_type)
    active_model.last = made.model_id
    return made


def create_external_model(
    name: str | None = None,
    source_run_id: str | None = None,
    tags: dict[str, Any] | None = None,
    params: dict[str, Any] | None = None,
    model_type: str | None = None,
    experiment_id: str | None = None,
) -> LoggedModel:
    """A logged model whose files are not kept here; READY at once. The arguments are those of
    :func:`initialize_logged_model`."""
    check_mapping(tags or {}, "tag")
    made = initialize_logged_model(name, source_run_id, {**(tags or {}), EXTERNAL: "true"}, params, model_type, experiment_id)
    return finalize_logged_model(made.model_id, LoggedModelStatus.READY)


def finalize_logged_model(model_id: str, status: str) -> LoggedModel:
    """Say that a model's files are there (``READY``) or will not come (``FAILED``). Raises NotFound."""
    return _client().finalize_logged_model(model_id, status)


def get_logged_model(model_id: str) -> LoggedModel:
    """A logged model as it is now. Raises NotFound."""
    return _client().get_logged_model(model_id)


def last_logged_model() -> LoggedModel | None:
    """The one that this process made last, if any."""
    return None if active_model.last is None else get_logged_model(active_model.last)


def log_model_params(params: dict[str, Any], model_id: str | None = None) -> None:
    """Add params to a logged model, the active one if none is named. Raises ParamChanged, NotFound."""
    _client().log_model_params(model_id or active_model.current() or "", params)


def set_logged_model_tags(model_id: str, tags: dict[str, Any]) -> None:
    """Set tags of a logged model. Raises NotFound."""
    _client().set_logged_model_tags(model_id, tags)


def delete_logged_model_tag(model_id: str, key: str) -> None:
    """Remove a tag of a logged model. Raises NotFound."""
    _client().delete_logged_model_tag(model_id, key)


def log_outputs(models: list[LoggedModelOutput] | None = None) -> None:
    """Say that the active run made these logged models."""
    made = many(models, "models", OUTPUTS)
    log, _ = writable(None, "log_outputs")
    log.append(Outputs(log.run_id, made))


def search_logged_models(
    experiment_ids: list[str] | None = None,
    filter_string: str | None = None,
    datasets: list[dict[str, str]] | None = None,
    max_results: int | None = None,
    order_by: list[dict[str, Any]] | None = None,
    output_format: str = "pandas",
) -> Any:
    """Logged models that match.

    Args:
        experiment_ids: where to look; where :func:`search_runs` looks if not given.
        filter_string: such as ``metrics.rmse < 0.5 AND params.kind = 'forest'``.
        datasets: dicts with ``dataset_name`` and perhaps ``dataset_digest``: conditions on metrics mean points measured there.
        max_results: at most so many; all if not given.
        order_by: dicts with ``field_name`` and perhaps ``ascending``, ``dataset_name``, ``dataset_digest``.
        output_format: ``pandas`` or ``list``.

    Raises: FilterError, InvalidValue.
    """
    if output_format not in ("pandas", "list"):
        raise InvalidValue(f"Unsupported output format: {output_format!r}. Supported are 'pandas' and 'list'.")
    client = _client()
    ids = experiment_ids or experiments.where_to_look(client._session)
    found: Sequence[LoggedModel] = []
    if ids:
        found = all_pages(
            lambda count, token: client.search_logged_models(ids, filter_string, datasets, count, order_by, token), max_results
        )
    if output_format == "list":
        return list(found)
    return need("pandas", "logged models as a table").DataFrame([structs.asdict(one) for one in found])


def set_active_model(*, name: str | None = None, model_id: str | None = None) -> ActiveModel:
    """What this thread logs from now on is measured for this model; in a ``with`` block, until its end.

    Args:
        name: the newest of this name in the experiment; one is made if there is none (:func:`create_external_model`).
        model_id: that one.

    Raises: NotFound, InvalidValue (neither given, or a model of another name).
    """
    if name is None and model_id is None:
        raise InvalidValue("Either name or model_id must be provided.")
    if model_id is not None:
        model = get_logged_model(model_id)
        if name is not None and model.name != name:
            raise InvalidValue(f"The logged model {model_id!r} has the name {model.name!r}, not {name!r}.")
    else:
        quoted = str(name).replace("'", "''")
        known = search_logged_models(filter_string=f"name = '{quoted}'", max_results=2, output_format="list")
        if len(known) > 1:
            warn_once(f"models named {name}", f"there are several logged models named {name!r}; the newest is active now.")
        if not known:
            notice(f"there was no logged model {name!r}, so one was made")
        model = known[0] if known else create_external_model(name=name)
    before = active_model.current()
    active_model.put(model.model_id)
    return ActiveModel(**structs.asdict(model), before=before)


def get_active_model_id() -> str | None:
    """The id of this thread's active model, if it has one."""
    return active_model.current()


def clear_active_model() -> None:
    """Have no active model in this thread."""
    active_model.put(None)


def _check_id(model_id: str) -> str:
    if not isinstance(model_id, str) or not model_id:
        raise InvalidValue(f"`model_id` must be a non-empty string such as 'm-0a1b…', but got {shown(model_id)}.")
    return model_id


def _need(one: Mapping[str, Any], key: str) -> str:
    if not isinstance(one, Mapping) or not one.get(key):
        raise InvalidValue(f"{shown(one)} must be a dict with `{key}`.")
    return str(one[key])
