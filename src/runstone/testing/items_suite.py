"""What every store must do with items beside the traces; see :mod:`.store_suite` for its use."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec import structs

from runstone.contracts import Batch, Store
from runstone.entities.items import Item, ItemQuery
from runstone.errors import AlreadyExists, InvalidValue, NotFound
from runstone.records import ExperimentChanged, ExperimentCreated, ItemDeleted, ItemWritten, TraceChanged, TraceStarted

from .fresh_store import FreshStore

DATASET, RECORD, QUEUE = "evaluation_dataset", "dataset_record", "review_queue"


class ItemsSuite(FreshStore):
    """Each test gets a store with two experiments, ``1`` and ``2``."""

    def fill(self, store: Store) -> None:
        self.write(store, ExperimentCreated("one", "1", time=1), ExperimentCreated("two", "2", time=1))

    def test_an_item_is_made_changed_and_removed(self, store: Store) -> None:
        made = ItemWritten("issue", "iss-1", 10, "new", "1", "iss-1", '{"name": "slow", "tags": {"a": "1", "b": "2"}}')
        write(store, made)
        write(store, made)  # twice is once
        write(store, ItemWritten("issue", "iss-1", 20, "change", fields='{"name": null, "x": 1}'))
        write(store, ItemWritten("issue", "iss-1", 30, "change", fields='{"tags": {"a": null, "c": "3"}}', merged=["tags"]))
        found = store.get_item("issue", "iss-1")
        assert (found.parent, found.version, found.created, found.updated) == ("1", 1, 10, 30)
        assert (found.experiment_ids, fields(found)) == (("1",), {"x": 1, "tags": {"b": "2", "c": "3"}})
        write(store, ItemDeleted("issue", "iss-1", 40))
        for missing in (ItemDeleted("issue", "iss-1", 50), ItemWritten("issue", "iss-1", 50, "change")):
            with pytest.raises(NotFound, match="Issue with ID 'iss-1' not found"):
                write(store, missing)

    def test_a_key_is_free_once_or_has_versions(self, store: Store) -> None:
        write(
            store,
            ItemWritten("label_schema", "a", 1, "new", "1", "tone"),
            ItemWritten("label_schema", "b", 1, "new", "2", "tone"),
        )
        with pytest.raises(AlreadyExists, match="Label schema with name 'tone' already exists for experiment '1'"):
            write(store, ItemWritten("label_schema", "c", 1, "new", "1", "tone"))
        write(store, ItemWritten("label_schema", "c", 1, "new", "1", "length"))
        with pytest.raises(AlreadyExists):
            write(store, ItemWritten("label_schema", "c", 1, "change", key="tone"))
        for number in range(3):
            write(store, ItemWritten("scorer", f"s{number}", number + 1, "next", "1", "judge"))
        assert [one.version for one in search(store, kind="scorer", parents=("1",), keys=("judge",))] == [1, 2, 3]

    def test_a_dataset_is_shared_and_has_records(self, store: Store) -> None:
        write(store, ItemWritten(DATASET, "d-1", 5, experiments={"1": True}), ItemWritten(DATASET, "d-2", 6))
        for number, answer in enumerate("ab"):
            told = json.dumps({"expectations": {answer: number}})
            write(store, ItemWritten(RECORD, f"dr-{number}", 7, "merge", "d-1", "same", told, ["expectations"]))
        (record,) = search(store, kind=RECORD, parents=("d-1",))
        assert (record.item_id, record.experiment_ids) == ("dr-0", ("1",))
        assert fields(record) == {"expectations": {"a": 0, "b": 1}}
        write(store, ItemWritten(DATASET, "d-1", 8, "change", experiments={"2": True, "1": False}))
        found = store.get_item(DATASET, "d-1")
        assert (found.experiment_ids, found.members) == (("2",), 1)
        assert [one.item_id for one in search(store, kind=DATASET, experiment_ids=("2",))] == ["d-1"]
        assert [one.item_id for one in search(store, kind=DATASET, newest_first=True)] == ["d-2", "d-1"]
        write(store, ItemDeleted(DATASET, "d-1", 9))
        assert search(store, kind=RECORD) == []

    def test_pages_are_whole_in_both_directions(self, store: Store) -> None:
        write(store, *(ItemWritten("issue", f"i{number}", 1 + number // 3, "new", "1", f"i{number}") for number in range(8)))
        for newest_first in (False, True):
            found, query = list[str](), ItemQuery(kind="issue", parents=("1",), limit=3, newest_first=newest_first)
            while True:
                page = store.search_items(query)
                found += [one.item_id for one in page]
                if page.token is None:
                    break
                query = structs.replace(query, page_token=page.token)
            assert found == sorted((f"i{number}" for number in range(8)), reverse=newest_first)

    def test_what_is_gone_takes_its_items_along(self, store: Store) -> None:
        write(store, TraceStarted("t1", "1", 1), ItemWritten(QUEUE, "q", 1, "new", "1", "mine"))
        write(
            store, ItemWritten("review_item", "ri", 1, "new", "q", "t1"), ItemWritten(DATASET, "d", 1, experiments={"1": True})
        )
        assert store.get_item("review_item", "ri").experiment_ids == ("1",)
        write(store, TraceChanged("t1", 2, deleted=True))
        assert store.get_item(QUEUE, "q").members == 0
        write(store, ExperimentChanged("1", 3, deleted=True))
        store.purge_experiment("1")
        assert search(store, kind=QUEUE) == []
        assert store.get_item(DATASET, "d").experiment_ids == ()

    def test_nonsense_is_refused(self, store: Store) -> None:
        write(store, ItemWritten(DATASET, "d", 1), ItemWritten("issue", "i", 1, "new", "1", "i"))
        for wrong, error in (
            (ItemWritten("cat", "x", 1, "new", "1", "k"), InvalidValue),
            (ItemWritten("issue", "x", 1, "new", "1", "k", "[1]"), InvalidValue),
            (ItemWritten("issue", "x", 1, "new", "01", "k"), InvalidValue),
            (ItemWritten("issue", "x", 1, "new", "9", "k"), NotFound),
            (ItemWritten("issue", "a b", 1, "new", "1", "k"), InvalidValue),
            (ItemWritten("issue", "x", 1, "new", "1", "k", experiments={"2": True}), InvalidValue),
            (ItemWritten(RECORD, "x", 1, "new", "i", "k"), NotFound),
            (ItemWritten("issue", "d", 1, "new", "1", "k"), AlreadyExists),
            (ItemWritten(DATASET, "x", 1, "merge", "", "d"), InvalidValue),
        ):
            with pytest.raises(error):
                write(store, wrong)
        for query in (ItemQuery(kind="cat"), ItemQuery(kind="issue", limit=0), ItemQuery(kind="issue", page_token="x")):
            with pytest.raises(InvalidValue):
                store.search_items(query)


def write(store: Store, *records: ItemWritten | ItemDeleted | TraceStarted | TraceChanged | ExperimentChanged) -> None:
    store.write(Batch(records))


def search(store: Store, **asked: Any) -> list[Item]:
    return list(store.search_items(ItemQuery(**asked)))


def fields(one: Item) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(one.body)
    return found
