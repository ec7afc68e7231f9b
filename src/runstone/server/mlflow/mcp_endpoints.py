"""MLflow's endpoints for the access endpoints of MCP servers: addresses at which a version, or what an alias stands for, runs.
They are kept and told, and never called."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, ClassVar

from msgspec import UNSET, UnsetType

from runstone.entities.items import mcp_server_id
from runstone.errors import InvalidValue, NotFound
from runstone.query.items import MCP_ENDPOINTS, in_order, meets, order_of
from runstone.query.parser import parse_filter
from runstone.query.tree import Field, Order

from . import items, mcp
from . import mcp_answers as a
from .answers import Nothing
from .limits import page_size
from .mcp import Known
from .mcp_servers import MOST, OfServer, SearchServers
from .row import Row
from .shapes import Json, without_none

if TYPE_CHECKING:
    from runstone.server.backend import Backend

_TRANSPORTS = ("streamable-http", "sse")


class CreateEndpoint(OfServer):
    url: str
    transport_type: str = "streamable-http"
    server_version: str | None = None
    server_alias: str | None = None


class OfEndpoint(OfServer):
    endpoint_id: str


class UpdateEndpoint(OfEndpoint):
    NULLS: ClassVar[bool] = True

    url: str | None | UnsetType = UNSET
    transport_type: str | None | UnsetType = UNSET
    server_version: str | None | UnsetType = UNSET
    server_alias: str | None | UnsetType = UNSET


class SearchEverywhere(SearchServers):
    server_version: str = ""
    server_alias: str = ""


class SearchEndpoints(SearchEverywhere, kw_only=True):
    name: str


def create(backend: Backend, request: CreateEndpoint) -> Json:
    """Name an address at which a version runs."""
    if (request.server_version is None) == (request.server_alias is None):
        raise InvalidValue("Exactly one of server_version or server_alias must be provided")
    server, now, by = mcp.known(backend, request.name), backend.now(), mcp.username()
    _check_target(server, request.server_version, request.server_alias)
    told = {
        "url": _url(request.url),
        "transport_type": _transport(request.transport_type),
        "server_version": request.server_version,
        "server_alias": request.server_alias,
        "created_by": by,
        "last_updated_by": by,
        "created": now,
        "updated": now,
    }
    endpoint_id = f"ae-{uuid.uuid4().hex}"
    items.write(backend, mcp.change(backend, server, endpoints={endpoint_id: without_none(told)}))
    return _one(backend, request.name, endpoint_id)


def get(backend: Backend, request: OfEndpoint) -> Json:
    """One, with the version that it leads to."""
    return _one(backend, request.name, request.endpoint_id)


def search_everywhere(backend: Backend, request: SearchEverywhere) -> Json:
    """Those of all servers: filter, order and page."""
    return _search(request, mcp.every_known(backend))


def search(backend: Backend, request: SearchEndpoints) -> Json:
    """Those of one server: filter, order and page."""
    found = items.known(backend, mcp.SERVER, mcp_server_id(request.name))
    return _search(request, mcp.every_known(backend, [found]) if found else [], request.name)


def update(backend: Backend, request: UpdateEndpoint) -> Json:
    """Change what is given."""
    version, alias = request.server_version or None, request.server_alias or None
    if version and alias:
        raise InvalidValue("Cannot set both server_version and server_alias in a single update")
    server = mcp.known(backend, request.name)
    told = dict(_told(server, request.endpoint_id))
    if version or alias:
        _check_target(server, version or None, alias or None)
        told |= {"server_version": version, "server_alias": alias}
    if request.url is not UNSET:
        told["url"] = _url(request.url)
    if request.transport_type is not UNSET and request.transport_type is not None:
        told["transport_type"] = _transport(request.transport_type)
    told |= {"last_updated_by": mcp.username(), "updated": backend.now()}
    items.write(backend, mcp.change(backend, server, endpoints={request.endpoint_id: without_none(told)}))
    return _one(backend, request.name, request.endpoint_id)


def delete(backend: Backend, request: OfEndpoint) -> Json:
    """Forget one."""
    server = mcp.known(backend, request.name)
    _told(server, request.endpoint_id)
    items.write(backend, mcp.change(backend, server, endpoints={request.endpoint_id: None}))
    return {}


# fmt: off
MCP_ENDPOINT_ROWS: tuple[Row, ...] = (
    Row("GET", "/mlflow/mcp-servers/endpoints", SearchEverywhere, a.Endpoints, search_everywhere, version=3),
    Row("POST", "/mlflow/mcp-servers/{name:path}/endpoints", CreateEndpoint, a.EndpointShape, create, "write", 3),
    Row("GET", "/mlflow/mcp-servers/{name:path}/endpoints", SearchEndpoints, a.Endpoints, search, version=3),
    Row("GET", "/mlflow/mcp-servers/{name:path}/endpoints/{endpoint_id}", OfEndpoint, a.EndpointShape, get, version=3),
    Row("PATCH", "/mlflow/mcp-servers/{name:path}/endpoints/{endpoint_id}", UpdateEndpoint, a.EndpointShape, update,
        "write", 3),
    Row("DELETE", "/mlflow/mcp-servers/{name:path}/endpoints/{endpoint_id}", OfEndpoint, Nothing, delete, "write", 3),
)
# fmt: on


def _search(request: SearchEverywhere, servers: list[Known], name: str = "") -> Json:
    size = page_size(request.max_results, MOST)
    tree = parse_filter(request.filter_string, MCP_ENDPOINTS)
    orders = order_of(request.order_by, MCP_ENDPOINTS, Order(Field("attributes", "id")))
    found = []
    for server in servers:
        for one in mcp.live_endpoints(server):
            told = server.told["endpoints"][one]
            asked = (("server_version", request.server_version), ("server_alias", request.server_alias))
            if all(not wanted or told.get(side) == wanted for side, wanted in asked) and meets(tree, (server, one), _look):
                found.append((server, one))
    mark = ("endpoints", name, request.filter_string, request.order_by, request.server_version, request.server_alias)
    page, token = items.window(in_order(found, orders, _look), size, request.page_token, *mark)
    shapes = [mcp.endpoint_shape(server, one, tools=True) for server, one in page]
    return without_none({"mcp_access_endpoints": shapes, "next_page_token": token})


def _told(server: Known, endpoint_id: str) -> dict[str, Any]:
    found: dict[str, Any] | None = server.told.get("endpoints", {}).get(endpoint_id)
    if found is None:
        raise NotFound(f"MCPAccessEndpoint {endpoint_id} not found on MCP server '{server.told['name']}'")
    return found


def _check_target(server: Known, version: str | None, alias: str | None) -> None:
    if version is not None:
        mcp.version_of(server, version)
    if alias is not None:
        mcp.version_meant(server, alias)


def _url(given: str | None) -> str:
    if given is None or not given.strip():
        raise InvalidValue(f"MCP access endpoint url cannot be empty or just whitespace: {given!r}")
    return given


def _transport(given: str) -> str:
    if given not in _TRANSPORTS:
        raise InvalidValue(f"Invalid transport_type: {given!r}. Valid ones are {', '.join(_TRANSPORTS)}.")
    return given


def _one(backend: Backend, name: str, endpoint_id: str) -> Json:
    server = mcp.known(backend, name)
    if server.target(_told(server, endpoint_id)) is None:
        raise NotFound(f"MCPAccessEndpoint {endpoint_id} leads to no version of MCP server '{name}'")
    return mcp.endpoint_shape(server, endpoint_id, tools=True)


def _look(found: tuple[Known, str], asked: Field) -> Any:
    server, one = found
    told = server.told["endpoints"][one]
    target = server.target(told)
    own = {"id": one, "server_name": server.told["name"], "created_at": told["created"], "last_updated_at": told["updated"]}
    own["status"] = items.body(target)["status"] if target else None
    return own.get(asked.key, told.get(asked.key))
