"""MCP servers that the real client registers: answers are those of mlflow's own server."""

from __future__ import annotations

from typing import Any

START = """
    from mlflow.entities import MCPRemoteTransportType, MCPStatus, MCPTool
    def code(call, *given, **named):
        try:
            call(*given, **named)
        except mlflow.exceptions.MlflowException as error:
            return error.error_code
    def told(version, name, **more):
        return {"name": name, "version": version, "description": f"words of {version}", **more}
"""


def test_a_server_and_its_versions(peer: Any) -> None:
    found = peer.run(
        START
        + """
    name = "com.example/weather"
    made = client.create_mcp_server(name, description="words", icons=[{"src": "https://8.8.8.8/own.png"}])
    found = {"made": [made.name, made.description, made.icons, made.status, made.latest_version]}
    found["names"] = [code(client.create_mcp_server, one) for one in (name, "x", "a/b/c", "ab/versions", "-ab/cd")]
    found["none"] = [code(client.get_mcp_server, "com.example/none"), code(client.get_mcp_server, "none"),
                     code(client.get_latest_mcp_server_version, name)]
    client.create_mcp_server_version(told("1.0.0", name, _meta={"a": [1]}), tools=[])
    tool = MCPTool("look", description="at the sky", input_schema={"type": "object"})
    icons = [{"src": "https://8.8.8.8/v.png", "theme": "dark"}]
    second = client.create_mcp_server_version(
        told("1.10.0-rc.1", name, icons=icons), source="git", status=MCPStatus.ACTIVE, tools=[tool])
    client.create_mcp_server_version(told("1.2.0", name), tools=None)
    found["second"] = [second.version, str(second.status), second.source, [vars(one) for one in second.tools]]
    found["refused"] = [
        code(client.create_mcp_server_version, told("1.0.0", name), tools=[]),
        code(client.create_mcp_server_version, told("1.2", name), tools=[]),
        code(client.create_mcp_server_version, told("9.0.0", name), status=MCPStatus.DEPRECATED, tools=[]),
        code(client.update_mcp_server_version, name, "1.0.0", status=MCPStatus.DEPRECATED),
        code(client.update_mcp_server, name, icons=[{"src": "javascript:alert(1)"}]),
        code(client.delete_mcp_server, name), code(client.delete_mcp_server_version, name, "1.10.0-rc.1"),
    ]
    latest = client.get_latest_mcp_server_version
    found["latest"] = [latest(name).version]
    client.update_mcp_server_version(name, "1.2.0", status=MCPStatus.ACTIVE)
    found["latest"].append(latest(name).version)
    changed = client.update_mcp_server(name, display_name="Weather", description=None)
    found["changed"] = [changed.display_name, changed.description, changed.icons, str(changed.status)]
    found["tools"] = [len(client.update_mcp_server_version(name, "1.10.0-rc.1", tools=one).tools) for one in (None, [tool])]
    client.set_mcp_server_tag(name, "a/b", "1")
    client.set_mcp_server_version_tag(name, "1.0.0", "k/x", "v")
    found["tags"] = [client.get_mcp_server(name).tags, client.get_mcp_server_version(name, "1.0.0").tags]
    client.delete_mcp_server_tag(name, "a/b")
    client.delete_mcp_server_version_tag(name, "1.0.0", "k/x")
    found["tags"] += [code(client.delete_mcp_server_tag, name, "a/b"), client.get_mcp_server_version(name, "1.0.0").tags]
    def versions(*given, **named):
        return [one.version for one in client.search_mcp_server_versions(name, *given, **named)]
    found["searched"] = [versions(), versions("status = 'active'"), versions("version = '1.2.0'"),
                         versions("status IN ('draft')"), code(versions, "nope = 1"),
                         list(client.search_mcp_server_versions("com.example/none"))]
    client.delete_mcp_server_version(name, "1.0.0")
    found["deleted"] = [versions(), code(client.get_mcp_server_version, name, "1.0.0"),
                        code(client.create_mcp_server_version, told("1.0.0", name), tools=[])]
    """
    )
    assert found["made"] == [
        "com.example/weather", "words", [{"src": "https://8.8.8.8/own.png", "source": "server"}], None, None,
    ]  # fmt: skip
    assert found["names"] == ["RESOURCE_ALREADY_EXISTS", *["INVALID_PARAMETER_VALUE"] * 4]
    assert found["none"] == ["RESOURCE_DOES_NOT_EXIST"] * 3
    version, status, source, (tool,) = found["second"]
    assert (version, status, source, tool["name"], tool["input_schema"]) == (
        "1.10.0-rc.1", "active", "git", "look", {"type": "object"},
    )  # fmt: skip
    assert found["refused"] == ["RESOURCE_ALREADY_EXISTS", *["INVALID_PARAMETER_VALUE"] * 6]
    assert found["latest"] == ["1.10.0-rc.1", "1.10.0-rc.1"]
    version_icon = {"src": "https://8.8.8.8/v.png", "theme": "dark", "source": "version"}
    own_icon = {"src": "https://8.8.8.8/own.png", "source": "server"}
    assert found["changed"] == ["Weather", "words of 1.10.0-rc.1", [own_icon, version_icon], "active"]
    assert found["tools"] == [0, 1]
    assert found["tags"] == [{"a/b": "1"}, {"k/x": "v"}, "RESOURCE_DOES_NOT_EXIST", {}]
    all_of_them = ["1.0.0", "1.10.0-rc.1", "1.2.0"]
    assert found["searched"] == [
        all_of_them, ["1.10.0-rc.1", "1.2.0"], ["1.2.0"], ["1.0.0"], "INVALID_PARAMETER_VALUE", [],
    ]  # fmt: skip
    assert found["deleted"] == [all_of_them[1:], "RESOURCE_DOES_NOT_EXIST", "RESOURCE_ALREADY_EXISTS"]


def test_aliases_and_access_endpoints(peer: Any) -> None:
    found = peer.run(
        START
        + """
    name, other = "com.example/maps", "com.example/alone"
    for version in ("1.0.0", "1.1.0"):
        client.create_mcp_server_version(told(version, name), status=MCPStatus.ACTIVE, tools=[])
    client.create_mcp_server_version(told("0.1.0", other), tools=[])
    client.set_mcp_server_alias(name, "prod", "1.0.0")
    find = client.get_mcp_server_version_by_alias
    found = {"alias": [find(name, "prod").aliases, find(name, "latest").version, code(find, name, "none"),
                       code(client.set_mcp_server_alias, name, "latest", "1.0.0"),
                       code(client.set_mcp_server_alias, name, "p", "5.0.0")]}
    make = client.create_mcp_access_endpoint
    fixed = make(name, "https://h/fixed", server_version="1.1.0")
    prod = make(name, "https://h/prod", server_alias="prod", transport_type=MCPRemoteTransportType.SSE)
    last = make(name, "https://h/last", server_alias="latest")
    found["made"] = [[one.url, str(one.transport_type), one.resolved_version.version] for one in (fixed, prod, last)]
    found["refused"] = [
        code(make, name, "https://h", server_version="1.0.0", server_alias="prod"), code(make, name, "https://h"),
        code(make, name, " ", server_alias="prod"), code(make, name, "https://h", server_version="4.0.0"),
        code(make, name, "https://h", server_alias="zz"), code(client.get_mcp_access_endpoint, other, prod.id),
    ]
    def urls(**named):
        return sorted(one.url for one in client.search_mcp_access_endpoints(**named))
    found["searched"] = [
        urls(server_name=name), urls(server_name=name, server_alias="prod"), urls(server_name=name, server_version="1.1.0"),
        urls(filter_string=f"server_name = '{name}' AND transport_type = 'sse'"), urls(filter_string="status = 'draft'"),
        [one.name for one in client.search_mcp_servers("has_access_endpoints = 'true' AND name LIKE '%/maps'")],
    ]
    moved = client.update_mcp_access_endpoint(name, prod.id, url="https://h/moved", server_version="1.1.0")
    found["moved"] = [moved.url, moved.server_version, moved.server_alias, str(moved.transport_type)]
    client.update_mcp_access_endpoint(name, prod.id, server_alias="prod")
    client.delete_mcp_server_alias(name, "prod")
    found["without"] = urls(server_name=name)
    for version in ("1.1.0", "1.0.0"):
        client.update_mcp_server_version(name, version, status=MCPStatus.DEPRECATED)
        client.delete_mcp_server_version(name, version)
    found["gone"] = [urls(server_name=name), client.get_mcp_server(name).latest_version]
    client.delete_mcp_server(name)
    found["pages"] = []
    for number in range(3):
        client.create_mcp_server(f"com.pages/server{number}")
    page = client.search_mcp_servers("name LIKE 'com.pages/%'", max_results=2, order_by=["name DESC"])
    rest = client.search_mcp_servers("name LIKE 'com.pages/%'", max_results=2, order_by=["name DESC"], page_token=page.token)
    found["pages"] = [[one.name[-1] for one in page], [one.name[-1] for one in rest], rest.token]
    """
    )
    assert found["alias"] == [
        ["prod"],
        "1.1.0",
        "RESOURCE_DOES_NOT_EXIST",
        "INVALID_PARAMETER_VALUE",
        "RESOURCE_DOES_NOT_EXIST",
    ]
    assert found["made"] == [
        ["https://h/fixed", "streamable-http", "1.1.0"],
        ["https://h/prod", "sse", "1.0.0"],
        ["https://h/last", "streamable-http", "1.1.0"],
    ]
    assert found["refused"] == [*["INVALID_PARAMETER_VALUE"] * 3, *["RESOURCE_DOES_NOT_EXIST"] * 3]
    assert found["searched"] == [
        ["https://h/fixed", "https://h/last", "https://h/prod"],
        ["https://h/prod"],
        ["https://h/fixed"],
        ["https://h/prod"],
        [],
        ["com.example/maps"],
    ]
    assert found["moved"] == ["https://h/moved", "1.1.0", None, "sse"]
    assert found["without"] == ["https://h/fixed", "https://h/last"]
    assert found["gone"] == [[], None]
    assert found["pages"] == [["2", "1"], ["0"], None]
