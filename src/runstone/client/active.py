"""Which run is active.

Each thread has its own stack of active runs. A thread without one sees the process's: the main thread's innermost run,
else the one begun last. So logging from several threads at once needs no care. Forked children see what their parent had.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .run_log import RunLog

if TYPE_CHECKING:
    from .runs import ActiveRun
    from .session import Session


class Active:
    """An active run: what ``start_run`` made, and who may end it.

    Attributes:
        stops: called, last first, before the end is written (system metrics, console capture).
        pid: the process that started it; no other process ends it.
    """

    __slots__ = ("log", "pid", "run", "session", "stack", "stops")

    def __init__(self, run: ActiveRun, log: RunLog, session: Session) -> None:
        self.run, self.log, self.session = run, log, session
        self.pid = os.getpid()
        self.stops: list[Callable[[], None]] = []
        self.stack: list[Active] = []


#: What one thread knows: ``stack``, its active runs, innermost last, and what others keep there until a stack changes.
local = threading.local()
lock = threading.RLock()

_threads: dict[int, dict[str, Any]] = {}  # each thread's own part of ``local``, by thread number
_all: tuple[Active, ...] = ()  # every active run of the process, in the order they began
_changes = 0
#: Called after each change of any stack.
on_change: list[Callable[[], None]] = []
last_run_id: str | None = None
#: Whether an error, a signal or the process's end took the main thread out of its run, and none has begun since.
leaving = False
#: Whether the process's end has shipped what was logged: nobody would end a run begun after that, or ship it.
over = False
#: Runs whose work another process does while this one watches over it, with the number of the watching process.
attended: dict[str, int] = {}


def own_stack() -> list[Active]:
    """The calling thread's stack."""
    try:
        stack: list[Active] = local.stack
    except AttributeError:
        stack = local.stack = []
        with lock:
            _threads[threading.get_ident()] = local.__dict__
    return stack


def visible() -> Active | None:
    """The run that the calling thread logs to, if any is active."""
    stack = own_stack()
    if stack:
        return stack[-1]
    everyone = _all
    if not everyone:
        return None
    main = threading.main_thread().ident
    mains: list[Active] = _threads.get(main, {}).get("stack", []) if main is not None else []
    return mains[-1] if mains else everyone[-1]


def every() -> tuple[Active, ...]:
    """Every active run of the process, in the order they began."""
    return _all


def any_of_this_process() -> bool:
    """Whether this process has a run to end, should it be asked to go: not one that its parent began."""
    return os.getpid() in (*(entry.pid for entry in _all), *attended.values())


def push(active: Active) -> None:
    """Begin: innermost run of the calling thread from now on."""
    global _all, last_run_id, leaving
    with lock:
        leaving = False
        active.stack = own_stack()
        active.stack.append(active)
        _all = (*_all, active)
        last_run_id = active.log.run_id
        _changed()


def remove(active: Active) -> bool:
    """End: off its stack. Whether it was on it."""
    global _all, last_run_id
    with lock:
        if active not in _all:
            return False
        _all = tuple(other for other in _all if other is not active)
        if active in active.stack:
            active.stack.remove(active)
        last_run_id = active.log.run_id
        _changed()
        return True


def shared() -> bool:
    """Whether all threads log to the same run: the active runs are all on one stack."""
    everyone = _all
    return bool(everyone) and all(entry.stack is everyone[0].stack for entry in everyone)


def stir() -> None:
    """Have everything that is remembered about active runs looked up again."""
    with lock:
        _changed()


def changes() -> int:
    """A number that rises with every change of a stack."""
    return _changes


def _changed() -> None:
    global _changes
    _changes += 1
    for call in on_change:
        call()
    for known in tuple(_threads.values()):
        known.pop("hot", None)
    if len(_threads) > 64:
        living = {thread.ident for thread in threading.enumerate()}
        for number in [number for number in _threads if number not in living]:
            del _threads[number]


def forget() -> None:
    """No run was ever active."""
    global _all, last_run_id, leaving, over
    with lock:
        for active in _all:
            active.stack.clear()
        _all, last_run_id, leaving, over = (), None, False, False
        attended.clear()
        _changed()


def _in_child() -> None:
    global lock, over
    lock, over = threading.RLock(), False
    mine = local.__dict__
    _threads.clear()
    if "stack" in mine:
        _threads[threading.get_ident()] = mine
    _changed()


os.register_at_fork(after_in_child=_in_child)
