"""What MLflow's tables keep beside its traces: evaluation datasets and their records, scorers, issues, label schemas, review
queues and webhooks; and how much is in those tables that no store here has a place for."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from runstone.entities.items import DEFAULT_SCHEMA, record_key
from runstone.entities.webhooks import MLFLOW_EVENTS, Webhook

from . import mlflow_mcp
from .contents import Head, ItemIn, digest
from .mlflow_tables import Row, Tables, parts
from .reading import number, word

#: Tables whose rows are not carried, and what they are called. Tables that MLflow fills by itself are in none of both.
_LEFT_OUT = {
    "online_scoring_configs": "scorers that run by themselves",
    "jobs": "jobs",
    "secrets": "secrets of the gateway",
    "endpoints": "endpoints of the gateway",
    "model_definitions": "model definitions of the gateway",
    "budget_policies": "budgets of the gateway",
    "guardrails": "guardrails of the gateway",
    "users": "users of basic-auth",
}
#: Where they stand: label schemas before the queues that ask them, queues before what is in them.
_TABLES = {
    "scorer": ("scorers", "scorer_id"),
    "issue": ("issues", "issue_id"),
    "label_schema": ("label_schemas", "schema_id"),
    "review_queue": ("review_queues", "queue_id"),
}


class MlflowItems:
    """Args:
    tables: MLflow's.
    problem: told of what cannot be read.
    """

    def __init__(self, tables: Tables, problem: Callable[[str, str], None]) -> None:
        self._tables, self._problem = tables, problem
        self._queued_at: dict[str, Any] = {}  # what waits in queues, by the ids of its heads

    def heads(self, experiment: int) -> Iterator[Head]:
        """Those of one experiment."""
        for kind, (table, key) in _TABLES.items():
            # the default schema that MLflow writes down is one that every experiment here has by itself
            found = [row for row in self._tables.rows(table, "experiment_id", [experiment]) if not row.get("is_default")]
            for part in parts(found):
                yield from self._heads(kind, {str(row[key]): row for row in part})

    def load(self, heads: Sequence[Head]) -> Iterator[tuple[Head, ItemIn]]:
        """The things of these heads, those that hold others first."""
        readers = {"scorer": self._scorers, "issue": self._issues, "label_schema": self._schemas}
        readers |= {"review_queue": self._queues, "review_item": self._queued}
        for kind, read in readers.items():
            for part in parts([head for head in heads if head.kind == kind]):
                by_id = {head.id: head for head in part}
                for item in read(list(by_id)):
                    yield by_id[item.item_id], item

    def shared(self) -> Iterator[tuple[Head, Callable[[], Iterator[ItemIn]]]]:
        """Evaluation datasets, and MCP servers. What a dataset holds changes with its time of the last change, or the number of
        its records."""
        found = list(self._tables.rows("evaluation_datasets"))
        for part in parts(found):
            ids = [row["dataset_id"] for row in part]
            tags = self._tables.texts("evaluation_dataset_tags", "dataset_id", "key", "value", ids)
            counts = self._tables.counts("evaluation_dataset_records", "dataset_id", ids)
            experiments = self._experiments(ids)
            for row in part:
                one = row["dataset_id"]
                mark = digest(tuple(row.values()), sorted(tags.get(one, {}).items()), counts.get(one, 0), experiments[one])
                item = _dataset(row, tags.get(one, {}), experiments[one])
                yield Head("evaluation_dataset", str(one), mark), partial(self._whole, item)
        yield from mlflow_mcp.servers(self._tables, self._told)

    def webhooks(self) -> Iterator[Webhook]:
        """Those that are told of what is told here, too."""
        rows = [row for row in self._tables.rows("webhooks") if row.get("deleted_timestamp") is None]
        events = self._tables.grouped("webhook_events", "webhook_id", [row["webhook_id"] for row in rows])
        for row in rows:
            told = [f"{word(one['entity'])}.{word(one['action'])}".lower() for one in events.get(row["webhook_id"], ())]
            created = number(row.get("creation_timestamp")) or 0
            yield Webhook(
                str(row["webhook_id"]), word(row["name"]), word(row["url"]), tuple(one for one in MLFLOW_EVENTS if one in told),
                word(row.get("description")), "DISABLED", "", created, number(row.get("last_updated_timestamp")) or created,
            )  # fmt: skip

    def left_out(self) -> dict[str, int]:
        """How many of what is not carried, by what it is called."""
        found = {}
        for table, words in _LEFT_OUT.items():
            if table in self._tables.names:
                (row,) = self._tables.ask(f'SELECT COUNT(*) AS n FROM "{table}"', {})
                if row["n"]:
                    found[words] = int(row["n"])
        elsewhere = [row for row in self._tables.rows("registered_models") if word(row.get("workspace")) not in ("", "default")]
        if elsewhere:
            found["registered models of other workspaces"] = len(elsewhere)
        return found | mlflow_mcp.left_out(self._tables)

    # --- of one experiment ----------------------------------------------------------------------------------------------

    def _heads(self, kind: str, found: dict[str, Row]) -> Iterator[Head]:
        ids = list(found)
        if kind == "scorer":
            for row in self._tables.rows("scorer_versions", "scorer_id", ids):
                version = number(row["scorer_version"]) or 0
                named = found[str(row["scorer_id"])]["scorer_name"]
                yield Head(kind, _version_id(row), digest(tuple(row.values()), named), version)
            return
        sides = ("review_queue_users", "review_queue_label_schemas") if kind == "review_queue" else ()
        told = [self._tables.grouped(table, "queue_id", ids) for table in sides]
        for one, row in found.items():
            more = [sorted(repr(sorted(each.items())) for each in group.get(one, ())) for group in told]
            yield Head(kind, one, digest(tuple(row.values()), more))
        if kind == "review_queue":
            for row in self._tables.rows("review_queue_items", "queue_id", ids):
                one = _queued_id(row)
                self._queued_at[one] = row["item_id"]
                yield Head("review_item", one, digest(tuple(row.values())))

    def _scorers(self, ids: list[str]) -> Iterator[ItemIn]:
        wanted = {one.rpartition("-")[0].removeprefix("sv-") for one in ids}
        names = {str(row["scorer_id"]): word(row["scorer_name"]) for row in self._tables.rows("scorers", "scorer_id", wanted)}
        rows = [row for row in self._tables.rows("scorer_versions", "scorer_id", names) if _version_id(row) in ids]
        for row in sorted(rows, key=lambda row: number(row["scorer_version"]) or 0):
            created = number(row.get("creation_time")) or 0
            yield ItemIn(
                kind="scorer", item_id=_version_id(row), key=names[str(row["scorer_id"])], created=created, updated=created,
                version=number(row["scorer_version"]) or 1, fields={"serialized_scorer": word(row["serialized_scorer"])},
            )  # fmt: skip

    def _issues(self, ids: list[str]) -> Iterator[ItemIn]:
        for row in self._tables.rows("issues", "issue_id", ids):
            one, created = str(row["issue_id"]), number(row.get("created_timestamp")) or 0
            plain = ("name", "description", "status", "severity", "source_run_id", "created_by")
            fields = {name: word(row[name]) for name in plain if row.get(name) is not None}
            fields |= {name: found for name in ("root_causes", "categories") if (found := self._told(one, row, name))}
            updated = number(row.get("last_updated_timestamp")) or created
            yield ItemIn(kind="issue", item_id=one, key=one, created=created, updated=updated, fields=fields)

    def _schemas(self, ids: list[str]) -> Iterator[ItemIn]:
        for row in self._tables.rows("label_schemas", "schema_id", ids):
            one, created = str(row["schema_id"]), number(row.get("created_time")) or 0
            asked = {name: value for name, value in (self._told(one, row, "input_config") or {}).items() if value is not None}
            fields: dict[str, Any] = {"type": word(row["type"]).upper(), "input": {word(row["input_type"]): asked}}
            fields |= {name: word(row[name]) for name in ("instruction", "created_by") if row.get(name)}
            fields["enable_comment"] = bool(row.get("enable_comment"))
            updated = number(row.get("last_update_time")) or created
            yield ItemIn(
                kind="label_schema", item_id=one, key=word(row["name"]), created=created, updated=updated, fields=fields
            )

    def _queues(self, ids: list[str]) -> Iterator[ItemIn]:
        users = self._tables.grouped("review_queue_users", "queue_id", ids)
        asked = self._tables.grouped("review_queue_label_schemas", "queue_id", ids)
        wanted = {row["schema_id"] for rows in asked.values() for row in rows}
        schemas = self._tables.rows("label_schemas", "schema_id", wanted)
        own = {row["schema_id"]: f"{DEFAULT_SCHEMA}{row['experiment_id']}" for row in schemas if row.get("is_default")}
        for row in self._tables.rows("review_queues", "queue_id", ids):
            one, created = str(row["queue_id"]), number(row.get("creation_time_ms")) or 0
            name = word(row["name"])
            fields: dict[str, Any] = {
                "name": name,
                "queue_type": word(row["queue_type"]).upper(),
                "users": sorted(word(each["user_id"]) for each in users.get(one, ())),
                "schema_ids": sorted(str(own.get(each["schema_id"], each["schema_id"])) for each in asked.get(one, ())),
            }
            if row.get("created_by"):
                fields["created_by"] = word(row["created_by"])
            updated = number(row.get("last_update_time_ms")) or created
            yield ItemIn(kind="review_queue", item_id=one, key=name.lower(), created=created, updated=updated, fields=fields)

    def _queued(self, ids: list[str]) -> Iterator[ItemIn]:
        wanted = set(ids)  # few of a queue that may hold many
        for row in self._tables.rows("review_queue_items", "item_id", {self._queued_at[one] for one in ids}):
            if _queued_id(row) in wanted:
                created = number(row.get("creation_time_ms")) or 0
                fields: dict[str, Any] = {"status": word(row["status"]).upper()}
                if row.get("completed_by"):
                    fields |= {"completed_by": word(row["completed_by"]), "completed_time_ms": number(row["completed_time_ms"])}
                yield ItemIn(
                    kind="review_item", item_id=_queued_id(row), key=word(row["item_id"]), parent=str(row["queue_id"]),
                    created=created, updated=number(row.get("last_update_time_ms")) or created, fields=fields,
                )  # fmt: skip

    # --- shared by experiments ------------------------------------------------------------------------------------------

    def _experiments(self, ids: list[Any]) -> dict[Any, list[str]]:
        found: dict[Any, list[str]] = {one: [] for one in ids}
        for mine, other in (("source", "destination"), ("destination", "source")):
            for row in self._tables.rows("entity_associations", f"{mine}_id", ids):
                if (row[f"{mine}_type"], row[f"{other}_type"]) == ("evaluation_dataset", "experiment"):
                    found[row[f"{mine}_id"]].append(str(row[f"{other}_id"]))
        return {one: sorted(set(experiments)) for one, experiments in found.items()}

    def _whole(self, dataset: ItemIn) -> Iterator[ItemIn]:
        yield dataset
        for row in self._tables.rows("evaluation_dataset_records", "dataset_id", [dataset.item_id]):
            one, created = str(row["dataset_record_id"]), number(row.get("created_time")) or 0
            inputs = self._told(one, row, "inputs") or {}
            fields: dict[str, Any] = {"inputs": inputs}
            fields |= {name: told for name in ("expectations", "tags", "source") if (told := self._told(one, row, name))}
            fields |= {name: word(row[name]) for name in ("created_by", "last_updated_by") if row.get(name)}
            outputs = self._told(one, row, "outputs")
            if isinstance(outputs, dict):  # wrapped, so that it may be anything
                fields["outputs"] = next(iter(outputs.values()), None)
            yield ItemIn(
                kind="dataset_record", item_id=one, key=record_key(inputs), parent=dataset.item_id, created=created,
                updated=number(row.get("last_update_time")) or created, fields=fields,
            )  # fmt: skip

    def _told(self, one: str, row: Row, name: str) -> Any:
        """What a column of JSON says; ``None`` for what cannot be read."""
        found = row.get(name)
        if not isinstance(found, str):  # PostgreSQL has read it already
            return found
        try:
            return json.loads(found)
        except ValueError:
            self._problem(one, f"its {name} are no JSON")
            return None


def _dataset(row: Row, tags: dict[str, str], experiments: list[str]) -> ItemIn:
    one, created = str(row["dataset_id"]), number(row.get("created_time")) or 0
    fields: dict[str, Any] = {"name": word(row["name"]), "tags": tags}
    fields |= {name: word(row[name]) for name in ("created_by", "last_updated_by") if row.get(name)}
    try:
        schema = json.loads(row.get("schema") or "null")
    except ValueError:
        schema = None
    if isinstance(schema, dict):
        fields["schema"] = {name: value for name, value in schema.items() if name != "version"}
    return ItemIn(
        kind="evaluation_dataset", item_id=one, key=one, created=created,
        updated=number(row.get("last_update_time")) or created, fields=fields, experiments=experiments,
    )  # fmt: skip


def _version_id(row: Row) -> str:
    return f"sv-{row['scorer_id']}-{row['scorer_version']}"


def _queued_id(row: Row) -> str:
    return f"{row['queue_id']}:{digest(row['item_type'], row['item_id'])}"
