"""What runs beside a run: a look at its surroundings, system metrics, console capture, a file for fatal signals."""

from __future__ import annotations

import functools
import importlib
import sys
from typing import Any

from runstone import settings
from runstone.entities import Run

from . import context, faults
from .active import Active
from .experiments import experiment_for_run
from .guard import guarded
from .session import Session

#: When this process, or one it was forked from, began its first run, milliseconds: what the command line made before that was
#: made before; what it makes from then on, in this process or in workers, are parts of one making.
_began: int | None = None


@guarded
def start(entry: Active, log_system_metrics: bool | None, capture_console: bool | None, resumed: bool) -> None:
    """Begin what was asked for; ``None`` asks the settings."""
    log = entry.log
    faults.note_in(log.writer.folder)
    if settings.CAPTURE_CONTEXT.get() and not resumed:
        log.hold()
        first = _is_first(entry.run.info.start_time or 0) and not _is_worker()
        context.gather(log.run_id, log.append, functools.partial(_gathered, entry, first))
    if settings.LOG_SYSTEM_METRICS.get() if log_system_metrics is None else log_system_metrics:
        monitor = _part("system_metrics").Monitor(log.metrics, _next_step(entry.run))
        monitor.start()
        entry.stops.append(monitor.stop)
    if settings.CAPTURE_CONSOLE.get() if capture_console is None else capture_console:
        capture = _part("console").Capture(log.run_id, log.append)
        capture.start()
        entry.stops.append(capture.stop)


def _gathered(entry: Active, first: bool) -> None:
    """The run's surroundings are written; on the thread that gathered them."""
    entry.log.let_go()
    if first:
        _part("same").look(entry.session, entry.run.info.experiment_id, entry.run.info.start_time or 0)


def refuse_equal(here: Session, experiment_id: str | None, now: int) -> None:
    """Where that is the setting: raises WrongState when a run like this process's was made before."""
    if settings.SAME_RUN.get() == "refuse" and not _is_worker():
        begun = now if _began is None else _began
        _part("same").refuse(here, experiment_for_run(here, experiment_id).experiment_id, begun)


def _is_first(begun: int) -> bool:
    """Whether a run that began then, in milliseconds, is the first of this process; from now on there is one."""
    global _began
    first = _began is None
    if first:
        _began = begun
    return first


def _is_worker() -> bool:
    """Whether another process's ``multiprocessing`` started this one, by whatever method: it makes parts."""
    process = sys.modules.get("multiprocessing.process")
    return process is not None and process.parent_process() is not None


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
