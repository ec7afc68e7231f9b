"""What every :class:`~runstone.contracts.Registry` must do, written to through the same store. Use as :mod:`.store_suite`."""

from __future__ import annotations

import threading
import uuid
from typing import Any

import pytest

from runstone.contracts import Batch, RegistryQuery, Store
from runstone.errors import AlreadyExists, FilterError, InvalidValue, NotFound, WrongState
from runstone.records import ModelVersionChanged, ModelVersionCreated, Record, RegisteredModelChanged, RegisteredModelCreated

from .fresh_store import FreshStore
from .reviews_suite import ReviewTests


class RegistrySuite(FreshStore, ReviewTests):
    """Each test gets a fresh, empty store in ``store``."""

    @pytest.fixture
    def wine(self, store: Store) -> str:
        return self.model(store, "wine")

    def model(self, store: Store, name: str, **fields: Any) -> str:
        self.write(store, RegisteredModelCreated(uuid.uuid4().hex, name, 1000, **fields))
        return name

    def version(self, store: Store, name: str = "wine", source: str = "runs:/r1/model", **fields: Any) -> int:
        key, time = uuid.uuid4().hex, fields.pop("time", 2000)
        self.write(store, ModelVersionCreated(key, name, time, source, **fields))
        found = store.find_version(key)
        assert found is not None
        return int(found.version)

    # --- writing --------------------------------------------------------------------------------------------------------

    def test_a_model_is_read_back(self, store: Store) -> None:
        self.model(store, "größe 1", description="says", tags={"team": "blau"}, user_id="ada")
        found = store.get_registered_model("größe 1")
        assert (found.name, found.description, found.tags) == ("größe 1", "says", {"team": "blau"})
        assert (found.creation_timestamp, found.last_updated_timestamp) == (1000, 1000)
        assert (found.latest_versions, found.aliases) == ([], {})

    def test_a_record_that_comes_twice_changes_nothing(self, store: Store) -> None:
        made: list[Record] = [
            RegisteredModelCreated("k", "wine", 1),
            ModelVersionCreated("v", "wine", 2, "s3://b/m", tags={"a": "1"}),
        ]
        self.write(store, *made)
        self.write(store, ModelVersionChanged("wine", 1, 3, stage="Staging"))
        self.write(store, *made)
        assert [one.version for one in store.search_model_versions(RegistryQuery())] == ["1"]
        assert store.get_model_version("wine", 1).current_stage == "Staging"

    def test_a_batch_is_all_or_nothing(self, store: Store) -> None:
        with pytest.raises(NotFound):
            self.write(store, RegisteredModelCreated("k", "wine", 1), ModelVersionCreated("v", "nope", 2, "s3://b/m"))
        with pytest.raises(NotFound):
            store.get_registered_model("wine")

    def test_a_name_is_taken_once(self, store: Store, wine: str) -> None:
        with pytest.raises(AlreadyExists, match=wine):
            self.model(store, wine)
        self.model(store, "beer")
        with pytest.raises(AlreadyExists):
            self.write(store, RegisteredModelChanged("beer", 1, new_name=wine))

    def test_numbers_are_never_used_again(self, store: Store, wine: str) -> None:
        assert [self.version(store) for _ in range(3)] == [1, 2, 3]
        self.write(store, ModelVersionChanged(wine, 3, 1, deleted=True))
        self.write(store, ModelVersionChanged(wine, 1, 1, deleted=True))
        assert self.version(store) == 4
        for number in (1, 3, 5, 0, -1, 2**63):
            with pytest.raises(NotFound, match=f"version={number}"):
                store.get_model_version(wine, number)

    def test_writers_at_once_get_numbers_of_their_own(self, store: Store, wine: str) -> None:
        numbers: list[int] = []

        def write() -> None:
            numbers.extend(self.version(store) for _ in range(10))

        threads = [threading.Thread(target=write) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(numbers) == list(range(1, 41))

    def test_a_rename_takes_everything_along(self, store: Store, wine: str) -> None:
        self.version(store, tags={"a": "1"})
        self.write(store, RegisteredModelChanged(wine, 5, tags={"t": "1"}, aliases={"champion": 1}))
        self.write(store, RegisteredModelChanged(wine, 9000, new_name="cellar"))
        found = store.get_registered_model("cellar")
        assert (found.tags, found.aliases, found.last_updated_timestamp) == ({"t": "1"}, {"champion": "1"}, 9000)
        assert store.get_version_by_alias("cellar", "champion").tags == {"a": "1"}
        assert self.version(store, "cellar") == 2
        with pytest.raises(NotFound):
            store.get_registered_model(wine)

    def test_every_change_is_in_the_log_with_who_and_why(self, store: Store) -> None:
        def by_ada(*records: Record) -> None:
            store.write(Batch(records, by="ada", reason="because"))

        by_ada(RegisteredModelCreated("k", "wine", 1, "red", {"team": "a"}))
        by_ada(ModelVersionCreated("v1", "wine", 2, "s3://b/1"), ModelVersionCreated("v2", "wine", 2, "s3://b/2"))
        by_ada(ModelVersionChanged("wine", 1, 3, "Production"))
        by_ada(ModelVersionChanged("wine", 2, 3, "Production", archive_existing=True, tags={"ok": "yes"}, description="d"))
        by_ada(RegisteredModelChanged("wine", 4, aliases={"champion": 1}))
        by_ada(RegisteredModelChanged("wine", 4, aliases={"champion": 2}, tags={"team": None}, description="white"))
        by_ada(RegisteredModelChanged("wine", 4, aliases={"champion": None}, new_name="cellar"))
        by_ada(ModelVersionChanged("cellar", 1, 5, deleted=True))
        events = list(reversed(store.registry_events("cellar")))
        assert [(one.event, one.version, one.key, one.old, one.new) for one in events] == [
            ("registered_model.created", None, None, None, "red"),
            ("registered_model_tag.set", None, "team", None, "a"),
            ("model_version.created", 1, None, None, "s3://b/1"),
            ("model_version.created", 2, None, None, "s3://b/2"),
            ("model_version.transitioned", 1, None, "None", "Production"),
            ("model_version_tag.set", 2, "ok", None, "yes"),
            ("model_version.transitioned", 2, None, "None", "Production"),
            ("model_version.described", 2, None, None, "d"),
            ("model_version.transitioned", 1, None, "Production", "Archived"),
            ("model_version_alias.created", 1, "champion", None, "1"),
            ("registered_model_tag.deleted", None, "team", "a", None),
            ("model_version_alias.moved", 2, "champion", "1", "2"),
            ("registered_model.described", None, None, "red", "white"),
            ("model_version_alias.deleted", 2, "champion", "2", None),
            ("registered_model.renamed", None, None, "wine", "cellar"),
            ("model_version.deleted", 1, None, "s3://b/1", None),
        ]
        assert {(one.user_id, one.reason) for one in events} == {("ada", "because")}
        assert min(one.time for one in events) > 1_600_000_000_000, "a client says when a change was made, the log knows"
        page = store.registry_events("cellar", before=events[5].number, limit=2)
        assert page == [events[4], events[3]]

    def test_what_changes_nothing_or_fails_is_not_in_the_log(self, store: Store, wine: str) -> None:
        self.version(store)
        self.write(store, RegisteredModelChanged(wine, 1, aliases={"a": 1}, tags={"t": "1"}))
        before = store.registry_events(wine)
        self.write(store, RegisteredModelChanged(wine, 1, aliases={"a": 1, "b": None}, tags={"t": "1", "no": None}))
        self.write(store, ModelVersionChanged(wine, 1, 1, stage="None", tags={"no": None}))
        for bad in (
            RegisteredModelChanged(wine, 1, tags={"x": "1"}, expected={"a": 7}),
            ModelVersionChanged(wine, 9, 1, "None"),
        ):
            with pytest.raises((NotFound, WrongState)):
                self.write(store, bad)
        assert store.registry_events(wine) == before

    def test_the_log_of_a_deleted_model_stays(self, store: Store, wine: str) -> None:
        self.write(store, RegisteredModelChanged(wine, 1, deleted=True))
        assert [one.event for one in store.registry_events(wine)] == ["registered_model.deleted", "registered_model.created"]
        self.model(store, wine)
        assert [one.event for one in store.registry_events(wine)] == ["registered_model.created"], "another model of that name"
        with pytest.raises(NotFound):
            store.registry_events("beer")

    def test_a_deleted_model_is_gone_for_ever(self, store: Store, wine: str) -> None:
        self.version(store, tags={"a": "1"})
        self.write(store, RegisteredModelChanged(wine, 1, tags={"t": "1"}, aliases={"champion": 1}))
        self.write(store, RegisteredModelChanged(wine, 1, deleted=True))
        assert store.search_registered_models(RegistryQuery()) == []
        assert store.search_model_versions(RegistryQuery()) == []
        self.model(store, wine)
        found = store.get_registered_model(wine)
        assert (found.tags, found.aliases) == ({}, {})
        assert self.version(store) == 1

    def test_tags_and_descriptions_change(self, store: Store, wine: str) -> None:
        self.version(store)
        for key in ("a", "b"):
            self.write(
                store, RegisteredModelChanged(wine, 1, tags={key: "1"}), ModelVersionChanged(wine, 1, 1, tags={key: "1"})
            )
        self.write(store, RegisteredModelChanged(wine, 1, description="x", tags={"a": None, "c": None, "b": "2"}))
        self.write(store, ModelVersionChanged(wine, 1, 7000, description="y", tags={"a": None, "b": "2"}))
        model, version = store.get_registered_model(wine), store.get_model_version(wine, 1)
        assert (model.description, model.tags) == ("x", {"b": "2"})
        assert (version.description, version.tags, version.last_updated_timestamp) == ("y", {"b": "2"}, 7000)

    @pytest.mark.parametrize("tags", [{"": "1"}, {"k" * 251: "1"}, {"k": "v" * 100_001}, {"../k": "1"}, {"a//b": "1"}])
    def test_tags_have_limits(self, store: Store, wine: str, tags: dict[str, str]) -> None:
        self.version(store)
        for record in (RegisteredModelChanged(wine, 1, tags=dict(tags)), ModelVersionChanged(wine, 1, 1, tags=dict(tags))):
            with pytest.raises(InvalidValue):
                self.write(store, record)

    # --- stages and aliases ---------------------------------------------------------------------------------------------

    def test_a_stage_is_taken_over(self, store: Store, wine: str) -> None:
        for number in (1, 2, 3):
            self.version(store)
            self.write(store, ModelVersionChanged(wine, number, 1, stage="production"))
        self.write(store, ModelVersionChanged(wine, 3, 8000, stage="Staging"))
        self.write(store, ModelVersionChanged(wine, 3, 9000, stage="Production", archive_existing=True))
        stages = {one.version: (one.current_stage, one.last_updated_timestamp) for one in self.all(store)}
        assert stages == {"1": ("Archived", 9000), "2": ("Archived", 9000), "3": ("Production", 9000)}
        with pytest.raises(InvalidValue, match="Production"):
            self.write(store, ModelVersionChanged(wine, 1, 1, stage="Live"))
        with pytest.raises(InvalidValue, match="archive"):
            self.write(store, ModelVersionChanged(wine, 1, 1, stage="None", archive_existing=True))

    def all(self, store: Store) -> list[Any]:
        return list(store.search_model_versions(RegistryQuery()))

    def test_latest_versions_are_the_highest_of_each_stage(self, store: Store, wine: str) -> None:
        for number, stage in enumerate(("Staging", "None", "Staging", "Production", "None"), 1):
            self.version(store)
            self.write(store, ModelVersionChanged(wine, number, 1, stage=stage))
        assert [one.version for one in store.latest_versions(wine)] == ["3", "4", "5"]
        assert [one.version for one in store.latest_versions(wine, ["staging"])] == ["3"]
        assert store.latest_versions(wine, ["Archived"]) == []
        assert [one.version for one in store.get_registered_model(wine).latest_versions or ()] == ["3", "4", "5"]
        with pytest.raises(InvalidValue):
            store.latest_versions(wine, ["Live"])

    def test_an_alias_stands_for_one_version(self, store: Store, wine: str) -> None:
        self.version(store)
        self.version(store)
        self.write(store, RegisteredModelChanged(wine, 1, aliases={"champion": 1, "best": 1}))
        self.write(store, RegisteredModelChanged(wine, 1, aliases={"champion": 2}))
        assert store.get_version_by_alias(wine, "champion").version == "2"
        assert store.get_version_by_alias(wine, "LATEST").version == "2"
        assert store.get_model_version(wine, 1).aliases == ["best"]
        self.write(store, RegisteredModelChanged(wine, 1, aliases={"best": None}))
        with pytest.raises(InvalidValue, match="champion"):
            store.get_version_by_alias(wine, "best")
        self.write(store, ModelVersionChanged(wine, 2, 1, deleted=True))
        assert store.get_registered_model(wine).aliases == {}
        with pytest.raises(NotFound):
            self.write(store, RegisteredModelChanged(wine, 1, aliases={"champion": 2}))
        for reserved in ("latest", "v3", "", "a b"):
            with pytest.raises(InvalidValue):
                self.write(store, RegisteredModelChanged(wine, 1, aliases={reserved: 1}))

    # --- copies ---------------------------------------------------------------------------------------------------------

    def test_a_copy_is_where_the_original_was(self, store: Store, wine: str) -> None:
        self.version(store, source="runs:/r1/m", source_run="r1", model_id="m-1")
        self.write(
            store, RegisteredModelChanged(wine, 1, aliases={"champion": 1}), ModelVersionChanged(wine, 1, 1, stage="Staging")
        )
        self.model(store, "prod")
        for source in ("models:/wine/1", "models:/wine@champion", "models:/wine/latest", "models:/wine/staging"):
            copy = store.get_model_version("prod", self.version(store, "prod", source))
            assert (copy.source, copy.run_id, copy.model_id) == ("models:/wine/1", "r1", "m-1")
        self.write(store, RegisteredModelChanged(wine, 1, deleted=True))
        assert store.version_location("prod", 4) == "runs:/r1/m"
        for gone in ("models:/wine/1", "models:/prod/9", "models:/prod/Production"):
            with pytest.raises(NotFound):
                self.version(store, "prod", gone)
        with pytest.raises(InvalidValue):
            self.version(store, "prod", "models://prod/1")
        assert self.version(store, "prod") == 5

    # --- searching ------------------------------------------------------------------------------------------------------

    def names(self, store: Store, filter: str = "", **query: Any) -> list[str]:
        return [one.name for one in store.search_registered_models(RegistryQuery(filter=filter, **query))]

    def test_models_are_found(self, store: Store) -> None:
        for name, tags in (("a", {"t": "1"}), ("B", {"t": "2"}), ("c", {})):
            self.model(store, name, tags=tags)
        assert self.names(store) == ["B", "a", "c"]
        assert self.names(store, "name = 'a' OR tags.t = '2'") == ["B", "a"]
        assert self.names(store, "tags.t IS NULL") == ["c"]
        assert self.names(store, "tags.t != '1'") == ["B"]
        assert self.names(store, "NOT name IN ('a', 'B')") == ["c"]
        assert self.names(store, order_by=("creation_timestamp DESC", "name DESC")) == ["c", "a", "B"]
        for wrong in ("metrics.a > 1", "name > 'a'", "nam = 'a'", "name = "):
            with pytest.raises(FilterError):
                self.names(store, wrong)

    def test_versions_are_found(self, store: Store, wine: str) -> None:
        self.model(store, "beer")
        self.version(store, source="runs:/r1/a", source_run="r1", time=10)
        self.version(store, "beer", source="runs:/r2/b", source_run="r2", time=30)
        self.version(store, source="s3://x/c", time=20)

        def found(filter: str = "", *order_by: str) -> list[str]:
            query = RegistryQuery(filter=filter, order_by=order_by)
            return [f"{one.name} {one.version}" for one in store.search_model_versions(query)]

        assert found() == ["beer 1", "wine 2", "wine 1"]
        assert found("", "name DESC", "version_number ASC") == ["wine 1", "wine 2", "beer 1"]
        assert found("name = 'wine' AND run_id = 'r1'") == ["wine 1"]
        assert found("run_id IS NULL") == ["wine 2"]
        assert found("source_path LIKE 'runs:/%'") == ["beer 1", "wine 1"]
        assert found("name = 'wine' AND name = 'beer'") == []
        assert found("NOT name = 'wine'") == ["beer 1"]

    def test_pages_are_whole_and_bound_to_their_search(self, store: Store) -> None:
        for number in range(7):
            self.model(store, f"m{number}")
        got, token = [], None
        while True:
            page = store.search_registered_models(RegistryQuery(limit=3, page_token=token))
            got += [one.name for one in page]
            token = page.token
            if token is None:
                break
        assert got == [f"m{number}" for number in range(7)]
        first = store.search_registered_models(RegistryQuery(limit=3))
        with pytest.raises(InvalidValue, match="search"):
            store.search_registered_models(RegistryQuery(limit=3, filter="name != 'x'", page_token=first.token))
        with pytest.raises(InvalidValue):
            store.search_registered_models(RegistryQuery(limit=0))
