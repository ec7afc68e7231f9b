"""From what a source yields to records. Pure: what is in the store already is handed in.

What was read before is told from what the user changed here since: only what changed *in the source* is written again.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from runstone.contracts import Batch
from runstone.entities import Run, RunStatus
from runstone.entities.logged_models import LoggedModel
from runstone.entities.model_registry import RegisteredModel
from runstone.query.span_texts import found_keys, span_text
from runstone.records import (
    Document,
    Inputs,
    LoggedModelChanged,
    LoggedModelCreated,
    MetricLinks,
    Metrics,
    ModelVersionChanged,
    ModelVersionCreated,
    Outputs,
    Params,
    Record,
    RegisteredModelChanged,
    RegisteredModelCreated,
    RunChanged,
    RunStarted,
    Tags,
    TraceChanged,
    TraceStarted,
)

from .contents import ModelIn, Points, Problem, RegisteredIn, RunIn, TraceIn, digest

#: Points of one record, and of one piece of a run.
PIECE = 200_000


class Piece:
    """Some batches of one thing, to be written in one transaction; ``points`` of them. ``last``: the thing is whole then."""

    __slots__ = ("batches", "last", "points", "weight")

    def __init__(self, batches: list[Batch], points: int, last: bool = False) -> None:
        self.batches, self.points, self.last = batches, points, last
        self.weight = 50 + points // 10 + sum(len(batch.records) for batch in batches)


class CarriedRun:
    """One run on its way.

    Args:
        run: what the source says.
        experiment_id: where it belongs in the store.
        there: the run as the store has it; ``None`` if it does not.
        known: the details that were kept when it was read last; empty if it never was.
    """

    def __init__(self, run: RunIn, experiment_id: str, there: Run | None, known: Mapping[str, Any], problem: Problem) -> None:
        self._run, self._experiment, self._there, self._known = run, experiment_id, there, known
        self._problem = problem
        self._counts: dict[str, int] = {}
        self._restore = there is not None and there.info.lifecycle_stage == "deleted"

    def pieces(self) -> Iterator[Piece]:
        """The run, piece by piece; the first makes it."""
        batches = [Batch(self._head())]
        points = 0
        for found in self._points():
            # a run that is deleted takes no points: it comes back for as long as a piece needs
            batches.append(found)
            points += sum(len(record.values) // 8 for record in found.records if isinstance(record, Metrics))
            if points >= PIECE:
                yield self._closed(batches, points)
                batches, points = [], 0
        batches.append(Batch(self._tail()))
        yield self._closed(batches, points, last=True)

    def details(self) -> dict[str, Any]:
        """What to keep for the next time, once all pieces are written."""
        run = self._run
        return {
            "tags": {key: _short(value) for key, value in run.tags.items()},
            "points": self._counts,
            "state": [run.status, run.end, run.name],
            "deleted": run.deleted,
        }

    # --- inside ---------------------------------------------------------------------------------------------------------

    def _closed(self, batches: list[Batch], points: int, last: bool = False) -> Piece:
        if self._restore:
            back = Batch([RunChanged(self._run.run_id, 0, deleted=False)])
            gone = self._there.info.deleted_time if self._there else 0
            again = [] if last else [Batch([RunChanged(self._run.run_id, gone or 0, deleted=True)])]
            batches = [back, *batches, *again]
        return Piece([batch for batch in batches if batch.records], points, last)

    def _head(self) -> list[Record]:
        run = self._run
        records: list[Record] = []
        if self._there is None:
            records.append(
                RunStarted(
                    run.run_id, self._experiment, run.start, run.name, run.user_id, run.tags, run.status, "", run.location
                )
            )
            if run.params:
                records.append(Params(run.run_id, run.params))
        else:
            records += self._news(self._there)
        if run.datasets or run.models_in:
            records.append(Inputs(run.run_id, run.datasets, run.models_in))
        if run.models_out:
            records.append(Outputs(run.run_id, run.models_out))
        records += [Document(run.run_id, name, kind, text) for name, (kind, text) in run.documents.items()]
        return records

    def _news(self, there: Run) -> list[Record]:
        run, records = self._run, list[Record]()
        params = {}
        for key, value in run.params.items():
            stored = there.data.params.get(key)
            if stored is None:
                params[key] = value
            elif stored != value:
                self._problem(f"run {run.run_id}", "a param has another value here already, which stays")
        if params:
            records.append(Params(run.run_id, params))
        told: Mapping[str, str] = self._known.get("tags", {})
        tags: dict[str, str | None] = {key: value for key, value in run.tags.items() if told.get(key) != _short(value)}
        tags.update({key: None for key in told if key not in run.tags})
        if tags:
            records.append(Tags(run.run_id, tags))
        return records

    def _tail(self) -> list[Record]:
        run, records = self._run, list[Record]()
        ended = RunStatus.is_terminated(run.status)
        if self._there is None:
            if run.end is not None:
                records.append(RunChanged(run.run_id, run.end, run.status if ended else None, run.end))
        elif self._known.get("state") != [run.status, run.end, run.name]:
            name = run.name if run.name and run.name != self._there.info.run_name else None
            end = run.end if run.end is not None else run.start
            records.append(RunChanged(run.run_id, end, run.status, end if ended else None, name))
        if self._wants_deletion():
            gone = run.deleted_time or (self._there.info.deleted_time if self._there else None) or run.end or run.start
            records.append(RunChanged(run.run_id, gone, deleted=True))
        return records

    def _wants_deletion(self) -> bool:
        if self._there is None or self._known.get("deleted") != self._run.deleted:
            return self._run.deleted
        return self._there.info.lifecycle_stage == "deleted"

    def _points(self) -> Iterator[Batch]:
        """Batches of points: those that are surely new as they are, others with the store's own eye on doubles."""
        stored = {} if self._there is None else {key: one.count for key, one in self._there.data.summaries.items()}
        known: Mapping[str, int] = self._known.get("points", {})
        # as many are stored as were brought: then they are the same ones, and the source's next come after them
        skip = {} if self._run.distinct else {key: count for key, count in stored.items() if known.get(key) == count}
        self._counts = dict(skip)
        sure, unsure = _Columns(self._run.run_id), _Columns(self._run.run_id)
        links: list[Record] = []
        for found in self._run.points(skip):
            new = found.key in skip or found.key not in stored
            for part in _parts(found):
                (sure if new else unsure).add(part)
                self._counts[found.key] = self._counts.get(found.key, 0) + len(part.values)
                if new:
                    links += part.links
                for columns in (sure, unsure):
                    if columns.count >= PIECE:
                        yield Batch(columns.taken(), once=columns is unsure)
        for columns in (sure, unsure):
            if columns.count:
                yield Batch(columns.taken(), once=columns is unsure)
        if links:
            yield Batch(links)


class _Columns:
    """Points of many series on their way into one record."""

    def __init__(self, run_id: str) -> None:
        self._run_id = run_id
        self._clear()

    def _clear(self) -> None:
        self.count = 0
        self._keys: dict[str, int] = {}
        self._columns: tuple[list[int], list[int], list[float], list[int]] = ([], [], [], [])

    def add(self, points: Points) -> None:
        series, steps, values, timestamps = self._columns
        count = len(points.values)
        series += [self._keys.setdefault(points.key, len(self._keys))] * count
        steps += points.steps
        values += points.values
        timestamps += points.timestamps
        self.count += count

    def taken(self) -> list[Record]:
        record = Metrics.of(self._run_id, list(self._keys), *self._columns)
        self._clear()
        return [record]


def _parts(points: Points) -> Iterator[Points]:
    if len(points.values) <= PIECE:
        yield points
        return
    for start in range(0, len(points.values), PIECE):
        end = start + PIECE
        yield Points(
            points.key, points.steps[start:end], points.timestamps[start:end], points.values[start:end],
            points.links if start == 0 else (),
        )  # fmt: skip


def model_records(model: ModelIn, experiment_id: str, there: LoggedModel | None, known: Mapping[str, Any]) -> list[Record]:
    """A logged model; the points that runs logged for it are :func:`model_links`."""
    records: list[Record] = []
    if there is None:
        records.append(
            LoggedModelCreated(
                model.model_id,
                experiment_id,
                model.name,
                model.created,
                model.model_type,
                model.source_run,
                model.params,
                model.tags,
                model.status,
                artifact_location=model.location,
            )  # fmt: skip
        )
    back = there is not None and there.lifecycle_stage == "deleted"
    if back:
        records.append(LoggedModelChanged(model.model_id, model.updated, deleted=False))
    told: Mapping[str, str] = known.get("tags", {})
    stored = there.params if there else {}
    tags: dict[str, str | None] = {key: value for key, value in model.tags.items() if told.get(key) != _short(value)}
    tags.update({key: None for key in told if key not in model.tags})
    params = {key: value for key, value in model.params.items() if key not in stored}
    records.append(
        LoggedModelChanged(
            model.model_id, model.updated, model.status, model.status_message, params if there else {}, tags if there else {}
        )
    )
    if model.deleted if there is None or known.get("deleted") != model.deleted else back:
        records.append(LoggedModelChanged(model.model_id, model.updated, deleted=True))
    return records


def model_links(model: ModelIn, there: LoggedModel | None) -> list[MetricLinks]:
    """Points of a logged model that the store does not have, each once."""
    seen = {
        (one.run_id, one.key, one.step, one.timestamp, repr(one.value), one.dataset_name, one.dataset_digest)
        for one in (there.metrics if there and there.metrics else ())
    }
    found = []
    for link in model.links:
        mark = (link.run_id, link.key, link.step, link.timestamp, repr(link.value), link.dataset_name, link.dataset_digest)
        if mark not in seen:
            seen.add(mark)
            found.append(link)
    return found


def model_details(model: ModelIn) -> dict[str, Any]:
    return {"tags": {key: _short(value) for key, value in model.tags.items()}, "deleted": model.deleted}


def trace_records(trace: TraceIn, experiment_id: str, known: Mapping[str, Any]) -> list[Record]:
    texts = [span_text(one) for one in json.loads(trace.spans)["spans"] if isinstance(one, dict)] if trace.spans else []
    gone = [key for key in known.get("tags", ()) if key not in trace.tags]
    told: Mapping[str, str] = known.get("tags", {})
    tags = {key: value for key, value in trace.tags.items() if told.get(key) != _short(value)}
    records: list[Record] = [
        TraceStarted(
            trace.trace_id,
            experiment_id,
            trace.time,
            trace.duration,
            trace.state,
            trace.details,
            {**trace.metadata, **found_keys(texts)},
            tags,
            trace.location,
            spans=texts,
        )  # fmt: skip
    ]
    if gone:
        records.append(TraceChanged(trace.trace_id, trace.time, dict.fromkeys(gone)))
    return records


def trace_details(trace: TraceIn) -> dict[str, Any]:
    return {"tags": {key: _short(value) for key, value in trace.tags.items()}}


def registered_mark(model: RegisteredIn) -> str:
    return digest(repr(model))


def registered_key(source: str, name: str) -> str:
    """The key of a model that is read in; its versions have ``-<number>`` behind it."""
    return digest(source, name)


def registered_records(
    model: RegisteredIn, source: str, there: RegisteredModel | None, versions: Sequence[int], known: Mapping[str, Any]
) -> list[Record]:
    """A registered model with its versions under their own numbers: numbers that the source deleted are used and deleted.

    Args:
        versions: numbers that the store has.
    """
    name, records = model.name, list[Record]()
    key = registered_key(source, name)
    first = int(known.get("next", 1))
    if there is None:
        first = 1
        records.append(RegisteredModelCreated(key, name, model.created, model.description, model.tags))
    else:
        told: Mapping[str, str] = known.get("tags", {})
        tags: dict[str, str | None] = {k: v for k, v in model.tags.items() if told.get(k) != _short(v)}
        tags.update({k: None for k in told if k not in model.tags})
        description = model.description if known.get("description") != model.description else None
        records.append(RegisteredModelChanged(name, model.updated, None, description, tags))
    there_now = set(versions)
    by_number = {one.version: one for one in model.versions}
    for number in range(first, model.next_version):
        one = by_number.get(number)
        if one is None:
            records.append(ModelVersionCreated(f"{key}-{number}", name, model.created, "deleted", location="deleted"))
            records.append(ModelVersionChanged(name, number, model.updated, deleted=True))
        else:
            records.append(
                ModelVersionCreated(
                    f"{key}-{number}",
                    name,
                    one.created,
                    one.source or "unknown",
                    one.run_id,
                    one.model_id,
                    one.run_link,
                    one.description,
                    one.tags,
                    one.user_id,
                    one.status,
                    one.location or one.source or "unknown",
                )  # fmt: skip
            )
            there_now.add(number)
    records += [
        ModelVersionChanged(name, n, model.updated, deleted=True) for n in sorted(there_now - set(by_number)) if n < first
    ]
    for one in model.versions:
        if one.version in there_now:
            records.append(
                ModelVersionChanged(
                    name,
                    one.version,
                    one.updated,
                    one.stage,
                    False,
                    one.description if one.version < first else None,
                    dict(one.tags) if one.version < first else {},
                    one.status,
                    one.status_message,
                )  # fmt: skip
            )
    aliases: dict[str, int | None] = {alias: n for alias, n in model.aliases.items() if n in by_number}
    aliases.update({alias: None for alias in known.get("aliases", ()) if alias not in model.aliases})
    # a description is what makes the store note the time
    records.append(RegisteredModelChanged(name, model.updated, None, model.description, {}, aliases))
    return records


def registered_details(model: RegisteredIn) -> dict[str, Any]:
    return {
        "next": model.next_version,
        "tags": {key: _short(value) for key, value in model.tags.items()},
        "aliases": list(model.aliases),
        "description": model.description,
    }


def _short(value: str) -> str:
    """Enough of a value to see that it changed."""
    return f"{zlib.crc32(value.encode('utf-8', 'surrogatepass')):x}"
