"""What forked children leave in their journals: brought in by their parent, as soon as it sees that they are gone.

A child that leaves by ``os._exit``, or is killed, ships nothing more. Its journal would wait for the next process that looks
for journals of the dead; its parent lives, and looks.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from runstone.contracts import Store
from runstone.errors import RunstoneError
from runstone.journal.recovery import Recovery, recover

from .run_log import now_ms

#: Most seconds between two looks while the store is away, or a journal cannot be brought in.
_PAUSE_MOST = 60.0
#: A look rests so many times as long as it took: thousands of journals may lie there that are none of its business.
_SPARING = 50
#: Most seconds that a look waits for another one.
_WAIT = 10.0


class Children:
    """Those of one process, as far as one store goes.

    Which journals may be theirs is told by the time: those opened since the first fork began.

    Args:
        roots: the folders of journals.
        store: opens the store.
        say: told what was found.
    """

    def __init__(self, roots: Iterable[Path], store: Callable[[], Store], say: Callable[[Recovery], object]) -> None:
        self._roots, self._store, self._say = tuple(roots), store, say
        self.forget()

    def forget(self) -> None:
        """There are none: in a child, which has its parent's memory."""
        self._lock = threading.Lock()
        self._since = 0
        self._pause = self._next = 0.0

    def forking(self) -> None:
        """There will be one. Not told afterwards: the child may have opened a journal before its parent comes to its turn."""
        self._since = self._since or now_ms()

    @property
    def any(self) -> bool:
        return self._since > 0

    def look(self, wait: bool = False) -> None:
        """Bring in what those left that are gone. Never raises.

        Args:
            wait: look now, and wait for another thread that does: for one who reads.
        """
        began = time.monotonic()
        if not self._since or (not wait and began < self._next) or not self._lock.acquire(timeout=_WAIT if wait else 0):
            return
        try:
            found = [recover(root, self._store(), since=self._since) for root in self._roots if root.is_dir()]
            sound = not any(one.problems for one in found)
            for one in found:
                self._say(one)
        except (RunstoneError, OSError):  # what asks or writes next will say it
            sound = False
        finally:
            self._lock.release()
        self._pause = 0.0 if sound else min(self._pause * 2 or 1.0, _PAUSE_MOST)
        now = time.monotonic()
        self._next = now + max(self._pause, _SPARING * (now - began))
