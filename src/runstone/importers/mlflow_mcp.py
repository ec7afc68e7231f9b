"""MCP servers as MLflow's tables keep them: each one item with its tags, aliases and access endpoints, and its versions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from runstone.entities.items import mcp_server_id

from .contents import Head, ItemIn, digest
from .mlflow_tables import Row, Tables
from .reading import number, word

#: Reads a column of JSON: what it is called in messages, the row, the column.
Told = Callable[[str, Row, str], Any]
_BY = ("created_by", "last_updated_by")


def servers(tables: Tables, told: Told) -> Iterator[tuple[Head, Callable[[], Iterator[ItemIn]]]]:
    """Those of the default workspace; names are unique in a workspace only."""
    rows = {word(row["name"]): row for row in tables.rows("mcp_servers") if _is_default(row)}
    sides = {
        name: {one: [row for row in rows if _is_default(row)] for one, rows in tables.grouped(table, key, rows).items()}
        for name, table, key in (
            ("tags", "mcp_server_tags", "name"),
            ("aliases", "mcp_server_aliases", "name"),
            ("endpoints", "mcp_access_endpoints", "server_name"),
            ("versions", "mcp_server_versions", "name"),
            ("version_tags", "mcp_server_version_tags", "name"),
        )
    }
    for name, row in rows.items():
        mine = {side: found.get(name, []) for side, found in sides.items()}
        mark = digest(tuple(map(str, row.values())), [sorted(map(repr, found)) for found in mine.values()])
        server = _server(name, row, mine, told)
        yield Head("mcp_server", server.item_id, mark), partial(_whole, server, mine, told)


def left_out(tables: Tables) -> dict[str, int]:
    """Those of other workspaces, counted."""
    count = sum(not _is_default(row) for row in tables.rows("mcp_servers"))
    return {"MCP servers of other workspaces": count} if count else {}


def _is_default(row: Row) -> bool:
    return word(row.get("workspace")) in ("", "default")


def _server(name: str, row: Row, mine: dict[str, list[Row]], told: Told) -> ItemIn:
    item_id = mcp_server_id(name)
    fields: dict[str, Any] = {"name": name, **_texts(row, ("display_name", "description", *_BY))}
    icons = told(name, row, "icons")
    if icons is not None:
        fields["icons"] = icons
    fields["tags"] = {word(one["key"]): word(one["value"]) for one in mine["tags"]}
    fields["aliases"] = {word(one["alias"]): word(one["version"]) for one in mine["aliases"]}
    fields["endpoints"] = {word(one["id"]): _endpoint(one) for one in mine["endpoints"]}
    created, updated = _times(row)
    return ItemIn(kind="mcp_server", item_id=item_id, key=item_id, created=created, updated=updated, fields=fields)


def _endpoint(row: Row) -> dict[str, Any]:
    created, updated = _times(row)
    texts = _texts(row, ("url", "transport_type", "server_version", "server_alias", *_BY))
    return {**texts, "created": created, "updated": updated}


def _whole(server: ItemIn, mine: dict[str, list[Row]], told: Told) -> Iterator[ItemIn]:
    yield server
    for row in mine["versions"]:
        version = word(row["version"])
        where = f"{server.fields['name']} {version}"
        fields: dict[str, Any] = {"server_json": told(where, row, "server_json") or {}, "status": word(row["status"])}
        fields |= {name: found for name in ("tools", "connect_options") if (found := told(where, row, name)) is not None}
        fields |= _texts(row, ("source", *_BY))
        fields["tags"] = {word(one["key"]): word(one["value"]) for one in mine["version_tags"] if one["version"] == version}
        created, updated = _times(row)
        yield ItemIn(
            kind="mcp_version", item_id=f"mv-{digest(server.item_id, version)}", key=version, parent=server.item_id,
            created=created, updated=updated, fields=fields,
        )  # fmt: skip


def _texts(row: Row, names: tuple[str, ...]) -> dict[str, str]:
    return {name: word(row[name]) for name in names if row.get(name) is not None}


def _times(row: Row) -> tuple[int, int]:
    created = number(row.get("created_at")) or 0
    return created, number(row.get("last_updated_at")) or created
