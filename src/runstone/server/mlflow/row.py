"""One row of the table of MLflow's endpoints."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Literal

from msgspec import Struct


class Row(Struct, frozen=True):
    """``handler(backend, message)`` runs in a worker thread and returns JSON that looks like ``answer``, or its bytes.

    ``path`` begins below ``/api/<version>.0``; its parts in braces are fields of the message, too.
    """

    method: Literal["GET", "POST", "PATCH", "PUT", "DELETE"]
    path: str
    message: type[Struct]
    answer: type[Struct]
    handler: Callable[..., dict[str, Any] | bytes]
    permission: Literal["none", "read", "write"] = "read"
    version: int = 2

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of the variable parts of the path."""
        return tuple(re.findall(r"{(\w+)", self.path))

    @property
    def summary(self) -> str:
        return (self.handler.__doc__ or "").strip().split("\n")[0]
