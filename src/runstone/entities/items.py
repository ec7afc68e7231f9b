"""What MLflow's tools for evaluating traces keep beside them: evaluation datasets and their records, scorers, issues, label
schemas, review queues and what is in them; and MCP servers with their versions. One shape for all;
what is in ``body`` is between those who write and read it."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Literal, Protocol

from msgspec import Struct

from .pages import PagedList

#: What an item belongs to: any number of experiments, one experiment (its ``parent``), or another item (its ``parent``).
Scope = Literal["experiments", "experiment", "item"]


class ItemKind(Struct, frozen=True):
    """``words`` for messages, ``scope`` see :data:`Scope`, ``holder``: the kind of the item that it belongs to."""

    words: str
    scope: Scope
    holder: str = ""


KINDS: dict[str, ItemKind] = {
    "evaluation_dataset": ItemKind("Evaluation dataset", "experiments"),
    "dataset_record": ItemKind("Dataset record", "item", "evaluation_dataset"),
    "scorer": ItemKind("Scorer", "experiment"),
    "issue": ItemKind("Issue", "experiment"),
    "label_schema": ItemKind("Label schema", "experiment"),
    "review_queue": ItemKind("Review queue", "experiment"),
    "review_item": ItemKind("Review item", "item", "review_queue"),
    "mcp_server": ItemKind("MCP server", "experiments"),
    "mcp_version": ItemKind("Version of an MCP server", "item", "mcp_server"),
}


#: Begins the id of the label schema that every experiment has without an item; the experiment's id follows.
DEFAULT_SCHEMA = "ls-default-"


def record_key(inputs: dict[str, Any]) -> str:
    """The key of a dataset's record: records with the same inputs are one."""
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()


def mcp_server_id(name: str) -> str:
    """The id of an MCP server: made of its name, so that a name is there once."""
    return "mcp-" + hashlib.sha256(name.encode()).hexdigest()[:32]


class Item(Struct, frozen=True):
    """``parent``: id of the experiment or item that it belongs to, empty for one of several experiments. ``key`` and
    ``version`` name it among the items of its kind there. ``experiment_ids``: its own, or those of the item it belongs to.
    ``members``: how many items belong to it. ``body``: a JSON object. Times are milliseconds since 1970 UTC."""

    kind: str
    item_id: str
    parent: str
    key: str
    version: int
    created: int
    updated: int
    body: str
    experiment_ids: tuple[str, ...] = ()
    members: int = 0


class ItemQuery(Struct, frozen=True, kw_only=True):
    """Which items of a kind; every field that is not ``None`` must be met. ``experiment_ids`` is for kinds that several
    experiments may share. By time of creation and id, oldest first, unless ``newest_first``."""

    kind: str
    parents: tuple[str, ...] | None = None
    keys: tuple[str, ...] | None = None
    ids: tuple[str, ...] | None = None
    experiment_ids: tuple[str, ...] | None = None
    newest_first: bool = False
    limit: int = 1000
    page_token: str | None = None


class Items(Protocol):
    """A part of the store's contract: the questions about items, which records alone change. They raise
    NotFound; InvalidValue (kind, limit, token)."""

    def get_item(self, kind: str, item_id: str) -> Item: ...

    def search_items(self, query: ItemQuery) -> PagedList[Item]: ...
