"""The store as the caller may see it: every question is answered with what may be read, every record is checked.

All handlers work on this one where signing in is on, so a new endpoint is guarded before anybody thinks of it. What has
no rule here is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import msgspec

from runstone.contracts import (
    ArtifactFile,
    ArtifactStore,
    Batch,
    Changes,
    ConsolePiece,
    DatasetUse,
    DocumentText,
    ExperimentQuery,
    Health,
    KeyInfo,
    LoggedModelQuery,
    Receipt,
    RegistryQuery,
    RunColumns,
    RunQuery,
    RunTable,
    Series,
    Store,
    TraceQuery,
)
from runstone.entities import Activity, Experiment, PagedList, Run, Summary
from runstone.entities.accounts import EXPERIMENT, REGISTERED_MODEL
from runstone.entities.items import Item, ItemQuery
from runstone.entities.logged_models import LoggedModel
from runstone.entities.model_registry import ModelVersion, RegisteredModel
from runstone.entities.registry_events import RegistryEvent
from runstone.entities.reviews import TransitionRequest, VersionComment
from runstone.entities.traces import TraceHead
from runstone.server.locations import Locations

from .admission import Admission, News
from .caller import READ, administrator, caller
from .files import Rules, guarded
from .places import Places
from .policy import ANY, Kind, Policy

T = TypeVar("T")
Q = TypeVar("Q", RunQuery, LoggedModelQuery, TraceQuery)


class GuardedStore:
    """A :class:`~runstone.contracts.Store` for whoever asks at the moment."""

    def __init__(self, store: Store, policy: Policy, locations: Locations) -> None:
        self.uri = store.uri
        self._store, self.policy, self._places = store, policy, Places(store, policy.experiments_of)
        self._locations = locations
        self._admission = Admission(store, policy, self._places, locations)

    # --- writing ------------------------------------------------------------------------------------------------------

    def admit(self, batches: Sequence[Batch]) -> News:
        """Raises PermissionDenied unless the caller may write all of it."""
        return self._admission.check(batches)

    def signed(self, batch: Batch) -> Batch:
        """The batch in the caller's name, whatever name a client gave."""
        return msgspec.structs.replace(batch, by=caller().username)

    def settle(self, news: News, receipts: Sequence[Receipt]) -> None:
        """Give the caller what was made by the caller."""
        self._admission.settle(news, receipts)

    def write(self, batch: Batch) -> Receipt:
        return self.write_all([batch])[0]

    def write_all(self, batches: Sequence[Batch]) -> Sequence[Receipt]:
        news = self.admit(batches)
        receipts = self._store.write_all([self.signed(batch) for batch in batches])
        self.settle(news, receipts)
        return receipts

    def acknowledged(self, journal_id: str) -> int:
        caller()
        return self._store.acknowledged(journal_id)

    def sweep(self, now: int) -> Sequence[str]:
        """Clients of everybody ask for it when they start. Their clocks decide nothing here: the server sweeps by its own."""
        asking = caller("write")
        return self._store.sweep(now) if asking.is_admin and asking.may("admin") else ()

    def purge(self, run_ids: Sequence[str]) -> None:
        administrator()
        self._store.purge(run_ids)

    def purge_experiment(self, experiment_id: str) -> None:
        administrator()
        self._store.purge_experiment(experiment_id)

    # --- experiments and runs -----------------------------------------------------------------------------------------

    def get_experiment(self, experiment_id: str) -> Experiment:
        found = self._store.get_experiment(experiment_id)
        self._readable([found.experiment_id])
        return found

    def find_experiment(self, name: str) -> Experiment | None:
        found = self._store.find_experiment(name)
        if found is not None:
            self._readable([found.experiment_id])
        return found

    def search_experiments(self, query: ExperimentQuery) -> PagedList[Experiment]:
        def may(one: Experiment) -> bool:
            return self._sees(EXPERIMENT, one.experiment_id)

        return _pages(query, self._store.search_experiments, may)

    def activities(self, experiment_ids: Sequence[str]) -> dict[str, Activity]:
        return self._store.activities(self.policy.readable(caller(), experiment_ids))

    def get_run(self, run_id: str, metrics: bool = True) -> Run:
        self._of("run", [run_id])
        return self._store.get_run(run_id, metrics)

    def series_counts(self, run_id: str) -> dict[str, int]:
        self._of("run", [run_id])
        return self._store.series_counts(run_id)

    def summaries(self, run_id: str, keys: Sequence[str]) -> dict[str, Summary]:
        self._of("run", [run_id])
        return self._store.summaries(run_id, keys)

    def search_runs(self, query: RunQuery) -> PagedList[Run]:
        return self._store.search_runs(self._narrowed(query))

    def table(self, query: RunQuery, columns: Sequence[str] = ()) -> RunTable:
        return self._store.table(self._narrowed(query), columns)

    def columns(self, query: RunQuery, columns: Sequence[str]) -> RunColumns:
        return self._store.columns(self._narrowed(query), columns)

    def count_runs(self, query: RunQuery) -> int:
        return self._store.count_runs(self._narrowed(query))

    def find_runs(self, prefix: str, limit: int = 10) -> Sequence[str]:
        return self._visible("run", self._store.find_runs(prefix, limit))

    def keys(self, kind: str, experiment_ids: Sequence[str], contains: str = "", limit: int = 1000) -> Sequence[KeyInfo]:
        return self._store.keys(kind, self.policy.readable(caller(), experiment_ids), contains, limit)

    def recent_values(self, columns: dict[str, str], runs: int = 30) -> dict[str, Sequence[float | int]]:
        seen = self.policy.readable(caller(), list(columns))
        return self._store.recent_values({one: columns[one] for one in seen}, runs)

    def history(
        self, run_id: str, key: str, start: int | None = None, end: int | None = None, after: int = 0, limit: int | None = None
    ) -> Series:
        self._of("run", [run_id])
        return self._store.history(run_id, key, start, end, after, limit)

    def sample(
        self,
        run_ids: Sequence[str],
        keys: Sequence[str],
        points: int,
        start: int | None = None,
        end: int | None = None,
        near: bool = False,
    ) -> Sequence[Series]:
        self._of("run", run_ids)
        return self._store.sample(run_ids, keys, points, start, end, near)

    def console(self, run_id: str, after: int = -1, limit: int = 1000) -> Sequence[ConsolePiece]:
        self._of("run", [run_id])
        return self._store.console(run_id, after, limit)

    def documents(self, run_id: str) -> Sequence[DocumentText]:
        self._of("run", [run_id])
        return self._store.documents(run_id)

    def artifact_files(self, run_id: str) -> Sequence[ArtifactFile]:
        self._of("run", [run_id])
        return self._store.artifact_files(run_id)

    def changes(self, cursor: int | None) -> Changes:
        caller()
        return self.visible_changes(self._store.changes(cursor))

    def visible_changes(self, found: Changes) -> Changes:
        """What the caller may know of."""
        runs = self._visible("run", found.run_ids)
        experiments = self.policy.readable(caller(), found.experiment_ids)
        return msgspec.structs.replace(found, run_ids=runs, experiment_ids=experiments)

    def health(self, deep: bool = False) -> Health:
        found = self._store.health(deep)
        if caller().is_admin:
            return found
        return Health("", found.schema, ["The store is in trouble."] if found.problems else [], {})

    def close(self) -> None:
        administrator()
        self._store.close()

    # --- logged models, traces ----------------------------------------------------------------------------------------

    def get_logged_model(self, model_id: str, deleted: bool = False) -> LoggedModel:
        self._of("model", [model_id])
        return self._store.get_logged_model(model_id, deleted)

    def search_logged_models(self, query: LoggedModelQuery) -> PagedList[LoggedModel]:
        return self._store.search_logged_models(self._narrowed(query))

    def dataset_uses(self, experiment_ids: Sequence[str]) -> Sequence[DatasetUse]:
        return self._store.dataset_uses(self.policy.readable(caller(), experiment_ids))

    def get_trace(self, trace_id: str) -> TraceHead:
        self._of("trace", [trace_id])
        return self._store.get_trace(trace_id)

    def search_traces(self, query: TraceQuery) -> PagedList[TraceHead]:
        return self._store.search_traces(self._narrowed(query))

    def get_item(self, kind: str, item_id: str) -> Item:
        found = self._store.get_item(kind, item_id)
        if not self._sees_item(found):
            self.policy.require(caller(), READ, EXPERIMENT, found.experiment_ids[0] if found.experiment_ids else ANY)
        return found

    def search_items(self, query: ItemQuery) -> PagedList[Item]:
        return _pages(query, self._store.search_items, self._sees_item)

    # --- the registry -------------------------------------------------------------------------------------------------

    def get_registered_model(self, name: str) -> RegisteredModel:
        return self._model(name, lambda: self._store.get_registered_model(name))

    def search_registered_models(self, query: RegistryQuery) -> PagedList[RegisteredModel]:
        return _pages(query, self._store.search_registered_models, lambda one: self._sees(REGISTERED_MODEL, one.name))

    def get_model_version(self, name: str, version: int) -> ModelVersion:
        return self._model(name, lambda: self._store.get_model_version(name, version))

    def get_version_by_alias(self, name: str, alias: str) -> ModelVersion:
        return self._model(name, lambda: self._store.get_version_by_alias(name, alias))

    def find_version(self, version_key: str) -> ModelVersion | None:
        found = self._store.find_version(version_key)
        return None if found is None else self._model(found.name, lambda: found)

    def latest_versions(self, name: str, stages: Sequence[str] = ()) -> Sequence[ModelVersion]:
        return self._model(name, lambda: self._store.latest_versions(name, stages))

    def search_model_versions(self, query: RegistryQuery) -> PagedList[ModelVersion]:
        return _pages(query, self._store.search_model_versions, lambda one: self._sees(REGISTERED_MODEL, one.name))

    def version_location(self, name: str, version: int) -> str:
        return self._model(name, lambda: self._store.version_location(name, version))

    def registry_events(self, name: str, before: int | None = None, limit: int = 1000) -> Sequence[RegistryEvent]:
        return self._model(name, lambda: self._store.registry_events(name, before, limit))

    def transition_requests(self, name: str, version: int | None = None, state: str = "") -> Sequence[TransitionRequest]:
        return self._model(name, lambda: self._store.transition_requests(name, version, state))

    def version_comments(self, name: str, version: int) -> Sequence[VersionComment]:
        return self._model(name, lambda: self._store.version_comments(name, version))

    def find_comment(self, comment_id: str) -> VersionComment | None:
        caller()
        found = self._store.find_comment(comment_id)
        return found if found is not None and self._sees(REGISTERED_MODEL, found.name) else None

    # --- how ----------------------------------------------------------------------------------------------------------

    def artifacts(self, root: ArtifactStore) -> ArtifactStore:
        """The root as the caller may use it."""
        return guarded(root, Rules(root.uri, self._places, self.policy, self._locations))

    def _readable(self, experiment_ids: Iterable[str]) -> None:
        self.policy.require_experiments(caller(), READ, experiment_ids)

    def _of(self, kind: Kind, ids: Sequence[str]) -> None:
        """What is not there has no experiment: the store says so itself."""
        asking = caller()
        if self.policy.sees_all(asking):
            return
        self.policy.require_experiments(asking, READ, self.policy.experiments_of(kind, ids).values())

    def _visible(self, kind: Kind, ids: Sequence[str]) -> list[str]:
        asking = caller()
        if self.policy.sees_all(asking):
            return list(ids)
        owners = self.policy.experiments_of(kind, ids)
        seen = set(self.policy.readable(asking, list(dict.fromkeys(owners.values()))))
        return [one for one in ids if owners.get(one) in seen]

    def _sees(self, resource_type: str, resource: str) -> bool:
        return self.policy.permission(caller(), resource_type, resource) >= READ

    def _sees_item(self, one: Item) -> bool:
        """Whoever reads one of its experiments; of none, whoever reads experiments without being named."""
        return any(self._sees(EXPERIMENT, name) for name in one.experiment_ids or (ANY,))

    def _narrowed(self, query: Q) -> Q:
        """Only experiments that may be read. Of none that may, a search finds nothing."""
        asking = caller()
        ids = query.experiment_ids
        if self.policy.sees_all(asking):
            return query
        return msgspec.structs.replace(query, experiment_ids=self.policy.readable(asking, ids))

    def _model(self, name: str, ask: Callable[[], T]) -> T:
        self.policy.require(caller(), READ, REGISTERED_MODEL, name)
        return ask()


def _pages(query: Any, search: Callable[[Any], PagedList[T]], may: Callable[[T], bool]) -> PagedList[T]:
    """A page of what may be seen, as full as the caller's limit; the token goes on after the last thing looked at."""
    found, token = list[T](), query.page_token
    while True:
        page = search(msgspec.structs.replace(query, limit=query.limit - len(found), page_token=token))
        found += [one for one in page if may(one)]
        token = page.token
        if token is None or len(found) >= query.limit:
            return PagedList(found, token)
