"""The :class:`~runstone.contracts.Store` contract as messages: what its methods take and give, over HTTP.

Writing is one message, *parcels*: each a stretch of a journal, or a direct batch, its records in the journal's own frames.
Reading is one message for each of :data:`QUESTIONS`: the method's arguments, encoded as msgpack from its own signature.
The bytes are fixed in ``docs/formats/http.md``. No I/O here.
"""

from __future__ import annotations

import inspect
import sys
from array import array
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Struct

from . import wire
from ._lazy import later
from .contracts import Batch, Origin, Receipt, Refusal, Series, Store
from .entities import Metric, PagedList, Run, RunData, RunInfo, RunInputs, RunOutputs, Summary
from .errors import InvalidValue
from .records import Record
from .wire_read import LIMIT, Decoder

if TYPE_CHECKING:
    import numpy as np
else:
    np = later("numpy")

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

#: Content type of messages of this module.
MEDIA_TYPE = "application/vnd.runstone.v1+msgpack"
#: Most bytes of a message, unpacked.
UNPACKED_CAP = 256 << 20

_SALT = b"RUNSTONE"


def _listed(value: object) -> list[Any]:
    """Many numbers in a row. Raises NotImplementedError for anything else."""
    if isinstance(value, array):
        return value.tolist()
    raise NotImplementedError(f"{type(value).__name__} cannot be sent")


_encode = msgspec.msgpack.Encoder(enc_hook=_listed).encode


# --- writing ---------------------------------------------------------------------------------------------------------


class Parcel(Struct, frozen=True, array_like=True):
    """A batch on its way. An empty ``journal_id`` is a direct one. ``frames`` are record frames, salted ``RUNSTONE``.
    ``by`` and ``reason`` as the client gives them; a server with accounts knows better who it is."""

    journal_id: str
    first: int
    next: int
    once: bool
    frames: bytes
    by: str = ""
    reason: str = ""


class Answer(Struct, frozen=True, array_like=True):
    """What became of a parcel: ``refused`` are the records, or parts of them, that were set aside, and why."""

    acknowledged: int
    refused: list[tuple[Record, str]] = []


_parcels = msgspec.msgpack.Decoder(list[Parcel])


@cache
def _answers() -> msgspec.msgpack.Decoder[list[Answer]]:
    """Made by whoever reads one: servers do not, and it knows every kind of record."""
    return msgspec.msgpack.Decoder(list[Answer])


def pack_batches(batches: Sequence[Batch]) -> bytes:
    """A message for ``write_all``, compressed. Raises RecordTooLarge, InvalidValue."""
    parcels = []
    for batch in batches:
        frames = b"".join(wire.record_frame(record, _SALT) for record in batch.records)
        origin = batch.origin or Origin("", 0, 0)
        parcels.append(Parcel(origin.journal_id, origin.first, origin.next, batch.once, frames, batch.by, batch.reason))
    return zstd.compress(_encode(parcels), level=1)


def unpack_batches(body: bytes) -> list[Batch]:
    """The batches of a message. Raises InvalidValue for what is no such message, or unpacks to too much."""
    try:
        parcels = _parcels.decode(unpack(body))
    except (msgspec.DecodeError, UnicodeDecodeError) as cause:
        raise InvalidValue(f"The message holds no parcels: {cause}.") from cause
    return [_batch(number, parcel) for number, parcel in enumerate(parcels)]


def _batch(number: int, parcel: Parcel) -> Batch:
    records: list[Record] = []
    decoder, offset, frames = Decoder("", _SALT), 0, parcel.frames
    while offset < len(frames):
        piece = decoder.read(frames, offset, len(frames), max_other=1 << 30)
        records += piece.records
        if piece.stop != LIMIT or piece.end <= offset or piece.nameless:
            raise InvalidValue(f"Parcel {number} is damaged at byte {piece.end} of its frames; send it again.")
        offset = piece.end
    if parcel.journal_id and not 0 <= parcel.first <= parcel.next < 1 << 63:
        raise InvalidValue(f"Parcel {number} is no stretch of a journal: it goes from {parcel.first} to {parcel.next}.")
    origin = Origin(parcel.journal_id, parcel.first, parcel.next) if parcel.journal_id else None
    return Batch(records, origin, parcel.once, parcel.by, parcel.reason)


def pack_receipts(receipts: Sequence[Receipt]) -> bytes:
    """The answer to a message of batches."""
    return _encode([Answer(one.acknowledged, [(no.record, no.reason) for no in one.refused]) for one in receipts])


def unpack_receipts(body: bytes, batches: Sequence[Batch]) -> list[Receipt]:
    """Receipts for the batches sent. Raises InvalidValue for an answer that does not fit."""
    try:
        answers = _answers().decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as cause:
        raise InvalidValue(f"The server's answer holds no receipts: {cause}.") from cause
    if len(answers) != len(batches):
        raise InvalidValue(f"The server answered {len(answers)} receipts for {len(batches)} batches.")
    return [Receipt(one.acknowledged, [Refusal(*refused) for refused in one.refused]) for one in answers]


def unpack(body: bytes, cap: int = UNPACKED_CAP) -> bytes:
    """What zstd packed. Raises InvalidValue when it is damaged, or longer than ``cap``: it is not unpacked to the end then."""
    try:
        unpacker = zstd.ZstdDecompressor()
        data = bytes(unpacker.decompress(body, max_length=cap + 1))
    except zstd.ZstdError as cause:
        raise InvalidValue(f"The message is not packed with zstd, or damaged: {cause}.") from cause
    if len(data) > cap:
        raise InvalidValue(f"The message unpacks to more than {cap:,} bytes; send it in smaller pieces.")
    if not unpacker.eof:
        raise InvalidValue("The message ends in the middle.")
    return data


# --- reading ---------------------------------------------------------------------------------------------------------


class _Question(Struct, frozen=True):
    """A method of the store that can be called over the wire: what it takes and gives."""

    arguments: type[Struct]
    gives: Any


_READ = (
    "acknowledged", "get_experiment", "find_experiment", "search_experiments", "activities", "get_run", "search_runs", "table",
    "columns", "count_runs", "find_runs", "series_counts", "summaries", "keys", "recent_values", "history", "sample", "console",
    "documents", "artifact_files", "changes", "health",
    "get_registered_model", "search_registered_models", "get_model_version", "get_version_by_alias", "find_version",
    "latest_versions", "search_model_versions", "version_location", "registry_events", "transition_requests",
    "version_comments", "find_comment", "get_logged_model", "search_logged_models", "dataset_uses", "get_trace",
    "search_traces", "get_item", "search_items",
)  # fmt: skip

#: Every question, by its method's name, and what the caller must hold.
QUESTIONS: Mapping[str, Literal["read", "write", "admin"]] = {
    **dict.fromkeys(_READ, "read"),
    "sweep": "write",
    "purge": "admin",
    "purge_experiment": "admin",
}


@cache
def _question(name: str) -> _Question:
    """One of :data:`QUESTIONS`, made when it is first asked: all of them take longer than most modules take to load."""
    method = getattr(Store, name)
    hints = get_type_hints(method)
    fields: list[Any] = []
    for parameter in list(inspect.signature(method).parameters.values())[1:]:
        required = parameter.default is inspect.Parameter.empty
        kind = hints[parameter.name]
        fields.append((parameter.name, kind) if required else (parameter.name, kind, parameter.default))
    arguments = msgspec.defstruct(f"{name}_arguments", fields, frozen=True, array_like=True)
    return _Question(arguments, hints["return"])


def pack_arguments(question: str, arguments: Sequence[Any], named: Mapping[str, Any]) -> bytes:
    """A message that asks; whole numbers beyond 64 bits become the nearest that fit. Raises TypeError as a call would."""
    asked = _question(question).arguments(*arguments, **named)
    try:
        return _encode(asked)
    except OverflowError:
        fields = [getattr(asked, name) for name in asked.__struct_fields__]
        return _encode([max(-(1 << 63), min(one, (1 << 63) - 1)) if type(one) is int else one for one in fields])


def unpack_arguments(question: str, body: bytes) -> list[Any]:
    """The arguments of a message, in order. Raises InvalidValue."""
    kind = _question(question).arguments
    try:
        found = msgspec.msgpack.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as cause:
        raise InvalidValue(f"These are no arguments of {question!r}: {cause}.") from cause
    return [getattr(found, name) for name in kind.__struct_fields__]


def pack_result(value: Any) -> bytes:
    """What a method gave."""
    return _encode(_plain(value))


def unpack_result(question: str, body: bytes) -> Any:
    """What the method gave, as its own types. Raises InvalidValue for an answer that does not fit."""
    try:
        return _read(msgspec.msgpack.decode(body), _question(question).gives)
    except (msgspec.DecodeError, UnicodeDecodeError, IndexError, TypeError, ValueError) as cause:
        raise InvalidValue(f"The server's answer to {question!r} cannot be read: {cause}.") from cause


class _Run(Struct, array_like=True):
    """A :class:`Run`: its summaries, or its last points where there are none."""

    info: RunInfo
    summaries: dict[str, Summary]
    points: list[Metric] | None
    params: dict[str, str]
    tags: dict[str, str]
    inputs: RunInputs | None
    outputs: RunOutputs | None


class _Series(Struct, array_like=True):
    """A :class:`Series`, its columns as little-endian words."""

    run_id: str
    key: str
    steps: bytes
    values: bytes
    timestamps: bytes
    total: int


def _plain(value: Any) -> Any:
    if isinstance(value, PagedList):
        return [[_plain(one) for one in value], value.token]
    if isinstance(value, Run):
        points = None if value.data.summaries else value.data.metric_objects
        return _Run(
            value.info, value.data.summaries, points, value.data.params, value.data.tags, value.run_inputs, value.run_outputs
        )
    if isinstance(value, Series):
        steps, times = value.steps.astype("<i8").tobytes(), value.timestamps.astype("<i8").tobytes()
        return _Series(value.run_id, value.key, steps, value.values.astype("<f8").tobytes(), times, value.total)
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return value


def _read(value: Any, kind: Any) -> Any:
    origin, inner = get_origin(kind), get_args(kind)
    if origin is PagedList:
        return PagedList([_read(one, inner[0]) for one in value[0]], value[1])
    if kind is Run:
        run = msgspec.convert(value, _Run)
        metrics: Any = run.summaries if run.points is None else run.points
        return Run(run.info, RunData(metrics, run.params, run.tags), run.inputs, run.outputs)
    if kind is Series:
        one = msgspec.convert(value, _Series)
        steps, times = np.frombuffer(one.steps, "<i8").copy(), np.frombuffer(one.timestamps, "<i8").copy()
        return Series(one.run_id, one.key, steps, np.frombuffer(one.values, "<f8").copy(), times, one.total)
    if inner and origin is not None and inner[0] is Series:
        return [_read(one, Series) for one in value]
    if kind is type(None):
        return None
    return msgspec.convert(value, kind)
