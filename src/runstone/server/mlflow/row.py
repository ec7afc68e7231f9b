"""One row of the table of MLflow's endpoints."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Literal

from msgspec import Struct

from runstone.contracts import Batch


class Row(Struct, frozen=True):
    """``handler(backend, message)`` runs in a worker thread and returns JSON that looks like ``answer``, or its bytes.

    A handler that only says what to write returns a ``Batch``: it asks the store nothing, so it runs where the request is
    read, and the answer is an empty object once the batch is stored. ``writes`` marks those.

    ``path`` begins below ``/api/<version>.0``; its parts in braces are fields of the message, too.
    """

    method: Literal["GET", "POST", "PATCH", "PUT", "DELETE"]
    path: str
    message: type[Struct]
    answer: type[Struct]
    handler: Callable[..., dict[str, Any] | bytes | Batch]
    permission: Literal["none", "read", "write", "admin"] = "read"
    version: int = 2
    writes: bool = False

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of the variable parts of the path."""
        return tuple(re.findall(r"{(\w+)", self.path))

    @property
    def summary(self) -> str:
        return (self.handler.__doc__ or "").strip().split("\n")[0]
