"""One row of the table of MLflow's endpoints."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from msgspec import Struct


class Row(Struct, frozen=True):
    """``handler(backend, message)`` runs in a worker thread and returns the answer: a JSON object, or its bytes.

    ``path`` begins below ``/api/<version>.0``; its parts in braces are fields of the message, too.
    """

    method: Literal["GET", "POST", "PATCH", "PUT", "DELETE"]
    path: str
    message: type[Struct]
    handler: Callable[..., dict[str, Any] | bytes]
    permission: Literal["none", "read", "write"] = "read"
    version: int = 2
