"""The thread that has the next segments ready before they are needed, and gives back the memory of full ones.

Apart from the keeper, which may wait for a disk: at full speed a segment lasts a twentieth of a second.
"""

from __future__ import annotations

import queue
import threading
import weakref
from typing import TYPE_CHECKING

from runstone.turns import at_work, stand_back

if TYPE_CHECKING:
    from .writer import JournalWriter


class Spares:
    """One thread. It is started before it is needed: no thread can be started in a signal handler that logs."""

    def __init__(self) -> None:
        # a signal handler may put while a put is under way
        self._full: queue.SimpleQueue[weakref.ref[JournalWriter] | None] = queue.SimpleQueue()
        threading.Thread(target=self._run, name="runstone-spares", daemon=True).start()

    def wake(self, writer: JournalWriter) -> None:
        """A segment of this journal was filled: another is wanted soon."""
        self._full.put(weakref.ref(writer))

    def end(self) -> None:
        self._full.put(None)

    def _run(self) -> None:
        stand_back()
        while (reference := self._full.get()) is not None:
            writer = reference()
            if writer is None or writer.closed:
                continue
            with at_work():
                while writer.prepare_spare():
                    pass
                for segment in writer.segments[:-1]:
                    segment.release()
            del writer
