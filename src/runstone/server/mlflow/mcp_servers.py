"""MLflow's endpoints for MCP servers, their tags and aliases. Versions and access endpoints have files of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from msgspec import UNSET, Struct, UnsetType, field

from runstone.entities.items import mcp_server_id
from runstone.errors import AlreadyExists, InvalidValue, NotFound
from runstone.query.items import MCP_SERVERS, in_order, meets, order_of
from runstone.query.parser import parse_filter
from runstone.query.tree import Field, Order
from runstone.records import ItemDeleted, ItemWritten

from . import items, mcp
from . import mcp_answers as a
from .answers import Nothing
from .limits import page_size
from .mcp import Known
from .row import Row
from .shapes import Json, without_none

if TYPE_CHECKING:
    from runstone.server.backend import Backend

MOST = 1_000


class CreateServer(Struct):
    name: str
    description: str | None = None
    icons: list[dict[str, Any]] | None = None


class OfServer(Struct):
    name: str


class SearchServers(Struct):
    filter_string: str = ""
    max_results: int = 100
    order_by: list[str] = field(default_factory=list)
    page_token: str = ""


class UpdateServer(OfServer):
    """``null`` removes what was there."""

    NULLS: ClassVar[bool] = True

    display_name: str | None | UnsetType = UNSET
    description: str | None | UnsetType = UNSET
    icons: list[dict[str, Any]] | None | UnsetType = UNSET
    latest_version: Any = UNSET


class SetServerTag(OfServer):
    key: str
    value: str


class OfTag(OfServer):
    key: str


class SetServerAlias(OfServer):
    alias: str
    version: str


class OfAlias(OfServer):
    alias: str


def create(backend: Backend, request: CreateServer) -> Json:
    """Make an MCP server without versions."""
    mcp.check_name(request.name)
    icons = mcp.check_icons(request.icons)
    item_id = mcp_server_id(request.name)
    if items.known(backend, mcp.SERVER, item_id) is not None:
        raise AlreadyExists(f"MCP server with name '{request.name}' already exists")
    items.write(backend, new(backend, request.name, description=request.description, icons=icons))
    return _one(backend, request.name)


def new(backend: Backend, name: str, **fields: Any) -> ItemWritten:
    """A record that makes a server; where it is there already, it changes nothing."""
    by = mcp.username()
    told = mcp.told_fields(name=name, created_by=by, last_updated_by=by, **fields)
    return ItemWritten(mcp.SERVER, mcp_server_id(name), backend.now(), fields=told)


def get(backend: Backend, request: OfServer) -> Json:
    """By name, with what its last version says."""
    return _one(backend, request.name)


def search(backend: Backend, request: SearchServers) -> Json:
    """Filter, order and page."""
    size = page_size(request.max_results, MOST)
    tree = parse_filter(request.filter_string, MCP_SERVERS)
    orders = order_of(request.order_by, MCP_SERVERS, Order(Field("attributes", "name")))
    found = in_order((one for one in mcp.every_known(backend) if meets(tree, one, _look)), orders, _look)
    page, token = items.window(found, size, request.page_token, mcp.SERVER, request.filter_string, request.order_by)
    return without_none({"mcp_servers": [mcp.server_shape(one) for one in page], "next_page_token": token})


def update(backend: Backend, request: UpdateServer) -> Json:
    """Change what is given."""
    if request.latest_version is not UNSET:
        raise InvalidValue("latest_version is read-only; it follows from the versions that there are.")
    server = mcp.known(backend, request.name)
    given = {"display_name": request.display_name, "description": request.description, "icons": request.icons}
    if isinstance(request.icons, list):
        given["icons"] = mcp.check_icons(request.icons)
    fields = {name: value for name, value in given.items() if value is not UNSET}
    items.write(backend, mcp.change(backend, server, **fields, last_updated_by=mcp.username()))
    return _one(backend, request.name)


def delete(backend: Backend, request: OfServer) -> Json:
    """With its versions, none of which may be active."""
    server = mcp.known(backend, request.name)
    active = next((one for one, item in server.versions.items() if items.body(item)["status"] == mcp.ACTIVE), None)
    if active is not None:
        raise InvalidValue(
            f"Cannot delete MCP server '{request.name}' while it still has an active version ('{active}'). "
            "Delete or deactivate the active version first."
        )
    items.write(backend, ItemDeleted(mcp.SERVER, server.item.item_id, backend.now()))
    return {}


def set_tag(backend: Backend, request: SetServerTag) -> Json:
    """Set one tag."""
    items.write(backend, mcp.change(backend, mcp.known(backend, request.name), tags={request.key: request.value}))
    return {}


def delete_tag(backend: Backend, request: OfTag) -> Json:
    """Remove one tag, which must be there."""
    server = mcp.known(backend, request.name)
    if request.key not in server.told.get("tags", {}):
        raise NotFound(f"Tag '{request.key}' not found on MCP server '{request.name}'")
    items.write(backend, mcp.change(backend, server, tags={request.key: None}))
    return {}


def set_alias(backend: Backend, request: SetServerAlias) -> Json:
    """Let an alias stand for a version."""
    if request.alias == mcp.LATEST:
        raise InvalidValue("The alias name 'latest' is reserved for automatic resolution")
    server = mcp.known(backend, request.name)
    mcp.version_of(server, request.version)
    items.write(backend, mcp.change(backend, server, aliases={request.alias: request.version}))
    return {}


def get_by_alias(backend: Backend, request: OfAlias) -> Json:
    """The version that an alias stands for; ``latest`` is the greatest that is active, else the greatest."""
    server = mcp.known(backend, request.name)
    return mcp.version_shape(server, mcp.version_meant(server, request.alias))


def delete_alias(backend: Backend, request: OfAlias) -> Json:
    """Remove an alias, and the access endpoints that go by it."""
    server = mcp.known(backend, request.name)
    if request.alias not in server.told.get("aliases", {}):
        raise NotFound(f"Alias '{request.alias}' not found on MCP server '{request.name}'")
    endpoints = server.told.get("endpoints", {})
    gone = {one: None for one, told in endpoints.items() if told.get("server_alias") == request.alias}
    items.write(backend, mcp.change(backend, server, aliases={request.alias: None}, endpoints=gone))
    return {}


# fmt: off
MCP_SERVER_ROWS: tuple[Row, ...] = (
    Row("POST", "/mlflow/mcp-servers/{name:path}/tags", SetServerTag, Nothing, set_tag, "write", 3),
    Row("DELETE", "/mlflow/mcp-servers/{name:path}/tags/{key:path}", OfTag, Nothing, delete_tag, "write", 3),
    Row("POST", "/mlflow/mcp-servers/{name:path}/aliases", SetServerAlias, Nothing, set_alias, "write", 3),
    Row("GET", "/mlflow/mcp-servers/{name:path}/aliases/{alias:path}", OfAlias, a.VersionShape, get_by_alias, version=3),
    Row("DELETE", "/mlflow/mcp-servers/{name:path}/aliases/{alias:path}", OfAlias, Nothing, delete_alias, "write", 3),
    Row("POST", "/mlflow/mcp-servers", CreateServer, a.ServerShape, create, "write", 3),
    Row("GET", "/mlflow/mcp-servers", SearchServers, a.Servers, search, version=3),
    # the name has a slash, so these are looked at last
    Row("GET", "/mlflow/mcp-servers/{name:path}", OfServer, a.ServerShape, get, version=3),
    Row("PATCH", "/mlflow/mcp-servers/{name:path}", UpdateServer, a.ServerShape, update, "write", 3),
    Row("DELETE", "/mlflow/mcp-servers/{name:path}", OfServer, Nothing, delete, "write", 3),
)
# fmt: on


def _one(backend: Backend, name: str) -> Json:
    return mcp.server_shape(mcp.known(backend, name))


def _look(one: Known, asked: Field) -> Any:
    if asked.kind == "tags":
        return one.told.get("tags", {}).get(asked.key)
    if asked.key == "status":
        return items.body(one.latest)["status"] if one.latest else None
    if asked.key == "has_access_endpoints":
        return "true" if mcp.live_endpoints(one) else "false"
    return {"created_at": one.item.created, "last_updated_at": one.item.updated}.get(asked.key, one.told.get(asked.key))
