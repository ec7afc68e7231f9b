"""The registry methods of ``MlflowClient``: registered models, versions, stages, aliases, tags."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from runstone.contracts import Batch, RegistryQuery, Store
from runstone.entities import PagedList
from runstone.entities.model_registry import ModelVersion, ModelVersionStages, RegisteredModel
from runstone.entities.model_uris import is_model_uri, parse_model_uri
from runstone.entities.moves import MOVES
from runstone.errors import AlreadyExists, InvalidValue, NotFound, RunstoneError
from runstone.query.registry import version_meant
from runstone.records import ModelVersionChanged, ModelVersionCreated, RegisteredModelChanged, RegisteredModelCreated

from .checks import check_optional_text, check_text, check_texts, path_text, shown, texts, whole
from .places import model_place
from .registry_sources import Source, source_of
from .run_log import now_ms
from .session import Session
from .surroundings import user

Number = int | str


class RegistryCalls:
    """Changes return when the store has them. Each raises NotFound for a model or version that is not there."""

    @property
    def _session(self) -> Session:
        raise NotImplementedError("a client knows its session")

    @property
    def _registry_session(self) -> Session:
        raise NotImplementedError("a client knows its registry")

    @property
    def _registry(self) -> Store:
        return self._registry_session.store

    # --- registered models --------------------------------------------------------------------------------------------

    def create_registered_model(
        self,
        name: str,
        tags: dict[str, Any] | None = None,
        description: str | None = None,
        deployment_job_id: str | None = None,
    ) -> RegisteredModel:
        """A name for versions. Raises AlreadyExists, InvalidValue (name)."""
        record = RegisteredModelCreated(uuid.uuid4().hex, name, now_ms(), description, texts(tags or {}, "tag"), user())
        self._registry.write(Batch([record], by=user()))
        return self._registry.get_registered_model(name)

    def get_registered_model(self, name: str) -> RegisteredModel:
        """With the latest version of each stage."""
        return self._registry.get_registered_model(name)

    def rename_registered_model(self, name: str, new_name: str) -> RegisteredModel:
        """Versions, tags and aliases go with it. Raises AlreadyExists."""
        self._change_model(name, new_name=new_name)
        return self._registry.get_registered_model(new_name)

    def update_registered_model(
        self, name: str, description: str | None = None, deployment_job_id: str | None = None
    ) -> RegisteredModel:
        """Set the description. Raises InvalidValue when there is none."""
        if description is None:
            raise InvalidValue("update_registered_model() needs a description; '' clears it.")
        self._change_model(name, description=description)
        return self._registry.get_registered_model(name)

    def delete_registered_model(self, name: str) -> None:
        """With all its versions, for ever."""
        self._change_model(name, deleted=True)

    def search_registered_models(
        self,
        filter_string: str | None = None,
        max_results: int = 100,
        order_by: list[str] | None = None,
        page_token: str | None = None,
    ) -> PagedList[RegisteredModel]:
        """One page; its ``token`` asks for the next. Filters know ``name`` and ``tags.…``. Raises FilterError."""
        return self._registry.search_registered_models(_query(filter_string, max_results, order_by, page_token))

    def get_latest_versions(self, name: str, stages: list[str] | None = None) -> list[ModelVersion]:
        """The newest version in each of these stages; in every stage if none is named."""
        check_texts(stages, "stages", "['Production']")
        return list(self._registry.latest_versions(name, tuple(stages or ())))

    def set_registered_model_tag(self, name: str, key: str, value: Any) -> None:
        self._change_model(name, tags=texts({check_text(key, "key", "'team'"): value}, "tag"))

    def delete_registered_model_tag(self, name: str, key: str) -> None:
        self._change_model(name, tags={check_text(key, "key", "'team'"): None})

    def set_registered_model_alias(self, name: str, alias: str, version: Number) -> None:
        """Let the alias stand for this version, whatever it stood for. Raises InvalidValue for ``latest`` and ``v1``."""
        self._change_model(name, aliases={check_text(alias, "alias", "'champion'"): number_of(version)})

    def delete_registered_model_alias(self, name: str, alias: str) -> None:
        """Nothing if there is no such alias."""
        self._change_model(name, aliases={check_text(alias, "alias", "'champion'"): None})

    def get_model_version_by_alias(self, name: str, alias: str) -> ModelVersion:
        """Raises InvalidValue for an alias that is not there."""
        return self._registry.get_version_by_alias(name, check_text(alias, "alias", "'champion'"))

    # --- versions -----------------------------------------------------------------------------------------------------

    def create_model_version(
        self,
        name: str,
        source: str,
        run_id: str | None = None,
        tags: dict[str, Any] | None = None,
        run_link: str | None = None,
        description: str | None = None,
        await_creation_for: int | None = 300,
        model_id: str | None = None,
    ) -> ModelVersion:
        """The next version of a registered model. :func:`runstone.register_model` makes the model too, and looks whether
        there is one at ``source``.

        Args:
            name: a registered model.
            source: ``runs:/<run_id>/<path>``, ``models:/…`` or a URI below the artifacts of the run.
            run_id, model_id: the run or logged model that it comes from.
            tags, run_link, description: said about it.
            await_creation_for: a version is ready when the call returns.

        Raises: InvalidValue for a source that is not of the run given with it.
        """
        check_optional_text(model_id, "model_id", "'m-0a1b…'")
        found = source_of(self._session, self._registry_session.uri, source, run_id or "", model_id or "")
        record = version_record(uuid.uuid4().hex, name, found, tags, run_link, description)
        return self._write_version([record])

    def copy_model_version(self, src_model_uri: str, dst_name: str) -> ModelVersion:
        """A version of another registered model as the next version of this one, which is made if it is not there; with its
        tags and description, but those that tell of its own moves.

        Args:
            src_model_uri: ``models:/<name>/<version>``, or with a stage or an alias.
            dst_name: the registered model that gets the copy.
        """
        src_model_uri = path_text(src_model_uri, "src_model_uri", "models:/<name>/<version>")
        if not is_model_uri(src_model_uri) or parse_model_uri(src_model_uri).model_id:
            raise InvalidValue(f"src_model_uri={src_model_uri!r} names no version: models:/<name>/<version> does.")
        copied = version_meant(self._registry, parse_model_uri(src_model_uri))
        tags = {key: value for key, value in copied.tags.items() if not key.startswith(MOVES)}
        source = Source(f"models:/{copied.name}/{copied.version}")
        return self._register(version_record(uuid.uuid4().hex, dst_name, source, tags, copied.run_link, copied.description))

    def get_model_version(self, name: str, version: Number) -> ModelVersion:
        return self._registry.get_model_version(name, number_of(version))

    def update_model_version(self, name: str, version: Number, description: str | None = None) -> ModelVersion:
        """Set the description. Raises InvalidValue when there is none."""
        if description is None:
            raise InvalidValue("update_model_version() needs a description; '' clears it.")
        self._change_version(name, version, description=description)
        return self.get_model_version(name, version)

    def transition_model_version_stage(
        self, name: str, version: Number, stage: str, archive_existing_versions: bool = False
    ) -> ModelVersion:
        """Move a version to a stage: None, Staging, Production or Archived.

        Args:
            archive_existing_versions: others in Staging or Production, where this one goes, are archived.
        """
        word = check_text(stage, "stage", "'Production'")
        self._change_version(name, version, stage=word, archive_existing=archive_existing_versions)
        return self.get_model_version(name, version)

    def delete_model_version(self, name: str, version: Number) -> None:
        """Its number is not used again; aliases for it go too."""
        self._change_version(name, version, deleted=True)

    def get_model_version_download_uri(self, name: str, version: Number) -> str:
        """Where its files are."""
        artifacts, path = model_place(self._registry_session, f"models:/{name}/{number_of(version)}")
        return f"{artifacts.uri.rstrip('/')}/{path}" if path else artifacts.uri

    def get_model_version_stages(self, name: str, version: Number) -> list[str]:
        """All stages there are."""
        return list(ModelVersionStages.ALL)

    def search_model_versions(
        self,
        filter_string: str | None = None,
        max_results: int = 10_000,
        order_by: list[str] | None = None,
        page_token: str | None = None,
    ) -> PagedList[ModelVersion]:
        """One page; its ``token`` asks for the next. Filters know ``name``, ``version_number``, ``run_id``, ``source_path``
        and ``tags.…``. Raises FilterError."""
        return self._registry.search_model_versions(_query(filter_string, max_results, order_by, page_token))

    def set_model_version_tag(
        self, name: str, version: Number | None = None, key: str | None = None, value: Any = None, stage: str | None = None
    ) -> None:
        """Of a version, or of the latest one in a stage."""
        self._change_version(
            name, self._one(name, version, stage), tags=texts({check_text(key or "", "key", "'team'"): value}, "tag")
        )

    def delete_model_version_tag(
        self, name: str, version: Number | None = None, key: str | None = None, stage: str | None = None
    ) -> None:
        """Of a version, or of the latest one in a stage."""
        if not key:
            raise InvalidValue(f"delete_model_version_tag() needs the tag's key; it got {key!r}.")
        self._change_version(name, self._one(name, version, stage), tags={check_text(key, "key", "'team'"): None})

    # --- how ----------------------------------------------------------------------------------------------------------

    def _register(self, record: ModelVersionCreated) -> ModelVersion:
        """The version, and its registered model if there is none of that name: both or nothing."""
        try:
            return self._write_version([record])  # most are further versions, and a write that fails costs as much as one more
        except NotFound:
            model = RegisteredModelCreated(uuid.uuid4().hex, record.name, record.time, user_id=record.user_id)
        try:
            return self._write_version([model, record])
        except AlreadyExists:  # somebody made it meanwhile
            return self._write_version([record])

    def _write_version(self, records: list[RegisteredModelCreated | ModelVersionCreated]) -> ModelVersion:
        record = records[-1]
        assert isinstance(record, ModelVersionCreated)
        self._session.flush()  # the run that it comes from
        self._registry.write(Batch(records, by=user()))
        made = self._registry.find_version(record.version_key)
        if made is None:
            raise RunstoneError(f"The new version of {record.name!r} is gone; somebody may have deleted it at once.")
        return made

    def _change_model(
        self,
        name: str,
        new_name: str | None = None,
        description: str | None = None,
        tags: Mapping[str, str | None] | None = None,
        aliases: Mapping[str, int | None] | None = None,
        deleted: bool = False,
    ) -> None:
        record = RegisteredModelChanged(name, now_ms(), new_name, description, dict(tags or {}), dict(aliases or {}), deleted)
        self._registry.write(Batch([record], by=user()))

    def _change_version(
        self,
        name: str,
        version: Number,
        stage: str | None = None,
        archive_existing: bool = False,
        description: str | None = None,
        tags: Mapping[str, str | None] | None = None,
        deleted: bool = False,
    ) -> None:
        record = ModelVersionChanged(
            name, number_of(version), now_ms(), stage, archive_existing, description, dict(tags or {}), deleted=deleted
        )
        self._registry.write(Batch([record], by=user()))

    def _one(self, name: str, version: Number | None, stage: str | None) -> Number:
        if (version is None) == (stage is None):
            raise InvalidValue("Give the version or the stage, exactly one of them.")
        if version is not None:
            return version
        found = self._registry.latest_versions(name, [str(stage)])
        if not found:
            raise NotFound(f"No version of registered model {name!r} is in stage {stage}.")
        return found[0].version


def version_record(
    key: str,
    name: str,
    source: Source,
    tags: Mapping[str, Any] | None = None,
    run_link: str | None = None,
    description: str | None = None,
) -> ModelVersionCreated:
    return ModelVersionCreated(
        key, name, now_ms(), source.uri, source.run_id, source.model_id, run_link or "", description,
        texts(tags or {}, "tag"), user(), location=source.location,
    )  # fmt: skip


def number_of(version: Number) -> int:
    """A version's number, given as one or as text. Raises InvalidValue."""
    text = str(version).strip()
    if isinstance(version, bool) or not (text.isascii() and text.isdecimal()):
        raise InvalidValue(f"version={shown(version)} is no version: a whole number, such as 3, is needed.")
    return int(text) if len(text) < 20 else 0  # 0: none has so long a number


def _query(filter_string: str | None, max_results: int, order_by: list[str] | None, page_token: str | None) -> RegistryQuery:
    check_optional_text(filter_string, "filter_string", "\"name LIKE 'churn%'\"")
    check_optional_text(page_token, "page_token", "the token of the page before")
    check_texts(order_by, "order_by", "['name DESC']")
    most = whole(max_results, "max_results")
    return RegistryQuery(filter=filter_string or "", order_by=tuple(order_by or ()), limit=most, page_token=page_token or None)
