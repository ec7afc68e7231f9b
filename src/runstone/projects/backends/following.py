"""Watching over a job that runs elsewhere: where it stands, what it prints, and its end when somebody asks for it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from msgspec import Struct

from runstone.client.attended import Attended
from runstone.client.notices import notice
from runstone.errors import ExecutionException, InvalidValue
from runstone.projects.command import Command

from .local import ASK_EVERY, GRACE, asked, show

#: Tags of a job's run: its id there, where it stands (``queued``, ``running``, ``finished``), the node it runs on, and how it
#: is found again (JSON).
JOB_ID, JOB_STATE, JOB_NODE, JOB_PLACE = (f"runstone.job.{name}" for name in ("id", "state", "node", "place"))
QUEUED, RUNNING, OVER = "queued", "running", "finished"
#: In :data:`JOB_PLACE`: how many lines of the run's console were there before the job's.
LINES = "lines"
#: Seconds for which a cluster may fail to answer before its job is given up.
PATIENCE = 600.0
_LOOK = 0.1
#: Most seconds between two questions for the log of a job that says nothing.
SILENCE = 4.0


class Work(Struct, frozen=True):
    """What a back end is handed.

    Args:
        arguments: program and arguments, as for a process of this machine.
        command: the entry point's command.
        folder: the project's.
        variables: all of the process's environment.
        told: those of them that tell of the run and carry the parameters; no secrets, nothing of this machine.
        config: the back end's configuration.
        name: the project's.
        run_id: the run's.
        fetched: whether the folder is a temporary one of this machine.
        docker: the project's ``docker_env``, if it has one.
        packages: requirements of the project's ``python_env``.
        build_image: whether an image with the project's files is to be made.
        ending: a command that ends what the process started and a signal to it does not reach.
    """

    arguments: list[str]
    command: Command
    folder: Path
    variables: Mapping[str, str]
    told: Mapping[str, str]
    config: Mapping[str, Any]
    name: str
    run_id: str
    fetched: bool = False
    docker: Mapping[str, Any] | None = None
    packages: tuple[str, ...] = ()
    build_image: bool = False
    ending: tuple[str, ...] = ()


class State(Struct, frozen=True):
    """``phase`` is queued, running or finished; ``status`` and ``cause`` are the run's at the end."""

    phase: str
    node: str = ""
    why: str = ""
    status: str = "FINISHED"
    cause: str | None = None


class Job(Protocol):
    """A submitted job. All methods may raise ExecutionException when the cluster does not answer."""

    job_id: str
    #: What is needed to find it again: keys of the back end's configuration, no secrets.
    place: Mapping[str, Any]
    #: Seconds between two questions for the state.
    every: float
    #: Least seconds between two questions for its log; 0 where that costs nobody anything, as a file does.
    hear_every: float

    def state(self) -> State: ...

    def printed(self) -> list[tuple[str, bytes]]:
        """What came since the last call, as (``stdout`` or ``stderr``, bytes)."""

    def terminate(self) -> None: ...

    def kill(self) -> None: ...

    def discard(self) -> None:
        """Remove what was laid out for it; it is over."""


class Hearing:
    """When to ask for a log again: soon where something came, ever later (up to :data:`SILENCE`) where nothing does."""

    def __init__(self, least: float) -> None:
        self._least = self._wait = least
        self._next = 0.0

    def due(self, now: float) -> bool:
        return now >= self._next

    def asked(self, now: float, came: bool) -> None:
        """It was asked for at ``now``, seconds of a clock, and whether anything came."""
        self._wait = self._least if came else min(self._wait * 1.5, max(SILENCE, self._least))
        self._next = now + self._wait


class Heard:
    """What a run has of its job's log already, from a watcher that is gone: left out when the log is read anew.

    Args:
        kept: what was kept of each stream.
        before: how many lines of it were there before the job's.
    """

    def __init__(self, kept: Mapping[str, str], before: Mapping[str, int]) -> None:
        self._lines = {stream: text.count("\n") - before.get(stream, 0) for stream, text in kept.items()}
        self._rest = {stream: text.rpartition("\n")[2].encode() for stream, text in kept.items()}

    def new(self, stream: str, data: bytes) -> bytes:
        """Of ``data``, what comes next in the log: what was not heard before."""
        while data and self._lines.get(stream, 0) > 0:
            line, newline, data = data.partition(b"\n")
            self._lines[stream] -= len(newline)
        rest = self._rest.get(stream, b"")
        if not data or not rest:
            return data
        if rest.startswith(data):
            self._rest[stream] = rest[len(data) :]
            return b""
        self._rest[stream] = b""
        return data[len(rest) :] if data.startswith(rest) else b"\r" + data  # a progress bar, which has moved on


class Followed:
    """Watches a job as :class:`~.local.Process` watches a process.

    Args:
        job: the job.
        heard: what another watcher has heard of it before.
    """

    def __init__(self, job: Job, heard: Heard | None = None) -> None:
        self._job, self._before = job, heard
        self._shown = State("")
        self._silent: float | None = None
        self._hearing = Hearing(job.hear_every)

    def watch(self, run: Attended, stop: Callable[[], str | None]) -> tuple[str, str | None]:
        """Until it is over: status of the run, and why. Whatever interrupts this ends the job first."""
        if self._before is None:
            run.tags({JOB_ID: self._job.job_id, JOB_PLACE: json.dumps({**self._job.place, LINES: run.lines})})
        run.watches(f"job {self._job.job_id} (`runstone follow {run.run_id[:12]}` takes it up again)")
        try:
            ended, why = self._follow(run, stop)
        except BaseException:
            self._end(run)
            raise
        if ended.phase == OVER:
            while self._heard(run):  # a back end gives a long log in pieces
                pass
            self._job.discard()
        return ("KILLED", why) if why is not None else (ended.status, ended.cause)

    def _follow(self, run: Attended, stop: Callable[[], str | None]) -> tuple[State, str | None]:
        why, looked, questioned = None, 0.0, time.monotonic()
        while True:
            now = time.monotonic()
            if now - looked >= self._job.every:
                looked = now
                state = self._state()
                if state is not None:
                    self._tell(run, state)
                    if state.phase == OVER:
                        return state, why
            if self._hearing.due(now) and (not self._job.hear_every or self._shown.phase != QUEUED):
                self._hearing.asked(now, self._heard(run))
            run.write()
            if now - questioned >= ASK_EVERY or stop():
                questioned = now
                why = stop() or asked(run)
                if why is not None:
                    return State(OVER if self._end(run) else self._shown.phase), why
            time.sleep(_LOOK)

    def _state(self) -> State | None:
        """``None`` while the cluster does not answer, for a time."""
        try:
            found = self._job.state()
        except ExecutionException as error:
            now = time.monotonic()
            if self._silent is None:
                self._silent = now
                notice(f"job {self._job.job_id} cannot be asked for its state, still trying: {error.message}")
            if now - self._silent > PATIENCE:
                raise
            return None
        self._silent = None
        return found

    def _tell(self, run: Attended, state: State) -> None:
        if (state.phase, state.node) == (self._shown.phase, self._shown.node):
            return
        run.tags({JOB_STATE: state.phase, **({JOB_NODE: state.node} if state.node else {})})
        if state.phase == QUEUED:
            run.waits()
            again = " again" if self._shown.phase == RUNNING else ""
            notice(f"job {self._job.job_id} is queued{again}{f': {state.why}' if state.why else ''}")
        elif state.phase == RUNNING:
            run.runs()
            notice(f"job {self._job.job_id} runs{f' on {state.node}' if state.node else ''}")
        self._shown = state

    def _heard(self, run: Attended) -> bool:
        """Whether anything came."""
        try:
            pieces = self._job.printed()
        except ExecutionException:  # the state's question says so
            return False
        for stream, printed in pieces:
            data = self._before.new(stream, printed) if self._before else printed
            run.heard(stream, data)
            show(stream, data)
        run.write()
        return bool(pieces)

    def _end(self, run: Attended) -> bool:
        """SIGTERM, and SIGKILL to what remains after the grace; waits until the cluster says that it is gone. Whether it is."""
        begun, killed = time.monotonic(), False
        told = self._taken(self._job.terminate)
        while (state := self._state()) is None or state.phase != OVER:
            self._heard(run)
            told = told or self._taken(self._job.terminate)
            if not killed and time.monotonic() - begun > GRACE:
                killed = self._taken(self._job.kill)
            if time.monotonic() - begun > 6 * GRACE:
                notice(f"job {self._job.job_id} was told to end and is still there; end it by hand")
                return False
            time.sleep(min(self._job.every, 0.5))
        run.tags({JOB_STATE: OVER})
        return True

    def _taken(self, order: Callable[[], None]) -> bool:
        """Whether the cluster took an order; one that does not answer is asked again."""
        try:
            order()
        except ExecutionException as error:
            notice(f"job {self._job.job_id} could not be told to end, still trying: {error.message}")
            return False
        return True


def text(config: Mapping[str, Any], key: str, default: str = "") -> str:
    """A text of a back end's configuration. Raises InvalidValue."""
    value = config.get(key, default)
    if not isinstance(value, str):
        raise InvalidValue(f"backend_config: {key!r} must be a text; it is {value!r}.")
    return value


def seconds(config: Mapping[str, Any], default: float) -> float:
    """How often the cluster is asked, in seconds: ``poll_seconds``. Raises InvalidValue."""
    value = config.get("poll_seconds", default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0.05 <= value <= 3600:
        raise InvalidValue(f"backend_config: 'poll_seconds' must be a number from 0.05 to 3600; it is {value!r}.")
    return float(value)


def known(config: Mapping[str, Any], backend: str, keys: tuple[str, ...]) -> None:
    """Raises InvalidValue for a key that means nothing to the back end."""
    for key in config:
        if key not in keys:
            raise InvalidValue(f"backend_config: {key!r} means nothing to {backend}. What works: {', '.join(keys)}.")
