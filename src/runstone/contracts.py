"""Every seam, on one page.

All methods are safe to call from several threads. Nobody keeps or changes an argument after the call returns.
Errors are those of :mod:`runstone.errors`; each method's text names its own, and every method may raise
:class:`~runstone.errors.StoreUnavailable` when what lies behind it cannot be reached.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal, Protocol, runtime_checkable

from msgspec import Struct

from .entities import Activity, Experiment, FileInfo, PagedList, Run, Summary, ViewType
from .entities.accounts import Grant, Group, Session, Token, User
from .entities.items import Items
from .entities.logged_models import LoggedModel
from .entities.model_registry import ModelVersion, RegisteredModel
from .entities.registry_events import RegistryEvent
from .entities.reviews import TransitionRequest, VersionComment
from .entities.traces import TraceHead
from .entities.traces import TraceQuery as TraceQuery
from .entities.webhooks import Delivery, Webhook
from .records import Record

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Origin(Struct, frozen=True):
    """Where a batch comes from: bytes ``first`` to ``next`` of journal ``journal_id`` (positions grow for ever)."""

    journal_id: str
    first: int
    next: int


class Batch(Struct, frozen=True):
    """Records in order. With an ``origin`` it is a piece of a journal, without one a direct call.

    ``once``: points that are stored already (same run, key, step, timestamp and value) are left out. So a caller without
    a journal, such as an MLflow client, may send a direct batch again when it saw no answer.

    ``by`` and ``reason``: who changes the registry, and why, for its log.
    """

    records: Sequence[Record]
    origin: Origin | None = None
    once: bool = False
    by: str = ""
    reason: str = ""


class Refusal(Struct, frozen=True):
    """A record that could not be applied, and why. It was kept in the store's ``refused`` table."""

    record: Record
    reason: str


class Receipt(Struct, frozen=True):
    """``acknowledged`` is the journal position up to which everything is stored (0 without origin)."""

    acknowledged: int = 0
    refused: Sequence[Refusal] = ()


class Sink(Protocol):
    def write(self, batch: Batch) -> Receipt:
        """Apply the records in one transaction, and the journal's acknowledged position with them.

        Exactly once: what lies before the acknowledged position of ``origin`` is skipped, so a retry is harmless; an
        ``origin.first`` beyond it (a gap) raises ``InvalidValue``.
        A direct batch (no origin) is all or nothing: the first record that cannot be applied raises. A journal cannot
        be answered, so a record that cannot be applied is set aside, kept, and named in the receipt; the rest is applied.

        Raises: NotFound, AlreadyExists, WrongState, ParamChanged, InvalidValue (direct batches only).
        """
        ...

    def write_all(self, batches: Sequence[Batch]) -> Sequence[Receipt]:
        """The same for several batches, in one transaction; receipts in the same order.

        This is what the shipper calls: pieces of many journals, many short runs among them, cost one commit. One direct
        batch that cannot be applied undoes the whole call.
        """
        ...

    def acknowledged(self, journal_id: str) -> int:
        """Position up to which this journal is stored; 0 for an unknown one."""
        ...


class RunQuery(Struct, frozen=True, kw_only=True):
    """Which runs. ``filter`` and ``order_by`` are in the grammar of :mod:`runstone.query`.

    ``offset`` serves windows of a table, ``page_token`` serves MLflow's paging; at most one is given.
    Default order: ``start_time`` descending, then ``run_id``.
    ``nested`` is for tables alone: only runs on top, of which no parent matches, and under each one that is ``opened``
    (ids; after ``*`` all but these) its children that match, in the same order.
    """

    experiment_ids: tuple[str, ...]
    filter: str = ""
    order_by: tuple[str, ...] = ()
    view: int = ViewType.ACTIVE_ONLY
    limit: int = 1000
    offset: int = 0
    page_token: str | None = None
    nested: bool = False
    opened: tuple[str, ...] = ()


class ExperimentQuery(Struct, frozen=True, kw_only=True):
    filter: str = ""
    order_by: tuple[str, ...] = ()
    view: int = ViewType.ACTIVE_ONLY
    limit: int = 1000
    page_token: str | None = None


class KeyInfo(Struct, frozen=True):
    """A metric, param or tag key used in some experiments: in how many runs, and how many different values it takes
    there (last values for metrics; counted up to 2, so "does it vary?" is ``distinct > 1``)."""

    key: str
    runs: int
    distinct: int


class RunTable(Struct, frozen=True):
    """A window of the runs that match, column by column: row ``i`` of every list is one run, in the query's order.

    ``matched`` counts all runs that match the filter, ``total`` all runs of these experiments and this view.
    ``columns`` are the names asked for and ``values[c][i]`` the cell of column ``c``: a float for a metric (NaN and ±inf
    as they are), an int for counts and steps, text for params and tags, ``None`` where the run has no such thing.
    Times are milliseconds since 1970 UTC. Of a nested table ``rows`` counts the rows, opened children included, ``depth``
    says how far in each run stands and ``children`` how many of its children match; else they are empty and ``rows`` is
    ``matched``.
    """

    total: int
    matched: int
    offset: int
    run_ids: Sequence[str]
    names: Sequence[str]
    experiment_ids: Sequence[str]
    users: Sequence[str]
    status: Sequence[str]
    start: Sequence[int | None]
    end: Sequence[int | None]
    ordinal: Sequence[int]
    lifecycle: Sequence[str]
    parents: Sequence[str | None]
    columns: Sequence[str] = ()
    values: Sequence[Sequence[float | int | str | None]] = ()
    rows: int = 0
    depth: Sequence[int] = ()
    children: Sequence[int] = ()


class RunColumn(Struct, frozen=True):
    """One column of many runs. ``values`` are those that occur, texts each once; ``codes`` is one number for each run, in
    little-endian int32: the place of its value, or -1 where it has none."""

    values: Sequence[float | int | str]
    codes: bytes


class RunColumns(Struct, frozen=True):
    """All runs that match, the newest first, and their columns in the order asked for."""

    run_ids: Sequence[str]
    columns: Sequence[RunColumn]


class ConsolePiece(Struct, frozen=True):
    sequence: int
    stream: str
    time: int
    text: str


class DocumentText(Struct, frozen=True):
    name: str
    media_type: str
    text: str


class ArtifactFile(Struct, frozen=True):
    """A file as it was put: ``path`` relative with ``/``, ``size`` bytes, ``digest`` its SHA-256 as 64 hex digits."""

    path: str
    size: int
    digest: str


class Changes(Struct, frozen=True):
    """What changed after a cursor: ids of runs and experiments (at most 1,000 runs; ``more`` says there are others)."""

    cursor: int
    run_ids: Sequence[str]
    experiment_ids: Sequence[str]
    more: bool = False


class Series(Struct, frozen=True, eq=False):
    """Points of one series, ordered by (step, timestamp): three arrays of shape (n,) and equal length.

    ``steps`` int64, ``values`` float64, ``timestamps`` int64 milliseconds. ``total`` is the number of points in the range
    asked for, before any downsampling.
    """

    run_id: str
    key: str
    steps: NDArray[np.int64]
    values: NDArray[np.float64]
    timestamps: NDArray[np.int64]
    total: int


class Health(Struct, frozen=True):
    """``problems`` in words, empty when sound; ``facts`` are counts and sizes (bytes) worth showing."""

    uri: str
    schema: str
    problems: Sequence[str]
    facts: dict[str, int | str]


class RegistryQuery(Struct, frozen=True, kw_only=True):
    """Which registered models or versions. Prompts (tag ``mlflow.prompt.is_prompt``) are left out unless asked for."""

    filter: str = ""
    order_by: tuple[str, ...] = ()
    limit: int = 1000
    page_token: str | None = None


class Registry(Protocol):
    """The questions about registered models. They are changed by records alone, through :meth:`Sink.write`."""

    def get_registered_model(self, name: str) -> RegisteredModel:
        """With the latest version of each stage. Raises NotFound."""
        ...

    def search_registered_models(self, query: RegistryQuery) -> PagedList[RegisteredModel]:
        """By name if no order is given. Raises FilterError, InvalidValue (token)."""
        ...

    def get_model_version(self, name: str, version: int) -> ModelVersion:
        """Raises NotFound."""
        ...

    def get_version_by_alias(self, name: str, alias: str) -> ModelVersion:
        """``latest`` is the highest number. Raises NotFound (no such model, no version yet), InvalidValue (alias)."""
        ...

    def find_version(self, version_key: str) -> ModelVersion | None:
        """The version that a ``ModelVersionCreated`` with this key made, while it is there."""
        ...

    def latest_versions(self, name: str, stages: Sequence[str] = ()) -> Sequence[ModelVersion]:
        """The highest number in each of these stages (in all, if none is named). Raises NotFound, InvalidValue (stage)."""
        ...

    def search_model_versions(self, query: RegistryQuery) -> PagedList[ModelVersion]:
        """Last changed first if no order is given. Raises FilterError, InvalidValue (token)."""
        ...

    def version_location(self, name: str, version: int) -> str:
        """Where the version's files are: a URI, or ``runs:/…`` or ``models:/m-…``. Raises NotFound."""
        ...

    def registry_events(self, name: str, before: int | None = None, limit: int = 1000) -> Sequence[RegistryEvent]:
        """What was done to a registered model, newest first; of one that is gone, too. ``before``: events with smaller
        numbers only. Raises NotFound where no model ever had the name."""
        ...

    def transition_requests(self, name: str, version: int | None = None, state: str = "") -> Sequence[TransitionRequest]:
        """Newest first, at most 1,000; ``version`` and ``state``: only these. Raises NotFound."""
        ...

    def version_comments(self, name: str, version: int) -> Sequence[VersionComment]:
        """Oldest first. Raises NotFound."""
        ...

    def find_comment(self, comment_id: str) -> VersionComment | None: ...


class ModelOrder(Struct, frozen=True):
    """A column to order logged models by: an attribute, or ``metrics.k`` measured on a dataset (an empty name: on any)."""

    field: str
    ascending: bool = True
    dataset_name: str = ""
    dataset_digest: str = ""


class LoggedModelQuery(Struct, frozen=True, kw_only=True):
    """Which logged models. With ``datasets`` (name, digest; an empty digest means every one) conditions on metrics mean
    points measured on one of them, and models without such points are left out. Default order: newest first."""

    experiment_ids: tuple[str, ...]
    filter: str = ""
    datasets: tuple[tuple[str, str], ...] = ()
    order_by: tuple[ModelOrder, ...] = ()
    limit: int = 100
    page_token: str | None = None


class DatasetUse(Struct, frozen=True):
    """A dataset that active runs of an experiment read, and for what (``""`` where they did not say)."""

    experiment_id: str
    name: str
    digest: str
    context: str


class LoggedModels(Protocol):
    """The questions about logged models and datasets. They are changed by records alone, through :meth:`Sink.write`."""

    def get_logged_model(self, model_id: str, deleted: bool = False) -> LoggedModel:
        """With params, tags and points. Raises NotFound, for a deleted one too unless ``deleted``."""
        ...

    def search_logged_models(self, query: LoggedModelQuery) -> PagedList[LoggedModel]:
        """Active ones. Raises FilterError, InvalidValue (token), NotFound (an experiment id that is no number)."""
        ...

    def dataset_uses(self, experiment_ids: Sequence[str]) -> Sequence[DatasetUse]:
        """Each once, at most 1,000, by experiment, name and digest."""
        ...


class Traces(Protocol):
    """The questions about traces. They are changed by records alone, through :meth:`Sink.write`."""

    def get_trace(self, trace_id: str) -> TraceHead:
        """Raises NotFound."""
        ...

    def search_traces(self, query: TraceQuery) -> PagedList[TraceHead]:
        """Raises FilterError, InvalidValue (token), NotFound (an experiment id that is no number)."""
        ...


class Store(Sink, Registry, LoggedModels, Traces, Items, Protocol):
    """A sink that can be asked. Reads see every write that returned before them, from any process on the same store."""

    uri: str

    def get_experiment(self, experiment_id: str) -> Experiment:
        """Deleted ones too. Raises NotFound."""
        ...

    def find_experiment(self, name: str) -> Experiment | None:
        """By exact name, deleted ones too."""
        ...

    def search_experiments(self, query: ExperimentQuery) -> PagedList[Experiment]:
        """Raises FilterError."""
        ...

    def activities(self, experiment_ids: Sequence[str]) -> dict[str, Activity]:
        """What goes on in these experiments, by id; what is not there is left out."""
        ...

    def get_run(self, run_id: str, metrics: bool = True) -> Run:
        """With params, tags, summaries, inputs, outputs; deleted ones too. Raises NotFound.

        Without ``metrics`` none of them is read: a run may have 100,000."""
        ...

    def series_counts(self, run_id: str) -> dict[str, int]:
        """All metrics of a run, and how many points each has. Empty for an unknown run."""
        ...

    def summaries(self, run_id: str, keys: Sequence[str]) -> dict[str, Summary]:
        """What is known of these metrics of a run; those that it does not have are left out."""
        ...

    def search_runs(self, query: RunQuery) -> PagedList[Run]:
        """Whole runs; of each series its last point, no summary. Raises FilterError, InvalidValue (token)."""
        ...

    def table(self, query: RunQuery, columns: Sequence[str] = ()) -> RunTable:
        """The window ``offset`` … ``offset + limit`` of the runs that match, with only the columns asked for.

        A column is ``metrics.k`` (last value), ``min(metrics.k)`` or ``metrics.k:min`` (likewise ``max``, ``mean``, ``first``,
        ``last``, ``count``, ``nans``, and the steps ``min_step``, ``max_step``, ``first_step``, ``last_step``), ``params.k``,
        ``tags.k`` or ``attributes.k``. Keys follow the prefix as they are; quoting them is allowed. Never the page token:
        windows only.
        Raises FilterError for a filter, order or column that cannot be read."""
        ...

    def columns(self, query: RunQuery, columns: Sequence[str]) -> RunColumns:
        """Columns of *all* runs that match, whatever ``limit``, ``offset`` and order say, named as in :meth:`table`. Far faster
        than its windows, and of one moment. Raises as that does."""
        ...

    def count_runs(self, query: RunQuery) -> int:
        """How many match, ``limit``, ``offset`` and order ignored."""
        ...

    def find_runs(self, prefix: str, limit: int = 10) -> Sequence[str]:
        """Ids of runs that begin with ``prefix`` (an id may be shortened to a unique prefix)."""
        ...

    def keys(self, kind: str, experiment_ids: Sequence[str], contains: str = "", limit: int = 1000) -> Sequence[KeyInfo]:
        """Keys of ``kind`` ``metrics``, ``params`` or ``tags``, most used first."""
        ...

    def recent_values(self, columns: dict[str, str], runs: int = 30) -> dict[str, Sequence[float | int]]:
        """Of experiments (ids) the column of a metric, as in :meth:`table`, of their newest active runs, the oldest of these
        first; runs and experiments without it are left out. Raises FilterError, InvalidValue (``runs`` not 1 to 1,000)."""
        ...

    def history(
        self, run_id: str, key: str, start: int | None = None, end: int | None = None, after: int = 0, limit: int | None = None
    ) -> Series:
        """All points with ``start <= step <= end``, skipping ``after`` and at most ``limit``. Empty for an unknown key. Raises
        NotFound for an unknown run."""
        ...

    def sample(
        self,
        run_ids: Sequence[str],
        keys: Sequence[str],
        points: int,
        start: int | None = None,
        end: int | None = None,
        near: bool = False,
    ) -> Sequence[Series]:
        """At most about ``points`` points for each (run, key) that exists; first, last and every extreme survive. ``near``: two
        points beside each end may be of just outside, instead of the range's own ends, and ``total`` is about: far faster."""
        ...

    def console(self, run_id: str, after: int = -1, limit: int = 1000) -> Sequence[ConsolePiece]:
        """Pieces with ``sequence > after``."""
        ...

    def documents(self, run_id: str) -> Sequence[DocumentText]: ...

    def artifact_files(self, run_id: str) -> Sequence[ArtifactFile]:
        """What ``ArtifactLogged`` records name, the latest of each path, by path: nothing put behind the client's back."""
        ...

    def changes(self, cursor: int | None) -> Changes:
        """What changed after ``cursor``; with ``None`` only the cursor of now. Cheap enough to ask several times a second."""
        ...

    def sweep(self, now: int) -> Sequence[str]:
        """Mark as CRASHED each RUNNING or SCHEDULED run all of whose leases ran out and none of whose processes is seen alive
        (``now`` in milliseconds). Runs without any lease (made by other clients) are left alone. Returns their ids."""
        ...

    def purge(self, run_ids: Sequence[str]) -> None:
        """Remove deleted runs for ever (their rows; artifacts are the caller's). Raises WrongState for an active one."""
        ...

    def purge_experiment(self, experiment_id: str) -> None:
        """Remove a deleted experiment without runs for ever. Raises WrongState."""
        ...

    def health(self, deep: bool = False) -> Health: ...

    def close(self) -> None: ...


class Accounts(Protocol):
    """Users and what they may do: the one thing that is no record, since secrets have no place in journals (decision 012).

    ``version`` rises with every change that could take something away from somebody, so that caches know. Unknown users,
    groups, tokens and grants raise NotFound, names that are taken AlreadyExists.
    """

    def version(self) -> int: ...

    def users(self) -> Sequence[User]: ...

    def find_user(self, username: str = "", user_id: int = 0, subject: str = "") -> User | None:
        """By one of the three."""
        ...

    def add_user(self, username: str, password_hash: str = "", is_admin: bool = False, subject: str = "") -> User: ...

    def change_user(
        self, user_id: int, password_hash: str | None = None, is_admin: bool | None = None, subject: str | None = None
    ) -> None:
        """A new password ends all sessions. Raises WrongState where no administrator would be left."""
        ...

    def delete_user(self, user_id: int) -> None:
        """With tokens, sessions and grants. Raises as ``change_user``."""
        ...

    def groups(self, user_id: int = 0) -> Sequence[Group]:
        """All, or those of one user."""
        ...

    def add_group(self, name: str, description: str = "") -> Group: ...

    def change_group(self, group_id: int, name: str | None = None, description: str | None = None) -> Group: ...

    def delete_group(self, group_id: int) -> None: ...

    def members(self, group_id: int) -> Sequence[User]: ...

    def set_member(self, group_id: int, user_id: int, member: bool) -> None: ...

    def grants(self, holder_ids: Sequence[int] = (), resource_type: str = "", resource: str = "") -> Sequence[Grant]:
        """Of these holders, or of everybody on one resource."""
        ...

    def grant(self, holder_id: int, resource_type: str, resource: str, permission: str) -> Grant:
        """Give, or change what was given. Raises NotFound for a registered model that is not there."""
        ...

    def revoke(self, grant_id: int) -> None: ...

    def tokens(self, user_id: int = 0) -> Sequence[Token]: ...

    def find_token(self, digest: str) -> Token | None: ...

    def add_token(self, user_id: int, name: str, scope: str, expires: int | None, digest: str) -> Token: ...

    def delete_token(self, token_id: int) -> None: ...

    def find_session(self, digest: str) -> Session | None: ...

    def add_session(self, session: Session) -> None: ...

    def delete_sessions(self, digest: str = "", user_id: int = 0, until: int | None = None) -> None:
        """One session, and those of a user that began up to ``until`` (milliseconds; ``None``: all of them)."""
        ...

    def failures(self, key: str, since: int) -> int:
        """How often ``key`` failed to sign in after ``since``."""
        ...

    def add_failure(self, key: str, now: int) -> None: ...

    def experiments_of(self, kind: Literal["run", "model", "trace"], ids: Sequence[str]) -> dict[str, str]:
        """The experiments of runs, logged models or traces, deleted ones too; what is not there is left out."""
        ...


@runtime_checkable
class WithAccounts(Protocol):
    """A store that also keeps accounts."""

    @property
    def accounts(self) -> Accounts: ...


#: Makes the message about an event of the registry's log (its event and body), with the model and version as they are now if
#: they are still there; ``None``: nobody is told.
Telling = Callable[[RegistryEvent, RegisteredModel | None, ModelVersion | None], "tuple[str, str] | None"]


class Webhooks(Protocol):
    """Who is told of changes of the registry, and the messages on their way. Methods raise NotFound for unknown webhooks."""

    def webhooks(self) -> Sequence[Webhook]:
        """All, oldest first."""
        ...

    def webhook(self, webhook_id: str) -> Webhook: ...

    def add(self, webhook: Webhook, most: int) -> None:
        """It is told of what happens from now on. Raises WrongState where there are ``most`` already."""
        ...

    def change(self, webhook: Webhook) -> None:
        """All but its id and time of creation. What happened while it was disabled is not told later."""
        ...

    def delete(self, webhook_id: str) -> None:
        """With all its messages."""
        ...

    def plan(self, telling: Telling, now: int) -> int:
        """Make messages of what the log says since the last time, one for each webhook and event, however many ask at once;
        how many. Finished messages of a month ago are forgotten."""
        ...

    def due(self, now: int) -> Sequence[str]:
        """Active webhooks that have messages to be sent now."""
        ...

    def claim(self, webhook_id: str, now: int, until: int) -> Delivery | None:
        """The next message to be sent now, counted as tried; nobody else gets it before ``until``."""
        ...

    def settle(self, delivery: Delivery) -> None:
        """What became of a claimed message, unless somebody else claimed it meanwhile or it was forgotten."""
        ...

    def deliveries(self, webhook_id: str, state: str = "", limit: int = 100) -> Sequence[Delivery]:
        """Messages, newest event first; ``state``: only these."""
        ...


@runtime_checkable
class WithWebhooks(Protocol):
    """A store that also keeps webhooks."""

    @property
    def webhooks(self) -> Webhooks: ...


#: The cause that :meth:`Store.sweep` gives; whoever finds the journal of the dead process may know a better one.
SILENT_DEATH = "its process ended without a word"

#: What begins the URI of artifacts that belong to another program: ``read-only+file:///data/mlruns/0/…/artifacts``.
READ_ONLY = "read-only+"


class ArtifactStore(Protocol):
    """Files below one root. Paths are relative, with ``/``; a path that is absolute, has ``..``, a backslash, a drive or
    a NUL raises ``InvalidValue``, and a symbolic link that leads out of the root is never followed (``NotFound``)."""

    uri: str

    def put(self, source: Path | BinaryIO, path: str, *, digest: bool = True) -> ArtifactFile:
        """Copy a file there, whole or not at all; an existing one is replaced. The digest is that of the bytes stored, or
        empty where the caller has no use for it: it is most of the work.

        Raises NotFound (no such source), InvalidValue (path), StoreUnavailable (full or read-only disk)."""
        ...

    def put_tree(self, folder: Path, path: str = "") -> Sequence[ArtifactFile]:
        """Copy a folder's content below ``path``, each file whole or not at all; what was put, sorted by path."""
        ...

    def open(self, path: str) -> BinaryIO:
        """Raises NotFound."""
        ...

    def stat(self, path: str) -> FileInfo:
        """Raises NotFound."""
        ...

    def list(self, path: str = "") -> Sequence[FileInfo]:
        """One level, sorted by path; empty for a missing folder; a file's own path gives nothing (as MLflow does)."""
        ...

    def walk(self, path: str = "") -> Iterator[FileInfo]:
        """Every file below ``path``, sorted by path."""
        ...

    def fetch(self, path: str, target: Path) -> Path:
        """Copy a file or folder below the folder ``target`` under its own relative path; where it now is."""
        ...

    def local(self, path: str = "") -> Path | None:
        """Where it lies on this machine, if it does, so that no copy is needed."""
        ...

    def delete(self, path: str = "") -> None:
        """Remove a file or a folder with all below it; nothing if missing."""
        ...


class PartUploads(Protocol):
    """Uploads in parts that somebody else makes with presigned addresses. Nothing can be seen until ``complete``."""

    def create(self, path: str) -> str:
        """Begin one; its id."""
        ...

    def part_url(self, path: str, upload_id: str, number: int, seconds: int) -> str:
        """Where part ``number`` (from 1) may be PUT for so many seconds."""
        ...

    def complete(self, path: str, upload_id: str, parts: Sequence[tuple[int, str]]) -> None:
        """Put parts (number, ETag) together. Raises InvalidValue for an upload or a part that is unknown."""
        ...

    def abort(self, path: str, upload_id: str) -> None:
        """Forget it and its parts."""
        ...


@runtime_checkable
class Presigning(Protocol):
    """What an :class:`ArtifactStore` in the cloud can do besides."""

    def presigned(self, path: str, method: Literal["GET", "PUT"], seconds: int) -> str:
        """An address with which anybody may read or write this one file for so many seconds."""
        ...

    def part_uploads(self) -> PartUploads | None:
        """``None`` where it cannot be offered."""
        ...
