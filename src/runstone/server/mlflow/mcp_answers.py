"""What MLflow's endpoints for MCP servers answer; ``null`` is written where there is none."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET, Struct, UnsetType

Rest = dict[str, Any]


class AliasShape(Struct):
    alias: str
    version: str


class VersionShape(Struct):
    name: str
    version: str
    server_json: Rest
    status: str
    tools: list[Rest]
    aliases: list[str]
    tags: dict[str, str]
    connect_options: Rest
    source: str | None
    created_by: str | None
    last_updated_by: str | None
    creation_timestamp: int
    last_updated_timestamp: int


class EndpointShape(Struct):
    id: str
    server_name: str
    url: str
    transport_type: str
    server_version: str | None
    server_alias: str | None
    resolved_version: VersionShape | None
    created_by: str | None
    last_updated_by: str | None
    creation_timestamp: int
    last_updated_timestamp: int
    tools: list[Rest] | None | UnsetType = UNSET


class ServerShape(Struct):
    name: str
    display_name: str | None
    description: str | None
    icons: list[Rest] | None
    status: str | None
    access_endpoints: list[EndpointShape]
    latest_version: str | None
    aliases: list[AliasShape]
    tags: dict[str, str]
    created_by: str | None
    last_updated_by: str | None
    creation_timestamp: int
    last_updated_timestamp: int


class Servers(Struct):
    mcp_servers: list[ServerShape]
    next_page_token: str | UnsetType = UNSET


class ServerVersions(Struct):
    mcp_server_versions: list[VersionShape]
    next_page_token: str | UnsetType = UNSET


class Endpoints(Struct):
    mcp_access_endpoints: list[EndpointShape]
    next_page_token: str | UnsetType = UNSET
