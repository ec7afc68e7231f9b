"""NVIDIA GPUs, through pynvml where it is installed and a driver answers."""

from __future__ import annotations

import glob
import threading
from contextlib import suppress
from typing import Any

try:
    import pynvml  # type: ignore[import-not-found, import-untyped, unused-ignore]
except ImportError:
    pynvml = None

_lock = threading.Lock()
_handles: list[Any] | None = None


def handles() -> list[Any]:
    """One handle for each GPU; empty where there is none, no driver, or no pynvml."""
    global _handles
    with _lock:
        if _handles is None:
            _handles = _open()
        return _handles


def _open() -> list[Any]:
    if pynvml is None:
        return []
    try:
        pynvml.nvmlInit()
        return [pynvml.nvmlDeviceGetHandleByIndex(index) for index in range(pynvml.nvmlDeviceGetCount())]
    except pynvml.NVMLError:
        return []


def names() -> list[str]:
    """Such as ``NVIDIA H200``, in the driver's order."""
    found = [pynvml.nvmlDeviceGetName(handle) for handle in handles()]
    if found:
        return [name.decode() if isinstance(name, bytes) else str(name) for name in found]
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
            with suppress(pynvml.NVMLError):
                values |= {f"gpu_{index}_{key}": value for key, value in read(handle).items()}
    return values


def _memory(handle: Any) -> dict[str, float]:
    memory = pynvml.nvmlDeviceGetMemoryInfo(handle)
    return {"memory_usage_percentage": round(memory.used / memory.total * 100, 1), "memory_usage_megabytes": memory.used / 1e6}


def _utilization(handle: Any) -> dict[str, float]:
    return {"utilization_percentage": float(pynvml.nvmlDeviceGetUtilizationRates(handle).gpu)}


def _power(handle: Any) -> dict[str, float]:
    watts = pynvml.nvmlDeviceGetPowerUsage(handle) / 1000
    limit = pynvml.nvmlDeviceGetEnforcedPowerLimit(handle) / 1000
    return {"power_usage_watts": watts, "power_usage_percentage": watts / limit * 100}


def forget() -> None:
    """Ask the driver again next time (after a fork: handles do not carry over)."""
    global _handles, _lock
    _handles, _lock = None, threading.Lock()
