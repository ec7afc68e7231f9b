"""Where a request's body ends: with the last byte of the length that it announced, and nobody waits for a word more."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import pytest
from starlette.types import Message, Receive, Scope, Send

from runstone.server.guard import Guard

LEFT: Message = {"type": "http.disconnect"}


def piece(body: bytes, more: bool = True) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


def seen(
    messages: Sequence[Message], headers: list[tuple[bytes, bytes]], asks: Callable[[list[Message]], bool]
) -> list[Message]:
    """What an application behind the guard is told of these messages, as long as it ``asks`` for more."""
    coming, told = iter(messages), list[Message]()

    async def receive() -> Message:
        return next(coming)  # raises when it is asked more often than it has something to say

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        while asks(told):
            told.append(await receive())

    async def send(message: Message) -> None:
        raise AssertionError(f"an answer of the guard's own: {message}")

    scope = {"type": "http", "method": "POST", "path": "/", "headers": [(b"host", b"localhost"), *headers]}
    asyncio.run(Guard(app)(scope, receive, send))
    return told


def unfinished(told: list[Message]) -> bool:
    return not told or told[-1].get("more_body", False)


@pytest.mark.parametrize("pieces", [[b"123456"], [b"12", b"3456"]])
def test_the_last_byte_is_the_end(pieces: list[bytes]) -> None:
    told = seen([piece(one) for one in pieces], [(b"content-length", b"6")], unfinished)
    assert [(one["body"], one["more_body"]) for one in told] == [(one, one is not pieces[-1]) for one in pieces]


def test_after_it_comes_only_that_the_client_left() -> None:
    for rest in ([piece(b"", False), LEFT], [LEFT]):
        told = seen([piece(b"123456"), *rest], [(b"content-length", b"6")], lambda told: len(told) < 2)
        assert [one["type"] for one in told] == ["http.request", "http.disconnect"]


def test_a_body_that_breaks_off_or_has_no_length_ends_as_the_server_says() -> None:
    assert seen([piece(b"123"), LEFT], [(b"content-length", b"6")], unfinished)[-1] == LEFT
    told = seen([piece(b"123456"), piece(b"", False)], [(b"transfer-encoding", b"chunked")], unfinished)
    assert [one["more_body"] for one in told] == [True, False]
