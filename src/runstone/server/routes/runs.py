"""One run: all that is known of it, and what a person may change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import UNSET

from runstone.contracts import Batch
from runstone.entities import Run, Summary
from runstone.errors import NotFound
from runstone.query.sections import SYSTEM, found, ordered, sections
from runstone.records import Record, RunChanged, Tags
from runstone.server import schema as s
from runstone.server.numbers import number, number_or_none

if TYPE_CHECKING:
    from runstone.server.backend import Backend


def get_run(backend: Backend, run_id: str) -> s.RunDetail:
    """A run, in the trash or not, without its metrics."""
    return _detail(backend, backend.store.get_run(run_id, metrics=False))


def metrics(backend: Backend, run_id: str, query: s.MetricsQuery) -> s.Metrics:
    """A window of a run's metrics: last, smallest and greatest value of each."""
    counts = backend.store.series_counts(run_id)
    if not counts:
        backend.store.get_run(run_id, metrics=False)  # no metrics and no such run are not the same
    keys = found(ordered(sorted(counts)), query.contains, query.part)
    heads: list[s.MetricSection] = []
    if query.by == "section":
        grouped = sections(keys, {key for key, count in counts.items() if count == 1})
        keys = [key for one in grouped for key in one.keys]
        if query.offset == 0:
            heads = [s.MetricSection(one.name, one.single, len(one.keys) - one.single) for one in grouped]
    shown = keys[query.offset : query.offset + query.limit]
    known = backend.store.summaries(run_id, shown)
    window = [metric_summary(key, known[key]) for key in shown if key in known]
    system = sum(key.startswith(SYSTEM) for key in counts)
    return s.Metrics(len(counts) - system, system, len(keys), query.offset, window, heads)


def edit_run(backend: Backend, run_id: str, body: s.RunEdit) -> s.RunDetail:
    """Rename, tag, delete or restore a run."""
    backend.store.get_run(run_id, metrics=False)
    now, deleted = backend.now(), None if body.deleted is UNSET else body.deleted
    records: list[Record] = []
    if deleted is False:  # a deleted run is read-only: it comes back before anything else changes
        records.append(RunChanged(run_id, now, deleted=False))
    if body.name is not UNSET:
        records.append(RunChanged(run_id, now, name=body.name))
    if body.tags is not UNSET and body.tags:
        records.append(Tags(run_id, body.tags))
    if deleted is True:
        records.append(RunChanged(run_id, now, deleted=True))
    if records:
        backend.store.write(Batch(records))
    return _detail(backend, backend.store.get_run(run_id, metrics=False))


def console(backend: Backend, run_id: str, query: s.ConsoleQuery) -> s.ConsoleAnswer:
    """What the run printed, from a place on."""
    printed = backend.store.console(run_id, query.after, query.limit)
    if not printed:
        backend.store.get_run(run_id, metrics=False)  # nothing printed and no such run are not the same
    pieces = [s.Piece(piece.sequence, piece.stream, piece.time, piece.text) for piece in printed]
    return s.ConsoleAnswer(pieces, pieces[-1].sequence if pieces else query.after, len(pieces) == query.limit)


def document(backend: Backend, run_id: str, name: str) -> s.DocumentAnswer:
    """One text of the run's context: git.diff, packages, host, traceback."""
    there = backend.store.documents(run_id)
    for one in there:
        if one.name == name:
            return s.DocumentAnswer(one.name, one.media_type, one.text)
    backend.store.get_run(run_id, metrics=False)
    names = ", ".join(one.name for one in there) or "none"
    raise NotFound(f"Run {run_id!r} has no document {name!r}. Its documents: {names}.")


def _detail(backend: Backend, run: Run) -> s.RunDetail:
    documents = backend.store.documents(run.info.run_id)
    return s.RunDetail(
        info=run.info,
        experiment_name=backend.store.get_experiment(run.info.experiment_id).name,
        params=run.data.params,
        tags=run.data.tags,
        inputs=run.inputs.dataset_inputs,
        model_inputs=run.inputs.model_inputs,
        model_outputs=run.outputs.model_outputs,
        documents=[s.DocumentInfo(one.name, one.media_type, len(one.text.encode())) for one in documents],
    )


def metric_summary(key: str, summary: Summary) -> s.MetricSummary:
    return s.MetricSummary(
        key=key,
        count=summary.count,
        nans=summary.nans,
        first=number(summary.first),
        first_step=summary.first_step,
        first_timestamp=summary.first_timestamp,
        last=number(summary.last),
        last_step=summary.last_step,
        last_timestamp=summary.last_timestamp,
        min=number_or_none(summary.min),
        min_step=summary.min_step,
        max=number_or_none(summary.max),
        max_step=summary.max_step,
        mean=number_or_none(summary.mean),
    )
