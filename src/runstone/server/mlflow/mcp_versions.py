"""MLflow's endpoints for the versions of MCP servers: what its own ``server.json`` says, and whether it may be used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import msgspec
from msgspec import UNSET, UnsetType

from runstone.entities.items import Item, mcp_server_id
from runstone.errors import AlreadyExists, InvalidValue, NotFound
from runstone.query.items import MCP_VERSIONS, in_order, meets, order_of
from runstone.query.parser import parse_filter
from runstone.query.semver import precedence
from runstone.query.tree import Field, Order
from runstone.records import ItemWritten

from . import items, mcp, mcp_servers
from . import mcp_answers as a
from .answers import Nothing
from .limits import page_size
from .mcp import Known
from .mcp_servers import MOST, OfServer, SearchServers
from .row import Row
from .shapes import Json, without_none

if TYPE_CHECKING:
    from runstone.server.backend import Backend


class CreateVersion(OfServer):
    server_json: dict[str, Any]
    status: str = mcp.DRAFT
    source: str | None = None
    tools: list[dict[str, Any]] | None = None
    connect_options: dict[str, dict[str, Any]] | None = None


class OfVersion(OfServer):
    version: str


class SearchVersions(SearchServers, kw_only=True):
    name: str


class UpdateVersion(OfVersion):
    """``null`` removes what was there."""

    NULLS: ClassVar[bool] = True

    status: str | None | UnsetType = UNSET
    tools: list[dict[str, Any]] | None | UnsetType = UNSET
    connect_options: dict[str, dict[str, Any]] | None | UnsetType = UNSET


class SetServerVersionTag(OfVersion):
    key: str
    value: str


class OfVersionTag(OfVersion):
    key: str


def create(backend: Backend, request: CreateVersion) -> Json:
    """Register a version; its server is made with the first."""
    told = _own(request.server_json)
    name, version = told.get("name"), told.get("version")
    if not isinstance(name, str) or not isinstance(version, str) or not name or not version:
        raise InvalidValue("server_json must contain 'name' and 'version' keys")
    mcp.check_name(name)
    if name != request.name:
        raise InvalidValue(f"server_json.name '{name}' does not match path parameter '{request.name}'")
    if precedence(version) is None:
        raise InvalidValue(
            f"Invalid semantic version for server_json.version: '{version}'. Expected one like 1.0.0 or 1.0.0-rc.1."
        )
    if request.status not in (mcp.DRAFT, mcp.ACTIVE):
        raise InvalidValue(f"Initial MCP server registration status must be 'draft' or 'active', not {request.status!r}.")
    icons = mcp.check_icons(told.get("icons"), "server_json.icons")
    by = mcp.username()
    fields = mcp.told_fields(
        server_json=told if icons is None else {**told, "icons": icons},
        status=request.status,
        source=request.source,
        tools=mcp.check_tools(request.tools),
        connect_options=_options(request.connect_options),
        created_by=by,
        last_updated_by=by,
    )
    server, now = mcp_server_id(name), backend.now()
    made = ItemWritten(mcp.VERSION, items.new_id("mv-"), now, "new", server, version, fields)
    if items.at(backend, mcp.VERSION, server, version) is not None:
        raise AlreadyExists(f"MCP server version '{name}' version '{version}' already exists")
    items.write(backend, mcp_servers.new(backend, name), made)
    return _one(backend, name, version)


def get(backend: Backend, request: OfVersion) -> Json:
    """One version."""
    return _one(backend, request.name, request.version)


def search(backend: Backend, request: SearchVersions) -> Json:
    """Filter, order and page; of a server that is not there none."""
    size = page_size(request.max_results, MOST)
    tree = parse_filter(request.filter_string, MCP_VERSIONS)
    last = (Order(Field("attributes", "created_at")), Order(Field("attributes", "version")))
    orders = order_of(request.order_by, MCP_VERSIONS, *last)
    try:
        server = mcp.known(backend, request.name)
    except NotFound:
        return {"mcp_server_versions": []}

    def look(one: Item, asked: Field) -> Any:
        return _look(server, one, asked)

    def sorted_by(one: Item, asked: Field) -> Any:
        return precedence(one.key) if asked.key == "version" else look(one, asked)

    found = in_order((one for one in server.versions.values() if meets(tree, one, look)), orders, sorted_by)
    page, token = items.window(found, size, request.page_token, request.name, request.filter_string, request.order_by)
    return without_none({"mcp_server_versions": [mcp.version_shape(server, one) for one in page], "next_page_token": token})


def update(backend: Backend, request: UpdateVersion) -> Json:
    """Change what is given: its state, its tools, how one connects."""
    server = mcp.known(backend, request.name)
    there = mcp.version_of(server, request.version)
    fields: dict[str, Any] = {"last_updated_by": mcp.username()}
    if request.status is not UNSET:
        if request.status is None:
            raise InvalidValue("status cannot be null; omit the field to leave it unchanged")
        fields["status"] = _next(there, request.status)
    if request.tools is not UNSET:
        fields["tools"] = mcp.check_tools(request.tools)
    if request.connect_options is not UNSET:
        fields["connect_options"] = _options(request.connect_options)
    changed = ItemWritten(mcp.VERSION, there.item_id, backend.now(), "change", fields=items.text(fields))
    after = {**server.versions, there.key: _with_status(there, fields.get("status"))}
    items.write(backend, changed, *_without_target(backend, server, after))
    # one that is deleted by it is told once more
    return mcp.version_shape(mcp.known(backend, request.name), backend.store.get_item(mcp.VERSION, there.item_id))


def delete(backend: Backend, request: OfVersion) -> Json:
    """Its number is not used again. Aliases and access endpoints that lead to it go with it."""
    server = mcp.known(backend, request.name)
    there = mcp.version_of(server, request.version)
    fields = items.text({"status": _next(there, mcp.DELETED)})
    changed = ItemWritten(mcp.VERSION, there.item_id, backend.now(), "change", fields=fields)
    left = {version: one for version, one in server.versions.items() if version != request.version}
    items.write(backend, changed, *_without_target(backend, server, left))
    return {}


def set_tag(backend: Backend, request: SetServerVersionTag) -> Json:
    """Set one tag of a version."""
    there = mcp.version_of(mcp.known(backend, request.name), request.version)
    items.write(backend, _tagged(backend, there, {request.key: request.value}))
    return {}


def delete_tag(backend: Backend, request: OfVersionTag) -> Json:
    """Remove one tag of a version, which must be there."""
    there = mcp.version_of(mcp.known(backend, request.name), request.version)
    if request.key not in items.body(there).get("tags", {}):
        raise NotFound(f"Tag '{request.key}' not found on MCP server version '{request.name}' version '{request.version}'")
    items.write(backend, _tagged(backend, there, {request.key: None}))
    return {}


# fmt: off
MCP_VERSION_ROWS: tuple[Row, ...] = (
    Row("POST", "/mlflow/mcp-servers/{name:path}/versions/{version}/tags", SetServerVersionTag, Nothing, set_tag, "write", 3),
    Row("DELETE", "/mlflow/mcp-servers/{name:path}/versions/{version}/tags/{key:path}", OfVersionTag, Nothing, delete_tag,
        "write", 3),
    Row("GET", "/mlflow/mcp-servers/{name:path}/versions/{version}", OfVersion, a.VersionShape, get, version=3),
    Row("PATCH", "/mlflow/mcp-servers/{name:path}/versions/{version}", UpdateVersion, a.VersionShape, update, "write", 3),
    Row("DELETE", "/mlflow/mcp-servers/{name:path}/versions/{version}", OfVersion, Nothing, delete, "write", 3),
    Row("POST", "/mlflow/mcp-servers/{name:path}/versions", CreateVersion, a.VersionShape, create, "write", 3),
    Row("GET", "/mlflow/mcp-servers/{name:path}/versions", SearchVersions, a.ServerVersions, search, version=3),
)
# fmt: on


def _own(given: dict[str, Any]) -> dict[str, Any]:
    """The ``server.json`` itself, also out of the envelope in which MCP's own registry hands it out."""
    inner = given.get("server")
    if isinstance(inner, dict) and {"name", "version"} <= inner.keys() and not {"name", "version"} <= given.keys():
        return inner
    return given


def _options(given: dict[str, dict[str, Any]] | None) -> dict[str, Json] | None:
    return None if given is None else {name: {"hidden": bool(one.get("hidden", False))} for name, one in given.items()}


def _next(there: Item, wanted: str) -> str:
    now = items.body(there)["status"]
    if wanted not in mcp.NEXT:
        raise InvalidValue(f"Invalid status: '{wanted}'. Valid ones are {', '.join(mcp.NEXT)}.")
    if wanted not in mcp.NEXT[now]:
        raise InvalidValue(
            f"Invalid status transition from '{now}' to '{wanted}'. Allowed transitions: {', '.join(mcp.NEXT[now])}."
        )
    return wanted


def _with_status(one: Item, status: str | None) -> Item:
    return one if status is None else msgspec.structs.replace(one, body=items.text({**items.body(one), "status": status}))


def _without_target(backend: Backend, server: Known, versions: dict[str, Item]) -> list[ItemWritten]:
    """What takes away the aliases and access endpoints that lead nowhere once these are the versions."""
    live = {one: item for one, item in versions.items() if items.body(item)["status"] != mcp.DELETED}
    aliases = server.told.get("aliases", {})
    gone = {alias: None for alias, version in aliases.items() if version not in live}
    told = {**server.told, "aliases": {alias: version for alias, version in aliases.items() if alias not in gone}}
    after = Known(server.item, told, live)
    dead = {one: None for one, endpoint in told.get("endpoints", {}).items() if after.target(endpoint) is None}
    return [mcp.change(backend, server, aliases=gone, endpoints=dead)] if gone or dead else []


def _tagged(backend: Backend, there: Item, tags: dict[str, str | None]) -> ItemWritten:
    return ItemWritten(mcp.VERSION, there.item_id, backend.now(), "change", fields=items.text({"tags": tags}), merged=["tags"])


def _one(backend: Backend, name: str, version: str) -> Json:
    server = mcp.known(backend, name)
    return mcp.version_shape(server, mcp.version_of(server, version))


def _look(server: Known, one: Item, asked: Field) -> Any:
    told = items.body(one)
    if asked.kind == "tags":
        return told.get("tags", {}).get(asked.key)
    own = {"name": server.told["name"], "version": one.key, "created_at": one.created, "last_updated_at": one.updated}
    return own.get(asked.key, told.get(asked.key))
