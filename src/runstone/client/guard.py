"""Logging never breaks training: the one place where trouble of journal and store ends.

Mistakes of the caller pass through. ``Trouble`` (and what the operating system says about files) becomes one visible
warning per kind, unless ``RUNSTONE_STRICT`` is set.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar, cast

from runstone import settings
from runstone.errors import RunstoneError, Trouble

from .notices import warn_once

F = TypeVar("F", bound=Callable[..., Any])


def guarded(call: F) -> F:
    """Wrap a function that logs; it returns ``None`` where it met trouble."""

    @functools.wraps(call)
    def safe(*args: Any, **kwargs: Any) -> Any:
        try:
            return call(*args, **kwargs)
        except RunstoneError as trouble:
            if not isinstance(trouble, Trouble):
                raise
            report(trouble, call.__name__)
        except OSError as trouble:
            report(trouble, call.__name__)
        return None

    return cast(F, safe)


def report(trouble: BaseException, what: str) -> None:
    """Say it once, or raise it in strict mode."""
    if settings.STRICT.get():
        raise trouble
    warn_once(
        f"{type(trouble).__name__}: {what}",
        f"{what} could not be recorded: {trouble} Training goes on. (Said once; RUNSTONE_STRICT=1 makes it an error.)",
    )
