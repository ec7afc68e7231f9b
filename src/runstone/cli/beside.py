"""The store in a process of its own, loaded while this one reads its options and starts what it was asked to start.

Loading the database's library takes longer than everything else that ``runstone run`` does. So it begins with a fork, before
there are threads: the child loads and opens stores and answers, this process never does. What is called crosses a socket
between the two as pickles, one call at a time; nobody else has an end of it. The child leaves when this process does.
"""

from __future__ import annotations

import atexit
import contextlib
import io
import os
import pickle
import signal
import socket
import threading
import time
from typing import Any, cast

from msgspec import Struct

from runstone import connect
from runstone.contracts import Store
from runstone.entities import Experiment
from runstone.errors import RunstoneError, StoreUnavailable

#: Bytes that tell how long a message is.
_LENGTH = 8
#: Seconds within which a process whose files are closed is gone.
PATIENCE = 10.0


def begin() -> None:
    """Open the stores of this process in another one from now on. To be called before there are threads.

    Where a process cannot fork, stores are opened here, as ever.
    """
    if not hasattr(os, "fork"):
        return
    ours, theirs = socket.socketpair()
    if os.fork() == 0:
        ours.close()
        _be_the_other(theirs)
    theirs.close()
    other = _Other(ours)
    atexit.register(other.close)  # after what still writes: it is registered later, so it is called before
    connect.opened_elsewhere = lambda place: cast(Store, _Beside(other, place))


class _Other:
    """This end of the conversation. Calls may come from any thread."""

    def __init__(self, connection: socket.socket) -> None:
        self._file: Any = connection.makefile("rwb")
        self._lock = threading.Lock()
        self.answered = False
        connection.close()

    def ask(self, place: str, name: str, given: tuple[Any, ...], named: dict[str, Any]) -> Any:
        """Raises what the call raises; StoreUnavailable when nobody answers."""
        with self._lock:
            try:
                _send(self._file, (place, name, given, named))
                fine, value = _heard(self._file)
                self.answered = True
            except (OSError, EOFError) as cause:
                self._leave()
                raise StoreUnavailable("The process that held the store is gone; it is opened here instead.") from cause
            except BaseException:  # interrupted: what comes next on the line answers nobody's question
                self._leave()
                raise
        if fine:
            return value
        kind, arguments, rest = value
        error: Exception = kind.__new__(kind)
        error.args = arguments
        error.__dict__.update(rest)
        raise error

    @property
    def gone(self) -> bool:
        return self._file is None

    def _leave(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            with contextlib.suppress(OSError):
                file.close()

    def close(self) -> None:
        """Close the stores there, and wait until they are."""
        if not self.gone:
            with contextlib.suppress(StoreUnavailable):
                self.ask("", "", (), {})
            self._leave()


class _Beside:
    """A :class:`~runstone.contracts.Store` whose calls are made by the other process; by this one, once that is gone."""

    def __init__(self, other: _Other, place: str) -> None:
        self._other, self._place = other, place
        self._here: Store | None = None

    def find_experiment(self, name: str) -> Experiment | None:
        return self._seen("name", name) or self._call("find_experiment", name)

    def get_experiment(self, experiment_id: str) -> Experiment:
        known = self._seen("experiment_id", int(experiment_id)) if experiment_id.isdecimal() else None
        return known or self._call("get_experiment", experiment_id)

    def _seen(self, column: str, value: str | int) -> Experiment | None:
        """What a run needs to begin, while the other process still loads."""
        return None if self._other.answered else connect.glance(self._place, column, value)

    def _call(self, name: str, *given: Any) -> Any:
        return self.__getattr__(name)(*given)

    def __getattr__(self, name: str) -> Any:
        if self._other.gone:
            self._here = self._here or connect.opened_here(self._place)
            return getattr(self._here, name)
        if name == "uri":
            return connect.shown(self._place)

        def call(*given: Any, **named: Any) -> Any:
            return self._other.ask(self._place, name, given, named)

        return call


def _be_the_other(connection: socket.socket) -> None:
    """Answer until the first process is gone or has enough; never returns."""
    try:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)  # meant for the first process, which still has something to write then
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):  # nobody is to wait for this process's end of them
            os.dup2(nowhere, stream)
        if _a_processor_is_free():
            connect.load()  # else with the first question: the command is to start first
        _talk(connection.makefile("rwb"))
    finally:
        os._exit(0)


def _a_processor_is_free() -> bool:
    return os.getloadavg()[0] < len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else True


def _talk(file: Any) -> None:
    first, places = os.getppid(), set()
    try:
        while True:
            place, name, given, named = _heard(file)
            if not name:
                connect.close_all()
                _send(file, (True, None))
                return
            places.add(place)
            _send(file, _answer(place, name, given, named))
    except (EOFError, OSError):
        _bring_in_what_is_left(first, places)
        connect.close_all()


def _bring_in_what_is_left(first: int, places: set[str]) -> None:
    """The first process was killed: what it had not shipped is brought in, and its run ends at once, with the cause. A job on
    a cluster goes on, so that this process watches over it from then on."""
    from runstone.journal.recovery import recover, survey
    from runstone.process import process_start

    give_up = time.monotonic() + PATIENCE
    while (os.getppid() == first or process_start(first)) and time.monotonic() < give_up:
        time.sleep(0.01)  # its files are closed a moment before it is gone
    for place in places:
        with contextlib.suppress(RunstoneError, OSError):
            root = connect.journal_root(place)
            left = {one.run_id for one in survey(root) if one.pid == first and not one.alive}
            recover(root, connect.open_store(place))
            _watch_on(place, left)


def _watch_on(place: str, runs: set[str]) -> None:
    import runstone
    from runstone.client import ending
    from runstone.errors import WrongState
    from runstone.projects.again import follow

    runstone.set_tracking_uri(place)
    for run_id in runs:
        with contextlib.suppress(WrongState):  # a command of this machine: there is no job to watch
            follow(run_id)
    ending.at_exit()


def _answer(place: str, name: str, given: tuple[Any, ...], named: dict[str, Any]) -> tuple[bool, Any]:
    try:
        return True, getattr(connect.open_store(place), name)(*given, **named)
    except Exception as error:
        return False, (type(error), error.args, error.__dict__)


def _send(file: Any, message: object) -> None:
    if file is None:
        raise EOFError
    data = io.BytesIO()
    _Pickler(data, pickle.HIGHEST_PROTOCOL).dump(message)
    file.write(data.tell().to_bytes(_LENGTH, "little"))
    file.write(data.getbuffer())
    file.flush()


class _Pickler(pickle.Pickler):
    """Structs by their fields. They bring a way of their own, in a function that does not know its module: pickle then looks
    for it in every module there is, and each lazy one loads what it can, NumPy too."""

    def reducer_override(self, value: Any) -> Any:
        if isinstance(value, Struct):
            return _struct, (type(value), *(getattr(value, name) for name in value.__struct_fields__))
        return NotImplemented


def _struct(kind: type[Struct], *values: object) -> Struct:
    return kind(**dict(zip(kind.__struct_fields__, values, strict=True)))


def _heard(file: Any) -> Any:
    head = file.read(_LENGTH) if file is not None else b""
    if len(head) < _LENGTH:
        raise EOFError
    return pickle.loads(file.read(int.from_bytes(head, "little")))  # from our own child or parent
