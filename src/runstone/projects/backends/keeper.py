"""A process that waits beside a command for the case that whoever watches over it is killed.

A program whose output nobody can read any more is killed at its next print. So a shell holds the pipes open too. It waits for
a word from the watcher; where there is none, because the watcher is gone, it becomes ``runstone.projects.left_alone``, which
reads on. It costs the start of one shell, after the command's own.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType

from runstone.client.attended import Attended

_WAIT = 'read -r over && exit; exec "$@" </dev/null'


class Keeper:
    """``with Keeper(…):`` while the command is watched. Where it cannot be started, it is done without.

    Args:
        run: the command's.
        pid: the command's process.
        pipes: descriptors that its output is read from: stdout and stderr.
        ending: what ends besides; see :class:`~.local.Watched`.
    """

    def __init__(self, run: Attended, pid: int, pipes: Sequence[int], ending: Sequence[str]) -> None:
        module = f"{__package__.rpartition('.')[0]}.left_alone"
        words = [sys.executable, "-m", module, run.run_id, str(pid), *map(str, pipes), *ending]
        self._shell: subprocess.Popen[bytes] | None = None
        with suppress(OSError):
            self._shell = subprocess.Popen(
                ["sh", "-c", _WAIT, "sh", *words],
                env={**os.environ, "RUNSTONE_TRACKING_URI": run.store_uri},
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=pipes,
                start_new_session=True,  # Ctrl-C is not meant for it
            )

    @property
    def pid(self) -> int:
        """Its process; 0 where there is none."""
        return self._shell.pid if self._shell is not None else 0

    def __enter__(self) -> Keeper:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._shell is None:
            return
        with suppress(OSError):
            self._shell.communicate(b"over\n")
