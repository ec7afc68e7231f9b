"""Logging never breaks training: the one place where trouble of journal and store ends.

Mistakes of the caller pass through. ``Trouble`` (and what the operating system says about files) becomes one visible
warning per kind, unless ``RUNSTONE_STRICT`` is set.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable
from typing import Any, TypeVar, cast

from runstone import settings
from runstone.errors import RunstoneError, Trouble

from .interruptions import interrupting
from .notices import warn_once

#: Of what could not be recorded: how many calls of each name.
_missed: Counter[str] = Counter()

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
    """Say it once, or raise it in strict mode. What a signal's handler raised meanwhile is the program's, and passes."""
    came = interrupting(trouble)
    if came is not None:
        raise came
    if settings.STRICT.get():
        raise trouble
    what = what.lstrip("_")
    _missed[what] += 1
    warn_once(
        f"{type(trouble).__name__}: {what}",
        f"{what} could not be recorded: {trouble} Training goes on. (Said once; RUNSTONE_STRICT=1 makes it an error.)",
    )


def say_missed() -> None:
    """How much could not be recorded, where it was more than the one call that was told of."""
    if sum(_missed.values()) > len(_missed):
        calls = ", ".join(f"{count:,} of {what}" for what, count in _missed.most_common(5))
        warn_once("missed", f"calls that could not be recorded: {calls}")
    _missed.clear()


def forget() -> None:
    """As if nothing had been missed. For tests."""
    _missed.clear()
