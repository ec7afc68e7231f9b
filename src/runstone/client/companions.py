"""What runs beside a run: a look at its surroundings, system metrics, console capture, a file for fatal signals."""

from __future__ import annotations

import functools
import importlib
from typing import Any

from runstone import settings
from runstone.entities import Run

from . import context, faults
from .active import Active
from .experiments import experiment_for_run
from .guard import guarded
from .session import Session

#: Whether this process was told of equal runs: its first run is what the command line made, later ones are parts of it.
_looked = False


@guarded
def start(entry: Active, log_system_metrics: bool | None, capture_console: bool | None, resumed: bool) -> None:
    """Begin what was asked for; ``None`` asks the settings."""
    log = entry.log
    faults.note_in(log.writer.folder)
    if settings.CAPTURE_CONTEXT.get() and not resumed:
        log.hold()
        context.gather(log.run_id, log.append, functools.partial(_gathered, entry))
    if settings.LOG_SYSTEM_METRICS.get() if log_system_metrics is None else log_system_metrics:
        monitor = _part("system_metrics").Monitor(log.metrics, _next_step(entry.run))
        monitor.start()
        entry.stops.append(monitor.stop)
    if settings.CAPTURE_CONSOLE.get() if capture_console is None else capture_console:
        capture = _part("console").Capture(log.run_id, log.append)
        capture.start()
        entry.stops.append(capture.stop)


def _gathered(entry: Active) -> None:
    """The run's surroundings are written; on the thread that gathered them."""
    global _looked
    entry.log.let_go()
    if not _looked:
        _looked = True
        _part("same").look(entry.session, entry.run.info.experiment_id, entry.run.info.start_time or 0)


def refuse_equal(here: Session, experiment_id: str | None, begun: int) -> None:
    """Where that is the setting: raises WrongState when a run like this process's exists."""
    if settings.SAME_RUN.get() == "refuse":
        _part("same").refuse(here, experiment_for_run(here, experiment_id).experiment_id, begun)


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
