"""What the records of the registry do. They are few, so each is written at once, inside the batch's transaction.

A function raises the error that tells why its record cannot be applied; then it has changed nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from runstone.entities.model_registry import ModelVersion, ModelVersionStages, RegisteredModel
from runstone.entities.model_uris import ModelUri, check_model_name, is_model_uri, parse_model_uri
from runstone.errors import AlreadyExists, InvalidValue, NotFound, WrongState
from runstone.records import ModelVersionChanged, ModelVersionCreated, RegisteredModelChanged, RegisteredModelCreated

from .registry_checks import Protection, check_alias, check_status, check_tags, stage_named
from .registry_log import Log
from .registry_read import RegistryReader
from .search_sql import Sql, rows, run
from .statements import Rows
from .tables import model_version_tags, model_versions, registered_model_aliases, registered_model_tags, registered_models
from .work import Work

_MODELS, _VERSIONS = Rows(registered_models), Rows(model_versions)
_MODEL_TAGS, _VERSION_TAGS = Rows(registered_model_tags, update=["value"]), Rows(model_version_tags, update=["value"])
_ALIASES = Rows(registered_model_aliases, update=["version"])
#: Tables of what goes with a version.
_HANGING = ("transition_requests", "version_comments")


def create_model(work: Work, record: RegisteredModelCreated) -> None:
    change = work.next_change()  # from here on no other writer's record can come between
    check_model_name(record.name)
    check_tags(record.tags)
    Protection(record.name, record.tags).check()
    if _there(work, Sql("SELECT 1 FROM registered_models WHERE model_key = ?", (record.model_key,))):
        return
    _require_free(work, record.name)
    time = record.time or work.now
    log = Log(work, change, work.now, record.model_key, record.name)
    log.add("registered_model.created", new=record.description)
    log.tags("registered_model_tag", {}, record.tags)
    log.save()
    row = [record.model_key, record.name, record.description, record.user_id, time, time, 1]
    _MODELS.insert(work.connection, row, work.sign)
    _set_tags(work, _MODEL_TAGS, record.model_key, record.tags)


def change_model(work: Work, record: RegisteredModelChanged, approved: bool = False) -> None:
    """``approved``: somebody asked for it, and somebody who may said yes."""
    change = work.next_change()
    reader, time = RegistryReader(work.connection), record.time or work.now
    key = reader.model_key(record.name)
    check_tags(record.tags)
    Protection(record.name, record.tags).check()
    for alias, version in record.aliases.items():
        check_alias(alias, new=version is not None)
        if version is not None:
            reader.version_key(record.name, version)
    _require_expected(work, key, record)
    if record.new_name is not None:
        check_model_name(record.new_name, "new_name")
        if record.new_name != record.name:
            _require_free(work, record.new_name)
    old = reader.models([key])[0]
    if not (approved or record.deleted):
        protection = Protection(record.name, old.tags)
        for alias, version in record.aliases.items():
            protection.alias(alias, old.aliases.get(alias), version)
    _log_model(Log(work, change, work.now, key, record.name), old, record)
    if record.deleted:
        _delete_model(work, key)
        return
    _set_tags(work, _MODEL_TAGS, key, record.tags)
    for alias, version in record.aliases.items():
        if version is None:
            _do(work, "DELETE FROM registered_model_aliases WHERE model_key = ? AND alias = ?", key, alias)
        else:
            _ALIASES.insert(work.connection, [key, alias, version], work.sign)
    if record.description is not None:
        _do(work, "UPDATE registered_models SET description = ? WHERE model_key = ?", record.description, key)
    if record.new_name is not None:
        _do(work, "UPDATE registered_models SET name = ? WHERE model_key = ?", record.new_name, key)
        _do(work, "UPDATE model_versions SET last_update_time = ? WHERE model_key = ?", time, key)
    if record.description is not None or record.new_name is not None:
        _touch(work, key, time)


def _require_expected(work: Work, key: str, record: RegisteredModelChanged) -> None:
    for alias, version in record.expected.items():
        asked = Sql("SELECT version FROM registered_model_aliases WHERE model_key = ? AND alias = ?", (key, alias))
        found = next((int(row[0]) for row in rows(work.connection, asked)), 0)
        if found != version:
            now, then = (f"version {one}" if one else "no version" for one in (found, version))
            raise WrongState(
                f"'{record.name}@{alias}' is {now} by now, not {then} any more: somebody else moved it. Look again.",
                "RESOURCE_CONFLICT",
            )


def create_version(work: Work, record: ModelVersionCreated) -> None:
    change = work.next_change()
    reader, time = RegistryReader(work.connection), record.time or work.now
    key = reader.model_key(record.name)
    check_tags(record.tags)
    check_status(record.status)
    if not record.source:
        raise InvalidValue("Missing value for required parameter 'source': a version says where its files are.")
    if _there(work, Sql("SELECT 1 FROM model_versions WHERE version_key = ?", (record.version_key,))):
        return
    source, location, source_run, model_id = _origin(reader, record)
    number = rows(work.connection, Sql("SELECT next_version FROM registered_models WHERE model_key = ?", (key,)))[0][0]
    row = [
        record.version_key, key, number, time, time, ModelVersionStages.NONE, record.description, record.user_id, source,
        location, source_run or None, model_id or None, record.run_link or None, record.status, None,
    ]  # fmt: skip
    log = Log(work, change, work.now, key, record.name)
    log.add("model_version.created", number, new=source)
    log.tags("model_version_tag", {}, record.tags, number)
    log.save()
    _VERSIONS.insert(work.connection, row, work.sign)
    _set_tags(work, _VERSION_TAGS, record.version_key, record.tags)
    _do(work, "UPDATE registered_models SET next_version = ? WHERE model_key = ?", number + 1, key)
    _touch(work, key, time)


def change_version(work: Work, record: ModelVersionChanged, approved: bool = False) -> None:
    """``approved`` as in :func:`change_model`."""
    change = work.next_change()
    reader, time = RegistryReader(work.connection), record.time or work.now
    key, model_key = reader.version_key(record.name, record.version), reader.model_key(record.name)
    check_tags(record.tags)
    if record.status is not None:
        check_status(record.status)
    stage = None if record.stage is None else stage_named(record.stage)
    if record.archive_existing and stage not in ModelVersionStages.ACTIVE:
        raise InvalidValue(
            f"archive_existing_versions goes with an active stage, {' or '.join(ModelVersionStages.ACTIVE)}; "
            f"it got {record.stage!r}."
        )
    old = reader.version(record.name, record.version)
    if not approved and (record.deleted or stage is not None):
        _require_unprotected(reader, old, record, stage)
    log = Log(work, change, work.now, model_key, record.name)
    _log_version(log, old, record, stage)
    if record.archive_existing and stage is not None:
        for number in numbers_in(work, model_key, stage, record.version):
            log.add("model_version.transitioned", number, old=stage, new=ModelVersionStages.ARCHIVED)
    log.save()
    if record.deleted:
        _delete_version(work, model_key, key, record.version)
        _touch(work, model_key, time)
        return
    _set_tags(work, _VERSION_TAGS, key, record.tags)
    if record.archive_existing:
        archive = "UPDATE model_versions SET stage = ?, last_update_time = ? WHERE model_key = ? AND stage = ? AND version <> ?"
        _do(work, archive, ModelVersionStages.ARCHIVED, time, model_key, stage, record.version)
    news = {"stage": stage, "description": record.description, "status": record.status, "status_message": record.status_message}
    changed = {column: value for column, value in news.items() if value is not None}
    for column, value in changed.items():
        _do(work, f"UPDATE model_versions SET {column} = ? WHERE version_key = ?", value, key)
    if changed:
        _do(work, "UPDATE model_versions SET last_update_time = ? WHERE version_key = ?", time, key)
    if stage is not None:
        _touch(work, model_key, time)


def _require_unprotected(reader: RegistryReader, old: ModelVersion, record: ModelVersionChanged, stage: str | None) -> None:
    """Raises WrongState."""
    protection = Protection(record.name, reader.model(record.name).tags)
    protection.stage(old.current_stage, None if record.deleted else stage, record.version)
    if record.archive_existing:
        protection.stage(stage, ModelVersionStages.ARCHIVED, record.version)
    for alias in (old.aliases or ()) if record.deleted else ():
        protection.alias(alias, str(record.version), None)


def _log_model(log: Log, old: RegisteredModel, record: RegisteredModelChanged) -> None:
    if record.deleted:
        log.add("registered_model.deleted")
    else:
        log.tags("registered_model_tag", old.tags, record.tags)
        for alias, version in record.aliases.items():
            before = old.aliases.get(alias)
            if version is None and before is not None:
                log.add("model_version_alias.deleted", int(before), alias, old=before)
            elif version is not None and str(version) != str(before):
                log.add(f"model_version_alias.{'created' if before is None else 'moved'}", version, alias, before, version)
        if record.description is not None and record.description != (old.description or ""):
            log.add("registered_model.described", old=old.description, new=record.description)
        if record.new_name not in (None, record.name):
            log.add("registered_model.renamed", old=record.name, new=record.new_name)
    log.save()


def _log_version(log: Log, old: ModelVersion, record: ModelVersionChanged, stage: str | None) -> None:
    number = record.version
    if record.deleted:
        log.add("model_version.deleted", number, old=old.source)
        return
    log.tags("model_version_tag", old.tags, record.tags, number)
    if stage is not None and stage != old.current_stage:
        log.add("model_version.transitioned", number, old=old.current_stage, new=stage)
    if record.description is not None and record.description != (old.description or ""):
        log.add("model_version.described", number, old=old.description, new=record.description)
    if record.status is not None and record.status != old.status:
        log.add("model_version.changed", number, old=old.status, new=record.status)


def numbers_in(work: Work, model_key: str, stage: str, but: int) -> list[int]:
    """Versions in a stage, without one of them."""
    select = "SELECT version FROM model_versions WHERE model_key = ? AND stage = ? AND version <> ? ORDER BY version"
    return [int(row[0]) for row in rows(work.connection, Sql(select, (model_key, stage, but)))]


#: One function for each kind of record.
APPLY: dict[type, Callable[[Work, Any], None]] = {
    RegisteredModelCreated: create_model,
    RegisteredModelChanged: change_model,
    ModelVersionCreated: create_version,
    ModelVersionChanged: change_version,
}


def _origin(reader: RegistryReader, record: ModelVersionCreated) -> tuple[str, str, str, str]:
    """The source, where the files are, the run and the logged model they come from. Raises NotFound, InvalidValue."""
    uri = parse_model_uri(record.source) if is_model_uri(record.source) else None
    if uri is None or record.location:
        return record.source, record.location or record.source, record.source_run, record.model_id
    if uri.model_id:
        return record.source, record.source, record.source_run, record.model_id or uri.model_id
    copied = _named(reader, uri)
    location = reader.location(copied.name, int(copied.version))
    below = f"{location.rstrip('/')}/{uri.path}" if uri.path else location
    source = f"models:/{copied.name}/{copied.version}" + (f"/{uri.path}" if uri.path else "")  # an alias may move
    return source, below, record.source_run or copied.run_id or "", record.model_id or copied.model_id or ""


def _named(reader: RegistryReader, uri: ModelUri) -> ModelVersion:
    if uri.version is not None:
        return reader.version(uri.name, uri.version)
    if uri.stage:
        found = reader.latest(uri.name, [uri.stage])
        if not found:
            raise NotFound(f"No version of registered model {uri.name!r} is in stage {uri.stage}.")
        return found[0]
    return reader.by_alias(uri.name, uri.alias or "latest")


def _require_free(work: Work, name: str) -> None:
    if _there(work, Sql("SELECT 1 FROM registered_models WHERE name = ?", (name,))):
        raise AlreadyExists(f"Registered Model (name={name}) already exists.")


def _delete_model(work: Work, key: str) -> None:
    versions = "SELECT version_key FROM model_versions WHERE model_key = ?"
    _do(work, f"DELETE FROM model_version_tags WHERE version_key IN ({versions})", key)
    for table in (*_HANGING, "model_versions", "registered_model_aliases", "registered_model_tags", "registered_models"):
        _do(work, f"DELETE FROM {table} WHERE model_key = ?", key)


def _delete_version(work: Work, model_key: str, key: str, version: int) -> None:
    for table in (*_HANGING, "registered_model_aliases"):
        _do(work, f"DELETE FROM {table} WHERE model_key = ? AND version = ?", model_key, version)
    for table in ("model_version_tags", "model_versions"):
        _do(work, f"DELETE FROM {table} WHERE version_key = ?", key)


def _set_tags(work: Work, into: Rows, owner: str, tags: Mapping[str, str | None]) -> None:
    into.insert(
        work.connection, [part for key, value in tags.items() if value is not None for part in (owner, key, value)], work.sign
    )
    table, column = ("registered_model_tags", "model_key") if into is _MODEL_TAGS else ("model_version_tags", "version_key")
    for key, value in tags.items():
        if value is None:
            _do(work, f'DELETE FROM {table} WHERE {column} = ? AND "key" = ?', owner, key)


def _touch(work: Work, key: str, time: int) -> None:
    _do(work, "UPDATE registered_models SET last_update_time = ? WHERE model_key = ?", time, key)


def _there(work: Work, select: Sql) -> bool:
    return bool(rows(work.connection, select))


def _do(work: Work, text: str, *values: Any) -> None:
    run(work.connection, Sql(text, values))
