"""Which records a caller may write. One rule for each kind; a kind without a rule is refused.

EDIT on the experiment for everything that adds to it or changes it, MANAGE for what takes away; the same for registered
models. Whoever makes an experiment or a registered model gets MANAGE on it. READ is enough to comment on a version and to
ask that a stage or an alias moves; deciding takes MANAGE.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

from msgspec import Struct

from runstone import records as r
from runstone.contracts import Batch, Receipt, Store
from runstone.entities.accounts import EXPERIMENT, REGISTERED_MODEL
from runstone.entities.items import KINDS
from runstone.entities.reviews import PROTECTED
from runstone.errors import InvalidValue, NotFound, PermissionDenied
from runstone.server.locations import Locations

from .caller import EDIT, MANAGE, READ, Caller, caller
from .places import Places
from .policy import ANY, Kind, Policy

#: What a record needs: a rank on an experiment or a registered model.
Need = tuple[int, str, str]


class News(Struct):
    """What the caller is about to make: kind, name, and the record."""

    caller: Caller
    made: list[tuple[str, str, r.Record]]
    renamed: bool = False


class Admission:
    """Decides for the caller, before a write, and gives away what was made, after it."""

    def __init__(self, store: Store, policy: Policy, places: Places, locations: Locations) -> None:
        self._store, self._policy, self._places, self._locations = store, policy, places, locations

    def check(self, batches: Sequence[Batch]) -> News:
        """Raises PermissionDenied unless the caller may write all of it."""
        asking = caller("write")
        news = News(asking, [])
        every = [record for batch in batches for record in batch.records]
        owners = _Owners(self._policy, self._store, every)
        for batch in batches:
            before = len(news.made)
            for record in batch.records:
                if not asking.is_admin or isinstance(record, r.VersionCommentChanged):  # nobody rewrites what others said
                    # a direct batch is all or nothing: what it makes is the caller's own already, or nothing of it happens
                    own = () if batch.origin else {name for kind, name, _ in news.made[before:] if kind == REGISTERED_MODEL}
                    self._check(asking, record, owners, own)
                self._note(record, news)
        return news

    def settle(self, news: News, receipts: Sequence[Receipt]) -> None:
        """MANAGE for whoever made something, unless the store refused it."""
        refused = [one.record for receipt in receipts for one in receipt.refused]
        accounts, user_id = self._policy.accounts, news.caller.user_id
        for kind, name, record in news.made:
            if any(one is record or one == record for one in refused):
                continue
            if kind == EXPERIMENT:
                found = self._store.find_experiment(name)
                if found is not None:
                    self._places.made()
                    accounts.grant(user_id, EXPERIMENT, found.experiment_id, "MANAGE")
            else:
                accounts.grant(user_id, REGISTERED_MODEL, name, "MANAGE")
        if news.made or news.renamed:
            self._policy.changed()

    def _check(self, asking: Caller, record: r.Record, owners: _Owners, own: Collection[str]) -> None:
        for rank, resource_type, resource in needs(record, owners):
            if resource_type == REGISTERED_MODEL and resource in own:
                continue
            self._policy.require(asking, rank, resource_type, resource)
        for rank, given in _named_places(record):
            uri = self._locations.resolved(given)
            if self._places.holds(uri):
                raise PermissionDenied(f"Permission denied: {uri!r} holds the artifacts of other experiments. Leave it out.")
            self._policy.require_experiments(asking, rank, self._places.owners(uri))

    def _note(self, record: r.Record, news: News) -> None:
        if isinstance(record, r.ExperimentCreated) and self._store.find_experiment(record.name) is None:
            news.made.append((EXPERIMENT, record.name, record))
        elif isinstance(record, r.RunStarted) and record.experiment_name and not record.experiment_id:
            if self._store.find_experiment(record.experiment_name) is None:
                news.made.append((EXPERIMENT, record.experiment_name, record))
        elif isinstance(record, r.RegisteredModelCreated) and not self._registered(record.name):
            news.made.append((REGISTERED_MODEL, record.name, record))
        elif isinstance(record, r.RegisteredModelChanged):
            news.renamed = True
        elif isinstance(record, r.RunChanged) and record.experiment_id is not None:
            self._policy.moved(record.run_id)

    def _registered(self, name: str) -> bool:
        try:
            self._store.get_registered_model(name)
        except NotFound:
            return False
        return True


class _Owners:
    """Experiments of the runs, models and traces that some records name: stored ones, and those that the records start."""

    def __init__(self, policy: Policy, store: Store, every: Sequence[r.Record]) -> None:
        self._store = store
        ids: dict[Kind, dict[str, None]] = {"run": {}, "model": {}, "trace": {}}
        for record in every:
            for kind, name in (("run", "run_id"), ("run", "source_run"), ("model", "model_id"), ("trace", "trace_id")):
                value = getattr(record, name, None)
                if value:
                    ids[kind][value] = None  # type: ignore[index]
            for model in getattr(record, "models", ()):
                ids["model"][model.model_id] = None
        self._known = {kind: policy.experiments_of(kind, names) for kind, names in ids.items()}

    def named(self, experiment: str) -> Iterator[Need]:
        """The experiment of this name, if there is one."""
        found = self._store.find_experiment(experiment)
        if found is not None:
            yield EDIT, EXPERIMENT, found.experiment_id

    def author(self, record: r.TransitionDecided | r.VersionCommentChanged) -> str | None:
        """Who wrote the comment or the request that the record names; ``None``: there is none, the store says so."""
        if isinstance(record, r.VersionCommentChanged):
            comment = self._store.find_comment(record.comment_id)
            return comment.user_id if comment else None
        waiting = self._store.transition_requests(record.name, state="PENDING")
        return next((one.user_id for one in waiting if one.request_id == record.request_id), None)

    def item(self, kind: str, item_id: str, rank: int) -> Iterator[Need]:
        """All experiments of an item; of none, what the caller may do with any. Nothing for what is not there."""
        try:
            found = self._store.get_item(kind, item_id)
        except (NotFound, InvalidValue):
            return
        for name in found.experiment_ids or (ANY,):
            yield rank, EXPERIMENT, name

    def of(self, kind: Kind, name: str, rank: int) -> Iterator[Need]:
        """Nothing for what is not there: the store refuses it, or it is being made."""
        found = self._known[kind].get(name or "")
        if found is not None:
            yield rank, EXPERIMENT, found


def _named_places(record: r.Record) -> Iterator[tuple[int, str]]:
    """Places that a record names itself, and what their owners must have granted."""
    if isinstance(record, r.ExperimentCreated) and record.artifact_location:
        yield MANAGE, record.artifact_location
    elif isinstance(record, r.LoggedModelCreated | r.TraceStarted) and record.artifact_location:
        # whoever may delete the trace or model has its files deleted, too
        yield MANAGE, record.artifact_location
    elif isinstance(record, r.RunStarted) and record.artifact_uri:
        yield EDIT, record.artifact_uri
    elif isinstance(record, r.ModelVersionCreated):
        for uri in (record.source, record.location):
            if uri and not uri.startswith("models:") and not uri.startswith("runs:") and "/" in uri:
                yield READ, uri


def needs(record: r.Record, owners: Any) -> Iterator[Need]:
    """What a caller needs for this record. Raises PermissionDenied for a kind that has no rule."""
    rule = _RULES.get(type(record))
    if rule is None:
        raise PermissionDenied(f"Permission denied: {type(record).__name__} has no rule.")
    yield from rule(record, owners)


def _experiment_changed(record: r.ExperimentChanged, owners: _Owners) -> Iterator[Need]:
    yield (EDIT if record.deleted is None else MANAGE), EXPERIMENT, record.experiment_id


def _run_started(record: r.RunStarted, owners: _Owners) -> Iterator[Need]:
    yield from owners.of("run", record.run_id, EDIT)
    if record.experiment_id:
        yield EDIT, EXPERIMENT, record.experiment_id
    else:
        yield from owners.named(record.experiment_name)


def _run_changed(record: r.RunChanged, owners: _Owners) -> Iterator[Need]:
    leaves = record.deleted is not None or record.experiment_id is not None
    yield from owners.of("run", record.run_id, MANAGE if leaves else EDIT)
    if record.experiment_id is not None:
        yield EDIT, EXPERIMENT, record.experiment_id


def _of_run(record: Any, owners: _Owners) -> Iterator[Need]:
    yield from owners.of("run", record.run_id, EDIT)
    for model in getattr(record, "models", ()):
        yield from owners.of("model", model.model_id, EDIT if isinstance(record, r.Outputs) else READ)
    if isinstance(record, r.MetricLinks) and record.model_id:
        yield from owners.of("model", record.model_id, EDIT)


def _model_created(record: r.LoggedModelCreated, owners: _Owners) -> Iterator[Need]:
    yield from owners.of("model", record.model_id, EDIT)
    yield from owners.of("run", record.source_run, READ)
    yield EDIT, EXPERIMENT, record.experiment_id


def _model_changed(record: r.LoggedModelChanged, owners: _Owners) -> Iterator[Need]:
    yield from owners.of("model", record.model_id, EDIT if record.deleted is None else MANAGE)


def _trace_started(record: r.TraceStarted, owners: _Owners) -> Iterator[Need]:
    yield from owners.of("trace", record.trace_id, EDIT)
    yield EDIT, EXPERIMENT, record.experiment_id


def _trace_changed(record: r.TraceChanged, owners: _Owners) -> Iterator[Need]:
    yield from owners.of("trace", record.trace_id, MANAGE if record.deleted else EDIT)


def _registered_changed(record: r.RegisteredModelChanged, owners: _Owners) -> Iterator[Need]:
    takes = record.deleted or PROTECTED in record.tags or any(version is None for version in record.aliases.values())
    yield (MANAGE if takes else EDIT), REGISTERED_MODEL, record.name


def _version_created(record: r.ModelVersionCreated, owners: _Owners) -> Iterator[Need]:
    yield EDIT, REGISTERED_MODEL, record.name
    yield from owners.of("run", record.source_run, READ)
    yield from owners.of("model", record.model_id, READ)


def _version_changed(record: r.ModelVersionChanged, owners: _Owners) -> Iterator[Need]:
    yield (MANAGE if record.deleted else EDIT), REGISTERED_MODEL, record.name


def _asked(record: r.TransitionRequested | r.VersionCommented, owners: _Owners) -> Iterator[Need]:
    yield READ, REGISTERED_MODEL, record.name


def _decided(record: r.TransitionDecided, owners: _Owners) -> Iterator[Need]:
    yield READ, REGISTERED_MODEL, record.name
    if record.decision != "WITHDRAWN" or owners.author(record) not in (None, caller().username):
        yield MANAGE, REGISTERED_MODEL, record.name


def _comment_changed(record: r.VersionCommentChanged, owners: _Owners) -> Iterator[Need]:
    yield READ, REGISTERED_MODEL, record.name
    author = owners.author(record)
    if author not in (None, caller().username):
        if record.comment is not None:
            raise PermissionDenied(f"Permission denied: only {author!r}, who wrote this comment, may change its words.")
        yield MANAGE, REGISTERED_MODEL, record.name


def _item_written(record: r.ItemWritten, owners: _Owners) -> Iterator[Need]:
    told = KINDS.get(record.kind)
    if told is None:
        return  # the store refuses it
    yield from owners.item(record.kind, record.item_id, EDIT)
    if told.scope == "experiment" and record.parent:
        yield EDIT, EXPERIMENT, record.parent
    elif told.scope == "item" and record.parent:
        yield from owners.item(told.holder, record.parent, EDIT)
    for name in record.experiments:
        yield EDIT, EXPERIMENT, name
    if told.scope == "experiments" and record.how != "change" and not record.experiments:
        yield EDIT, EXPERIMENT, ANY


def _item_deleted(record: r.ItemDeleted, owners: _Owners) -> Iterator[Need]:
    told = KINDS.get(record.kind)
    if told is not None:
        yield from owners.item(record.kind, record.item_id, EDIT if told.scope == "item" else MANAGE)


def _anybody(record: Any, owners: _Owners) -> Iterator[Need]:
    yield from ()


_RULES: dict[type, Callable[[Any, _Owners], Iterator[Need]]] = {
    r.ExperimentCreated: _anybody,
    r.ExperimentChanged: _experiment_changed,
    r.RunStarted: _run_started,
    r.RunChanged: _run_changed,
    **dict.fromkeys(
        (r.Params, r.Tags, r.Metrics, r.MetricLinks, r.Inputs, r.Outputs, r.Console, r.Document, r.Lease, r.ArtifactLogged),
        _of_run,
    ),
    r.LoggedModelCreated: _model_created,
    r.LoggedModelChanged: _model_changed,
    r.TraceStarted: _trace_started,
    r.TraceChanged: _trace_changed,
    r.RegisteredModelCreated: _anybody,
    r.RegisteredModelChanged: _registered_changed,
    r.ModelVersionCreated: _version_created,
    r.ModelVersionChanged: _version_changed,
    r.TransitionRequested: _asked,
    r.TransitionDecided: _decided,
    r.VersionCommented: _asked,
    r.VersionCommentChanged: _comment_changed,
    r.ItemWritten: _item_written,
    r.ItemDeleted: _item_deleted,
}
