"""What you write: one small type per kind of change.

Clients, importers and the MLflow-compatible endpoints all say what happened with these, through ``Sink.write``.
On disk and over HTTP a record is a length-framed msgpack array (:mod:`runstone.wire`), its first element the tag.
**Tags and field order are a format**: a new field goes to the end with a default, a tag is never used twice.
Times are integer milliseconds since 1970 UTC.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from msgspec import Struct, field

from .entities import DatasetInput, LoggedModelInput, LoggedModelOutput

#: How the cause begins of a run that FAILED with whoever watched over it, and not by what its own process said.
UNWATCHED = "whoever watched over "
#: Largest encoded record, bytes.
RECORD_CAP = 16 * 1024 * 1024


class _Record(Struct, frozen=True, array_like=True, tag_field="t"):
    pass


# --- experiments: they need an answer (the id), so they are written straight to a store, never through a journal ---


class ExperimentCreated(_Record, frozen=True, array_like=True, tag=1):
    """``experiment_id`` empty: the store gives the next number. ``artifact_location`` empty: under the store's root."""

    name: str
    experiment_id: str = ""
    artifact_location: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    time: int = 0


class ExperimentChanged(_Record, frozen=True, array_like=True, tag=2):
    """``None`` leaves a field as it is. A tag set to ``None`` is removed. ``artifact_location`` is taken by an experiment under
    the store's root that never had a run; to others it says nothing."""

    experiment_id: str
    time: int
    name: str | None = None
    deleted: bool | None = None
    tags: dict[str, str | None] = field(default_factory=dict)
    artifact_location: str | None = None


# --- runs ---------------------------------------------------------------------------------------------------------


class RunStarted(_Record, frozen=True, array_like=True, tag=10):
    """A run begins. ``experiment_name`` resolves (or makes) the experiment when ``experiment_id`` is empty: a run that
    was started offline. Writing it again for an existing run changes nothing."""

    run_id: str
    experiment_id: str
    time: int
    name: str
    user_id: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    status: str = "RUNNING"
    experiment_name: str = ""
    artifact_uri: str = ""


class RunChanged(_Record, frozen=True, array_like=True, tag=11):
    """``None`` leaves a field as it is. ``cause`` says why a run ended as it did. ``status`` RUNNING re-opens a run and
    clears its end. ``experiment_id`` moves it. ``watched``: the word of who only watches over the run, which changes nothing
    once the run's own process has said how it ended."""

    run_id: str
    time: int
    status: str | None = None
    end_time: int | None = None
    name: str | None = None
    deleted: bool | None = None
    cause: str | None = None
    experiment_id: str | None = None
    watched: bool = False


def unwatched(status: str, cause: str | None) -> bool:
    """Whether a run with this status and cause ended with its process, or with its watcher, and not by its own word."""
    return status == "CRASHED" or (cause or "").startswith(UNWATCHED)


class Params(_Record, frozen=True, array_like=True, tag=12):
    """Params never change: a different value for a key that has one is refused, an equal one is fine."""

    run_id: str
    values: dict[str, str]


class Tags(_Record, frozen=True, array_like=True, tag=13):
    """A tag set to ``None`` is removed. ``mlflow.runName`` and the run's name are one thing."""

    run_id: str
    values: dict[str, str | None]


class Metrics(_Record, frozen=True, array_like=True, tag=14):
    """Points of any number of series, column by column, all columns equally long.

    ``series[i]`` indexes ``keys``. The columns are little-endian machine words: ``series`` u32, ``steps`` i64,
    ``values`` f64 (NaN and ±inf exact), ``timestamps`` i64 milliseconds. Order within a series is kept.
    """

    run_id: str
    keys: list[str]
    series: bytes
    steps: bytes
    values: bytes
    timestamps: bytes

    @classmethod
    def of(
        cls,
        run_id: str,
        keys: list[str],
        series: Sequence[int],
        steps: Sequence[int],
        values: Sequence[float],
        timestamps: Sequence[int],
    ) -> Metrics:
        """The record of these columns. Raises struct.error for a number that does not fit."""
        count = len(series)
        return cls(
            run_id,
            keys,
            struct.pack(f"<{count}I", *series),
            struct.pack(f"<{count}q", *steps),
            struct.pack(f"<{count}d", *values),
            struct.pack(f"<{count}q", *timestamps),
        )


class MetricLinks(_Record, frozen=True, array_like=True, tag=15):
    """The point (key, step, timestamp, value) was measured for a logged model and/or on a dataset."""

    run_id: str
    key: str
    step: int
    timestamp: int
    value: float
    model_id: str | None = None
    dataset_name: str | None = None
    dataset_digest: str | None = None


class Inputs(_Record, frozen=True, array_like=True, tag=16):
    run_id: str
    datasets: list[DatasetInput] = field(default_factory=list)
    models: list[LoggedModelInput] = field(default_factory=list)


class Outputs(_Record, frozen=True, array_like=True, tag=17):
    run_id: str
    models: list[LoggedModelOutput]


class Console(_Record, frozen=True, array_like=True, tag=18):
    """A piece of what the process printed. ``stream`` is ``stdout`` or ``stderr``; pieces keep their order."""

    run_id: str
    stream: str
    time: int
    text: str


class Document(_Record, frozen=True, array_like=True, tag=19):
    """A text that belongs to the run's context, replaced when written again. Names in use: ``git.diff``, ``packages``,
    ``host``, ``traceback``. ``media_type`` as in HTTP."""

    run_id: str
    name: str
    media_type: str
    text: str


class Lease(_Record, frozen=True, array_like=True, tag=20):
    """A process says that it works on the run, until ``until``. ``host`` names machine, boot and pid namespace, so that
    a process with the same ``host`` can look whether ``pid`` (started at ``pid_start``) still lives. ``until`` 0 gives
    the lease back. Leases are written straight to a store by the shipper, beside the journal, so they are never late."""

    run_id: str
    holder: str
    host: str
    pid: int
    pid_start: int
    until: int


class ArtifactLogged(_Record, frozen=True, array_like=True, tag=21):
    """A file was put below the run's artifact root, whole; written again when the file is replaced. ``path`` is relative
    with ``/``, ``size`` bytes, ``digest`` the SHA-256 of the content as 64 lower-case hex digits."""

    run_id: str
    path: str
    size: int
    digest: str
    time: int


# --- logged models: written straight to a store ---------------------------------------------------------------------------


class LoggedModelCreated(_Record, frozen=True, array_like=True, tag=30):
    """A model that a run makes, before its files are there. ``model_id`` is drawn by the writer (``m-`` and 32 hexadecimal
    digits): writing the record again changes nothing. ``status`` is one of :class:`LoggedModelStatus`. ``path``: below the
    artifacts of ``source_run``, where its files are then; without, it has a place of its own. A model with a path is of its
    run's experiment, whatever ``experiment_id`` says, and may be written to the run's journal. ``artifact_location``: URI of
    the files of one without a path; empty: in the experiment's place."""

    model_id: str
    experiment_id: str
    name: str
    time: int
    model_type: str = ""
    source_run: str = ""
    params: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    status: str = "PENDING"
    path: str = ""
    artifact_location: str = ""


class LoggedModelChanged(_Record, frozen=True, array_like=True, tag=31):
    """``None`` leaves a field as it is. Params are added and never change; a tag set to ``None`` is removed."""

    model_id: str
    time: int
    status: str | None = None
    status_message: str | None = None
    params: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str | None] = field(default_factory=dict)
    deleted: bool | None = None


# --- traces: written straight to a store ------------------------------------------------------------------------------------


class SpanText(Struct, frozen=True, array_like=True):
    """What searches may ask of one span; ``content`` is the whole of it as JSON."""

    span_id: str
    name: str
    type: str
    status: str
    content: str


class TraceStarted(_Record, frozen=True, array_like=True, tag=32):
    """The head of a trace; written again it replaces state and duration and adds to the rest, assessments by their ids.
    ``duration`` is milliseconds, ``details`` a JSON object (see :class:`TraceHead`). ``artifact_location``: URI of its files;
    empty: in the experiment's place. ``observed``: known only from spans that came, so it widens what was known from others
    (state ``IN_PROGRESS``: the root has not come) and changes nothing that somebody told, before or later. ``spans``: some of
    its spans, which replace those of the same ids for searches; the spans themselves are artifacts."""

    trace_id: str
    experiment_id: str
    time: int
    duration: int | None = None
    state: str = "OK"
    details: str = "{}"
    metadata: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    artifact_location: str = ""
    observed: bool = False
    spans: list[SpanText] = field(default_factory=list)


class TraceChanged(_Record, frozen=True, array_like=True, tag=33):
    """A tag set to ``None`` is removed; ``details`` ``None`` leaves them. ``deleted`` removes the trace for ever.

    ``assessments`` are by id and merged with what is there, so that two writers lose nothing of each other's: each a JSON
    object of fields (``null`` removes one), or ``None``, which removes it. Fields for an id that is not there are left out,
    unless ``assessment_id`` is among them: then it is a new one. ``metadata`` is added to what is there. ``joined``:
    tags that hold JSON lists, and lists of what to add to them at the end where it is not there yet.
    """

    trace_id: str
    time: int
    tags: dict[str, str | None] = field(default_factory=dict)
    details: str | None = None
    deleted: bool = False
    assessments: dict[str, str | None] = field(default_factory=dict)
    metadata: dict[str, str] = field(default_factory=dict)
    joined: dict[str, str] = field(default_factory=dict)


# --- the registry: written straight to a store, as experiments are; version numbers are read back by ``version_key`` ---


class RegisteredModelCreated(_Record, frozen=True, array_like=True, tag=40):
    """A name for versions. ``model_key`` is an id that the writer draws: writing the record again changes nothing."""

    model_key: str
    name: str
    time: int
    description: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    user_id: str = ""


class RegisteredModelChanged(_Record, frozen=True, array_like=True, tag=41):
    """``None`` leaves a field as it is. A tag or alias set to ``None`` is removed; an alias stands for a version number.
    ``deleted`` removes the model with all its versions, for ever. Aliases in ``expected`` must stand for these versions (0:
    for none) when it is written, or nothing is: of two who move one alias at once, one is told."""

    name: str
    time: int
    new_name: str | None = None
    description: str | None = None
    tags: dict[str, str | None] = field(default_factory=dict)
    aliases: dict[str, int | None] = field(default_factory=dict)
    deleted: bool = False
    expected: dict[str, int] = field(default_factory=dict)


class ModelVersionCreated(_Record, frozen=True, array_like=True, tag=42):
    """The next version of a registered model; the store gives the number. ``version_key`` is an id that the writer draws:
    it finds the version, and writing the record again changes nothing. ``source`` is ``runs:/<run>/<path>``,
    ``models:/<logged model>``, ``models:/<name>/<version>`` (a copy of that one) or the URI of a folder; ``location``
    says where the files are in a way that lasts, when ``source`` does not."""

    version_key: str
    name: str
    time: int
    source: str
    source_run: str = ""
    model_id: str = ""
    run_link: str = ""
    description: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    user_id: str = ""
    status: str = "READY"
    location: str = ""


class ModelVersionChanged(_Record, frozen=True, array_like=True, tag=43):
    """``None`` leaves a field as it is. A tag set to ``None`` is removed. ``archive_existing``: other versions that are in
    the new ``stage`` (Staging or Production) go to Archived. ``deleted`` removes the version; its number is never used
    again while the model lives."""

    name: str
    version: int
    time: int
    stage: str | None = None
    archive_existing: bool = False
    description: str | None = None
    tags: dict[str, str | None] = field(default_factory=dict)
    status: str | None = None
    status_message: str | None = None
    deleted: bool = False


class TransitionRequested(_Record, frozen=True, array_like=True, tag=44):
    """Somebody (``Batch.by``) asks that a version goes to ``stage``, or that ``alias`` stands for it: one of the two.
    ``request_id`` is drawn by the writer: writing the record again changes nothing."""

    request_id: str
    name: str
    version: int
    time: int
    stage: str = ""
    alias: str = ""
    comment: str = ""


class TransitionDecided(_Record, frozen=True, array_like=True, tag=45):
    """What becomes of a request that waits. ``APPROVED`` makes the move too, in the same transaction;
    ``archive_existing`` as in ``ModelVersionChanged``."""

    request_id: str
    name: str
    time: int
    decision: str
    comment: str = ""
    archive_existing: bool = False


class VersionCommented(_Record, frozen=True, array_like=True, tag=46):
    """A comment (of ``Batch.by``) on a version. ``comment_id`` as ``request_id`` above."""

    comment_id: str
    name: str
    version: int
    time: int
    comment: str


class VersionCommentChanged(_Record, frozen=True, array_like=True, tag=47):
    """Another text, or ``None``: the comment is removed. ``name`` is the model it belongs to."""

    comment_id: str
    name: str
    time: int
    comment: str | None = None


# --- items beside the traces (see entities.items): written straight to a store ----------------------------------------------


class ItemWritten(_Record, frozen=True, array_like=True, tag=60):
    """Makes an item, or changes it. ``item_id`` is drawn by the writer: making one that is there changes nothing.

    ``how``: ``new`` makes one, whose ``key`` must be free at its ``parent``; ``next`` makes one more version of the key;
    ``change`` changes the one with this id, a ``key`` that is not empty names it anew; ``merge`` changes the one that the key
    names, or else makes it. ``fields`` is a JSON object: its fields replace those that are there, ``null`` removes one; of
    those in ``merged``, the fields are merged so in their turn. ``experiments``: whether it belongs to each of these.
    """

    kind: str
    item_id: str
    time: int
    how: str = "new"
    parent: str = ""
    key: str = ""
    fields: str = "{}"
    merged: list[str] = field(default_factory=list)
    experiments: dict[str, bool] = field(default_factory=dict)


class ItemDeleted(_Record, frozen=True, array_like=True, tag=61):
    """Removes an item, and what belongs to it, for ever. Raises NotFound where it is not there."""

    kind: str
    item_id: str
    time: int


Record = (
    ExperimentCreated
    | ExperimentChanged
    | RunStarted
    | RunChanged
    | Params
    | Tags
    | Metrics
    | MetricLinks
    | Inputs
    | Outputs
    | Console
    | Document
    | Lease
    | ArtifactLogged
    | LoggedModelCreated
    | LoggedModelChanged
    | TraceStarted
    | TraceChanged
    | RegisteredModelCreated
    | RegisteredModelChanged
    | ModelVersionCreated
    | ModelVersionChanged
    | TransitionRequested
    | TransitionDecided
    | VersionCommented
    | VersionCommentChanged
    | ItemWritten
    | ItemDeleted
)


def run_of(record: Record) -> str:
    """The run that a record belongs to; empty for one of an experiment or of the registry."""
    run_id: str = getattr(record, "run_id", "")
    return run_id
