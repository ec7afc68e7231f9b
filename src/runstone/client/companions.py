"""What runs beside a run: a look at its surroundings, system metrics, console capture, a file for fatal signals."""

from __future__ import annotations

import importlib
from typing import Any

from runstone import settings
from runstone.entities import Run

from . import context, faults
from .active import Active
from .guard import guarded


@guarded
def start(entry: Active, log_system_metrics: bool | None, capture_console: bool | None, resumed: bool) -> None:
    """Begin what was asked for; ``None`` asks the settings."""
    log = entry.log
    faults.note_in(log.writer.folder)
    if settings.CAPTURE_CONTEXT.get() and not resumed:
        log.hold()
        context.gather(log.run_id, log.append, log.let_go)
    if settings.LOG_SYSTEM_METRICS.get() if log_system_metrics is None else log_system_metrics:
        monitor = _part("system_metrics").Monitor(log.metrics, _next_step(entry.run))
        monitor.start()
        entry.stops.append(monitor.stop)
    if settings.CAPTURE_CONSOLE.get() if capture_console is None else capture_console:
        capture = _part("console").Capture(log.run_id, log.append)
        capture.start()
        entry.stops.append(capture.stop)


def stop(entry: Active) -> None:
    """End it, so that nothing of it is written after the run's end."""
    while entry.stops:
        _stop(entry)


@guarded
def _stop(entry: Active) -> None:
    entry.stops.pop()()


def _part(name: str) -> Any:
    """A module that most runs do without, and its libraries with it."""
    return importlib.import_module(f"runstone.client.{name}")


def _next_step(run: Run) -> int:
    """Where a resumed run's system metrics go on."""
    return max((s.last_step + 1 for key, s in run.data.summaries.items() if key.startswith("system/")), default=0)
