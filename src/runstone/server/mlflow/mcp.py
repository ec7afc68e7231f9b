"""MCP servers as MLflow's client registers them: what their endpoints share. See docs/decisions/052.

A server is one item: tags, aliases and access endpoints are fields of it, so that all of them change in one write. Its versions
are items that it holds. Its id is made of its name, so that a name is there once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from runstone.entities.items import Item, ItemQuery, mcp_server_id
from runstone.errors import InvalidValue, NotFound
from runstone.query.semver import precedence
from runstone.records import ItemWritten
from runstone.server.auth.caller import current

from . import items
from .shapes import Json, without_none

if TYPE_CHECKING:
    from runstone.server.backend import Backend

SERVER, VERSION = "mcp_server", "mcp_version"
#: The alias that no one sets: it stands for the last version.
LATEST = "latest"
DRAFT, ACTIVE, DEPRECATED, DELETED = "draft", "active", "deprecated", "deleted"
#: What a version may become.
NEXT = {DRAFT: (ACTIVE, DELETED), ACTIVE: (DRAFT, DEPRECATED), DEPRECATED: (ACTIVE, DELETED), DELETED: ()}
#: Fields of a server whose own fields are changed one by one.
PARTS = ["tags", "aliases", "endpoints"]

_NAME = re.compile(r"[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?/[a-zA-Z0-9][a-zA-Z0-9._-]*[a-zA-Z0-9]")
_RESERVED = ("aliases", "endpoints", "tags", "versions")
_MOST_ICONS, _MOST_TOOLS = 100, 1_000


class Known(Struct):
    """A server with its versions that are not deleted."""

    item: Item
    told: dict[str, Any]
    versions: dict[str, Item]

    @property
    def latest(self) -> Item | None:
        """The greatest version that is active; if none is, the greatest."""
        return max(self.versions.values(), key=_lateness, default=None)

    def target(self, endpoint: dict[str, Any]) -> Item | None:
        """The version that an access endpoint leads to now."""
        alias = endpoint.get("server_alias")
        if alias == LATEST:
            return self.latest
        named = self.told.get("aliases", {}).get(alias) if alias else endpoint.get("server_version")
        return self.versions.get(named or "")


def _lateness(one: Item) -> tuple[Any, ...]:
    return items.body(one)["status"] == ACTIVE, precedence(one.key), one.created, one.key


def check_name(name: str) -> None:
    """Raises InvalidValue."""
    if not _NAME.fullmatch(name) or len(name) > 250 or name.partition("/")[2] in _RESERVED:
        raise InvalidValue(
            f"Invalid MCP server name {name!r}. Expected '<reverse-dns namespace>/<server slug>' such as "
            "'com.example/server-name'."
        )


def check_icons(icons: Any, where: str = "icons") -> list[dict[str, Any]] | None:
    """Icons as they are kept. Raises InvalidValue: a page would load whatever they name."""
    if icons is None:
        return None
    if not isinstance(icons, list) or len(icons) > _MOST_ICONS:
        raise InvalidValue(f"Invalid {where}. It must be a list of at most {_MOST_ICONS} icons.")
    for number, icon in enumerate(icons):
        source = icon.get("src") if isinstance(icon, dict) else None
        if not isinstance(source, str) or not source.lower().startswith("https://"):
            raise InvalidValue(f"Invalid {where}[{number}]: an icon is an object with an https:// address as its src.")
        if icon.get("source") == "version":
            raise InvalidValue(f"Invalid {where}[{number}].source: 'version' is said by the server; leave it out.")
        kind = icon.get("mimeType")
        if kind is not None and not (isinstance(kind, str) and kind.strip().lower().startswith("image/")):
            raise InvalidValue(f"Invalid icon mimeType {kind!r}. Allowed values must use the 'image/*' media type.")
    return [{key: value for key, value in icon.items() if key != "source"} for icon in icons]


def check_tools(tools: Sequence[Any] | None) -> list[dict[str, Any]] | None:
    """Tools as they are kept. Raises InvalidValue."""
    if tools is None:
        return None
    if len(tools) > _MOST_TOOLS:
        raise InvalidValue(f"Invalid tools. It must contain at most {_MOST_TOOLS} items.")
    for number, tool in enumerate(tools):
        if not isinstance(tool, dict) or not isinstance(tool.get("name"), str) or not tool["name"]:
            raise InvalidValue(f"Invalid tools[{number}]: a tool is an object with a name.")
        check_icons(tool.get("icons"), f"tools[{number}].icons")
    return [dict(tool) for tool in tools]


def known(backend: Backend, name: str) -> Known:
    """Raises NotFound."""
    found = items.known(backend, SERVER, mcp_server_id(name))
    if found is None:
        raise NotFound(f"MCP server '{name}' not found")
    return every_known(backend, [found])[0]


def every_known(backend: Backend, found: Iterable[Item] | None = None) -> list[Known]:
    """These servers, or all, with their versions."""
    servers = list(items.every(backend, ItemQuery(kind=SERVER)) if found is None else found)
    held: dict[str, dict[str, Item]] = {one.item_id: {} for one in servers}
    if held:
        for one in items.every(backend, ItemQuery(kind=VERSION, parents=tuple(held))):
            if items.body(one)["status"] != DELETED:
                held[one.parent][one.key] = one
    return [Known(one, items.body(one), held[one.item_id]) for one in servers]


def version_of(server: Known, version: str) -> Item:
    """Raises NotFound."""
    if version not in server.versions:
        raise NotFound(f"MCP server version '{server.told['name']}' version '{version}' not found")
    return server.versions[version]


def version_meant(server: Known, alias: str) -> Item:
    """What an alias stands for. Raises NotFound."""
    name = server.told["name"]
    if alias == LATEST:
        if server.latest is None:
            raise NotFound(f"No resolved latest version found for MCP server '{name}'")
        return server.latest
    if alias not in server.told.get("aliases", {}):
        raise NotFound(f"Alias '{alias}' not found for MCP server '{name}'")
    return version_of(server, server.told["aliases"][alias])


def change(backend: Backend, server: Known, **fields: Any) -> ItemWritten:
    """A record that changes a server; ``None`` in one of :data:`PARTS` removes what it names."""
    return ItemWritten(SERVER, server.item.item_id, backend.now(), "change", fields=items.text(fields), merged=PARTS)


def username() -> str | None:
    """Who asks, where one signs in."""
    exchange = current.get(None)
    return exchange.caller.username if exchange is not None and exchange.caller is not None else None


# --- shapes -----------------------------------------------------------------------------------------------------------


def server_shape(server: Known) -> Json:
    told, latest = server.told, server.latest
    own = items.body(latest)["server_json"] if latest else {}
    described = told.get("description")
    return {
        "name": told["name"],
        "display_name": told.get("display_name"),
        "description": _text(own.get("description")) if described is None else described,
        "icons": _icons(told.get("icons"), own.get("icons")),
        "status": items.body(latest)["status"] if latest else None,
        "access_endpoints": [endpoint_shape(server, one) for one in live_endpoints(server)],
        "latest_version": latest.key if latest else None,
        "aliases": [{"alias": alias, "version": version} for alias, version in sorted(told.get("aliases", {}).items())],
        "tags": told.get("tags", {}),
        **_by(server.item, told),
    }


def version_shape(server: Known, one: Item) -> Json:
    told = items.body(one)
    return {
        "name": server.told["name"],
        "version": one.key,
        "server_json": told["server_json"],
        "status": told["status"],
        "tools": told.get("tools") or [],
        "aliases": sorted(alias for alias, version in server.told.get("aliases", {}).items() if version == one.key),
        "tags": told.get("tags", {}),
        "connect_options": told.get("connect_options") or {},
        "source": told.get("source"),
        **_by(one, told),
    }


def endpoint_shape(server: Known, endpoint_id: str, tools: bool = False) -> Json:
    told = server.told["endpoints"][endpoint_id]
    target = server.target(told)
    resolved = None if target is None else version_shape(server, target)
    return {
        "id": endpoint_id,
        "server_name": server.told["name"],
        "url": told["url"],
        "transport_type": told["transport_type"],
        "server_version": told.get("server_version"),
        "server_alias": told.get("server_alias"),
        "resolved_version": resolved,
        **({"tools": resolved["tools"] if resolved else None} if tools else {}),
        "created_by": told.get("created_by"),
        "last_updated_by": told.get("last_updated_by"),
        "creation_timestamp": told["created"],
        "last_updated_timestamp": told["updated"],
    }


def live_endpoints(server: Known) -> list[str]:
    """Ids of the access endpoints that lead to a version, oldest first."""
    there = server.told.get("endpoints", {})
    return sorted((one for one in there if server.target(there[one]) is not None), key=lambda one: (there[one]["created"], one))


def _text(given: Any) -> str | None:
    """What ``server.json`` says, where it says a text."""
    return given if isinstance(given, str) else None


def _by(one: Item, told: dict[str, Any]) -> Json:
    return {
        "created_by": told.get("created_by"),
        "last_updated_by": told.get("last_updated_by"),
        "creation_timestamp": one.created,
        "last_updated_timestamp": one.updated,
    }


def _icons(own: list[Json] | None, of_version: Any) -> list[Json] | None:
    """A server's own icons before those of its version; none at all where it says so by an empty list."""
    if own == []:
        return []
    themes = [icon.get("theme") for icon in own or ()]  # whatever they are
    given = of_version if isinstance(of_version, list) else []
    found = [{**icon, "source": "server"} for icon in own or ()]
    found += [{**icon, "source": "version"} for icon in given if isinstance(icon, dict) and icon.get("theme") not in themes]
    return found or None


def told_fields(**fields: Any) -> str:
    return items.text(without_none(fields))
