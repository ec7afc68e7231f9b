"""Bringing in what dead processes left: ship it, say why they died, remove it.

A journal whose owner lives, or cannot be seen and may live, is never touched. Two recoveries at once do no harm: each
journal is locked while it is worked on, and the store keeps count of what it has.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from msgspec import Struct, field

from runstone.contracts import SILENT_DEATH, Batch, Origin, Store
from runstone.entities import RunStatus
from runstone.errors import NotFound, RunstoneError, Trouble
from runstone.forks import no_fork
from runstone.records import UNWATCHED, Record, RunChanged

from . import owner
from .reader import Part
from .remains import DeadJournal
from .removal import remove_journal

try:
    import fcntl
except ImportError:  # pragma: no cover - not on Windows
    fcntl = None  # type: ignore[assignment]

#: Where files are kept that could not be read, for a person to look at.
SET_ASIDE = "damaged"
_BATCH_POINTS, _BATCH_OTHER = 1 << 18, 4000


def unseen(what: str, cause: str = owner.UNKNOWN) -> str:
    """Why a run has FAILED whose watcher died of ``cause``, and of whose work, ``what``, nobody else saw the end."""
    return f"{UNWATCHED}{what} is gone ({cause}), so nobody saw its end"


class Recovery(Struct):
    """What was found.

    Attributes:
        journals: how many were shipped whole and removed.
        records, points: how much was in them that the store did not have.
        damaged: how many places could not be read or had changed on the disk.
        problems: each of those, and each journal that could not be shipped, in words.
        torn: bytes of records that a process did not finish writing; normal, and lost with nothing acknowledged.
        crashed: run id to cause, for runs that ended with a process that died.
    """

    journals: int = 0
    records: int = 0
    points: int = 0
    damaged: int = 0
    problems: list[str] = field(default_factory=list)
    torn: int = 0
    crashed: dict[str, str] = field(default_factory=dict)


class JournalState(Struct, frozen=True):
    """One journal below a root. ``size`` is bytes on disk; ``cause`` says why a dead owner died."""

    run_id: str
    journal_id: str
    folder: str
    alive: bool
    pid: int
    host: str
    segments: int
    size: int
    cause: str = ""


def cause_of_death(folder: Path) -> str:
    """Why the dead owner of the journal in ``folder`` ended, in words, as far as can be told."""
    return owner.cause_of_death(folder)


def survey(root: Path) -> list[JournalState]:
    """Every journal below ``root``, for a person to look at; changes nothing."""
    found = []
    for folder in _folders(root):
        who = owner.read_owner(folder)
        alive = owner.lives(folder, who)
        files = [path for path in folder.iterdir() if path.suffix == ".seg"] if folder.is_dir() else []
        sizes = [path.stat().st_size for path in files if path.exists()]
        run_id = who.run_id if who else folder.parent.name
        pid, host = (who.pid, who.host) if who else (0, "")
        cause = "" if alive else owner.cause_of_death(folder)
        found.append(JournalState(run_id, folder.name, str(folder), alive, pid, host, len(sizes), sum(sizes), cause))
    return found


def recover(root: Path, store: Store, run_id: str | None = None, since: int = 0) -> Recovery:
    """Ship and remove every journal below ``root`` whose owner is dead; only those of ``run_id`` if given, and those that
    were opened ``since`` then, in milliseconds.

    Raises Trouble when the store cannot be reached; what was done until then stays done. A journal that cannot be shipped
    for another reason stays where it is and is named in ``problems``.
    """
    done = Recovery()
    deaths: dict[str, _Death] = {}
    for folder in list(_folders(root)):
        who = owner.read_owner(folder)
        if (run_id is not None and who is not None and who.run_id != run_id) or (who.opened if who else 0) < since:
            continue
        if owner.lives(folder, who):
            continue
        with _locked(folder) as ours:
            if not ours:
                continue
            try:
                _recover_one(folder, store, done, deaths)
            except Trouble:
                raise
            except (RunstoneError, OSError) as cause:
                done.problems.append(f"the journal in {folder} could not be brought in and stays there: {cause}")
    for dead_run, death in deaths.items():
        _end(root, dead_run, death, store, done)
    return done


def recover_all(roots: Iterable[Path], store: Store) -> Recovery:
    """:func:`recover` in each of these folders that is there; what was found together."""
    done = Recovery()
    for found in [recover(root, store) for root in roots if root.is_dir()]:
        for name in Recovery.__struct_fields__:
            if name == "crashed":
                done.crashed.update(found.crashed)
            else:
                setattr(done, name, getattr(done, name) + getattr(found, name))
    return done


class _Death(Struct):
    """Of the processes of one run: the last sign of life, the cause, what they watched over if none did the run's work, and
    whether a process that lives goes on with it."""

    last: int = 0
    cause: str = owner.UNKNOWN
    watched: str | None = None
    inherited: bool = False

    def add(self, last: int, cause: str, watched: str, inherited: bool) -> None:
        self.inherited = self.inherited or inherited
        self.last = max(self.last, last)
        self.cause = cause if self.cause == owner.UNKNOWN else self.cause
        self.watched = watched if self.watched is None else self.watched and watched


def _recover_one(folder: Path, store: Store, done: Recovery, deaths: dict[str, _Death]) -> None:
    cause = owner.cause_of_death(folder)
    journal = DeadJournal(folder)
    who = owner.read_owner(folder)
    run = journal.run_id or (who.run_id if who else None)
    _ship(journal, store, done)
    done.damaged += len(journal.damage)
    done.problems += journal.damage
    done.torn += journal.torn
    for path in journal.unreadable:
        _set_aside(path)
    remove_journal(folder)
    done.journals += 1
    if run is not None:
        last, watched, inherited = (who.opened, who.watches, who.has_heir) if who else (0, "", False)
        deaths.setdefault(run, _Death()).add(journal.last_time or last, cause, watched, inherited)


def _ship(journal: DeadJournal, store: Store, done: Recovery) -> None:
    if not journal.segments:
        return
    with no_fork:
        stored = store.acknowledged(journal.journal_id)
    waiting: list[Part] = []
    for part in journal.parts(stored):
        done.damaged += len(part.damage)
        done.problems += part.damage
        waiting.append(part)
        if sum(p.points for p in waiting) >= _BATCH_POINTS or sum(p.other for p in waiting) >= _BATCH_OTHER:
            stored = _write(journal, store, waiting, stored, done)
            waiting = []
    _write(journal, store, waiting, stored, done)


def _write(journal: DeadJournal, store: Store, parts: list[Part], stored: int, done: Recovery) -> int:
    records: list[Record] = [record for part in parts for record in part.records]
    if not records:
        return stored
    with no_fork:
        receipt = store.write(Batch(records, Origin(journal.journal_id, stored, parts[-1].next)))
    done.records += sum(part.other for part in parts)
    done.points += sum(part.points for part in parts)
    done.problems += [f"the store set a record aside: {refusal.reason}" for refusal in receipt.refused]
    return parts[-1].next


def _end(root: Path, run_id: str, death: _Death, store: Store, done: Recovery) -> None:
    """Mark the run as crashed, unless it ended properly or another process still works on it. One that was only watched over
    here has FAILED: its work may go on, and who does it says so when it is heard of again."""
    if death.inherited or any(
        (who := owner.read_owner(f)) and who.run_id == run_id and owner.lives(f, who) for f in _folders(root)
    ):
        return
    try:
        with no_fork:
            info = store.get_run(run_id).info
    except NotFound:
        return
    crashed_by_lease = info.status == RunStatus.to_string(RunStatus.CRASHED) and info.cause in (None, "", SILENT_DEATH)
    if info.status not in ("RUNNING", "SCHEDULED") and not crashed_by_lease:
        return
    end = death.last or info.start_time or time.time_ns() // 1_000_000
    status, cause = "CRASHED", death.cause
    if death.watched:
        status, cause = "FAILED", unseen(death.watched, cause)
    change = RunChanged(run_id, time.time_ns() // 1_000_000, status=status, end_time=end, cause=cause, watched=True)
    try:
        with no_fork:
            store.write(Batch([change]))
    except Trouble:
        raise
    except RunstoneError as problem:
        done.problems.append(f"run {run_id} could not be marked as crashed: {problem}")
        return
    done.crashed[run_id] = cause


def _folders(root: Path) -> Iterator[Path]:
    """The folders of all journals below ``root``."""
    try:
        runs = sorted(entry.path for entry in os.scandir(root) if entry.is_dir() and entry.name != SET_ASIDE)
    except OSError:
        return
    for run in runs:
        with contextlib.suppress(OSError):
            for entry in sorted(os.scandir(run), key=lambda entry: entry.name):
                if entry.is_dir():
                    yield Path(entry.path)


def _set_aside(path: Path) -> None:
    target = path.parents[2] / SET_ASIDE
    with contextlib.suppress(OSError):
        target.mkdir(exist_ok=True)
        shutil.move(path, target / f"{path.parent.name}-{path.name}")


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[bool]:
    """Whether this journal is ours to recover. A file system without locks lets everybody: harmless, only twice the work."""
    try:
        fd = os.open(folder / owner.OWNER, os.O_RDWR)
    except FileNotFoundError:
        yield folder.is_dir()
        return
    try:
        if fcntl is not None:
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            except OSError:
                pass
        yield folder.is_dir()
    finally:
        os.close(fd)
