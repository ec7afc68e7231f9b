"""The store over a database: one class that names the parts and does nothing itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from runstone.askers import stoppable
from runstone.contracts import (
    ArtifactFile,
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
    TraceQuery,
)
from runstone.entities import Activity, Experiment, PagedList, Run, Summary
from runstone.entities.items import Item, ItemQuery
from runstone.entities.logged_models import LoggedModel
from runstone.entities.model_registry import ModelVersion, RegisteredModel
from runstone.entities.registry_events import RegistryEvent
from runstone.entities.reviews import TransitionRequest, VersionComment
from runstone.entities.traces import TraceHead
from runstone.errors import InvalidValue, NotFound, RunstoneError
from runstone.forks import no_fork

from . import (
    activity,
    health,
    in_steps,
    items,
    keys,
    logged_models_search,
    purge,
    recent,
    registry_log,
    registry_reviews,
    registry_search,
    schema,
    search,
    sweep,
    traces,
)
from .accounts import SqlAccounts
from .dialects import Dialect, lost
from .history import Histories
from .inbox import Inbox
from .logged_models_read import LoggedModelReader
from .places import Places
from .read import Reader
from .registry_read import RegistryReader
from .search_experiments import search_experiments
from .webhooks import SqlWebhooks
from .write import Writer

T = TypeVar("T")


class SqlStore:
    """A :class:`~runstone.contracts.Store`. Opening it makes or migrates the tables.

    Args:
        dialect: where the database is.
        uri: the store's canonical URI.
        artifact_root: URI of the folder for artifacts of experiments that name none.

    Raises: StoreUnavailable, StoreCorrupt, StoreTooNew; InvalidValue for another program's database.
    """

    def __init__(self, dialect: Dialect, uri: str, artifact_root: str) -> None:
        self.uri = uri
        self._dialect, self._sign, self._places = dialect, dialect.parameter, Places(artifact_root)
        self._failures: tuple[type[Exception], ...] = (DBAPIError, PoolTimeout, *dialect.failures)
        self._engine = dialect.engine()
        self._writer = Writer(self._engine, dialect)
        self._inbox = Inbox(self._writer, dialect)
        try:
            self._guarded(lambda: schema.ensure(self._engine, dialect))
        except BaseException:
            self._engine.dispose()
            raise
        self.accounts = SqlAccounts(self._read, self._writer.transaction, dialect.parameter)
        self.webhooks = SqlWebhooks(self._read, self._writer.transaction, dialect.parameter)

    # --- writing ------------------------------------------------------------------------------------------------------

    def write(self, batch: Batch) -> Receipt:
        return self.write_all([batch])[0]

    def write_all(self, batches: Sequence[Batch]) -> Sequence[Receipt]:
        kept = self._inbox.keep(batches)
        if kept is not None:
            return kept
        self._inbox.empty()
        return self._writer.write_all(in_steps.prepare(self._writer, self._sign, batches))

    def sweep(self, now: int) -> Sequence[str]:
        def needed(connection: Connection) -> bool:  # whoever may only read still reads
            return sweep.anything_due(connection, self._sign, now) and self._dialect.writable(connection)

        return self._writer.sweep(now) if self._read(needed) else []

    def purge(self, run_ids: Sequence[str]) -> None:
        self._writer.transaction(lambda connection: purge.purge_runs(connection, self._sign, run_ids))

    def purge_experiment(self, experiment_id: str) -> None:
        self._writer.transaction(lambda connection: purge.purge_experiment(connection, self._sign, experiment_id))

    # --- reading ------------------------------------------------------------------------------------------------------

    def acknowledged(self, journal_id: str) -> int:
        return self._reads(lambda reader: reader.acknowledged(journal_id))

    def get_experiment(self, experiment_id: str) -> Experiment:
        return self._reads(lambda reader: reader.experiment(experiment_id))

    def find_experiment(self, name: str) -> Experiment | None:
        return self._reads(lambda reader: reader.experiment_named(name))

    def search_experiments(self, query: ExperimentQuery) -> PagedList[Experiment]:
        return self._reads(lambda reader: search_experiments(reader.connection, query, reader.experiments))

    def activities(self, experiment_ids: Sequence[str]) -> dict[str, Activity]:
        return self._settled(lambda connection: activity.activities(connection, experiment_ids))

    def get_run(self, run_id: str, metrics: bool = True) -> Run:
        reads = self._reads_settled if metrics else self._reads
        return reads(lambda reader: reader.run(run_id, metrics))

    def series_counts(self, run_id: str) -> dict[str, int]:
        return self._reads_settled(lambda reader: reader.series_counts(run_id))

    def summaries(self, run_id: str, keys: Sequence[str]) -> dict[str, Summary]:
        return self._reads_settled(lambda reader: reader.summaries(run_id, keys))

    def search_runs(self, query: RunQuery) -> PagedList[Run]:
        return self._reads_settled(lambda reader: search.search_runs(reader.connection, query, reader.places.run))

    def table(self, query: RunQuery, columns: Sequence[str] = ()) -> RunTable:
        return self._settled(lambda connection: search.table(connection, query, columns))

    def columns(self, query: RunQuery, columns: Sequence[str]) -> RunColumns:
        return self._settled(lambda connection: search.columns(connection, query, columns))

    def count_runs(self, query: RunQuery) -> int:
        return self._settled(lambda connection: search.count_runs(connection, query))

    def find_runs(self, prefix: str, limit: int = 10) -> Sequence[str]:
        return self._read(lambda connection: search.find_runs(connection, prefix, limit))

    def keys(self, kind: str, experiment_ids: Sequence[str], contains: str = "", limit: int = 1000) -> Sequence[KeyInfo]:
        return self._settled(lambda connection: keys.keys(connection, kind, experiment_ids, contains, limit))

    def recent_values(self, columns: dict[str, str], runs: int = 30) -> dict[str, Sequence[float | int]]:
        return self._settled(lambda connection: recent.recent_values(connection, columns, runs))

    def history(
        self, run_id: str, key: str, start: int | None = None, end: int | None = None, after: int = 0, limit: int | None = None
    ) -> Series:
        def read(reader: Reader) -> Series:
            reader.require_run(run_id)
            return Histories(reader.connection, self._sign).history(run_id, key, start, end, after, limit)

        return self._reads_settled(read)

    def sample(
        self,
        run_ids: Sequence[str],
        keys: Sequence[str],
        points: int,
        start: int | None = None,
        end: int | None = None,
        near: bool = False,
    ) -> Sequence[Series]:
        return self._settled(
            lambda connection: Histories(connection, self._sign).sample(run_ids, keys, points, start, end, near)
        )

    def console(self, run_id: str, after: int = -1, limit: int = 1000) -> Sequence[ConsolePiece]:
        return self._reads(lambda reader: reader.console(run_id, after, limit))

    def documents(self, run_id: str) -> Sequence[DocumentText]:
        return self._reads(lambda reader: reader.documents(run_id))

    def artifact_files(self, run_id: str) -> Sequence[ArtifactFile]:
        return self._reads(lambda reader: reader.artifact_files(run_id))

    def changes(self, cursor: int | None) -> Changes:
        return self._reads_settled(lambda reader: reader.changes(cursor))

    def health(self, deep: bool = False) -> Health:
        return self._settled(lambda connection: health.look(connection, self._dialect, self.uri, deep))

    # --- logged models, traces ------------------------------------------------------------------------------------------------

    def get_logged_model(self, model_id: str, deleted: bool = False) -> LoggedModel:
        return self._read(lambda connection: LoggedModelReader(connection, self._places).model(model_id, deleted))

    def search_logged_models(self, query: LoggedModelQuery) -> PagedList[LoggedModel]:
        return self._read(lambda connection: logged_models_search.search_models(connection, self._places, query))

    def dataset_uses(self, experiment_ids: Sequence[str]) -> Sequence[DatasetUse]:
        return self._read(lambda connection: LoggedModelReader(connection, self._places).dataset_uses(experiment_ids))

    def get_trace(self, trace_id: str) -> TraceHead:
        found = self._read(lambda connection: traces.heads(connection, self._places, [trace_id]))
        if not found:
            raise NotFound(f"Trace with ID '{trace_id}' not found.")
        return found[0]

    def search_traces(self, query: TraceQuery) -> PagedList[TraceHead]:
        return self._read(lambda connection: traces.search(connection, self._places, query))

    def get_item(self, kind: str, item_id: str) -> Item:
        return self._read(lambda connection: items.get(connection, kind, item_id))

    def search_items(self, query: ItemQuery) -> PagedList[Item]:
        return self._read(lambda connection: items.search(connection, query))

    # --- the registry -------------------------------------------------------------------------------------------------

    def get_registered_model(self, name: str) -> RegisteredModel:
        return self._read(lambda connection: RegistryReader(connection).model(name))

    def search_registered_models(self, query: RegistryQuery) -> PagedList[RegisteredModel]:
        return self._read(lambda connection: registry_search.search_models(connection, query))

    def get_model_version(self, name: str, version: int) -> ModelVersion:
        return self._read(lambda connection: RegistryReader(connection).version(name, version))

    def get_version_by_alias(self, name: str, alias: str) -> ModelVersion:
        return self._read(lambda connection: RegistryReader(connection).by_alias(name, alias))

    def find_version(self, version_key: str) -> ModelVersion | None:
        return self._read(lambda connection: next(iter(RegistryReader(connection).versions([version_key])), None))

    def latest_versions(self, name: str, stages: Sequence[str] = ()) -> Sequence[ModelVersion]:
        return self._read(lambda connection: RegistryReader(connection).latest(name, stages))

    def search_model_versions(self, query: RegistryQuery) -> PagedList[ModelVersion]:
        return self._read(lambda connection: registry_search.search_versions(connection, query))

    def version_location(self, name: str, version: int) -> str:
        return self._read(lambda connection: RegistryReader(connection).location(name, version))

    def registry_events(self, name: str, before: int | None = None, limit: int = 1000) -> Sequence[RegistryEvent]:
        return self._read(lambda connection: registry_log.events(connection, name, before, limit))

    def transition_requests(self, name: str, version: int | None = None, state: str = "") -> Sequence[TransitionRequest]:
        return self._read(lambda connection: registry_reviews.requests(connection, name, version, state))

    def version_comments(self, name: str, version: int) -> Sequence[VersionComment]:
        return self._read(lambda connection: registry_reviews.comments(connection, name, version))

    def find_comment(self, comment_id: str) -> VersionComment | None:
        return self._read(lambda connection: registry_reviews.comment(connection, comment_id))

    def close(self) -> None:
        with suppress(RunstoneError):  # what waits is kept
            self._guarded(self._inbox.empty)
        with no_fork:
            self._writer.close()
            self._engine.dispose()

    # --- how ----------------------------------------------------------------------------------------------------------

    def _reads(self, read: Callable[[Reader], T]) -> T:
        return self._read(lambda connection: read(Reader(connection, self._sign, self._places)))

    def _reads_settled(self, read: Callable[[Reader], T]) -> T:
        return self._settled(lambda connection: read(Reader(connection, self._sign, self._places)))

    def _settled(self, read: Callable[[Connection], T]) -> T:
        """As :meth:`_read`, when all points that were acknowledged are in their series."""
        self._guarded(self._inbox.empty)
        found = self._read(lambda connection: None if self._inbox.others(connection) else [read(connection)])
        if found is None:
            self._guarded(self._inbox.take_over)
            return self._read(read)
        return found[0]

    def _read(self, read: Callable[[Connection], T]) -> T:
        """Read one moment of the database, on a connection of its own."""

        def inside() -> T:
            with self._engine.connect() as connection, connection.begin(), stoppable(lambda: self._dialect.stopper(connection)):
                return read(connection)

        def patient() -> T:
            try:
                return inside()
            except DBAPIError as cause:
                if not lost(cause):
                    raise
            return inside()  # the server was restarted, say: reading again harms nobody

        return self._guarded(patient)

    def _guarded(self, work: Callable[[], T]) -> T:
        try:
            with no_fork:
                return work()
        except self._failures as cause:
            raise self._dialect.error(cause) from cause
        except UnicodeDecodeError as cause:
            raise self._dialect.error(cause) from cause
        except (OverflowError, UnicodeEncodeError) as cause:
            raise InvalidValue(f"Nothing like this can be stored, so nothing can be found: {cause}") from cause
