"""Stands between a process and its terminal. Run by path, as a process of its own; it imports nothing of Runstone.

    python -I -S console_pump.py CONTROL OUT_FROM OUT_TO ERR_FROM ERR_TO     (file descriptors)

What comes in on OUT_FROM goes out on OUT_TO at once, and in a frame on the socket CONTROL: stream (1 or 2), length, time in
milliseconds, bytes. A byte that comes in on CONTROL asks for an answer: a frame of stream 0, after everything written before.
Because it is another process, neither a thread that holds the interpreter lock nor a death by signal keeps the terminal from
showing what was printed. It ends when nobody can write to it any more.
"""

from __future__ import annotations

import os
import select
import struct
import sys
import time

HEADER = struct.Struct("<BIQ")
PIECE = 1 << 16
#: Bytes that wait for a reader who does not come; more is shown, not kept.
WAITING_CAP = 64 << 20


class Pump:
    def __init__(self, control: int, ways: dict[int, tuple[int, int]]) -> None:
        """``ways``: descriptor to read from, to (stream, descriptor to write to)."""
        self.control: int | None = control
        self.ways = ways
        self.waiting = bytearray()
        self.poll = select.poll()
        for handle in (control, *ways):
            os.set_blocking(handle, False)
            self.poll.register(handle, select.POLLIN)
        self.frame(0, b"")  # ready

    def run(self) -> None:
        while self.ways:
            for handle, events in self.poll.poll():
                if handle in self.ways:
                    self.move(handle)
                elif handle == self.control:
                    self.talk(events)

    def move(self, handle: int) -> bool:
        """One piece from one stream; whether there was one."""
        stream, target = self.ways[handle]
        try:
            data = os.read(handle, PIECE)
        except BlockingIOError:
            return False
        if data and show(target, data):
            self.frame(stream, data)
            return True
        self.poll.unregister(handle)
        os.close(handle)  # at the end; or the terminal is gone, and then the writer is to feel it
        del self.ways[handle]
        return False

    def talk(self, events: int) -> None:
        assert self.control is not None
        try:
            if events & (select.POLLIN | select.POLLHUP):
                asked = os.read(self.control, 64)
                if not asked:
                    return self.part()
                for handle in tuple(self.ways):
                    while handle in self.ways and self.move(handle):
                        pass
                for _ in asked:
                    self.frame(0, b"")
            self.send()
        except BlockingIOError:
            pass
        except OSError:
            self.part()
        return None

    def part(self) -> None:
        """Nobody listens any more; go on showing."""
        if self.control is not None:
            self.poll.unregister(self.control)
            os.close(self.control)
        self.control = None
        self.waiting.clear()

    def frame(self, stream: int, data: bytes) -> None:
        if self.control is None or (stream and len(self.waiting) > WAITING_CAP):
            return
        self.waiting += HEADER.pack(stream, len(data), time.time_ns() // 1_000_000) + data
        try:
            self.send()
        except OSError:
            self.part()

    def send(self) -> None:
        if self.control is None:
            return
        try:
            while self.waiting:
                del self.waiting[: os.write(self.control, memoryview(self.waiting)[: 1 << 18].tobytes())]
        except BlockingIOError:
            pass
        self.poll.modify(self.control, select.POLLIN | (select.POLLOUT if self.waiting else 0))


def show(target: int, data: bytes) -> bool:
    """Write all of it, waiting for a slow terminal; whether that went well."""
    view = memoryview(data)
    while view:
        try:
            view = view[os.write(target, view) :]
        except BlockingIOError:
            ready = select.poll()
            ready.register(target, select.POLLOUT)
            ready.poll()
        except OSError:
            return False
    return True


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:6]]
    Pump(numbers[0], {numbers[1]: (1, numbers[2]), numbers[3]: (2, numbers[4])}).run()
