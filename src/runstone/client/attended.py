"""A run whose work another process does while this one watches over it: a project's, a job's on a cluster.

It is written to through a journal of this process, so its lease is held here: as long as the watcher lives the run is not taken
for crashed, and when the watcher dies the run's own process, if it logs, still holds it. If none does, the run has FAILED, with
that as its cause, until its process or another watcher goes on with it.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from runstone import connect, settings
from runstone.entities import Run
from runstone.errors import NotFound, RunstoneError, Trouble
from runstone.journal import owner
from runstone.journal.recovery import recover, survey, unseen
from runstone.journal.writer import journal_folder
from runstone.records import Console, Document, Record, RunChanged
from runstone.records import unwatched as ended_unwatched

from . import active, ending, same
from .checks import check_run_id, texts
from .guard import guarded
from .run_log import RunLog
from .runs import begin, finish_with
from .session import Session, session
from .transcript import Transcript

#: Tag that asks whoever watches over a run to end it; its value says who asked.
STOP_TAG = "runstone.stop"
SCHEDULED = "SCHEDULED"
#: Seconds within which what a killed watcher left is brought in; what is printed meanwhile waits.
BRING_IN_SECONDS = 10.0
_OVER = ("FINISHED", "FAILED", "KILLED")


class Attended:
    """Made by :func:`attend`. Safe for several threads; trouble of store and journal is warned of, not raised."""

    def __init__(self, here: Session, run: Run, log: RunLog, printed: int = 0) -> None:
        self.run, self._here, self._log = run, here, log
        self._transcript = Transcript((settings.CONSOLE_CAP_MB.get() << 20) - printed)
        #: Whole lines that were heard.
        self.lines: Counter[str] = Counter()
        self._shared = log.run_id in here.active  # begun in this process, which goes on with it afterwards
        here.active.add(log.run_id)
        active.attended[log.run_id] = os.getpid()
        here.recover_once()

    @property
    def run_id(self) -> str:
        return self._log.run_id

    @property
    def store_uri(self) -> str:
        """The store's canonical URI, for the process that does the work."""
        return self._here.uri

    @guarded
    def params(self, values: Mapping[str, Any]) -> None:
        """Raises ParamChanged."""
        self._log.log_params(values)

    @guarded
    def tags(self, values: Mapping[str, Any]) -> None:
        self._log.set_tags(values)

    @guarded
    def document(self, name: str, media_type: str, text: str) -> None:
        """A text of the run's context; see :class:`~runstone.records.Document`."""
        self._append(Document(self.run_id, name, media_type, text))

    def heard(self, stream: str, data: bytes) -> None:
        """The process printed this. Written by :meth:`write`."""
        self.lines[stream] += data.count(b"\n")
        self._transcript.feed(stream, time.time_ns() // 1_000_000, data)

    @guarded
    def write(self, end: bool = False) -> None:
        """Write what was heard and is due; all of it at the end."""
        for piece in self._transcript.take(time.time_ns() // 1_000_000, end):
            self._append(Console(self.run_id, piece.stream, piece.time, piece.text))

    def say_if_equal(self, tags: Mapping[str, str]) -> None:
        """Say that a run with the same code, environment and command exists, if so."""
        same.look(self._here, self.run.info.experiment_id, self.run.info.start_time or 0, dict(tags))

    def stop_asked(self) -> str | None:
        """Who wants the run to stop, if anybody does; ``None`` also while the store cannot be asked."""
        try:
            return self._here.store.get_run(self.run_id).data.tags.get(STOP_TAG)
        except (NotFound, Trouble):
            return None

    def watches(self, what: str, heir: int = 0) -> None:
        """All that this process does for the run from now on is to watch over ``what``: said where its journal is, for the
        case that it dies. ``heir`` is the process that watches on then, if one does."""
        if not self._shared:
            with suppress(OSError):
                owner.say_watches(self._log.writer.folder, what, heir)

    @guarded
    def goes_on(self) -> None:
        """Its work was not over when its former watcher died. What its own process says of its end stands, whoever is first."""
        self._append(RunChanged(self.run_id, time.time_ns() // 1_000_000, status="RUNNING", watched=True))

    @guarded
    def waits(self) -> None:
        """Its work waits in a queue, for the first time or again."""
        self._append(RunChanged(self.run_id, time.time_ns() // 1_000_000, status=SCHEDULED))

    @guarded
    def runs(self) -> None:
        """Its work has left the queue. What the run's own process has said of it since stands."""
        try:
            self._here.flush(settings.EXIT_WAIT_SECONDS.get())
            waits = self._here.store.get_run(self.run_id).info.status == SCHEDULED
        except RunstoneError:
            return
        if waits:
            self._append(RunChanged(self.run_id, time.time_ns() // 1_000_000, status="RUNNING", watched=True))

    @guarded
    def end(self, status: str, cause: str | None = None) -> str:
        """Write how it ended, unless its own process said something worse; close it here. The status that stands."""
        self.write(end=True)
        said = self._said()
        why = status == said == "KILLED"  # its process knows the signal, and not who sent it
        if said is None or why or (status != "FINISHED" and said == "FINISHED"):
            self._log.end(status, cause)
            said = status
        self._close()
        return said

    @guarded
    def unseen(self, what: str) -> None:
        """Its work, ``what``, is over, and nobody saw how: what its own process said of its end stands, else it has FAILED."""
        self.write(end=True)
        if self._said() is None:
            self._log.end("FAILED", unseen(what))
        self._close()

    def _close(self) -> None:
        if not self._shared:
            self._here.release(self.run_id)
        active.attended.pop(self.run_id, None)
        self._here.flush(settings.EXIT_WAIT_SECONDS.get())

    def _said(self) -> str | None:
        """How the run's own process ended it, if it did; what that process left unshipped is brought in first."""
        try:
            self._here.flush(settings.EXIT_WAIT_SECONDS.get())
            if Path(self._here.root, self.run_id).is_dir():
                recover(self._here.root, self._here.store, self.run_id)
            run = self._here.store.get_run(self.run_id)
        except RunstoneError:
            return None
        return run.info.status if run.info.status in _OVER else None

    def _append(self, record: Record) -> None:
        self._log.append(record)


def watcher(here: Session, run_id: str) -> int | None:
    """The process that watches over the run, if one does that can be known of here."""
    folders = [journal_folder(root, run_id) for root in connect.journal_roots(here.uri)]
    for folder in [one for run in folders if run.is_dir() for one in run.iterdir()]:
        who = owner.read_owner(folder)
        if who is not None and who.watches and owner.lives(folder, who):
            return who.pid
    return None


def bring_in(here: Session, run_id: str) -> None:
    """What the run's killed watcher left in its journal, before anything of another follows it. Others may be about it."""
    roots = [root for root in connect.journal_roots(here.uri) if root.is_dir()]
    give_up = time.monotonic() + BRING_IN_SECONDS
    while time.monotonic() < give_up:
        for root in roots:
            recover(root, here.store, run_id)
        if not any(one.run_id == run_id and not one.alive for root in roots for one in survey(root)):
            return
        time.sleep(0.05)


def unwatched(run: Run) -> bool:
    """Whether the run ended with its watcher, and not by what its own process said."""
    return ended_unwatched(run.info.status, run.info.cause)


def attend(
    experiment_id: str | None = None,
    run_name: str | None = None,
    tags: Mapping[str, Any] | None = None,
    run_id: str | None = None,
    printed: int = 0,
) -> Attended:
    """Begin a run to watch over, or take over one that is there.

    Args:
        experiment_id: its experiment; the one that is set if ``None``.
        run_name: its name; a pleasant one if ``None``.
        tags: its first tags. A run that is active in the calling thread becomes its parent.
        run_id: a run that is there already; the arguments before but ``tags`` are then left aside.
        printed: how many characters it has printed already.

    Raises: NotFound, WrongState (deleted), InvalidValue.
    """
    ending.watch(finish_with)
    here = session()
    given = texts(tags or {}, "tag")
    if run_id is not None:
        log = here.log(check_run_id(run_id))
        log.set_tags(given)
        return Attended(here, here.run(run_id), log, printed)
    outer = active.visible()
    run, log = begin(here, experiment_id, run_name, outer.log.run_id if outer else None, given)
    return Attended(here, run, log)
