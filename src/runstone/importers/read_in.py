"""Read a source into a store: what is new or changed since the last time, in transactions of some hundred things."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import msgspec

from runstone.contracts import ArtifactStore, Batch, RegistryQuery, Store, WithWebhooks
from runstone.entities import Experiment, Run
from runstone.entities.items import KINDS, Item, ItemQuery
from runstone.entities.logged_models import LoggedModel
from runstone.entities.model_registry import RegisteredModel
from runstone.entities.webhooks import MOST as MOST_WEBHOOKS
from runstone.entities.webhooks import Webhook
from runstone.errors import NotFound, NotSupported, RunstoneError, StoreUnavailable
from runstone.records import ExperimentChanged, ExperimentCreated, Record

from . import carry, carry_items
from .contents import ExperimentIn, Head, ItemIn, ModelIn, RegisteredIn, RunIn, Source, Thing, TraceIn
from .report import Report
from .seen import Seen

#: How much is written at once: see :class:`carry.Piece`.
_WEIGHT = 20_000

#: Told how many things are done, and of how many; the number may grow.
Progress = Callable[[int, int], None]


class ReadIn:
    """One reading of one source.

    Args:
        source: where from.
        store: where to; ``None``: nowhere, only tell what would be carried.
        seen: what was read before; held by the caller.
        open_artifacts: opens a place of the store's own, for spans that lie in a database.
        progress: see :data:`Progress`.
    """

    def __init__(
        self, source: Source, store: Store | None, seen: Seen, open_artifacts: Callable[[str], ArtifactStore],
        progress: Progress = lambda done, of: None,
    ) -> None:  # fmt: skip
        self._source, self._given, self._seen, self._open = source, store, seen, open_artifacts
        self._dry, self._progress = store is None, progress
        self.report = Report(source=source.uri, kind=source.kind, into=store.uri if store else "", dry_run=store is None)
        source.problem = self.report.problem
        self._waiting: list[tuple[str, str, carry.Piece]] = []
        self._keep: dict[tuple[str, str], tuple[str, dict[str, Any]]] = {}
        self._weight = self._done = self._all = 0
        self._failed: set[tuple[str, str]] = set()

    @property
    def _store(self) -> Store:
        assert self._given is not None, "a rehearsal asks no store"
        return self._given

    def read(self) -> Report:
        """Raises StoreUnavailable when source or store cannot be reached; whatever else is wrong is in the report."""
        started = time.monotonic()
        if not self._dry:
            self._seen.belong_to(str(self._store.get_experiment("0").creation_time))
        there: dict[str, set[str]] = {"run": set(), "experiment": set()}
        for experiment in self._source.experiments():
            there["experiment"].add(experiment.experiment_id)
            self._experiment(experiment, there["run"])
        for head, read in self._source.shared():
            self._shared(head, read)
        for model in self._source.registered():
            self._registered(model)
        self.report.left_out = self._source.left_out()
        for webhook in self._source.webhooks():
            self._webhook(webhook)
        for kind, ids in there.items():
            self.report.count(self.report.gone, kind, len(self._seen.ids(kind) - ids))
        self.report.seconds = round(time.monotonic() - started, 3)
        return self.report

    # --- experiments ----------------------------------------------------------------------------------------------------

    def _experiment(self, experiment: ExperimentIn, runs: set[str]) -> None:
        heads = self._source.heads(experiment)
        runs.update(head.id for head in heads if head.kind == "run")
        news = [head for head in heads if self._seen.mark(head.kind, head.id) != head.mark]
        for kind in dict.fromkeys(("run", "model", "trace", *(head.kind for head in heads))):
            same = sum(head.kind == kind for head in heads) - sum(head.kind == kind for head in news)
            self.report.count(self.report.unchanged, kind, same)
        changed = self._seen.mark("experiment", experiment.experiment_id) != experiment.mark
        if not news and not changed:
            self.report.count(self.report.unchanged, "experiment")
            return
        self._all += len(news)
        if changed:
            self.report.count(self.report.carried, "experiment")
        if self._dry:
            self._rehearse(experiment, news)
            return
        try:
            ours = self._ours(experiment)
        except RunstoneError as cause:
            self._raise_if_away(cause)
            self.report.problem(f"experiment {experiment.name!r}", cause.message)
            return
        self._things(experiment, ours.experiment_id, news)
        self._settle(experiment, ours)

    def _ours(self, experiment: ExperimentIn) -> Experiment:
        """The experiment in the store, made if it is new, taken back from the bin if it is there."""
        known = self._seen.details("experiment", experiment.experiment_id)
        ours = self._find(experiment, str(known.get("id", "")))
        if ours is None:
            for wanted in (experiment.experiment_id, ""):
                try:
                    self._write([ExperimentCreated(experiment.name, wanted, "", experiment.tags, experiment.created)])
                    break
                except RunstoneError as cause:  # the number is taken, or none at all
                    if isinstance(cause, StoreUnavailable) or not wanted:
                        raise
            ours = self._store.find_experiment(experiment.name)
            assert ours is not None
            return ours
        if ours.lifecycle_stage == "deleted":
            self._write([ExperimentChanged(ours.experiment_id, 0, deleted=False)])
        return ours

    def _find(self, experiment: ExperimentIn, known: str) -> Experiment | None:
        if known:
            try:
                return self._store.get_experiment(known)
            except NotFound:
                pass
        return self._store.find_experiment(experiment.name)

    def _settle(self, experiment: ExperimentIn, ours: Experiment) -> None:
        """Bring name, tags and life cycle up to date, after the runs: an experiment that is deleted takes none."""
        known = self._seen.details("experiment", experiment.experiment_id)
        told = known.get("tags", {})
        tags: dict[str, str | None] = {k: v for k, v in experiment.tags.items() if told.get(k) != v}
        tags.update({key: None for key in told if key not in experiment.tags})
        name = experiment.name if known and known.get("name") != experiment.name and ours.name != experiment.name else None
        deleted = experiment.deleted if known.get("deleted") != experiment.deleted else ours.lifecycle_stage == "deleted"
        time = experiment.updated or experiment.created
        records: list[Record] = [ExperimentChanged(ours.experiment_id, time, name, None, tags)]
        if deleted and ours.experiment_id != "0":
            records.append(ExperimentChanged(ours.experiment_id, time, None, True))
        try:
            self._write(records)
        except RunstoneError as cause:
            self._raise_if_away(cause)
            self.report.problem(f"experiment {experiment.name!r}", cause.message)
            return
        details = {"id": ours.experiment_id, "name": experiment.name, "tags": experiment.tags, "deleted": experiment.deleted}
        self._seen.keep([("experiment", experiment.experiment_id, experiment.mark, details)])

    # --- runs, logged models, traces ------------------------------------------------------------------------------------

    def _things(self, experiment: ExperimentIn, ours: str, news: Sequence[Head]) -> None:
        last: list[tuple[Head, ModelIn]] = []
        for start in range(0, len(news), 400):
            for head, thing in self._source.load(experiment, news[start : start + 400]):
                if isinstance(thing, RunIn):
                    self._run(head, thing, ours)
                elif isinstance(thing, ModelIn):
                    last.append((head, thing))
                    self._model(head, thing, ours)
                elif isinstance(thing, ItemIn):
                    self._item(head, thing, ours)
                else:
                    self._trace(head, thing, ours)
        self._flush()
        for head, model in last:  # points belong to runs, which are there now
            self._links(head, model)
        self._flush()

    def _run(self, head: Head, run: RunIn, ours: str) -> None:
        there = self._stored_run(run.run_id)
        carried = carry.CarriedRun(run, ours, there, self._seen.details("run", head.id), self.report.problem)
        for piece in carried.pieces():
            if piece.last:
                self._keep["run", head.id] = head.mark, carried.details()
            self._add("run", head.id, piece)

    def _model(self, head: Head, model: ModelIn, ours: str) -> None:
        records = carry.model_records(model, ours, self._stored_model(head.id), self._seen.details("model", head.id))
        self._add("model", head.id, carry.Piece([Batch(records)], 0))

    def _links(self, head: Head, model: ModelIn) -> None:
        if ("model", head.id) in self._failed:
            return
        links = carry.model_links(model, self._stored_model(head.id))
        live = []
        for link in links:
            run = self._stored_run(link.run_id)
            if run is None or run.info.lifecycle_stage == "deleted":
                self.report.problem(f"logged model {head.id}", "points of runs that are deleted or gone are left out")
            else:
                live.append(link)
        self._keep["model", head.id] = head.mark, carry.model_details(model)
        self._add("model", head.id, carry.Piece([Batch(live)], 0, last=True))

    def _trace(self, head: Head, trace: TraceIn, ours: str) -> None:
        known = self._seen.details("trace", head.id)
        self._keep["trace", head.id] = head.mark, carry.trace_details(trace)
        self._add("trace", head.id, carry.Piece([Batch(carry.trace_records(trace, ours, known))], 0, last=not trace.spans))
        if trace.spans:
            self._flush()
            if ("trace", head.id) not in self._failed:
                place = self._store.get_trace(head.id).artifact_location
                self._open(place).put(io.BytesIO(trace.spans.encode("utf-8", "surrogatepass")), "traces.json", digest=False)
                self._add("trace", head.id, carry.Piece([], 0, last=True))

    def _rehearse(self, experiment: ExperimentIn, news: Sequence[Head]) -> None:
        for start in range(0, len(news), 400):
            for head, thing in self._source.load(experiment, news[start : start + 400]):
                self.report.count(self.report.carried, head.kind)
                self.report.points += self._points_of(head, thing)
                self._step()

    def _points_of(self, head: Head, thing: Thing) -> int:
        if not isinstance(thing, RunIn):
            return 0
        known: dict[str, int] = self._seen.details("run", head.id).get("points", {})
        found = sum(len(points.values) for points in thing.points({}))
        return max(0, found - sum(known.values()))

    # --- what is kept beside the traces ---------------------------------------------------------------------------------

    def _item(self, head: Head, item: ItemIn, parent: str) -> bool:
        """Whether it is on its way."""
        self._flush()  # one of a scorer's versions counts on those before it
        try:
            last = self._last(item, parent) if item.version else None
            known, there = self._seen.details(item.kind, head.id), self._stored_item(item)
            if not item.parent:
                records = carry_items.item_records(item, parent, self._experiments_here(item), there, last, known)
            else:
                records = carry_items.held_records(item, there is not None) if there or not known else []
        except RunstoneError as cause:
            self._raise_if_away(cause)
            self.report.problem(f"{item.kind} {head.id}", cause.message)
            return False
        self._keep[item.kind, head.id] = head.mark, carry_items.item_details(item)
        self._add(item.kind, head.id, carry.Piece([Batch(records)], 0, last=True))
        return True

    def _shared(self, head: Head, read: Callable[[], Iterable[ItemIn]]) -> None:
        """A dataset and its records, or a server and its versions; those that were deleted here stay so."""
        if self._seen.mark(head.kind, head.id) == head.mark:
            self.report.count(self.report.unchanged, head.kind)
            return
        self._all += 1
        records = list[str]()
        for item in read():
            if self._dry:
                self.report.count(self.report.carried, item.kind)
            elif not item.parent:
                known = set(self._seen.details(head.kind, head.id).get("records", ()))
                if not self._item(head, item, ""):
                    return
                self._flush()
                if (head.kind, head.id) in self._failed:
                    return
                ours = self._held_here(head)
            else:
                records.append(item.item_id)
                if item.item_id not in known or {item.item_id, item.key} & ours:
                    made = carry_items.held_records(item, item.item_id in ours)
                    self._add(item.kind, item.item_id, carry.Piece([Batch(made)], 0))
                    self.report.count(self.report.carried, item.kind)
        if not self._dry:
            self._flush()
            details = self._seen.details(head.kind, head.id)
            self._seen.keep([(head.kind, head.id, head.mark, {**details, "records": records})])

    def _webhook(self, webhook: Webhook) -> None:
        """Once: what is made of it here, a secret and switching it on, is for whoever is in charge."""
        kept = self._given.webhooks if isinstance(self._given, WithWebhooks) else None
        key = ("webhook", webhook.webhook_id)
        if self._seen.mark(*key) is not None:
            self.report.count(self.report.unchanged, "webhook")
            return
        try:
            if self._dry or (kept is not None and webhook.webhook_id in {one.webhook_id for one in kept.webhooks()}):
                pass
            elif kept is None:  # a store behind a server, which keeps them to itself
                self.report.count(self.report.left_out, "webhooks")
                return
            else:
                kept.add(webhook, MOST_WEBHOOKS)
        except RunstoneError as cause:
            self._raise_if_away(cause)
            self.report.problem(f"webhook {webhook.name!r}", cause.message)
            return
        self.report.count(self.report.carried, "webhook")
        if not self._dry:
            self._seen.keep([(*key, "there", {})])

    def _experiments_here(self, item: ItemIn) -> dict[str, str]:
        """The store's ids of the experiments that share an item, or shared it once."""
        known = self._seen.details(item.kind, item.item_id).get("experiments", ())
        found = ((one, self._seen.details("experiment", one).get("id")) for one in {*item.experiments, *known})
        return {one: str(ours) for one, ours in found if ours}

    def _last(self, item: ItemIn, parent: str) -> Item | None:
        page = self._store.search_items(ItemQuery(kind=item.kind, parents=(parent,), keys=(item.key,), limit=10_000))
        return max(page, key=lambda one: one.version, default=None)

    def _held_here(self, head: Head) -> set[str]:
        """Ids and keys of the items that one holds in the store."""
        held = next(name for name, kind in KINDS.items() if kind.holder == head.kind)
        found, query = set[str](), ItemQuery(kind=held, parents=(head.id,), limit=10_000)
        while True:
            page = self._store.search_items(query)
            found.update(name for one in page for name in (one.item_id, one.key))
            if page.token is None:
                return found
            query = msgspec.structs.replace(query, page_token=page.token)

    def _stored_item(self, item: ItemIn) -> Item | None:
        try:
            return self._store.get_item(item.kind, item.item_id)
        except NotFound:
            return None

    # --- registered models ----------------------------------------------------------------------------------------------

    def _registered(self, model: RegisteredIn) -> None:
        mark, key = carry.registered_mark(model), ("registered", model.name)
        if self._seen.mark(*key) == mark:
            self.report.count(self.report.unchanged, "registered")
            return
        if self._dry:
            self.report.count(self.report.carried, "registered")
            return
        known = self._seen.details(*key)
        there = self._stored_registered(model.name)
        versions = self._versions(model.name) if there else []
        own = carry.registered_key(self._source.uri, model.name)
        if any(self._store.find_version(f"{own}-{number}") is None for number in versions):
            why = "there is one of this name here, with versions of its own; it stays as it is"
            self.report.problem(f"registered model {model.name!r}", why)
            return
        if there is not None and not known:
            known = {"next": max(versions, default=0) + 1}
        try:
            records = carry.registered_records(model, self._source.uri, there, versions, known)
            self._write(records)
        except RunstoneError as cause:
            self._raise_if_away(cause)
            self.report.problem(f"registered model {model.name!r}", cause.message)
            return
        self.report.count(self.report.carried, "registered")
        self._seen.keep([(*key, mark, carry.registered_details(model))])

    def _versions(self, name: str) -> list[int]:
        found: list[int] = []
        token: str | None = None
        quoted = name.replace("'", "''")
        while True:
            page = self._store.search_model_versions(RegistryQuery(filter=f"name = '{quoted}'", limit=1000, page_token=token))
            found += [int(one.version) for one in page]
            token = page.token
            if token is None:
                return found

    # --- what is there --------------------------------------------------------------------------------------------------

    def _stored_run(self, run_id: str) -> Run | None:
        try:
            return self._store.get_run(run_id)
        except NotFound:
            return None

    def _stored_model(self, model_id: str) -> LoggedModel | None:
        try:
            return self._store.get_logged_model(model_id, True)
        except NotFound:
            return None

    def _stored_registered(self, name: str) -> RegisteredModel | None:
        try:
            return self._store.get_registered_model(name)
        except NotFound:
            return None

    # --- writing --------------------------------------------------------------------------------------------------------

    def _write(self, records: Sequence[Record]) -> None:
        self._store.write(Batch(records))

    def _add(self, kind: str, id: str, piece: carry.Piece) -> None:
        if (kind, id) in self._failed:
            return
        self._waiting.append((kind, id, piece))
        self._weight += piece.weight
        if self._weight >= _WEIGHT:
            self._flush()

    def _flush(self) -> None:
        """Write what waits in one transaction; if something in it cannot be written, each thing by itself."""
        waiting, self._waiting, self._weight = self._waiting, [], 0
        if not waiting:
            return
        try:
            self._store.write_all([batch for _, _, piece in waiting for batch in piece.batches])
            written = waiting
        except (StoreUnavailable, NotSupported):
            raise
        except RunstoneError:
            written = list(self._one_by_one(waiting))
        self._note(written)

    def _one_by_one(self, waiting: list[tuple[str, str, carry.Piece]]) -> Iterator[tuple[str, str, carry.Piece]]:
        for kind, id, piece in waiting:
            if (kind, id) in self._failed:
                continue
            try:
                self._store.write_all(piece.batches)
            except RunstoneError as cause:
                self._raise_if_away(cause)
                self._failed.add((kind, id))
                self.report.problem(f"{kind} {id}", cause.message)
                continue
            yield kind, id, piece

    def _note(self, written: list[tuple[str, str, carry.Piece]]) -> None:
        rows = []
        for kind, id, piece in written:
            self.report.points += piece.points
            if piece.last:
                self.report.count(self.report.carried, kind)
                rows.append((kind, id, *self._keep.pop((kind, id))))
                self._step()
        self._seen.keep(rows)

    def _step(self) -> None:
        self._done += 1
        self._progress(self._done, self._all)

    @staticmethod
    def _raise_if_away(cause: RunstoneError) -> None:
        if isinstance(cause, StoreUnavailable):
            raise cause
