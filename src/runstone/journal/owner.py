"""Who writes a journal: the ``owner`` file in its folder, whether that process lives, and why it died.

The file is JSON. Its modification time is the owner's heartbeat, for those who cannot see the process itself because
it runs on another machine, or in a container with process numbers of its own.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import re
import time
from pathlib import Path

from msgspec import Struct, structs

from runstone import settings
from runstone.process import host_identity, is_alive, process_start

OWNER, FAULT = "owner", "fault.txt"
#: A process that cannot be seen is held for dead after this many leases without a heartbeat.
SILENT_LEASES = 10


class Owner(Struct, frozen=True):
    """``host``, ``pid`` and ``pid_start`` as in :class:`~runstone.records.Lease`; ``opened`` is in milliseconds;
    ``oom_kills`` is how many processes of its control group memory had ended by then, -1 where unknown. ``watches`` says
    what the process only watches over, while another does the run's work; ``heir`` and ``heir_start`` name the process that
    goes on with that when this one dies, 0 for none."""

    run_id: str
    host: str
    pid: int
    pid_start: int
    opened: int
    oom_kills: int = -1
    memory_events: str = ""
    watches: str = ""
    heir: int = 0
    heir_start: int = 0

    @property
    def has_heir(self) -> bool:
        return bool(self.heir) and is_alive(self.host, self.heir, self.heir_start) is not False


_own_start: tuple[int, int] = (0, 0)


def own_start() -> int:
    """When this process started, as in ``process_start``; asked once."""
    global _own_start
    pid = os.getpid()
    if _own_start[0] != pid:
        _own_start = (pid, process_start(pid))
    return _own_start[1]


def this_process(run_id: str) -> Owner:
    pid, events = os.getpid(), _memory_events()
    return Owner(run_id, host_identity(), pid, own_start(), time.time_ns() // 1_000_000, _oom_kills(events), events)


def write_owner(folder: Path, owner: Owner) -> None:
    text = json.dumps({name: getattr(owner, name) for name in owner.__struct_fields__})
    # readers never see half of it: the folder is not looked at without a whole file, or it is old
    fd = os.open(folder / OWNER, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_CLOEXEC", 0), 0o666)
    try:
        os.write(fd, text.encode())
    finally:
        os.close(fd)


def say_watches(folder: Path, watches: str, heir: int = 0) -> None:
    """This process, the owner of the journal in ``folder``, only watches over ``watches`` from now on; ``heir`` is the process
    that does when this one is gone."""
    found = read_owner(folder)
    if found is not None:
        start = process_start(heir) if heir else 0
        write_owner(folder, structs.replace(found, watches=watches, heir=heir, heir_start=start))


def read_owner(folder: Path) -> Owner | None:
    """``None`` when there is no whole owner file."""
    try:
        values = json.loads((folder / OWNER).read_text(encoding="utf-8"))
        return Owner(**{name: values[name] for name in Owner.__struct_fields__ if name in values})
    except (OSError, ValueError, TypeError, KeyError):
        return None


def beat(folder: Path) -> None:
    """The heartbeat of a living owner."""
    with contextlib.suppress(OSError):
        os.utime(folder / OWNER)


def lives(folder: Path, owner: Owner | None, now: float | None = None) -> bool:
    """Whether the journal's owner is alive, or may be. ``now`` in seconds."""
    silence = (time.time() if now is None else now) - _last_sign(folder)
    lease = settings.LEASE_SECONDS.get()
    if owner is None:  # being made right now, or by a process that died making it
        return silence < lease
    alive = is_alive(owner.host, owner.pid, owner.pid_start)
    if alive is not None:
        return alive
    same_machine = owner.host.split("/")[0] == host_identity().split("/")[0]
    rebooted = same_machine and owner.host.split("/")[1:2] != host_identity().split("/")[1:2]
    return silence < lease * (1 if rebooted else SILENT_LEASES)


def _last_sign(folder: Path) -> float:
    for path in (folder / OWNER, folder):
        with contextlib.suppress(OSError):
            return path.stat().st_mtime
    return 0.0


# --- why it died --------------------------------------------------------------------------------------------------


def cause_of_death(folder: Path) -> str:
    """Why the dead owner of this journal ended, in words, as far as can be told from here.

    Looked at: what ``faulthandler`` wrote to ``fault.txt``, the kernel's log, the control group's count of processes
    ended for want of memory, and whether the machine was restarted meanwhile.
    """
    owner = read_owner(folder)
    fault = _fault(folder)
    if fault:
        return fault
    if owner is None:
        return UNKNOWN
    ours, theirs = host_identity(), owner.host
    if ours != theirs:
        same_machine = ours.split("/")[0] == theirs.split("/")[0]
        restarted = same_machine and ours.split("/")[1:2] != theirs.split("/")[1:2]
        return "the machine was restarted or lost power" if restarted else f"process {owner.pid} on another machine vanished"
    return _kernel_says(owner) or _memory_says(owner) or UNKNOWN


UNKNOWN = "the process vanished without a word: killed (signal 9), or ended by os._exit"
_FAULTS = {
    "Segmentation fault": "signal 11 (segmentation fault)",
    "Aborted": "signal 6 (aborted)",
    "Bus error": "signal 7 (bus error)",
    "Illegal instruction": "signal 4 (illegal instruction)",
    "Floating point exception": "signal 8 (floating point exception)",
    "Floating-point exception": "signal 8 (floating point exception)",
}


def _fault(folder: Path) -> str:
    try:
        with open(folder / FAULT, encoding="utf-8", errors="replace") as file:
            text = file.read(65536)
    except OSError:
        return ""
    found = re.search(r"^Fatal Python error: (.+)$", text, re.MULTILINE)
    if not found:
        return ""
    what = _FAULTS.get(found[1].strip(), found[1].strip())
    # of several threads, listed in any order, the one that met the fault is called current
    _, _, own = text.partition("Current thread")
    place = re.search(r'\A[^\n]*\n\s*File "([^"]+)", line (\d+) in (\S+)', own)
    return f"{what} in {place[3]} ({Path(place[1]).name}, line {place[2]})" if place else what


@functools.cache
def _memory_events() -> str:
    """Path of the file that counts how often memory ran out in this process's control group."""
    try:
        groups = Path("/proc/self/cgroup").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return ""
    for group in groups:
        _, controllers, path = group.split(":", 2)
        if controllers == "memory":
            candidates = [f"/sys/fs/cgroup/memory{path}/memory.oom_control", "/sys/fs/cgroup/memory/memory.oom_control"]
        elif controllers == "":
            candidates = [f"/sys/fs/cgroup{path}/memory.events", "/sys/fs/cgroup/memory.events"]
        else:
            continue
        for candidate in candidates:
            if os.path.exists(candidate):
                return candidate
    return ""


def _oom_kills(path: str) -> int:
    if path:
        with contextlib.suppress(OSError, ValueError), open(path, encoding="ascii", errors="replace") as file:
            for line in file:
                name, _, count = line.partition(" ")
                if name == "oom_kill":
                    return int(count)
    return -1


def _memory_says(owner: Owner) -> str:
    before, now = owner.oom_kills, _oom_kills(owner.memory_events)
    if 0 <= before < now:
        return "out of memory: the system ended processes of its group to free some"
    return ""


def _kernel_says(owner: Owner) -> str:
    try:
        fd = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return ""
    opened = owner.opened / 1000 - (time.time() - time.monotonic())  # seconds since boot
    cause = ""
    try:
        while True:
            try:
                line = os.read(fd, 8192).decode(errors="replace")
            except BrokenPipeError:  # the oldest were overwritten meanwhile
                continue
            except OSError:  # no more
                break
            head, _, text = line.partition(";")
            if float(head.split(",")[2]) / 1e6 >= opened - 1:
                cause = _read_kernel_line(text, owner.pid) or cause
    except (ValueError, IndexError):
        pass
    finally:
        os.close(fd)
    return cause


def _read_kernel_line(text: str, pid: int) -> str:
    if re.search(rf"[Kk]illed process {pid}\b", text):
        return "out of memory: the kernel killed it (signal 9)"
    if re.search(rf"\[{pid}\]: segfault at", text):
        return "signal 11 (segmentation fault)"
    if re.search(rf"\[{pid}\].*\btrap (invalid opcode|divide error)", text):
        return "a trap of the processor"
    return ""
