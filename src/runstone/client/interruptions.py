"""Exceptions that came while a call of ours ran, and are not about it: raised by a signal's handler, as time limits are.

The logging calls take every mistake inside of them for their own, and go on by a slower road. What a handler raises happens to
land there, and is the program's.
"""

from __future__ import annotations

import signal
import struct
from types import CodeType
from typing import Any

#: What a value, a key, the journal's memory or its file may raise.
_OURS = (ArithmeticError, AttributeError, BufferError, LookupError, OSError, RuntimeError, TypeError, ValueError, struct.error)


def interrupting(error: BaseException) -> BaseException | None:
    """What a signal's handler raised, if ``error`` is that or comes of it."""
    seen: BaseException | None = error
    while seen is not None:
        trace = seen.__traceback__
        inner = trace.tb_next if trace is not None else None
        if inner is not None:
            handlers = _handlers()
            while inner is not None:
                if inner.tb_frame.f_code in handlers:
                    return seen
                inner = inner.tb_next
        seen = seen.__cause__
    return None


def foreign(error: Exception) -> bool:
    """Whether packing and writing a point cannot have raised this. What is thrown into a thread has no handler to be seen."""
    return not isinstance(error, _OURS) or interrupting(error) is not None


def pass_on(error: Exception) -> None:
    """Raise it again if it is :func:`foreign`."""
    if foreign(error):
        raise error


def _handlers() -> set[CodeType]:
    found = set()
    for number in signal.valid_signals():
        handler: Any = signal.getsignal(number)
        while hasattr(handler, "func"):  # functools.partial
            handler = handler.func
        code = getattr(handler, "__code__", None) or getattr(vars(type(handler)).get("__call__"), "__code__", None)
        if code is not None:
            found.add(code)
    return found
