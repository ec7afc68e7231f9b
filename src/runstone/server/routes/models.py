"""Registered models: list, make, rename, describe, tag, move aliases, delete."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from msgspec import UNSET

from runstone.contracts import Batch, RegistryQuery
from runstone.entities.model_registry import ModelVersion, ModelVersionStages, RegisteredModel
from runstone.entities.moves import move_tag
from runstone.errors import InvalidValue
from runstone.query.objective import column
from runstone.query.printer import quoted
from runstone.records import ModelVersionChanged, Record, RegisteredModelChanged, RegisteredModelCreated
from runstone.server import models_schema as m
from runstone.server.auth.may import may_with_model, username
from runstone.server.objectives import column_of
from runstone.server.registry_facts import Runs, metric_keys, name_filter, version_row, whole_run

if TYPE_CHECKING:
    from runstone.server.backend import Backend

_ORDER = {"name": ("name ASC",), "updated": ("last_updated_timestamp DESC",)}


def list_models(backend: Backend, query: m.ModelsQuery) -> m.Models:
    """Registered models, each with its aliases, stages and the headline metric of its latest version."""
    parts = [f"name ILIKE {quoted(f'%{query.q}%')}"] if query.q else []
    if query.filter:
        parts.append(f"({query.filter})" if parts else query.filter)
    page = backend.store.search_registered_models(
        RegistryQuery(
            filter=" AND ".join(parts), order_by=_ORDER[query.order], limit=query.limit, page_token=query.page_token or None
        )
    )
    latest = {one.name: _latest(one) for one in page}
    runs = Runs(backend, (one.run_id for one in latest.values() if one))
    columns = list(dict.fromkeys(column_of(found) for run_id in runs.of if (found := runs.objective(run_id))))
    runs.read_metrics(columns, columns)
    return m.Models([_row(one, latest[one.name], runs) for one in page], page.token or "")


def get_model(backend: Backend, name: str) -> m.ModelDetail:
    """A registered model and its versions, with metrics beside each."""
    found = backend.store.get_registered_model(name)
    order = ("version_number DESC",)
    page = backend.store.search_model_versions(RegistryQuery(filter=name_filter(name), order_by=order, limit=m.MOST_VERSIONS))
    runs = Runs(backend, (one.run_id for one in page))
    newest = next((one.run_id for one in page if one.run_id in runs.of), None)
    keys = metric_keys(whole_run(backend, newest), (runs.objective(one.run_id) for one in page))
    said = {key: one for key, one in runs.meanings().items() if key in keys}
    runs.read_metrics(keys, [column(key, said[key].statistic if key in said else "last") for key in keys])
    return m.ModelDetail(
        name=found.name,
        description=found.description or "",
        tags=found.tags,
        aliases=_aliases(found),
        created=found.creation_timestamp,
        updated=found.last_updated_timestamp,
        may=may_with_model(backend, name),
        objective=runs.objective(newest),
        metric_keys=keys,
        versions=[version_row(one, runs, keys) for one in page],
        more=page.token is not None,
        meanings=said,
    )


def model_history(backend: Backend, name: str, query: m.HistoryQuery) -> m.ModelHistory:
    """What was done to a registered model, by whom and why, newest first."""
    found = backend.store.registry_events(name, query.before, query.limit + 1)
    events = [
        m.ModelEvent(
            str(one.number), one.time, one.user_id, one.event, one.name, one.version, one.key, one.old, one.new, one.reason
        )
        for one in found[: query.limit]
    ]
    return m.ModelHistory(events, events[-1].number if len(found) > query.limit else None)


def create_model(backend: Backend, body: m.NewModel) -> m.ModelDetail:
    """Make a registered model, still without a version."""
    record = RegisteredModelCreated(uuid.uuid4().hex, body.name, backend.now(), body.description or None, body.tags, username())
    backend.store.write(Batch([record], by=username()))
    return get_model(backend, body.name)


def edit_model(backend: Backend, name: str, body: m.ModelEdit) -> m.ModelDetail:
    """Rename, describe, tag, or move aliases, all or nothing."""
    found, now = backend.store.get_registered_model(name), backend.now()
    aliases = {} if body.aliases is UNSET else body.aliases
    records: list[Record] = [
        ModelVersionChanged(name, version, now, tags=tags) for version, tags in _moves(found, aliases, now, body.reason).items()
    ]
    renamed = None if body.name is UNSET or body.name == name else body.name
    records.append(
        RegisteredModelChanged(
            name,
            now,
            renamed,
            None if body.description is UNSET else body.description,
            {} if body.tags is UNSET else body.tags,
            aliases,
        )
    )
    backend.store.write(Batch(records, by=username(), reason=body.reason))
    return get_model(backend, renamed or name)


def delete_model(backend: Backend, name: str) -> m.ModelDone:
    """Remove a registered model with all its versions, for ever."""
    backend.store.write(Batch([RegisteredModelChanged(name, backend.now(), deleted=True)], by=username()))
    return m.ModelDone()


def _moves(found: RegisteredModel, aliases: dict[str, int | None], now: int, reason: str) -> dict[int, dict[str, str | None]]:
    """Tags for the versions that an alias comes to or leaves. An alias that stays where it is moves nothing."""
    if len(aliases) > 100:
        raise InvalidValue(f"{len(aliases)} aliases in one change; at most 100 are moved at once.")
    tags: dict[int, dict[str, str | None]] = {}
    for alias, after in aliases.items():
        before = _aliases(found).get(alias)
        if before == after:
            continue
        words = ("" if before is None else str(before), "" if after is None else str(after))
        for version in (before, after):
            if version is not None:
                tags.setdefault(version, {}).update(move_tag(now, "alias", alias, *words, username(), reason))
    return tags


def _latest(found: RegisteredModel) -> ModelVersion | None:
    return max(found.latest_versions or (), key=lambda one: int(one.version), default=None)


def _aliases(found: RegisteredModel) -> dict[str, int]:
    return {alias: int(version) for alias, version in found.aliases.items()}


def _row(found: RegisteredModel, latest: ModelVersion | None, runs: Runs) -> m.ModelRow:
    stages = {one.current_stage or "None": int(one.version) for one in found.latest_versions or ()}
    stages.pop(ModelVersionStages.NONE, None)
    return m.ModelRow(
        name=found.name,
        description=found.description or "",
        tags=found.tags,
        aliases=_aliases(found),
        stages=stages,
        latest=int(latest.version) if latest else None,
        created=found.creation_timestamp,
        updated=found.last_updated_timestamp,
        user_id=(latest.user_id if latest else "") or "",
        headline=_headline(latest, runs),
    )


def _headline(latest: ModelVersion | None, runs: Runs) -> m.Headline | None:
    run_id = latest.run_id if latest else None
    objective = runs.objective(run_id)
    value = runs.of[run_id].metrics.get(column_of(objective)) if run_id and objective else None
    if objective is None or value is None:
        return None
    return m.Headline(objective.key, objective.direction, value, objective.statistic, objective.unit)
