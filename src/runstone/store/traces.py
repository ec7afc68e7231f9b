"""Traces in the store: what their records do, and reading and searching them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from msgspec import structs
from sqlalchemy import Connection

from runstone.contracts import TraceQuery
from runstone.entities import PagedList
from runstone.entities.traces import TraceHead
from runstone.errors import InvalidValue, NotFound
from runstone.query import paging
from runstone.query.parser import parse_filter
from runstone.query.printer import order_text, to_text
from runstone.query.trace_split import parted
from runstone.query.traces import FOUND, READ, TRACES, resolved, trace_order
from runstone.query.tree import Among, And, Node, normalized
from runstone.records import TraceChanged, TraceStarted

from . import items
from .places import Places
from .search_atoms import among, probe
from .search_rank import Row, compare, packed, ranked, sort, unpacked
from .search_source import Source
from .search_sql import Sql, batches, joined, listed, one_of, rows, run
from .statements import Rows
from .tables import spans, trace_metadata, trace_tags, traces
from .trace_merge import assessed, joined_list, merged, observed, searched
from .work import Work, experiment_number

STATES = ("STATE_UNSPECIFIED", "OK", "ERROR", "IN_PROGRESS")

#: Milliseconds. One time that no calendar has would be the end of every answer that has its trace in it.
_TIMES, _DURATIONS = range(-62_135_596_800_000, 253_402_300_800_000), range(-(1 << 53), 1 << 53)

_TRACES = Rows(traces, update=["request_time", "duration", "state", "details"])
_SPANS = Rows(spans, update=["name", "type", "status", "content"])
_METADATA, _TAGS = Rows(trace_metadata, update=["value"]), Rows(trace_tags, update=["value"])
_HEADS = (
    "SELECT trace_id, experiment_id, request_time, duration, state, artifact_location, details FROM traces WHERE trace_id IN "
)


def _text_of(table: str, key: str) -> str:
    return f"(SELECT k.value FROM {table} AS k WHERE k.trace_id = r.trace_id AND k.\"key\" = '{key}')"


_SOURCE = Source(
    "traces",
    "trace_id",
    {
        "trace_id": "r.trace_id",
        "experiment_id": "CAST(r.experiment_id AS TEXT)",
        "timestamp_ms": "r.request_time",
        "execution_time_ms": "r.duration",
        "status": "r.state",
        "end_time_ms": "(r.request_time + r.duration)",
        "client_request_id": _text_of("trace_metadata", f"{FOUND}client_request_id"),
        "name": _text_of("trace_tags", "mlflow.traceName"),
        "run_id": _text_of("trace_metadata", "mlflow.sourceRun"),
    },
    {"tags": "trace_tags", "params": "trace_metadata", "span": "spans"},
)
_UNREAD = Sql('NOT EXISTS (SELECT 1 FROM trace_metadata AS k WHERE k.trace_id = r.trace_id AND k."key" = ?)', (READ,))
#: Traces whose spans are looked through at first; four times as many each further time, up to the last of these.
_FIRST, _LARGEST = 64, 1024


# --- writing ----------------------------------------------------------------------------------------------------------


def _start(work: Work, record: TraceStarted) -> None:
    work.next_change()  # from here on no other writer's record can come between
    if record.trace_id in ("", ".", "..") or re.search(r"[/\\\0]", record.trace_id):
        raise InvalidValue(f"Invalid trace id {record.trace_id!r}: a text that can name a folder is one, without slashes.")
    if record.state not in STATES:
        raise InvalidValue(f"Invalid state {record.state!r} of a trace; there are {', '.join(STATES)}.")
    experiment = work.experiment(record.experiment_id)
    if not work.late:
        experiment.require_active()
    own = f"{experiment.artifact_location.rstrip('/')}/traces/{record.trace_id}/artifacts"
    place = record.artifact_location or own
    known = _known(work.connection, record.trace_id)
    told = merged(record, known)
    _require_times(told)
    row = [
        record.trace_id, experiment.experiment_id, told.time, told.duration, told.state, place, told.details,
    ]  # fmt: skip
    earlier = known is not None and record.spans and _has_unread_spans(work.connection, record.trace_id)
    _TRACES.insert(work.connection, row, work.sign)
    for into, table, texts in ((_METADATA, "trace_metadata", record.metadata), (_TAGS, "trace_tags", record.tags)):
        yields = record.observed and not told.observed
        there = _texts(work.connection, table, [record.trace_id]).get(record.trace_id, {}) if yields else {}
        _insert(work, into, record.trace_id, {key: value for key, value in texts.items() if key not in there})
    if record.spans:
        if not earlier:
            _insert(work, _METADATA, record.trace_id, {READ: ""})
        flat = [part for one in record.spans for part in (record.trace_id, *structs.astuple(one))]
        _SPANS.insert(work.connection, flat, work.sign)
    _make_found(work, record.trace_id, "{}" if known is None else known.details, told.details)


def _has_unread_spans(connection: Connection, trace_id: str) -> bool:
    """Whether spans came before their texts were kept (schema 0013 and older): then not all of them are here."""
    select = 'SELECT MIN("key") FROM trace_metadata WHERE trace_id = ? AND "key" >= ? AND "key" < ?'
    marks = [(READ, f"{READ}!"), (f"{FOUND}span.", f"{FOUND}span/")]
    read, told = (rows(connection, Sql(select, (trace_id, *ends)))[0][0] for ends in marks)
    return read is None and told is not None


def _require_times(told: TraceStarted) -> None:
    if told.time not in _TIMES:
        raise InvalidValue(f"Invalid time {told.time} of a trace: milliseconds since 1970, in the years 1 to 9999.")
    if told.duration is not None and told.duration not in _DURATIONS:
        raise InvalidValue(f"Invalid duration {told.duration} of a trace: milliseconds, fewer than {_DURATIONS.stop:,}.")


def _make_found(work: Work, trace_id: str, before: str, after: str) -> None:
    """Keep what searches look for in details beside the metadata, where they look."""
    if before != after:
        old, new = searched(before), searched(after)
        for key in old.keys() - new.keys():
            run(work.connection, Sql('DELETE FROM trace_metadata WHERE trace_id = ? AND "key" = ?', (trace_id, key)))
        _insert(work, _METADATA, trace_id, new)


def _known(connection: Connection, trace_id: str) -> TraceStarted | None:
    select = "SELECT experiment_id, request_time, duration, state, details FROM traces WHERE trace_id = ?"
    for experiment, time, duration, state, details in rows(connection, Sql(select, (trace_id,))):
        return TraceStarted(trace_id, str(experiment), time, duration, state, details, observed=observed(details))
    return None


def _change(work: Work, record: TraceChanged) -> None:
    work.next_change()
    found = list(rows(work.connection, Sql("SELECT details FROM traces WHERE trace_id = ?", (record.trace_id,))))
    if not found:
        raise NotFound(f"Trace with ID '{record.trace_id}' not found.")
    if record.deleted:
        for table in ("trace_tags", "trace_metadata", "spans", "traces"):
            run(work.connection, Sql(f"DELETE FROM {table} WHERE trace_id = ?", (record.trace_id,)))
        items.forget_trace(work.connection, record.trace_id)
        return
    _insert(work, _METADATA, record.trace_id, record.metadata)
    _insert(work, _TAGS, record.trace_id, {key: value for key, value in record.tags.items() if value is not None})
    for key in (key for key, value in record.tags.items() if value is None):
        run(work.connection, Sql('DELETE FROM trace_tags WHERE trace_id = ? AND "key" = ?', (record.trace_id, key)))
    if record.joined:
        there = _texts(work.connection, "trace_tags", [record.trace_id]).get(record.trace_id, {})
        _insert(
            work, _TAGS, record.trace_id, {key: joined_list(there.get(key, "[]"), new) for key, new in record.joined.items()}
        )
    details = found[0][0] if record.details is None else record.details
    if record.assessments:
        details = assessed(details, record.assessments)
    if details != found[0][0]:
        run(work.connection, Sql("UPDATE traces SET details = ? WHERE trace_id = ?", (details, record.trace_id)))
        _make_found(work, record.trace_id, found[0][0], details)


#: One function for each kind of record.
APPLY: dict[type, Callable[[Work, Any], None]] = {TraceStarted: _start, TraceChanged: _change}


def _insert(work: Work, into: Rows, trace_id: str, texts: dict[str, str]) -> None:
    into.insert(work.connection, [part for key, value in texts.items() for part in (trace_id, key, value)], work.sign)


# --- reading ----------------------------------------------------------------------------------------------------------


def heads(connection: Connection, places: Places, trace_ids: Sequence[str]) -> list[TraceHead]:
    """In the order asked for; those that do not exist are left out."""
    metadata, tags = _texts(connection, "trace_metadata", trace_ids), _texts(connection, "trace_tags", trace_ids)
    found = {}
    for part in batches(trace_ids):
        for trace_id, experiment, time, duration, state, place, details in rows(connection, Sql(_HEADS) + listed(part)):
            found[trace_id] = TraceHead(
                trace_id, str(experiment), time, duration, state, places.experiment(place), details,
                metadata.get(trace_id, {}), tags.get(trace_id, {}),
            )  # fmt: skip
    return [found[trace_id] for trace_id in trace_ids if trace_id in found]


def _texts(connection: Connection, table: str, trace_ids: Sequence[str]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for part in batches(trace_ids):
        select = Sql(f'SELECT trace_id, "key", value FROM {table} WHERE trace_id IN ') + listed(part)
        for trace_id, key, value in rows(connection, select):
            found.setdefault(trace_id, {})[key] = value
    return found


def search(connection: Connection, places: Places, query: TraceQuery) -> PagedList[TraceHead]:
    """One page. Raises FilterError, InvalidValue."""
    if query.limit < 1:
        raise InvalidValue(f"Invalid value {query.limit} for parameter 'max_results' supplied: it must be a positive number.")
    plain, asked = parted(parse_filter(query.filter, TRACES))
    tree, orders = resolved(plain), trace_order(query.order_by)
    numbers = [experiment_number(one) for one in query.experiment_ids]
    if not numbers:
        return PagedList()
    wanted = "" if asked is None else f"{to_text(And(asked.items))} {query.unread}"
    mark = paging.fingerprint("traces", numbers, to_text(tree), wanted, order_text(orders))
    found = ranked(connection, [row[0] for row in rows(connection, _matching(tree, numbers))], orders, _SOURCE)
    sort(found, orders)
    if query.page_token:
        after = unpacked(paging.decode(query.page_token, mark).values, orders)
        found = [row for row in found if compare(row.rank, after, orders) > 0]
    if asked is not None:
        found = _having(connection, found, asked, query)
    page = found[: query.limit]
    token = paging.encode(paging.Place(mark, packed(page[-1].rank))) if page and len(found) > len(page) else None
    return PagedList(heads(connection, places, [row.id for row in page]), token)


def _having(connection: Connection, found: Sequence[Row], asked: Among, query: TraceQuery) -> list[Row]:
    """Those whose spans meet the conditions, in their order; no more than a page, and one to tell that there is another."""
    test = among(asked, _SOURCE)
    if query.unread:
        test = Sql("(") + test + Sql(" OR ") + _UNREAD + Sql(")")
    kept, start, size = list[Row](), 0, _FIRST
    while start < len(found) and len(kept) <= query.limit:
        part = found[start : start + size]
        select = Sql("SELECT r.trace_id FROM traces AS r WHERE r.trace_id IN ") + listed([row.id for row in part])
        there = {row[0] for row in rows(connection, select + Sql(" AND ") + test)}
        kept += [row for row in part if row.id in there]
        start, size = start + size, min(size * 4, _LARGEST)
    return kept


def _matching(tree: Node | None, numbers: Sequence[int]) -> Sql:
    tests = [one_of("r.experiment_id", numbers)]
    if tree is not None:
        tests.append(probe(normalized(tree), _SOURCE))
    return Sql("SELECT r.trace_id FROM traces AS r WHERE ") + joined(" AND ", tests)
