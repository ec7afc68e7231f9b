"""A project's run that is under way."""

from __future__ import annotations

import threading
from collections.abc import Callable

from runstone.client.verdict import verdict

#: Watches over the process until it ends, given a question that tells why it is to be stopped, if it is: status and cause.
Watch = Callable[[Callable[[], str | None]], tuple[str, str | None]]


class SubmittedRun:
    """What :func:`runstone.projects.run` gives back. Methods may be called from any thread.

    Attributes:
        run_id: the run's id.
    """

    def __init__(self, run_id: str, watch: Watch, over: Callable[[str, str | None], str]) -> None:
        self.run_id = run_id
        self._watch, self._over = watch, over
        self._stop: str | None = None
        self._status: str | None = None
        self.cause: str | None = None
        self._thread: threading.Thread | None = None

    @classmethod
    def ended(cls, run_id: str) -> SubmittedRun:
        """One that finished before."""
        found = cls(run_id, lambda stop: ("FINISHED", None), lambda status, cause: status)
        found._status = "FINISHED"
        return found

    def attend(self) -> bool:
        """Do the watching on the calling thread, until the process has ended; whether it succeeded."""
        try:
            status, self.cause = self._watch(lambda: self._stop)
        except BaseException as error:
            status, self.cause = verdict(error)
            raise
        finally:
            self._status = self._over(status, self.cause) or status
        return self._status == "FINISHED"

    def attend_aside(self) -> None:
        """Do the watching on a thread of its own. The interpreter waits for it before it ends."""
        self._thread = threading.Thread(target=self.attend, name=f"runstone-project-{self.run_id[:8]}")
        self._thread.start()

    def wait(self) -> bool:
        """Wait for the end; whether the run succeeded."""
        if self._thread is not None:
            self._thread.join()
        return self._status == "FINISHED"

    def get_status(self) -> str:
        """A name of :class:`~runstone.entities.RunStatus`."""
        return self._status or "RUNNING"

    def cancel(self, why: str = "cancelled") -> None:
        """End the process (SIGTERM, then SIGKILL) and wait until it is gone."""
        self._stop = why
        self.wait()
