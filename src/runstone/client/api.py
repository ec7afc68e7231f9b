"""``MlflowClient``: the same things as the fluent API, for any run and experiment, by id."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from runstone.contracts import Batch, Series
from runstone.entities import Experiment, LoggedModelOutput, Metric, PagedList, Param, Run, RunStatus, RunTag, ViewType
from runstone.errors import InvalidValue, NotSupported
from runstone.names import random_name
from runstone.records import Outputs, RunStarted

from . import experiments, location, search
from .artifacts import ArtifactCalls
from .checks import (
    check_key,
    check_optional_text,
    check_run_id,
    check_seconds,
    check_status,
    entities,
    many,
    number,
    shown,
    texts,
    whole,
)
from .guard import guarded
from .inputs import InputCalls
from .log import RunOperations, operations
from .logged_models import OUTPUTS, LoggedModelCalls
from .paging import page_size
from .registry import RegistryCalls
from .reviews import ReviewCalls
from .run_log import now_ms
from .runs import RUN_NAME, new_run_id
from .session import Session, session
from .surroundings import user
from .webhooks import WebhookCalls


class MlflowClient(ArtifactCalls, InputCalls, LoggedModelCalls, RegistryCalls, ReviewCalls, WebhookCalls):
    """Runs and experiments of one store, and registered models.

    Logging methods return when the record is in this process's journal, others when the store has answered; reads see
    all that this process has logged.

    Args:
        tracking_uri: the store; the one in force if ``None``.
        registry_uri: where registered models are; the tracking store if ``None``.
        workspace_store_uri: only ``None`` is known.
    """

    def __init__(
        self, tracking_uri: str | None = None, registry_uri: str | None = None, workspace_store_uri: str | None = None
    ) -> None:
        if workspace_store_uri is not None:
            raise NotSupported("workspace_store_uri is not known here: a store has no workspaces. Leave it out.")
        self._tracking_uri = location.get_tracking_uri() if tracking_uri is None else os.fspath(tracking_uri)
        self._registry_uri = registry_uri or (tracking_uri or location.get_registry_uri())
        self._store_uri = location.tracking_store(self._tracking_uri)

    @property
    def tracking_uri(self) -> str:
        return self._tracking_uri

    @property
    def _session(self) -> Session:
        return session(self._store_uri)

    @property
    def _registry_session(self) -> Session:
        return session(self._registry_uri, location.registry_word(self._registry_uri))

    # --- experiments ----------------------------------------------------------------------------------------------

    def create_experiment(
        self, name: str, artifact_location: str | os.PathLike[str] | None = None, tags: dict[str, Any] | None = None
    ) -> str:
        """Its id. Raises AlreadyExists."""
        return experiments.create(self._session, name, artifact_location, tags)

    def get_experiment(self, experiment_id: str) -> Experiment:
        """Deleted ones too. Raises NotFound."""
        return self._session.store.get_experiment(experiments.check_experiment_id(experiment_id))

    def get_experiment_by_name(self, name: str) -> Experiment | None:
        """By exact name, deleted ones too; ``None`` if there is none."""
        return self._session.store.find_experiment(experiments.check_experiment_name(name))

    def rename_experiment(self, experiment_id: str, new_name: str) -> None:
        """Raises NotFound, AlreadyExists, WrongState (deleted)."""
        experiments.change(self._session, experiment_id, name=new_name)

    def delete_experiment(self, experiment_id: str) -> None:
        """Mark it deleted, its runs with it. Raises NotFound."""
        experiments.change(self._session, experiment_id, deleted=True)

    def restore_experiment(self, experiment_id: str) -> None:
        """Raises NotFound."""
        experiments.change(self._session, experiment_id, deleted=False)

    def set_experiment_tag(self, experiment_id: str, key: str, value: Any) -> None:
        """Raises NotFound, WrongState (deleted)."""
        new: dict[str, str | None] = dict(texts({check_key(key, "tag"): value}, "tag"))
        experiments.change(self._session, experiment_id, tags=new)

    def delete_experiment_tag(self, experiment_id: str, key: str) -> None:
        """Raises NotFound when the experiment or its tag is not there."""
        experiments.delete_tag_of(self._session, experiment_id, key)

    def search_experiments(
        self,
        view_type: int = ViewType.ACTIVE_ONLY,
        max_results: int | None = 1000,
        filter_string: str | None = None,
        order_by: list[str] | None = None,
        page_token: str | None = None,
    ) -> PagedList[Experiment]:
        """One page; its ``token`` asks for the next. Raises FilterError."""
        most = 1000 if max_results is None else max_results
        return experiments.search(self._session, view_type, page_size(most), filter_string, order_by, page_token)

    # --- runs -------------------------------------------------------------------------------------------------------

    def create_run(
        self, experiment_id: str, start_time: int | None = None, tags: dict[str, Any] | None = None, run_name: str | None = None
    ) -> Run:
        """A new run, which stays RUNNING until :meth:`set_terminated`. It does not become the active run.

        Args:
            experiment_id: its experiment.
            start_time: milliseconds since 1970 UTC; now if not given.
            tags: its first tags.
            run_name: its name; a pleasant one if not given.

        Raises: NotFound, WrongState (deleted experiment).
        """
        check_optional_text(run_name, "run_name", "'calm-otter-17'")
        given = texts(tags or {}, "tag")
        experiment = experiments.experiment_for_run(self._session, experiment_id)
        name = run_name or given.get(RUN_NAME) or random_name()
        run_id = new_run_id()
        begun = now_ms() if start_time is None else whole(start_time, "start_time")
        owner = given.get("mlflow.user") or user()
        started = RunStarted(run_id, experiment.experiment_id, begun, name, owner, {**given, RUN_NAME: name})
        self._session.store.write(Batch([started]))
        return self._session.store.get_run(run_id)

    def get_run(self, run_id: str) -> Run:
        """Deleted ones too. Raises NotFound."""
        return self._session.run(run_id)

    def get_parent_run(self, run_id: str) -> Run | None:
        """The run that this one is a child of, or ``None``."""
        return search.parent_of(self._session, run_id)

    def update_run(self, run_id: str, status: str | None = None, name: str | None = None) -> None:
        """Raises NotFound."""
        check_optional_text(name, "name", "'calm-otter-17'")
        word = None if status is None else check_status(status, RunStatus.NAMES)
        search.change_run(self._session, run_id, word, name=name)

    def set_terminated(self, run_id: str, status: str | None = None, end_time: int | None = None) -> None:
        """End a run.

        Args:
            run_id: the run.
            status: a name of :class:`~runstone.entities.RunStatus`; FINISHED if not given.
            end_time: milliseconds since 1970 UTC; now if not given.

        Raises: NotFound.
        """
        word = check_status(status or "FINISHED", RunStatus.NAMES)
        end = now_ms() if end_time is None else whole(end_time, "end_time")
        here = self._session
        search.change_run(here, run_id, word, end)
        if run_id not in here.active:
            here.release(run_id)

    def delete_run(self, run_id: str) -> None:
        """Mark it deleted. Raises NotFound."""
        search.change_run(self._session, run_id, deleted=True)

    def restore_run(self, run_id: str) -> None:
        """Raises NotFound."""
        search.change_run(self._session, run_id, deleted=False)

    def search_runs(
        self,
        experiment_ids: list[str],
        filter_string: str = "",
        run_view_type: int = ViewType.ACTIVE_ONLY,
        max_results: int = 1000,
        order_by: list[str] | None = None,
        page_token: str | None = None,
    ) -> PagedList[Run]:
        """One page of runs; its ``token`` asks for the next. Raises FilterError."""
        most = page_size(1000 if max_results is None else max_results)
        return search.search(self._session, experiment_ids, filter_string, run_view_type, most, order_by, page_token)

    # --- logging --------------------------------------------------------------------------------------------------

    @guarded
    def log_metric(
        self,
        run_id: str,
        key: str,
        value: float,
        timestamp: int | None = None,
        step: int | None = None,
        synchronous: bool | None = None,
        dataset_name: str | None = None,
        dataset_digest: str | None = None,
        model_id: str | None = None,
    ) -> RunOperations | None:
        """As :func:`runstone.log_metric`, for any run. Raises NotFound, WrongState (deleted run), InvalidValue."""
        dataset = None if dataset_name is None else (dataset_name, dataset_digest or "")
        log = self._session.log(run_id)
        log.metric(key, value, step, timestamp, model_id, dataset)
        return operations(self._session, log, synchronous)

    @guarded
    def log_param(self, run_id: str, key: str, value: Any, synchronous: bool | None = None) -> Any:
        """``value``. Raises ParamChanged, NotFound, WrongState (deleted run), InvalidValue."""
        log = self._session.log(run_id)
        log.log_params({check_key(key, "param"): value})
        return operations(self._session, log, synchronous) or value

    @guarded
    def set_tag(self, run_id: str, key: str, value: Any, synchronous: bool | None = None) -> RunOperations | None:
        """Raises NotFound, WrongState (deleted run), InvalidValue."""
        log = self._session.log(run_id)
        log.set_tags({check_key(key, "tag"): value})
        return operations(self._session, log, synchronous)

    @guarded
    def delete_tag(self, run_id: str, key: str) -> None:
        """Raises NotFound when the run or its tag is not there."""
        self._session.delete_tag(self._session.log(run_id), check_key(key, "tag"))

    @guarded
    def log_batch(
        self,
        run_id: str,
        metrics: Sequence[Metric] = (),
        params: Sequence[Param] = (),
        tags: Sequence[RunTag] = (),
        synchronous: bool | None = None,
    ) -> RunOperations | None:
        """Several points, params and tags; everything is checked before anything is written.

        Raises: ParamChanged, NotFound, WrongState (deleted run), InvalidValue.
        """
        metrics = entities(metrics, Metric, "Metric('loss', 0.5, timestamp, step)")
        params = entities(params, Param, "Param('depth', '3')")
        tags = entities(tags, RunTag, "RunTag('team', 'data')")
        log = self._session.log(run_id)
        new_params = _distinct(params)
        new_tags = texts({tag.key: tag.value for tag in tags}, "tag")
        points = [
            (
                check_key(m.key, "metric"),
                number(m.key, m.value),
                0 if m.step is None else whole(m.step, "step"),
                whole(m.timestamp, "timestamp"),
                m,
            )
            for m in metrics
        ]
        log.log_params(new_params)
        for key, value, step, timestamp, metric in points:
            dataset = None if metric.dataset_name is None else (metric.dataset_name, metric.dataset_digest or "")
            log.metric(key, value, step, timestamp, metric.model_id, dataset)
        log.set_tags(new_tags)
        return operations(self._session, log, synchronous)

    @guarded
    def log_outputs(self, run_id: str, models: list[LoggedModelOutput]) -> None:
        """Say that a run made these logged models. Raises NotFound, WrongState (deleted run)."""
        made = many(models, "models", OUTPUTS)
        self._session.log(run_id).append(Outputs(run_id, made))

    def get_metric_history(self, run_id: str, key: str) -> list[Metric]:
        """All points of a series, ordered by (step, timestamp); none for a key that was never logged. Raises NotFound."""
        series = self.history(run_id, key)
        return [
            Metric(key, value, timestamp, step, run_id=run_id)
            for value, timestamp, step in zip(
                series.values.tolist(), series.timestamps.tolist(), series.steps.tolist(), strict=True
            )
        ]

    def history(self, run_id: str, key: str, start: int | None = None, end: int | None = None) -> Series:
        """All points with ``start <= step <= end`` as NumPy arrays. Raises NotFound."""
        start = None if start is None else whole(start, "start")
        end = None if end is None else whole(end, "end")
        return self._session.fresh_store().history(check_run_id(run_id), key, start, end)

    def flush(self, timeout: float | None = None) -> bool:
        """Wait until all that this process has logged is stored; whether it is."""
        check_seconds(timeout, "timeout")
        return self._session.flush(timeout)


def _distinct(params: Sequence[Param]) -> dict[str, str]:
    """Params as a dict; the same key with two values is a mistake."""
    found: dict[str, str] = {}
    for param in params:
        if found.setdefault(param.key, param.value) != param.value:
            raise InvalidValue(
                f"Duplicate parameter keys have been submitted: {shown(param.key)} has both {shown(found[param.key])} and "
                f"{shown(param.value)}. Param keys must be unique."
            )
    return found
