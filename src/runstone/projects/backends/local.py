"""A project's command as a process of this machine."""

from __future__ import annotations

import os
import re
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from runstone.client.attended import Attended
from runstone.errors import ExecutionException

from .keeper import Keeper

#: What a watcher watches over, in the words of who finds that it is gone.
WORK = "its command"
#: Seconds between SIGTERM and SIGKILL.
GRACE = 10.0
#: Seconds between two looks at whether the run is to be stopped.
ASK_EVERY = 1.0
_LOOK = 0.05
#: Characters of the reason that a program gave.
_LAST_WORDS = 500


class Watched:
    """A process of this machine whose output goes to this process's streams and to its run.

    Args:
        pid: of the leader of a process group.
        pipes: what it prints into, by the name of the stream; closed when it has been watched.
        ending: what ends besides what SIGKILL does not reach, such as a container.
    """

    def __init__(self, pid: int, pipes: Mapping[str, IO[bytes]], ending: Sequence[str] = ()) -> None:
        self.pid, self._pipes, self._ending = pid, pipes, ending
        self._last_words = b""

    def gone(self, within: float = 0.0) -> bool:
        """Whether the process has ended, or does so within some seconds."""
        raise NotImplementedError

    def watch(self, run: Attended, stop: Callable[[], str | None]) -> tuple[str, str | None]:
        """Until it has ended: status of the run, and why. Whatever interrupts this ends the process first."""
        try:
            why = self._listen(run, stop)
            while not self.gone(_LOOK):  # it has closed its streams, and works on
                why = why or self._stopped(run, stop)
        except BaseException:
            self._end()
            raise
        finally:
            for pipe in self._pipes.values():
                pipe.close()
        return ("KILLED", why) if why is not None else self.outcome()

    def outcome(self) -> tuple[str, str | None]:
        """How it ended by itself: status of the run, and why."""
        raise NotImplementedError

    def _listen(self, run: Attended, stop: Callable[[], str | None]) -> str | None:
        """Why it was stopped, if it was."""
        why: str | None = None
        with selectors.DefaultSelector() as selector:
            for name, pipe in self._pipes.items():
                os.set_blocking(pipe.fileno(), False)
                selector.register(pipe, selectors.EVENT_READ, name)
            while selector.get_map():
                for key, _ in selector.select(_LOOK):
                    name = key.data
                    data = _read(key.fd)
                    if data == b"":
                        selector.unregister(key.fileobj)
                    elif data:
                        run.heard(name, data)
                        if name == "stderr":
                            self._last_words = (self._last_words + data)[-4 * _LAST_WORDS :]
                        show(name, data)
                run.write()
                if self.gone() and not selector.select(0):
                    break  # what it left running in the background may hold the pipes open
                why = why or self._stopped(run, stop)
        return why

    _questioned = 0.0

    def _stopped(self, run: Attended, stop: Callable[[], str | None]) -> str | None:
        """Why it is to be stopped, asked now and then; it has ended then."""
        now = time.monotonic()
        self._questioned = self._questioned or now
        if now - self._questioned < ASK_EVERY:
            return None
        self._questioned = now
        why = stop() or asked(run)
        if why is not None:
            self._end()
        return why

    def _end(self) -> None:
        """SIGTERM to the whole group, SIGKILL to what remains after the grace."""
        self._signal(signal.SIGTERM)
        give_up = time.monotonic() + GRACE
        while not self.gone(_LOOK) and time.monotonic() < give_up:
            pass
        self._signal(signal.SIGKILL)
        while not self.gone(_LOOK):
            pass
        if self._ending:
            with suppress(OSError, subprocess.TimeoutExpired):  # mostly it is gone already
                subprocess.run(self._ending, capture_output=True, check=False, timeout=3 * GRACE)

    def _signal(self, number: int) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)


class Process(Watched):
    """A command, started.

    Args:
        arguments: program and arguments.
        folder: where it runs.
        environment: all of its variables.
        ending: as of :class:`Watched`.

    Raises: ExecutionException when it cannot be started.
    """

    def __init__(
        self, arguments: Sequence[str], folder: Path, environment: Mapping[str, str], ending: Sequence[str] = ()
    ) -> None:
        try:
            self._process = subprocess.Popen(
                arguments,
                cwd=folder,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,  # so that it ends with all that it started
            )
        except OSError as cause:
            raise ExecutionException(f"{arguments[0]!r} could not be started in {folder}: {cause.strerror}.") from cause
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        super().__init__(self._process.pid, {"stdout": self._process.stdout, "stderr": self._process.stderr}, ending)

    def gone(self, within: float = 0.0) -> bool:
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(within)
        return self._process.returncode is not None

    def watch(self, run: Attended, stop: Callable[[], str | None]) -> tuple[str, str | None]:
        with Keeper(run, self.pid, [pipe.fileno() for pipe in self._pipes.values()], self._ending) as keeper:
            run.watches(WORK, keeper.pid)
            return super().watch(run, stop)

    def outcome(self) -> tuple[str, str | None]:
        code = self._process.wait()
        return ("FINISHED", None) if code == 0 else ("FAILED", self._cause(code))

    def _cause(self, code: int) -> str:
        """With the last line of what it said of its trouble: most programs end with the reason."""
        lines = [line.strip() for line in re.split(r"[\r\n]", self._last_words.decode("utf-8", "replace")) if line.strip()]
        cause = cause_of(code)
        return f"{cause}: {lines[-1][:_LAST_WORDS]}" if lines and cause.startswith("exit code") else cause


def asked(run: Attended) -> str | None:
    """Why a run is to be stopped, if somebody asked for it through the store."""
    who = run.stop_asked()
    return None if who is None else f"stopped by {who}"


def _read(fd: int) -> bytes | None:
    try:
        return os.read(fd, 1 << 16)
    except BlockingIOError:
        return None


def show(stream: str, data: bytes) -> None:
    """On this process's stream of that name."""
    onto = getattr(getattr(sys, stream), "buffer", None)
    if onto is not None:
        with suppress(OSError, ValueError):  # our own reader is gone; the run still has the text
            onto.write(data)
            onto.flush()


def cause_of(code: int) -> str:
    """A process's exit code, or a signal as its negative, in words."""
    if code > 128:  # as a shell tells of a program that a signal ended
        code = -(code - 128) if code - 128 in set(signal.Signals) else code
    if code >= 0:
        return f"exit code {code}"
    with suppress(ValueError):
        return f"signal {-code} ({signal.Signals(-code).name})"
    return f"signal {-code}"
