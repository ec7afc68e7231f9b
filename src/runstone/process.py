"""Who a process is, and whether it still lives: a machine and boot, a number, and when it started.

A number alone is not enough: the system gives it again. ``/proc`` is read where there is one (20 µs); elsewhere the
system's own ``ps`` and ``sysctl`` are asked.
"""

from __future__ import annotations

import functools
import os
import subprocess
from pathlib import Path

_PROC = Path("/proc/self/stat").exists()


def _first_line(path: str) -> str:
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            return file.readline().strip()
    except OSError:
        return ""


def _answer(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=5).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""


@functools.cache
def host_identity() -> str:
    """``machine/boot/namespace``: two processes with the same text can see each other's process numbers.

    It changes with every boot, and inside a container that has its own process numbers.
    """
    if _PROC:
        machine = _first_line("/etc/machine-id") or os.uname().nodename
        boot = _first_line("/proc/sys/kernel/random/boot_id")
        try:
            space = os.readlink("/proc/self/ns/pid")
        except OSError:
            space = ""
        return f"{machine}/{boot}/{space}"
    boot = _answer("sysctl", "-n", "kern.bootsessionuuid") or _answer("sysctl", "-n", "kern.boottime")
    return f"{os.uname().nodename}/{boot}/"


def process_start(pid: int) -> int:
    """When process ``pid`` started, in a unit that only serves to compare (clock ticks since boot on Linux).

    0 when there is no such process, when it is dead and only waits to be collected by its parent, or when it may not
    be looked at.
    """
    if not _PROC:
        return _start_by_ps(pid)
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            # the name in brackets may hold anything, brackets and spaces included
            state, *fields = file.read().rpartition(b")")[2].split()
    except OSError:
        return 0
    # a dead leader whose other threads still run is not dead yet
    if state in b"ZXx" and int(fields[16]) <= 1:
        return 0
    return int(fields[18])


def _start_by_ps(pid: int) -> int:
    state, _, started = _answer("ps", "-o", "state=,lstart=", "-p", str(pid)).partition(" ")
    if not started.strip() or state.startswith("Z"):
        return 0
    # the text is fixed for the life of the process; any stable number made of it will do
    return int.from_bytes(started.strip().encode(), "little") % (1 << 61)


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def is_alive(host: str, pid: int, start: int) -> bool | None:
    """Whether process ``pid`` of ``host``, started at ``start``, lives. ``None``: it cannot be seen from here.

    ``start`` 0 (unknown when it was written down) makes any living process with that number count.
    """
    if host != host_identity() or pid <= 0:
        return None
    seen = process_start(pid)
    if seen:
        return start in (0, seen)
    if _PROC and Path(f"/proc/{pid}").exists():
        return False  # waits to be collected
    # hidden from us (hidepid) or gone
    return None if _exists(pid) else False
