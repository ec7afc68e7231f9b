"""One store as this process writes to it: its journals, its shipper, and the store itself for reading."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Sequence
from threading import RLock, Thread

from runstone import connect, settings
from runstone.contracts import Refusal, Store
from runstone.entities import Run, RunInfo
from runstone.errors import (
    DiskFull,
    NotFound,
    NotSupported,
    PermissionDenied,
    RunstoneError,
    StoreCorrupt,
    StoreReadOnly,
    StoreTooNew,
    Trouble,
    WrongState,
)
from runstone.journal.recovery import Recovery, recover, recover_all
from runstone.journal.shipper import Shipper
from runstone.journal.writer import JournalWriter
from runstone.records import RunStarted, run_of
from runstone.turns import at_work, stand_back

from . import active, spool, surroundings
from .checks import check_run_id, shown
from .children import Children
from .location import tracking_store
from .notices import SILENT_SECONDS, notice, warn_once
from .run_log import RunLog, now_ms
from .spare_journal import open_writer

#: How many runs stay open for writing beside the active ones (an ``MlflowClient`` may log to any number).
IDLE_LOGS = 32
#: How long a read waits for a run that a living process has begun but not yet shipped.
OTHERS_SECONDS = 5.0
#: Most seconds between two looks of a process that reads at which runs have died.
LOOK_SECONDS = 5.0
#: How long a process that ends waits for a server that is away.
AWAY_SECONDS = 5.0
#: How long for one that waiting does not help: a full disk, a file that is read-only, damaged or of a newer version.
STUCK_SECONDS = 1.0

_sessions: dict[str, Session] = {}
_lock = RLock()


def session(uri: str | None = None, called: str = "Tracking URI") -> Session:
    """The session of this process for a tracking URI, the one in force if ``None``. Errors name the URI as ``called``."""
    store = tracking_store(uri, called)
    found = _sessions.get(store)
    if found is None:
        with _lock:
            found = _sessions.get(store)
            if found is None:
                found = _sessions[store] = Session(store)
    return found


def sessions() -> list[Session]:
    """Those of this process, oldest first."""
    return list(_sessions.values())


def forget() -> None:
    """Drop all sessions; they have been closed before."""
    _sessions.clear()


#: Called when a run is opened for writing: the end of this process then ships what it logged, whether or not it began a run.
on_first_record: list[Callable[[], None]] = []


class Session:
    """Made by :func:`session`, one for each store and process; forked children inherit it.

    Attributes:
        uri: the store's canonical URI.
        logs: runs open for writing here, by id, the least recently opened first.
        active: ids of those on a stack of active runs; they stay open.
        kept_in: the folder in which journals are.
    """

    def __init__(self, uri: str) -> None:
        self.uri = uri
        self.root = connect.journal_root(uri)
        self.logs: dict[str, RunLog] = {}
        self.active: set[str] = set()
        self.lock = RLock()
        self.troubles: list[Exception] = []
        self._deleted: dict[str, str] = {}  # runs open here that this process deleted, themselves or with their experiment
        self._set_aside: dict[str, list[Exception]] = {}  # what the store said when it set records of a run aside
        self._stretches = 0
        self._recovery: Thread | None = None
        self._looked = 0.0
        self.away = self.stuck = False
        self.kept_in = self.root
        self.children = Children(connect.journal_roots(uri), self._sink, self._say_problems)
        self.shipper = Shipper(self._sink, self.say_away, self._on_refused, self._on_stored, self._look_after_children)

    def _sink(self) -> Store:
        return connect.open_store(self.uri)

    @property
    def store(self) -> Store:
        """The store as it is; :meth:`fresh_store` for one that has all that was logged here."""
        return connect.open_store(self.uri)

    def fresh_store(self) -> Store:
        """The store, with everything in it that this process has logged so far, and dead runs marked as such."""
        self.flush()
        store = self.store
        self._look_after_children(wait=True)
        self._mark_the_dead(store)
        return store

    def _mark_the_dead(self, store: Store) -> None:
        """Who only reads sees how runs of killed processes ended, and what their journals hold. Servers do it themselves."""
        now, pause = time.monotonic(), min(LOOK_SECONDS, settings.LEASE_SECONDS.get() / 2)
        if self.offline or connect.is_server(self.uri) or (self._looked and now < self._looked + pause):
            return
        self._looked = now
        with contextlib.suppress(RunstoneError, OSError):  # what is asked next will say it
            store.sweep(now_ms())
            self._say_recovered(recover_all(connect.journal_roots(self.uri), store))

    def _look_after_children(self, wait: bool = False) -> None:
        if not self.offline:
            self.children.look(wait)

    # --- runs open for writing ------------------------------------------------------------------------------------

    def begin(self, started: RunStarted) -> RunLog:
        """Open a new run for writing; nothing is asked of the store."""
        writer = open_writer(self.root, self.uri, started.run_id)
        log = RunLog(writer, started.run_id, started.experiment_id, started.artifact_uri, None, started.tags, started)
        self._keep(log)
        return log

    def log(self, run_id: str) -> RunLog:
        """The run's writing side; the first time, its params and tags are read from the store.

        Raises: NotFound, WrongState (deleted).
        """
        found = self.logs.get(check_run_id(run_id))
        if found is not None:
            self.require_active(found)
            return found
        with self.lock:
            run = self.run(run_id)
            if run.info.lifecycle_stage == "deleted":
                raise _is_deleted(run_id)
            info, data = run.info, run.data
            writer = open_writer(self.root, self.uri, run_id)
            log = RunLog(writer, run_id, info.experiment_id, info.artifact_uri or "", data.params, data.tags)
            self._keep(log)
            return log

    def _keep(self, log: RunLog) -> None:
        for watch in on_first_record:
            watch()
        with self.lock:
            self.logs[log.run_id] = log
            self.kept_in = getattr(log.writer, "root", self.kept_in)
            if isinstance(log.writer, JournalWriter) and not self.offline:
                self.shipper.add(log.writer)
            idle = [run_id for run_id in self.logs if run_id not in self.active and run_id != log.run_id]
            for run_id in idle[: max(0, len(idle) - IDLE_LOGS)]:
                self.release(run_id)

    def deleted(self, what: str, found_id: str, is_so: bool) -> None:
        """This process deleted or restored a ``run`` or ``experiment``: calls that log to what it has open there are told."""
        for log in list(self.logs.values()):
            if found_id == (log.run_id if what == "run" else log.experiment_id):
                if is_so:
                    self._deleted.setdefault(log.run_id, what)
                elif what in ("run", self._deleted.get(log.run_id)):
                    self._deleted.pop(log.run_id, None)
        active.stir()  # nobody is on the fast road, which asks for nothing

    def require_active(self, log: RunLog, stored: bool = False) -> None:
        """Raises WrongState for a run that this process deleted, unless somebody has restored it; ``stored``: that anybody
        deleted, as the store has shown when it set a record aside."""
        run_id = log.run_id
        if not (run_id in self._deleted or (stored and run_id in self._set_aside)):
            return
        told = self._set_aside.pop(run_id, [])
        with contextlib.suppress(Trouble, NotFound):
            if self.store.get_run(run_id).info.lifecycle_stage != "deleted":
                self._deleted.pop(run_id, None)
                return
        self.troubles = [one for one in self.troubles if one not in told]  # told now
        raise _is_deleted(run_id)

    def release(self, run_id: str) -> None:
        """Close the run's journal here; what was written is still shipped."""
        with self.lock:
            log = self.logs.pop(run_id, None)
            self.active.discard(run_id)
        if log is not None:
            log.close()

    def delete_tag(self, log: RunLog, key: str) -> None:
        """Raises NotFound when the run has no such tag. Only a tag that was not set here needs a look at the store."""
        if key not in log.tags and key not in self.run(log.run_id).data.tags:
            raise NotFound(f"No tag with name {shown(key)} in run {log.run_id}: there is nothing to delete.")
        log.delete_tag(key)

    # --- reading ----------------------------------------------------------------------------------------------------

    def run(self, run_id: str) -> Run:
        """The run as the store has it, with all that was logged here. Raises NotFound."""
        store = self.fresh_store()
        try:
            return store.get_run(check_run_id(run_id))
        except NotFound:
            if not (self.root / run_id).is_dir():
                raise
        return self._run_of_another_process(store, run_id)

    def _run_of_another_process(self, store: Store, run_id: str) -> Run:
        """Its journal lies there: shipped by us if its process is dead, waited for if it lives."""
        recover(self.root, store, run_id)
        give_up = time.monotonic() + OTHERS_SECONDS
        while (self.root / run_id).is_dir() and time.monotonic() < give_up:
            try:
                return store.get_run(run_id)
            except NotFound:
                time.sleep(0.02)
        return store.get_run(run_id)

    # --- words for people -----------------------------------------------------------------------------------------

    @property
    def _option(self) -> str:
        return "" if self.uri == tracking_store("") else f" --backend-store-uri {self.shown_uri}"

    @property
    def shown_uri(self) -> str:
        """The store's URI as anybody may see it."""
        return connect.shown(self.uri)

    @property
    def offline(self) -> bool:
        """Whether everything stays in the journals, by the setting, until ``runstone sync``."""
        return settings.OFFLINE.get()

    @property
    def how_to_look(self) -> str:
        """The command, or address, that shows this store."""
        return self.shown_uri if connect.is_server(self.uri) else f"{surroundings.command()} ui{self._option}"

    @property
    def how_to_sync(self) -> str:
        """The command that ships what lies in its journals."""
        return f"{surroundings.command()} sync{self._option}"

    def link(self, info: RunInfo) -> str:
        """Where the run's page is."""
        if connect.is_server(self.uri):
            return f"{self.shown_uri}/#/experiments/{info.experiment_id}/runs/{info.run_id}"
        return f"Its page: {self.how_to_look}, then http://{settings.HOST.get()}:{settings.PORT.get()}/#/experiments/{info.experiment_id}/runs/{info.run_id}"

    # --- shipping ---------------------------------------------------------------------------------------------------

    def flush(self, timeout: float | None = None) -> bool:
        """Wait until all that was appended before is stored. In strict mode trouble of the shipper raises here."""
        done = self.shipper.flush(timeout)
        self._raise_troubles()
        return done

    def settle(self, log: RunLog) -> None:
        """:meth:`flush` for what was logged to a run. Raises WrongState if somebody has deleted it."""
        self.shipper.flush()
        self.require_active(log, stored=True)
        self._raise_troubles()

    def _raise_troubles(self) -> None:
        if self.troubles and settings.STRICT.get():
            trouble = self.troubles[0]
            self.troubles.clear()
            raise trouble

    def recover_once(self) -> None:
        """Bring in, off the caller's thread, what dead processes left in this store."""
        if self._recovery is None:
            self._recovery = Thread(target=self._recover, name="runstone-recovery", daemon=True)
            self._recovery.start()

    def _recover(self) -> None:
        stand_back()
        if self.offline:
            return
        try:
            with at_work():
                store = self.store
                self._say_recovered(recover_all(connect.journal_roots(self.uri), store))
                self._deliver_files()
                store.sweep(now_ms())
        except (RunstoneError, OSError) as trouble:
            self.say_away(trouble)

    def _deliver_files(self) -> None:
        """Artifacts that waited for the server."""
        brought, problems = spool.deliver(self, connect.open_artifacts)
        if brought:
            what = "1 artifact that had waited" if brought == 1 else f"{brought:,} artifacts that had waited"
            notice(f"brought {what} for {self.shown_uri} to where {'it belongs' if brought == 1 else 'they belong'}")
        for problem in problems:
            warn_once(f"spool {problem}", problem)

    def _say_recovered(self, found: Recovery) -> None:
        if found.records or found.points:
            notice(f"brought in {found.records:,} records and {found.points:,} points that earlier processes had left behind")
        self._say_problems(found)

    def _say_problems(self, found: Recovery) -> None:
        for problem in found.problems:
            warn_once(f"recovery {problem}", f"in what another process left: {problem}")

    def close(self, timeout: float) -> bool:
        """Ship everything, as far as the time allows; whether nothing remains.

        A server that is known to be away gets :data:`AWAY_SECONDS` at most, a store that waiting does not help
        :data:`STUCK_SECONDS`.
        """
        if self.away and self.stuck:
            timeout = min(timeout, STUCK_SECONDS)
        elif self.away and connect.is_server(self.uri):
            timeout = min(timeout, AWAY_SECONDS)
        for run_id in list(self.logs):
            self.release(run_id)
        give_up = time.monotonic() + timeout
        if self._recovery is not None:
            self._recovery.join(timeout)
        done = self.shipper.flush(max(0.1, min(timeout, SILENT_SECONDS)))
        if not done and time.monotonic() < give_up:
            notice(
                f"waiting until {self.shown_uri} takes what was logged, {give_up - time.monotonic():.0f} s at most; "
                f"it is safe in {self.kept_in}, so Ctrl-C loses nothing"
            )
            done = self.shipper.flush(max(0.1, give_up - time.monotonic()))
        if done and self.children.any:
            self._recover()  # children that ended without a word
        self.shipper.close(max(0.1, give_up - time.monotonic()))
        return done

    def say_away(self, trouble: Exception) -> None:
        """The store could not be asked or written: one line for each stretch of it."""
        self.troubles.append(trouble)
        self.stuck = isinstance(trouble, DiskFull | StoreReadOnly | StoreCorrupt | StoreTooNew)
        if isinstance(trouble, Trouble | PermissionDenied | NotSupported):
            if self.away:
                return
            self.away = True
        if not settings.STRICT.get():
            self._stretches += 1
            warn_once(
                f"shipping {self._stretches} {type(trouble).__name__}",
                f"what is logged is safe in {self.kept_in} but could not be stored yet: {trouble} "
                "Training goes on, and it is tried again.",
            )

    def _on_stored(self) -> None:
        """Something was stored, and nothing waits."""
        if self.away:
            self.away = self.stuck = False
            notice(f"{self.shown_uri} is back, and everything that waited is stored")
            self._deliver_files()

    def _on_refused(self, refused: Sequence[Refusal]) -> None:
        for refusal in refused:
            trouble = RunstoneError(refusal.reason)
            self.troubles.append(trouble)
            self._set_aside.setdefault(run_of(refusal.record), []).append(trouble)
            warn_once(f"refused {refusal.reason}", f"the store set a record aside: {refusal.reason}")


def _is_deleted(run_id: str) -> WrongState:
    return WrongState(
        f"The run {run_id} must be in the 'active' state to be logged to; it is deleted. "
        f"Restore it first, with MlflowClient().restore_run({run_id!r})."
    )


def _before() -> None:
    for one in list(_sessions.values()):
        one.children.forking()


def _in_child() -> None:
    global _lock
    _lock = RLock()
    for one in _sessions.values():
        one.lock, one._recovery, one.troubles = RLock(), None, []
        one.children.forget()
        for log in one.logs.values():
            log.forked()


os.register_at_fork(before=_before, after_in_child=_in_child)
