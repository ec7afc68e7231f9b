"""NVIDIA GPUs, through pynvml where it is installed and a driver answers."""

from __future__ import annotations

import glob
import os
import threading
from contextlib import suppress
from typing import Any

from runstone._lazy import need
from runstone.errors import NotSupported

#: One of these is there where an NVIDIA driver is.
DRIVERS = ("/dev/nvidiactl", "/proc/driver/nvidia", "/dev/dxg")

_lock = threading.Lock()
_handles: list[Any] | None = None
_nvml: Any = None


def handles() -> list[Any]:
    """One handle for each GPU; empty where there is none, no driver, or no pynvml."""
    global _handles
    with _lock:
        if _handles is None:
            _handles = _open()
        return _handles


def _open() -> list[Any]:
    """The package is big (its import takes 50 ms), so it is loaded only where there is a driver for it to talk to."""
    global _nvml
    if not any(os.path.exists(place) for place in DRIVERS):
        return []
    try:
        _nvml = need("pynvml", "GPU metrics", "nvidia-ml-py")
        _nvml.nvmlInit()
        return [_nvml.nvmlDeviceGetHandleByIndex(index) for index in range(_nvml.nvmlDeviceGetCount())]
    except NotSupported:
        return []
    except _nvml.NVMLError:
        return []


def names() -> list[str]:
    """Such as ``NVIDIA H200``, as the driver tells without any library."""
    told = []
    for place in sorted(glob.glob("/proc/driver/nvidia/gpus/*/information")):
        with suppress(OSError), open(place) as file:
            told += [line.partition(":")[2].strip() for line in file if line.startswith("Model:")]
    return told


def sample() -> dict[str, float]:
    """MLflow's ``gpu_{i}_…`` keys; megabytes are 10⁶ bytes. A GPU that will not tell something has no key for it."""
    values: dict[str, float] = {}
    for index, handle in enumerate(handles()):
        for read in (_memory, _utilization, _power):
            with suppress(_nvml.NVMLError):
                values |= {f"gpu_{index}_{key}": value for key, value in read(handle).items()}
    return values


def _memory(handle: Any) -> dict[str, float]:
    memory = _nvml.nvmlDeviceGetMemoryInfo(handle)
    return {"memory_usage_percentage": round(memory.used / memory.total * 100, 1), "memory_usage_megabytes": memory.used / 1e6}


def _utilization(handle: Any) -> dict[str, float]:
    return {"utilization_percentage": float(_nvml.nvmlDeviceGetUtilizationRates(handle).gpu)}


def _power(handle: Any) -> dict[str, float]:
    watts = _nvml.nvmlDeviceGetPowerUsage(handle) / 1000
    limit = _nvml.nvmlDeviceGetEnforcedPowerLimit(handle) / 1000
    return {"power_usage_watts": watts, "power_usage_percentage": watts / limit * 100}


def forget() -> None:
    """Ask the driver again next time (after a fork: handles do not carry over)."""
    global _handles, _lock
    _handles, _lock = None, threading.Lock()
