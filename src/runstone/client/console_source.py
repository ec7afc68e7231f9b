"""Two ways to hear what this process prints: through its file descriptors, or through ``sys.stdout`` and ``sys.stderr``."""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from .console_pump import HEADER

PUMP = Path(__file__).with_name("console_pump.py")
NAMES = {1: "stdout", 2: "stderr"}
#: Longest wait for the pump, seconds: to come up, to answer.
PATIENCE = 5.0


class Heard(NamedTuple):
    """``time`` in milliseconds; ``stream`` ``""`` marks an answer to :meth:`Source.ask`."""

    stream: str
    time: int
    data: bytes


class Source(Protocol):
    def hear(self, seconds: float) -> list[Heard] | None:
        """What was printed, waiting at most so long; ``None`` when nothing will come any more. For one thread."""
        ...

    def ask(self) -> None:
        """Have a mark put behind everything that was printed before this call."""
        ...

    def restore(self) -> None:
        """Everything as it was; what was printed before can still be heard."""
        ...

    def close(self) -> None:
        """After :meth:`restore`, once nothing more is to be heard."""
        ...

    def leave(self) -> None:
        """Give up this process's part and nothing else: for a forked child, whose parent goes on listening."""
        ...


def open_source() -> Source:
    """File descriptors where Python prints to them; Python's streams in notebooks, under pytest and where no process starts."""
    if _prints_to_descriptors():
        try:
            return Descriptors()
        except (OSError, subprocess.SubprocessError):
            pass
    return Streams()


def _prints_to_descriptors() -> bool:
    try:
        return sys.stdout.fileno() == 1 and sys.stderr.fileno() == 2 and bool(sys.executable)
    except (AttributeError, OSError, ValueError):
        return False


def flush() -> None:
    """Bring out what Python's and C's buffers still hold."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, OSError, ValueError):
            stream.flush()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).fflush(None)


class Descriptors:
    """Descriptors 1 and 2 lead to a pump process, so what C code and child processes print is heard too."""

    def __init__(self) -> None:
        flush()
        self._terminals = {1: os.dup(1), 2: os.dup(2)}
        self._buffer = bytearray()
        self._isatty: list[Any] = []
        pipes = {1: os.pipe(), 2: os.pipe()}
        self._control, theirs = socket.socketpair()
        try:
            handles = [theirs.fileno(), pipes[1][0], self._terminals[1], pipes[2][0], self._terminals[2]]
            self._pump = subprocess.Popen(
                [sys.executable, "-I", "-S", str(PUMP), *map(str, handles)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=handles,
                cwd="/",
                start_new_session=True,  # Ctrl-C is for the training, not for its terminal
            )
            self._await_pump()
            self._keep_isatty()
            for number, (_, end) in pipes.items():
                os.dup2(end, number)
        except BaseException:
            self._control.close()
            for handle in self._terminals.values():
                os.close(handle)
            raise
        finally:
            theirs.close()
            for ends in pipes.values():
                for end in ends:
                    os.close(end)

    def _await_pump(self) -> None:
        """It is listening once its first frame is here; before that nothing may be printed to it."""
        heard = self.hear(PATIENCE)
        if not heard:
            self._pump.kill()
            self._pump.wait()
            raise OSError("the console pump did not start")

    def _keep_isatty(self) -> None:
        """Colours and progress bars ask whether they print to a terminal; in the end they do."""
        for number, stream in ((1, sys.stdout), (2, sys.stderr)):
            if os.isatty(self._terminals[number]):
                with contextlib.suppress(AttributeError):
                    stream.isatty = lambda: True  # type: ignore[method-assign]
                    self._isatty.append(stream)

    def hear(self, seconds: float) -> list[Heard] | None:
        ready = select.poll()
        ready.register(self._control, select.POLLIN)
        if not ready.poll(seconds * 1000):
            return []
        try:
            data = self._control.recv(1 << 20)
        except OSError:
            return None
        if not data:
            return None
        self._buffer += data
        return list(self._frames())

    def _frames(self) -> list[Heard]:
        found: list[Heard] = []
        start = 0
        while len(self._buffer) - start >= HEADER.size:
            stream, length, time_ms = HEADER.unpack_from(self._buffer, start)
            end = start + HEADER.size + length
            if end > len(self._buffer):
                break
            found.append(Heard(NAMES.get(stream, ""), time_ms, bytes(self._buffer[start + HEADER.size : end])))
            start = end
        del self._buffer[:start]
        return found

    def ask(self) -> None:
        with contextlib.suppress(OSError):
            self._control.send(b"?")

    def restore(self) -> None:
        flush()
        for number, terminal in self._terminals.items():
            os.dup2(terminal, number)
        for stream in self._isatty:
            with contextlib.suppress(AttributeError):
                del stream.isatty
        self._isatty.clear()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._control.shutdown(socket.SHUT_RDWR)
        self._let_go()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._pump.wait(0.5)
        if self._pump.poll() is None:
            _lingering.append(self._pump)  # a child of the training still prints through it

    def leave(self) -> None:
        self._let_go()
        self._pump.returncode = 0  # it is the parent's child, not to be waited for here

    def _let_go(self) -> None:
        self._control.close()
        for terminal in self._terminals.values():
            os.close(terminal)
        self._terminals = {}


_lingering: list[subprocess.Popen[bytes]] = []


class Streams:
    """``sys.stdout`` and ``sys.stderr`` are replaced by streams that pass everything on and remember it."""

    def __init__(self) -> None:
        self._heard: deque[Heard] = deque()
        self._some = threading.Event()
        self._mine = {name: _Tee(getattr(sys, name), name, self) for name in NAMES.values() if getattr(sys, name) is not None}
        for name, tee in self._mine.items():
            setattr(sys, name, tee)

    def add(self, stream: str, data: bytes) -> None:
        self._heard.append(Heard(stream, time.time_ns() // 1_000_000, data))
        self._some.set()

    def hear(self, seconds: float) -> list[Heard] | None:
        self._some.wait(seconds)
        self._some.clear()
        return [self._heard.popleft() for _ in range(len(self._heard))]

    def ask(self) -> None:
        self.add("", b"")

    def restore(self) -> None:
        for name, tee in self._mine.items():
            if getattr(sys, name) is tee:  # else somebody has wrapped it again: then it only passes on
                setattr(sys, name, tee.under)
            tee.listener = None

    def close(self) -> None:
        self._heard.clear()

    def leave(self) -> None:
        self.restore()


class _Tee:
    """Acts like the stream ``under`` it in everything, and tells ``listener`` what is written."""

    def __init__(self, under: Any, name: str, listener: Streams) -> None:
        self.under, self._name, self.listener = under, name, listener  # type: Any, str, Streams | None

    def write(self, text: str) -> int:
        written: int = self.under.write(text)
        if self.listener is not None:
            self.listener.add(self._name, text.encode("utf-8", "replace"))
        return written

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.under, name)

    def __iter__(self) -> Any:
        return iter(self.under)
