"""The registry against a few dicts: whatever is written in whatever order, both tell the same."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from runstone.contracts import Batch, RegistryQuery
from runstone.errors import AlreadyExists, InvalidValue, NotFound
from runstone.records import ModelVersionChanged, ModelVersionCreated, Record, RegisteredModelChanged, RegisteredModelCreated
from runstone.store.dialects import Sqlite
from runstone.store.sql import SqlStore

NAMES = st.sampled_from(["a", "b"])
NUMBERS = st.integers(1, 4)
STAGES = st.sampled_from(["None", "Staging", "Production", "Archived"])
ALIASES = st.sampled_from(["x", "y"])


class Model:
    """A registered model as dicts."""

    def __init__(self) -> None:
        self.versions: dict[int, str] = {}
        self.aliases: dict[str, int] = {}
        self.tags: dict[str, str] = {}
        self.next = 1


class Registry(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.models: dict[str, Model] = {}

    @initialize()
    def open(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.store = SqlStore(Sqlite(Path(self.folder.name, "s.db")), "s", "file:///a")

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()

    def both(self, record: Record, change: Callable[[], Any]) -> None:
        """Write the record and change the dicts, or see both refuse for the same reason."""
        try:
            change()
        except Exception as error:
            with pytest.raises(type(error)):
                self.store.write(Batch([record]))
            return
        self.store.write(Batch([record]))

    def model(self, name: str) -> Model:
        if name not in self.models:
            raise NotFound(name)
        return self.models[name]

    def version(self, name: str, number: int) -> Model:
        model = self.model(name)
        if number not in model.versions:
            raise NotFound(name)
        return model

    @rule(name=NAMES)
    def create(self, name: str) -> None:
        def change() -> None:
            if name in self.models:
                raise AlreadyExists(name)
            self.models[name] = Model()

        self.both(RegisteredModelCreated(uuid.uuid4().hex, name, 1), change)

    @rule(name=NAMES, new=NAMES)
    def rename(self, name: str, new: str) -> None:
        def change() -> None:
            model = self.model(name)
            if new != name and new in self.models:
                raise AlreadyExists(new)
            del self.models[name]
            self.models[new] = model

        self.both(RegisteredModelChanged(name, 1, new_name=new), change)

    @rule(name=NAMES)
    def delete(self, name: str) -> None:
        def change() -> None:
            self.model(name)
            del self.models[name]

        self.both(RegisteredModelChanged(name, 1, deleted=True), change)

    @rule(name=NAMES)
    def add(self, name: str) -> None:
        def change() -> None:
            model = self.model(name)
            model.versions[model.next] = "None"
            model.next += 1

        self.both(ModelVersionCreated(uuid.uuid4().hex, name, 1, "s3://b/m"), change)

    @rule(name=NAMES, number=NUMBERS)
    def drop(self, name: str, number: int) -> None:
        def change() -> None:
            model = self.version(name, number)
            del model.versions[number]
            model.aliases = {alias: version for alias, version in model.aliases.items() if version != number}

        self.both(ModelVersionChanged(name, number, 1, deleted=True), change)

    @rule(name=NAMES, number=NUMBERS, stage=STAGES, archive=st.booleans())
    def move(self, name: str, number: int, stage: str, archive: bool) -> None:
        def change() -> None:
            model = self.version(name, number)
            if archive and stage not in ("Staging", "Production"):
                raise InvalidValue(stage)
            for other, current in model.versions.items():
                if archive and current == stage:
                    model.versions[other] = "Archived"
            model.versions[number] = stage

        self.both(ModelVersionChanged(name, number, 1, stage=stage, archive_existing=archive), change)

    @rule(name=NAMES, alias=ALIASES, number=st.none() | NUMBERS)
    def alias(self, name: str, alias: str, number: int | None) -> None:
        def change() -> None:
            model = self.model(name)
            model.aliases.pop(alias, None) if number is None else self.version(name, number).aliases.update({alias: number})

        self.both(RegisteredModelChanged(name, 1, aliases={alias: number}), change)

    @rule(name=NAMES, key=ALIASES, value=st.none() | st.sampled_from(["1", "2"]))
    def tag(self, name: str, key: str, value: str | None) -> None:
        def change() -> None:
            model = self.model(name)
            model.tags.pop(key, None)
            if value is not None:
                model.tags[key] = value

        self.both(RegisteredModelChanged(name, 1, tags={key: value}), change)

    @invariant()
    def both_tell_the_same(self) -> None:
        found = {one.name: one for one in self.store.search_registered_models(RegistryQuery())}
        assert found.keys() == self.models.keys()
        for name, model in self.models.items():
            versions = self.store.search_model_versions(RegistryQuery(filter=f"name = '{name}'"))
            assert {int(one.version): one.current_stage for one in versions} == model.versions
            assert found[name].aliases == {alias: str(number) for alias, number in model.aliases.items()}
            assert found[name].tags == model.tags
            newest = {stage: max(n for n, s in model.versions.items() if s == stage) for stage in model.versions.values()}
            latest = self.store.latest_versions(name)
            assert {one.current_stage: int(one.version) for one in latest} == newest


TestRegistry = Registry.TestCase
TestRegistry.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)
