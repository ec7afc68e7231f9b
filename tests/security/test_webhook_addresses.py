"""No message reaches an address that is not public: whatever it is written like, and whatever its name meant before."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from runstone import connect
from runstone.errors import InvalidValue
from runstone.server.webhooks import post as posting
from runstone.server.webhooks.addresses import is_public
from runstone.server.webhooks.desk import Desk

EVENTS = ("registered_model.created",)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(connect.open_store(str(tmp_path / "store")))


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "localhost", "[::1]", "[::]", "0.0.0.0", "10.1.2.3",
     "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]",
     "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[fe80::1]", "[fd00::1]", "[fec0::1]", "224.0.0.1", "255.255.255.255"],
)  # fmt: skip
def test_private_addresses_are_refused_in_every_notation(desk: Desk, host: str) -> None:
    with pytest.raises(InvalidValue, match="not public"):
        desk.create("x", f"https://{host}/in", EVENTS)
    assert not desk.kept.webhooks()


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(address)


def test_plain_http_is_refused(desk: Desk) -> None:
    with pytest.raises(InvalidValue, match="must begin with https://"):
        desk.create("x", "http://8.8.8.8/in", EVENTS)


def means(*addresses: str) -> Any:
    """A name service where every name means these."""

    def look_up(host: str, port: int, **_: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in addresses]

    return look_up


def test_a_name_that_also_means_a_private_address(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", means("8.8.8.8", "10.0.0.1"))
    with pytest.raises(InvalidValue, match=r"10\.0\.0\.1, which is not public"):
        desk.create("x", "https://inside.example.com/in", EVENTS)


def test_a_name_that_changes_its_meaning(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    reached: list[Any] = []

    def connecting(address: Any, *_: Any) -> socket.socket:
        reached.append(address)
        raise ConnectionRefusedError("nobody there")

    monkeypatch.setattr(posting.socket, "create_connection", connecting)
    monkeypatch.setattr(socket, "getaddrinfo", means("8.8.8.8"))
    hook = desk.create("x", "https://example.com/in", EVENTS).webhook_id
    assert "nobody there" in desk.test(hook).error
    assert reached == [("8.8.8.8", 443)]  # what was checked, not the name
    monkeypatch.setattr(socket, "getaddrinfo", means("169.254.169.254"))
    assert "not public" in desk.test(hook).error
    assert reached == [("8.8.8.8", 443)]


def test_no_proxy_of_the_environment_is_asked(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setattr(socket, "getaddrinfo", means("8.8.8.8"))
    reached: list[Any] = []

    def connecting(address: Any, *_: Any) -> socket.socket:
        reached.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(posting.socket, "create_connection", connecting)
    desk.test(desk.create("x", "https://example.com/in", EVENTS).webhook_id)
    assert reached == [("8.8.8.8", 443)]
