"""Runs that are still active when the process ends: by itself, by an exception, by a signal.

Nothing here is in force before the first ``start_run``. Only the process that started a run ends it.
"""

from __future__ import annotations

import atexit
import os
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any

from runstone import connect, settings

from . import active, active_model, context, exits, experiments, faults, guard, location, notices
from . import session as sessions
from .active import Active
from .verdict import Terminated

_finish: Callable[[Active, BaseException | None], None] | None = None
_watching: int | None = None  # the process in which the hooks were set
_signalled: Terminated | None = None


def watch(finish: Callable[[Active, BaseException | None], None]) -> None:
    """Set the hooks, once per process. ``finish`` ends one run as what ended the process says."""
    global _finish, _watching
    if _watching == os.getpid():
        return
    first = _watching is None
    _finish, _watching = finish, os.getpid()
    if first:
        atexit.register(at_exit)
        _chain_excepthooks()
        exits.watch()
        _take_signals()
    _at_exit_of_worker()


def end_all(error: BaseException | None, stack: list[Active] | None = None) -> None:
    """End every run that this process started, or those of one thread, innermost first."""
    for entry in reversed(active.every()):
        if _finish is not None and entry.pid == os.getpid() and (stack is None or entry.stack is stack):
            _finish(entry, error)


def at_exit() -> None:
    """End what is active, ship what was logged, and say so if something remains."""
    active.leaving = True
    end_all(_signalled or exits.left_by())
    wait = settings.EXIT_WAIT_SECONDS.get()
    context.settle(wait)
    whole = all([_ship(one, wait) for one in sessions.sessions()])
    active.over = True
    guard.say_missed()
    if whole:  # else a thread may be inside a store, and who closes that waits for it
        connect.close_all()


def _ship(one: sessions.Session, wait: float) -> bool:
    """Whether all of a session is stored; said where it is not. Ctrl-C ends the wait."""
    try:
        done = one.close(wait)
    except KeyboardInterrupt:
        done = False
    if not done:
        notices.warn_once(
            f"unshipped {one.uri}",
            f"what was logged is safe in {one.kept_in}, but not all of it could be stored in time. "
            f"The next run brings it in, or this, once the store can be written: {one.how_to_sync}",
        )
    return done


def reset() -> None:
    """End everything and forget it, as if the process were new. For tests."""
    global _signalled
    end_all(None)
    _signalled = None
    context.settle(settings.EXIT_WAIT_SECONDS.get())
    for one in sessions.sessions():
        one.close(settings.EXIT_WAIT_SECONDS.get())
    connect.close_all()
    for part in (active, active_model, sessions, exits, experiments, location, notices, faults, guard):
        part.forget()


# --- exceptions ----------------------------------------------------------------------------------------------------


def _chain_excepthooks() -> None:
    before = sys.excepthook

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        try:
            end_all(error)
        finally:
            before(kind, error, trace)
            _say_which_run(error)

    sys.excepthook = hook
    before_in_threads = threading.excepthook

    def thread_hook(args: Any) -> None:
        try:
            if args.exc_value is not None:
                end_all(args.exc_value, active.own_stack())
        finally:
            before_in_threads(args)

    threading.excepthook = thread_hook


def _say_which_run(error: BaseException) -> None:
    """``mlflow.active_run().info`` after the ``with`` block: MLflow has nothing there either, and beginners ask why."""
    last = active.last_run_id
    asked = isinstance(error, AttributeError) and getattr(error, "obj", error) is None
    if asked and last is not None and getattr(error, "name", "") in ("info", "data") and not active.every():
        notices.notice(
            f"no run is active here any more: the with block has ended it. "
            f"Its id is {last}; last_active_run().info.run_id gives it."
        )


# --- signals -------------------------------------------------------------------------------------------------------


#: What asks a process to end: SIGHUP comes when its terminal is closed, also by a connection that broke (not on Windows).
_ENDING = ("SIGTERM", "SIGHUP")


def _take_signals() -> None:
    """Only from the main thread, and only where the program has no handler of its own; nohup's ignoring is one."""
    if threading.current_thread() is not threading.main_thread():
        return
    for number in (getattr(signal, name, None) for name in _ENDING):
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _on_signal)


def _on_signal(number: int, frame: FrameType | None) -> None:
    global _signalled
    if active.any_of_this_process() or not all(one.shipper.flush(0) for one in sessions.sessions()):
        _signalled = Terminated(number)
        raise _signalled
    signal.signal(number, signal.SIG_DFL)  # nothing to end and nothing to ship: die as if nobody had listened
    os.kill(os.getpid(), number)


# --- worker processes ----------------------------------------------------------------------------------------------


def _at_exit_of_worker() -> None:
    """Workers of ``multiprocessing`` leave without ``atexit``; they have finalizers instead."""
    process = sys.modules.get("multiprocessing.process")
    util = sys.modules.get("multiprocessing.util")
    if process is not None and util is not None and process.parent_process() is not None:
        util.Finalize(None, at_exit, exitpriority=-100)


def _in_child() -> None:
    util = sys.modules.get("multiprocessing.util")
    if util is not None and _watching is not None:
        # multiprocessing empties the list of finalizers after this; what is registered here comes after that
        util.register_after_fork(_in_child, lambda _: util.Finalize(None, at_exit, exitpriority=-100))


os.register_at_fork(after_in_child=_in_child)
