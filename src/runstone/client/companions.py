"""What runs beside a run: a look at its surroundings, system metrics, console capture, a file for fatal signals."""

from __future__ import annotations

from runstone import settings

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


def stop(entry: Active) -> None:
    """End it, so that nothing of it is written after the run's end."""
    while entry.stops:
        _stop(entry)


@guarded
def _stop(entry: Active) -> None:
    entry.stops.pop()()
