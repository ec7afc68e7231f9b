"""A command of this machine whose watcher was killed: what it prints is read, so that it can go on, and kept in its run.

    python -m runstone.projects.left_alone RUN PID STDOUT STDERR [ENDING …]

``STDOUT`` and ``STDERR`` are descriptors of this process. How the command ends is not seen from here, since it is no child
of this process: what it says of its run itself stands, else the run has FAILED.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence

from runstone.client import ending
from runstone.client.attended import attend, bring_in, unwatched
from runstone.client.session import session
from runstone.errors import RunstoneError
from runstone.process import process_start

from .again import console
from .backends.local import WORK, Watched


class Orphan(Watched):
    """See :class:`~.backends.local.Watched`."""

    def __init__(self, pid: int, stdout: int, stderr: int, ending: Sequence[str]) -> None:
        super().__init__(pid, {"stdout": os.fdopen(stdout, "rb", 0), "stderr": os.fdopen(stderr, "rb", 0)}, ending)
        self._start = process_start(pid)

    def gone(self, within: float = 0.0) -> bool:
        time.sleep(within)
        return not self._start or process_start(self.pid) != self._start

    def outcome(self) -> tuple[str, str | None]:
        return "", None

    def drain(self) -> None:
        """Read what nobody keeps, until nobody writes any more."""
        for pipe in self._pipes.values():
            os.set_blocking(pipe.fileno(), True)
        while any(not pipe.closed and pipe.read(1 << 16) for pipe in self._pipes.values()):
            pass


def keep(run_id: str, orphan: Orphan) -> None:
    """Watch over a command until its end, as far as that can be seen."""
    here = session()
    bring_in(here, run_id)
    attended = attend(run_id=run_id, printed=sum(map(len, console(here.store, run_id).values())))
    attended.watches(WORK)
    if unwatched(here.run(run_id)) and not orphan.gone():
        attended.goes_on()
    status, cause = orphan.watch(attended, lambda: None)
    if status:
        attended.end(status, cause)
    else:
        attended.unseen(WORK)


def main(words: Sequence[str]) -> None:
    """See the module."""
    run_id, pid, stdout, stderr, *rest = words
    orphan = Orphan(int(pid), int(stdout), int(stderr), rest)
    try:
        keep(run_id, orphan)
        ending.at_exit()
    except (RunstoneError, OSError):
        orphan.drain()


if __name__ == "__main__":
    main(sys.argv[1:])
