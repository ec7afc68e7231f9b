"""The machine and the process, as facts for the document ``host``."""

from __future__ import annotations

import contextlib
import os
import platform
import socket
import sys
import time
from typing import Any

from . import gpus
from .secrets import masked
from .surroundings import entry, in_notebook, user

#: Environment variables that say where in a cluster a process runs.
CLUSTER = (
    "CUDA_VISIBLE_DEVICES", "HOSTNAME", "KUBERNETES_SERVICE_HOST", "LOCAL_RANK", "LSB_JOBID", "PBS_JOBID", "RANK",
    "SLURM_ARRAY_TASK_ID", "SLURM_JOB_ID", "SLURM_JOB_NAME", "SLURM_NODELIST", "SLURM_PROCID", "WORLD_SIZE",
)  # fmt: skip


def facts() -> dict[str, Any]:
    """The document ``host``: sizes in bytes, time in milliseconds since 1970 UTC."""
    return {
        "hostname": socket.gethostname(),
        "user": user(),
        "os": platform.platform(),
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "executable": sys.executable,
        "prefix": sys.prefix,
        "cpu": _cpu(),
        "cpu_count": os.cpu_count(),
        "cpu_usable": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory": _memory(),
        "memory_limit": _memory_limit(),
        "gpus": gpus.names(),
        "working_dir": os.getcwd(),
        "entry": entry(),
        "command": masked(_command()),
        "pid": os.getpid(),
        "notebook": in_notebook(),
        "environment": {name: os.environ[name] for name in CLUSTER if name in os.environ},
        "time": time.time_ns() // 1_000_000,
    }


def _command() -> list[str]:
    """As typed, interpreter options included, where Python knows them."""
    return list(getattr(sys, "orig_argv", None) or [sys.executable, *sys.argv])


def _cpu() -> str:
    with contextlib.suppress(OSError), open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
        for line in file:
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _memory() -> int | None:
    with contextlib.suppress(ValueError, OSError):
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return None


def _memory_limit() -> int | None:
    """What a container lets this process have; ``None`` for no limit."""
    for place in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        with contextlib.suppress(OSError, ValueError), open(place) as file:
            limit = int(file.read())
            return limit if limit < 1 << 60 else None
    return None
