"""Page tokens: where a page ended, so that the next one goes on there even when runs were added meanwhile.

A token is opaque text: the search it belongs to (a fingerprint), the last row's place in the order, and a checksum. A
token of another search, or one that was changed, is refused. It holds no secret and nothing to protect: everything in
it was shown to its owner on the page before.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Any

import msgspec
from msgspec import Struct

from runstone.errors import InvalidValue

_CHECK_BYTES = 8


class Place(Struct, frozen=True, array_like=True):
    """``values`` is the last row's value in each column of the order: ``[]`` missing, ``[None]`` NaN, else ``[value]``."""

    search: bytes
    values: list[list[Any]]


def fingerprint(*parts: Any) -> bytes:
    """What identifies a search: anything msgpack can hold."""
    return hashlib.blake2b(msgspec.msgpack.encode(parts), digest_size=8).digest()


def encode(place: Place) -> str:
    body = msgspec.msgpack.encode(place)
    return base64.urlsafe_b64encode(_check(body) + body).decode().rstrip("=")


def decode(token: str, search: bytes) -> Place:
    """Raises InvalidValue for a token that was changed or belongs to another search."""
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        body = raw[_CHECK_BYTES:]
        if raw[:_CHECK_BYTES] != _check(body):
            raise ValueError("checksum")
        place = msgspec.msgpack.decode(body, type=Place)
    except (ValueError, binascii.Error, msgspec.DecodeError) as cause:
        raise InvalidValue(
            f"page_token={token!r} is not a token of this store. Pass the token of the page before, unchanged."
        ) from cause
    if place.search != search:
        raise InvalidValue(
            "page_token belongs to another search. Keep experiments, filter, order and view the same from page to page."
        )
    return place


def _check(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=_CHECK_BYTES, person=b"runstone page").digest()
