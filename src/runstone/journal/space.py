"""How much disk the journals below one root may take, and what happens when they have taken it.

**Policy.** The cap (``RUNSTONE_JOURNAL_CAP_MB``) is looked at whenever a journal needs another segment. Over the cap the
caller waits as long as the shipper goes on freeing segments: training is then merely faster than the store. When nothing
has been freed for :data:`PATIENCE` seconds, the store is away, and the call raises JournalTrouble, as does every later
one at once, until something is freed. Nothing is ever dropped without that error.
"""

from __future__ import annotations

import errno
import os
import threading
import time
from pathlib import Path

from runstone import settings
from runstone.errors import JournalTrouble

from .filesystems import has_room

#: Seconds that a caller waits for the shipper to free something.
PATIENCE = 2.0

_spaces: dict[Path, Space] = {}


class Space:
    """One for each root and process. ``others`` is what other processes' journals take, as last measured;
    ``full``: the disk was, when a file was last made in vain.

    Kept by file, so that who was interrupted need not know whether its file was counted already.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._mine: dict[str, int] = {}
        self.others = 0
        # entered itself, not by the condition: an interrupt (Ctrl-C) in that one's Python would leave it held for ever
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._freed_at = time.monotonic()
        self.full = False

    @property
    def mine(self) -> int:
        """Bytes that this process's journals take."""
        return sum(list(self._mine.values()))

    def take(self, path: Path, size: int) -> None:
        """Room for a file. Raises JournalTrouble when the cap is reached and stays so, OSError when the disk is still full."""
        if self.full and not has_room(self.root, size):  # a file made in vain is dear, and training goes on
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self.full = False
        cap = settings.JOURNAL_CAP_MB.get() << 20
        with self._lock:
            while self.mine and self.mine + self.others + size > cap:
                patience = self._freed_at + PATIENCE - time.monotonic()
                if patience <= 0:
                    raise JournalTrouble(
                        f"the journals in {self.root} have reached their cap of {cap >> 20} MiB and are not being shipped; "
                        "nothing more is recorded until some are. Make the store reachable, or raise RUNSTONE_JOURNAL_CAP_MB.",
                        f"the journals' cap of {cap >> 20} MiB was reached",
                    )
                self._changed.wait(patience)
            self._mine[os.fspath(path)] = size

    def give(self, path: Path | str) -> None:
        """The file is gone, or never came to be."""
        with self._lock:
            if self._mine.pop(os.fspath(path), None) is None:
                return
            self._freed_at = time.monotonic()
            self._changed.notify_all()

    def measure(self) -> None:
        """Look at what lies below the root."""
        total = sum(_size(Path(folder) / name) for folder, _, names in os.walk(self.root) for name in names)
        self.others = max(0, total - self.mine)


def space_of(root: Path) -> Space:
    return _spaces.get(root) or _spaces.setdefault(root, Space(root))


def spaces() -> list[Space]:
    return list(_spaces.values())


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


# a child has journals of its own, and no thread that could hold the lock
os.register_at_fork(after_in_child=_spaces.clear)
