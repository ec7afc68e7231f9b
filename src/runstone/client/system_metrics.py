"""What the machine does while a run lasts: sampled on a thread of its own, logged as metrics under ``system/``.

Keys and units are MLflow's (megabytes are 10⁶ bytes, network counts from the run's start), and ours for the process itself:
``system/process_…`` for it and its children.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress

import psutil

from runstone import settings
from runstone.turns import stand_back

from . import gpus
from .notices import warn_once
from .system_settings import check_interval, check_samples

#: Writes one point of each key at a step.
LogMetrics = Callable[[Mapping[str, float], int], None]


class Monitor:
    """Samples the machine until :meth:`stop`.

    Args:
        log: called on the monitor's thread with keys and values, and the step. What it raises ends the monitor, with a warning.
        first_step: step of the first point; a resumed run goes on where it was.
        interval: seconds between samples; the setting if ``None``.
        samples: samples averaged into one point; the setting if ``None``.
        node: the node's name inside the keys; the setting if ``None``, none if empty.
    """

    def __init__(
        self,
        log: LogMetrics,
        first_step: int = 0,
        interval: float | None = None,
        samples: int | None = None,
        node: str | None = None,
    ) -> None:
        self._log, self._step = log, first_step
        self._interval = check_interval(settings.SYSTEM_METRICS_INTERVAL.get() if interval is None else interval)
        self._samples = check_samples(settings.SYSTEM_METRICS_SAMPLES.get() if samples is None else samples)
        node = settings.SYSTEM_METRICS_NODE.get() if node is None else node
        self._prefix = f"system/{node}/" if node else "system/"
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._pid = os.getpid()

    def start(self) -> None:
        self._pid = os.getpid()
        self._thread = threading.Thread(target=self._work, name="runstone-system-metrics", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Take no more samples; those taken and not yet logged become a last point. In a forked child it does nothing."""
        self._stopping.set()
        thread = self._thread
        if thread is not None and self._pid == os.getpid() and thread is not threading.current_thread():
            thread.join()

    def _work(self) -> None:
        stand_back()
        try:
            self._watch()
        except Exception as trouble:  # sampling is never worth a run
            warn_once("system metrics", f"system metrics of this run end here: {type(trouble).__name__}: {trouble}")

    def _watch(self) -> None:
        machine = Machine()
        taken: list[dict[str, float]] = []
        first = self._step
        due = time.monotonic()
        while True:
            due += self._interval
            stopping = self._stopping.wait(max(0.0, due - time.monotonic()))
            if not stopping or (self._step == first and not taken):  # a run shorter than the interval gets one point too
                taken.append(machine.sample())
            if taken and (stopping or len(taken) >= self._samples):
                self._log({self._prefix + key: value for key, value in averages(taken).items()}, self._step)
                self._step += 1
                taken = []
            if stopping:
                return


def averages(samples: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """The mean of each key over the samples that have it, in order of first appearance."""
    columns: dict[str, list[float]] = {}
    for sample in samples:
        for key, value in sample.items():
            columns.setdefault(key, []).append(value)
    return {key: sum(values) / len(values) for key, values in columns.items()}


class Machine:
    """Reads the machine; network and I/O count from when this was made."""

    def __init__(self) -> None:
        self._network = psutil.net_io_counters()
        self._process = psutil.Process()
        self._busy = self._cpu_seconds()
        self._since = time.monotonic()
        psutil.cpu_percent()  # the first call only sets its starting point

    def sample(self) -> dict[str, float]:
        """All that can be read now; what cannot has no key."""
        values: dict[str, float] = {}
        for read in (self._system, self._disk, self._net, gpus.sample, self._own):
            with suppress(OSError, psutil.Error):
                values |= read()
        return values

    def _system(self) -> dict[str, float]:
        memory = psutil.virtual_memory()
        return {
            "cpu_utilization_percentage": psutil.cpu_percent(),
            "system_memory_usage_megabytes": memory.used / 1e6,
            "system_memory_usage_percentage": memory.used / memory.total * 100,
        }

    def _disk(self) -> dict[str, float]:
        disk = psutil.disk_usage(os.sep)
        return {
            "disk_usage_percentage": disk.percent,
            "disk_usage_megabytes": disk.used / 1e6,
            "disk_available_megabytes": disk.free / 1e6,
        }

    def _net(self) -> dict[str, float]:
        now = psutil.net_io_counters()
        if now is None or self._network is None:  # a machine without a network card
            return {}
        return {
            "network_receive_megabytes": (now.bytes_recv - self._network.bytes_recv) / 1e6,
            "network_transmit_megabytes": (now.bytes_sent - self._network.bytes_sent) / 1e6,
        }

    def _own(self) -> dict[str, float]:
        """The process and its children: 100 % is one core."""
        family = self._family()
        busy, since = self._cpu_seconds(), time.monotonic()
        share = 100 * (busy - self._busy) / max(since - self._since, 1e-9)
        self._busy, self._since = busy, since
        return {
            "process_cpu_percentage": max(0.0, share),
            "process_memory_megabytes": sum(_resident(process) for process in family) / 1e6,
            "process_threads": float(self._process.num_threads()),
            "process_children": float(len(family) - 1),
        }

    def _family(self) -> list[psutil.Process]:
        with suppress(psutil.Error):
            return [self._process, *self._process.children(recursive=True)]
        return [self._process]

    def _cpu_seconds(self) -> float:
        """Of the process and its living children, and of those that have ended and been waited for."""
        own = self._process.cpu_times()
        ended = getattr(own, "children_user", 0.0) + getattr(own, "children_system", 0.0)
        return float(own.user + own.system + ended) + sum(_busy(process) for process in self._family()[1:])


def _busy(process: psutil.Process) -> float:
    with suppress(psutil.Error):
        times = process.cpu_times()
        return float(times.user + times.system)
    return 0.0


def _resident(process: psutil.Process) -> float:
    with suppress(psutil.Error):
        return float(process.memory_info().rss)
    return 0.0
