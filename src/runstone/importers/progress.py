"""How a reading is shown to people: a bar when it takes longer than a second, and one line at its end. On standard error."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator

#: Seconds before anything is shown.
PATIENCE = 1.0


@contextlib.contextmanager
def bar(title: str) -> Iterator[Callable[[int, int], None]]:
    """Told how many things are done and of how many, it shows a bar on a terminal; elsewhere nothing."""
    if not sys.stderr.isatty():
        yield lambda done, of: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    started = time.monotonic()
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    shown = Progress(*columns, console=Console(stderr=True), transient=True)
    task = shown.add_task(title, total=None)
    running = False

    def tell(done: int, of: int) -> None:
        nonlocal running
        if not running and time.monotonic() - started > PATIENCE:
            shown.start()
            running = True
        if running:
            shown.update(task, completed=done, total=of)

    try:
        yield tell
    finally:
        if running:
            shown.stop()
