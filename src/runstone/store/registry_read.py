"""From rows of the registry to what is read back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from runstone.entities.model_registry import ModelVersion, ModelVersionStages, RegisteredModel
from runstone.entities.model_uris import check_model_name
from runstone.errors import InvalidValue, NotFound

from .registry_checks import check_alias, stage_named
from .search_sql import Sql, batches, listed, rows

_MODELS = "SELECT r.model_key, r.name, r.creation_time, r.last_update_time, r.description FROM registered_models AS r WHERE "
_VERSIONS = (
    "SELECT r.version_key, r.model_key, m.name, r.version, r.creation_time, r.last_update_time, r.description, r.user_id, "
    "r.stage, r.source, r.source_run, r.status, r.status_message, r.run_link, r.model_id FROM model_versions AS r "
    "JOIN registered_models AS m ON m.model_key = r.model_key WHERE "
)


class RegistryReader:
    """Reads over one connection, inside its transaction."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    # --- keys -----------------------------------------------------------------------------------------------------

    def model_key(self, name: str) -> str:
        """Raises NotFound, InvalidValue."""
        check_model_name(name)
        found = self._rows(Sql("SELECT model_key FROM registered_models WHERE name = ?", (name,)))
        if not found:
            raise NotFound(f"Registered Model with name={name} not found")
        return str(found[0][0])

    def version_key(self, name: str, version: int) -> str:
        """Raises NotFound, InvalidValue."""
        model_key = self.model_key(name)
        found: Sequence[Any] = ()
        if 0 < version < 1 << 63:
            select = "SELECT version_key FROM model_versions WHERE model_key = ? AND version = ?"
            found = self._rows(Sql(select, (model_key, version)))
        if not found:
            raise NotFound(f"Model Version (name={name}, version={version}) not found")
        return str(found[0][0])

    # --- one ------------------------------------------------------------------------------------------------------

    def model(self, name: str) -> RegisteredModel:
        return self.models([self.model_key(name)])[0]

    def version(self, name: str, version: int) -> ModelVersion:
        return self.versions([self.version_key(name, version)])[0]

    def by_alias(self, name: str, alias: str) -> ModelVersion:
        check_alias(alias, new=False)
        model_key = self.model_key(name)
        if alias.lower() == "latest":
            select = "SELECT version_key FROM model_versions WHERE model_key = ? ORDER BY version DESC LIMIT 1"
            found = self._rows(Sql(select, (model_key,)))
            if not found:
                raise NotFound(f"Latest version not found for model {name}: it has no version yet.")
            return self.versions([found[0][0]])[0]
        select = (
            "SELECT v.version_key FROM registered_model_aliases AS a JOIN model_versions AS v "
            "ON v.model_key = a.model_key AND v.version = a.version WHERE a.model_key = ? AND a.alias = ?"
        )
        found = self._rows(Sql(select, (model_key, alias)))
        if not found:
            known = sorted(row[0] for row in self._aliases([model_key]).get(model_key, ()))
            hint = f"It has {', '.join(known)}." if known else "It has none."
            raise InvalidValue(f"Registered model alias {alias} not found for model {name}. {hint}")
        return self.versions([found[0][0]])[0]

    def latest(self, name: str, stages: Sequence[str]) -> list[ModelVersion]:
        wanted = [stage_named(stage) for stage in stages] or list(ModelVersionStages.ALL)
        found = self.versions(self._latest([self.model_key(name)]))
        return sorted((one for one in found if one.current_stage in wanted), key=lambda one: int(one.version))

    def location(self, name: str, version: int) -> str:
        key = self.version_key(name, version)
        return str(self._rows(Sql("SELECT location FROM model_versions WHERE version_key = ?", (key,)))[0][0])

    # --- many -----------------------------------------------------------------------------------------------------

    def models(self, keys: Sequence[str]) -> list[RegisteredModel]:
        """In the order asked for."""
        latest: dict[str, list[ModelVersion]] = {}
        for version in self.versions(self._latest(keys)):
            latest.setdefault(version.name, []).append(version)
        tags, aliases = self._tags("registered_model_tags", "model_key", keys), self._aliases(keys)
        found = {}
        for key, name, created, updated, description in self._of(_MODELS, "r.model_key", keys):
            given = {alias: str(version) for alias, version in sorted(aliases.get(key, ()))}
            newest = sorted(latest.get(name, ()), key=lambda one: int(one.version))
            found[key] = RegisteredModel(name, created, updated, description, newest, tags.get(key), given)
        return [found[key] for key in keys if key in found]

    def versions(self, keys: Sequence[str]) -> list[ModelVersion]:
        """In the order asked for; those that do not exist are left out."""
        read = list(self._of(_VERSIONS, "r.version_key", keys))
        tags = self._tags("model_version_tags", "version_key", keys)
        aliases = self._aliases(list({row[1] for row in read}))
        found = {}
        for (
            key,
            model_key,
            name,
            number,
            created,
            updated,
            text,
            user,
            stage,
            source,
            run,
            status,
            said,
            link,
            model_id,
        ) in read:
            named = sorted(alias for alias, version in aliases.get(model_key, ()) if version == number)
            found[key] = ModelVersion(
                name, str(number), created, updated, text, user or None, stage, source, run, status, said, tags.get(key), link,
                named, model_id,
            )  # fmt: skip
        return [found[key] for key in keys if key in found]

    def _latest(self, model_keys: Sequence[str]) -> list[str]:
        """Keys of the newest version of each stage."""
        found = []
        for part in batches(model_keys):
            grouped = Sql("SELECT model_key, stage, max(version) AS version FROM model_versions WHERE model_key IN ")
            inner = grouped + listed(part) + Sql(" GROUP BY model_key, stage")
            sql = Sql("SELECT v.version_key FROM (") + inner + Sql(") AS g JOIN model_versions AS v ")
            found += [row[0] for row in self._rows(sql + Sql("ON v.model_key = g.model_key AND v.version = g.version"))]
        return found

    def _tags(self, table: str, column: str, keys: Sequence[str]) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = {}
        for owner, key, value in self._of(f'SELECT {column}, "key", value FROM {table} WHERE ', column, keys):
            found.setdefault(owner, {})[key] = value
        return found

    def _aliases(self, model_keys: Sequence[str]) -> dict[str, list[tuple[str, int]]]:
        found: dict[str, list[tuple[str, int]]] = {}
        select = "SELECT model_key, alias, version FROM registered_model_aliases WHERE "
        for model_key, alias, version in self._of(select, "model_key", model_keys):
            found.setdefault(model_key, []).append((alias, version))
        return found

    def _of(self, select: str, column: str, keys: Sequence[str]) -> list[Any]:
        return [row for part in batches(keys) for row in self._rows(Sql(f"{select}{column} IN ") + listed(part))]

    def _rows(self, sql: Sql) -> Sequence[Any]:
        return rows(self.connection, sql)
