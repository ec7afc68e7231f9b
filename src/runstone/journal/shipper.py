"""The thread that brings journals into a store: read a part, write it, remove what is acknowledged.

Exactly once, whatever happens: a batch names the stretch of the journal it is made of, the store notes that stretch in
the same transaction, and after any trouble the shipper asks the store where to go on.

It shares the interpreter with training, so it works in stretches of a millisecond or two and then steps aside.
"""

from __future__ import annotations

import contextlib
import os
import queue
import random
import threading
import time
import weakref
from collections.abc import Callable, Sequence

from runstone import settings
from runstone.contracts import Batch, Origin, Receipt, Refusal, Sink
from runstone.entities import RunStatus
from runstone.errors import JournalTrouble, RunstoneError, Trouble
from runstone.forks import close_before_leaving, no_fork
from runstone.process import host_identity
from runstone.records import Lease, Record, RunChanged
from runstone.turns import at_work, stand_back, step_aside

from . import owner
from .reader import LiveReader, Part
from .removal import remove_journal
from .writer import JournalWriter

#: Seconds between looks while somebody logs, and while nobody does.
_BUSY, _IDLE = 0.1, 0.5
#: How much goes into one transaction.
_BATCH_POINTS, _BATCH_OTHER = 1 << 17, 4000
#: After this much reading it steps aside for so long, seconds: longer than it takes a waiting thread to wake up.
_STRETCH, _ASIDE = 0.001, 0.0003
#: Seconds before trying again, doubled up to the second number.
_RETRY, _RETRY_MOST = 0.1, 5.0
#: Seconds that its thread stays after the last journal: where runs are short the next one is near.
LINGER = 1.0

_shippers: weakref.WeakSet[Shipper] = weakref.WeakSet()


class Feed:
    """One journal on its way.

    Attributes:
        settled: journal position up to which everything is stored, or there was nothing to store.
        stored: the position that the store knows.
        doubtful: a write failed, so the store must be asked.
        leased_until: milliseconds; 0 without a lease.
        ended: the run's end was stored since the lease was taken, and the store gave it back with that.
    """

    def __init__(self, writer: JournalWriter) -> None:
        self.writer = writer
        self.journal_id = writer.journal_id
        self.reader = LiveReader(writer)
        self.settled = self.stored = 0
        self.doubtful = self.ended = False
        self.leased_until = 0

    @property
    def over(self) -> bool:
        return self.writer.closed and self.settled >= self.writer.position

    def take(self, points: int, other: int) -> list[Part]:
        """Parts of about that much, unread so far; those without records only move ``settled``."""
        parts: list[Part] = []
        while points > 0 and other > 0:
            part = self.reader.read()
            if part is None:
                break
            parts.append(part)
            points -= part.points
            other -= part.other
        return parts

    def acknowledge(self, position: int) -> None:
        self.stored = position
        self.settle(position)

    def settle(self, position: int) -> None:
        """Everything before ``position`` is safe elsewhere: segments that end there go."""
        self.settled = max(self.settled, position)
        for segment in self.writer.segments[:-1]:
            if segment.end > position:
                break
            segment.remove()
            self.writer.dropped(segment)

    def lease(self, now: int) -> Lease | None:
        """A lease to be written, if it is time; given back when the journal is over."""
        if self.over:
            until = 0
            if self.ended or not self.leased_until:
                return None
        else:
            span = int(settings.LEASE_SECONDS.get() * 1000)
            if not self.stored or self.leased_until - now > span * 2 // 3:
                return None
            until = now + span
        start = owner.own_start()
        return Lease(self.writer.run_id, self.journal_id, host_identity(), os.getpid(), start, until)


class Shipper:
    """One for each store and process; a forked child starts a thread of its own as soon as it logs.

    Args:
        sink_factory: gives the sink, in the shipper's thread, when there is something to write.
        on_trouble: told when the store cannot be written, or a journal is damaged; once for each stretch of trouble.
        on_refused: told of records that the store set aside.
        on_stored: told when everything that was there to be stored is.
        on_look: called at each look at the journals, in the shipper's thread; it never raises.
    """

    def __init__(
        self,
        sink_factory: Callable[[], Sink],
        on_trouble: Callable[[Exception], object] | None = None,
        on_refused: Callable[[Sequence[Refusal]], object] | None = None,
        on_stored: Callable[[], object] | None = None,
        on_look: Callable[[], object] | None = None,
    ) -> None:
        self._sink_factory, self._on_trouble, self._on_refused = sink_factory, on_trouble, on_refused
        self._on_stored, self._on_look = on_stored, on_look
        self._begin()
        _shippers.add(self)

    def _begin(self) -> None:
        self._lock = threading.RLock()  # entered itself: see Space
        self._changed = threading.Condition(self._lock)
        self._wake: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._feeds: dict[str, Feed] = {}
        self.thread: threading.Thread | None = None
        self._stopping = False
        self._failures = 0

    # --- what the client calls ------------------------------------------------------------------------------------

    def add(self, writer: JournalWriter) -> None:
        """Ship this journal from now on, until it is closed and all of it is stored."""
        writer.on_open = self.add
        with self._lock:
            self._feeds[writer.journal_id] = Feed(writer)
            self._stopping = False
            self._changed.notify_all()  # the thread may be waiting for this one
            if self.thread is None:
                self.thread = threading.Thread(target=self._run, name="runstone-shipper", daemon=True)
                self.thread.start()

    def flush(self, timeout: float | None = None) -> bool:
        """Wait until everything appended before the call is stored; ``False`` when the time is over first.

        Without a timeout it also gives up when an attempt that began after the call has failed for the store's sake.
        """
        goals = self._goals()
        if not goals:
            return True
        give_up = None if timeout is None else time.monotonic() + timeout
        with self._lock:
            failures = self._failures
            while self._goals(goals):
                left = 1.0 if give_up is None else give_up - time.monotonic()
                if left <= 0 or self.thread is None or (give_up is None and self._failures > failures + 1):
                    return False
                if give_up is None or self._failures in (0, failures):  # else it tries when its pause is over
                    self._wake.put(None)
                self._changed.wait(left)
        return True

    def close(self, timeout: float | None = None) -> bool:
        """Ship what is left, as far as the time allows, give leases back and end the thread. ``add`` starts it again."""
        done = self.flush(timeout)
        with self._lock:
            thread, self._stopping = self.thread, True
            self._changed.notify_all()  # it may be waiting for another journal
        self._wake.put(None)
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout)
        return done

    def _goals(self, among: dict[str, int] | None = None) -> dict[str, int]:
        """Journals not settled up to the positions in ``among``, or up to now; with those positions."""
        goals = {}
        for journal_id, feed in list(self._feeds.items()):
            goal = feed.writer.position if among is None else among.get(journal_id, 0)
            if feed.settled < goal:
                goals[journal_id] = goal
        return goals

    # --- the thread -----------------------------------------------------------------------------------------------

    def _run(self) -> None:
        stand_back()
        pause = _BUSY
        while True:
            stopping = self._stopping
            try:
                moved = self._round()
                pause = _BUSY if moved else min(pause * 2, _IDLE)
                failed, self._failures = self._failures, 0
                if (moved or failed) and self._on_stored is not None:
                    self._on_stored()
            except Exception as trouble:
                self._failed(trouble)
                # many clients of one server must not come back at the same moment
                pause = min(_RETRY * 2 ** min(self._failures, 10), _RETRY_MOST) * random.uniform(0.5, 1.0)
                pause = max(pause, getattr(trouble, "retry_after", 0.0))
            with self._lock:
                self._changed.notify_all()
                if stopping or (not self._feeds and self._wait_for_more()):
                    self.thread = None
                    self._changed.notify_all()
                    return
            with contextlib.suppress(queue.Empty):
                self._wake.get(timeout=pause)
                while True:
                    self._wake.get_nowait()

    def _wait_for_more(self) -> bool:
        """Whether the thread ends for want of work: some time after the last journal, at once when it is to stop."""
        self._changed.wait_for(lambda: self._feeds or self._stopping, LINGER)
        return not self._feeds

    def _failed(self, trouble: Exception) -> None:
        for feed in self._feeds.values():
            feed.doubtful = True
        first = self._failures == 0
        self._failures += 1
        if first:
            self._tell(trouble)

    def _tell(self, trouble: Exception) -> None:
        if self._on_trouble is not None:
            self._on_trouble(trouble)

    def _round(self) -> bool:
        """Ship until there is nothing left; whether there was anything."""
        moved = False
        while True:
            with at_work():
                loads = self._collect()
                if not loads:
                    self._leases()
                    self._finish()
                    if self._on_look is not None:
                        self._on_look()
                    return moved
                self._deliver(loads)
                moved = True
                with self._lock:
                    self._changed.notify_all()

    def _collect(self) -> list[tuple[Feed, Batch]]:
        loads: list[tuple[Feed, Batch]] = []
        points, other = _BATCH_POINTS, _BATCH_OTHER
        began = time.perf_counter()
        for feed in list(self._feeds.values()):
            if feed.doubtful:
                self._ask(feed)
            parts = feed.take(points, other)
            if time.perf_counter() > began + _STRETCH:
                step_aside(_ASIDE)
                began = time.perf_counter()
            for part in parts:
                points -= part.points
                other -= part.other
                for words in part.damage:
                    self._tell(JournalTrouble(f"a journal is damaged: {words}"))
            records: list[Record] = [record for part in parts for record in part.records]
            if records:
                loads.append((feed, Batch(records, Origin(feed.journal_id, feed.stored, parts[-1].next))))
            elif parts:
                feed.settle(parts[-1].next)
            if points <= 0 or other <= 0:
                break
        return loads

    def _ask(self, feed: Feed) -> None:
        with no_fork:
            position = self._sink_factory().acknowledged(feed.journal_id)
        feed.reader.rewind(max(position, feed.stored))
        feed.acknowledge(max(position, feed.stored))
        feed.doubtful = False

    def _deliver(self, loads: list[tuple[Feed, Batch]]) -> None:
        with no_fork:
            sink = self._sink_factory()
        for feed, _ in loads:
            feed.doubtful = True  # until it is known to have gone well
        receipts: Sequence[Receipt]
        try:
            with no_fork:
                receipts = sink.write_all([batch for _, batch in loads])
        except Trouble:
            raise
        except RunstoneError:
            # one journal that the store does not understand must not keep the others waiting
            if len(loads) == 1:
                raise
            self._one_by_one(sink, loads)
            return
        for (feed, batch), receipt in zip(loads, receipts, strict=True):
            self._delivered(feed, batch, receipt)

    def _one_by_one(self, sink: Sink, loads: list[tuple[Feed, Batch]]) -> None:
        wrong: RunstoneError | None = None
        for feed, batch in loads:
            try:
                self._delivered(feed, batch, self._write(sink, batch))
            except Trouble:
                raise
            except RunstoneError as cause:
                wrong = cause
        if wrong is not None:
            raise wrong

    def _write(self, sink: Sink, batch: Batch) -> Receipt:
        with no_fork:
            return sink.write(batch)

    def _delivered(self, feed: Feed, batch: Batch, receipt: Receipt) -> None:
        assert batch.origin is not None
        feed.doubtful = False
        feed.acknowledge(max(receipt.acknowledged, batch.origin.next))
        for change in (one for one in batch.records if isinstance(one, RunChanged) and one.status and not one.watched):
            feed.ended = RunStatus.is_terminated(change.status or "") and not receipt.refused
        if receipt.refused and self._on_refused is not None:
            self._on_refused(receipt.refused)

    def _leases(self) -> None:
        now = time.time_ns() // 1_000_000
        due = [(feed, lease) for feed in list(self._feeds.values()) if (lease := feed.lease(now))]
        if not due:
            return
        with no_fork:
            sink = self._sink_factory()
        try:
            self._write(sink, Batch([lease for _, lease in due]))
        except Trouble:
            raise
        except RunstoneError:
            # a run that was deleted, or refused: its lease does not matter, those of the others do
            for _, lease in due:
                with contextlib.suppress(RunstoneError):
                    self._write(sink, Batch([lease]))
        for feed, lease in due:
            feed.leased_until, feed.ended = lease.until, False

    def _finish(self) -> None:
        """Journals that are closed and stored go."""
        for feed in [feed for feed in list(self._feeds.values()) if feed.over]:
            for segment in feed.writer.segments:
                segment.remove()
            remove_journal(feed.writer.folder)
            feed.writer.removed()
            with self._lock:
                self._feeds.pop(feed.journal_id, None)

    # --- fork -----------------------------------------------------------------------------------------------------

    def _after_fork(self) -> None:
        """In the child: the thread is gone, the journals are the parent's. A writer that is written to adds itself again."""
        self._begin()
        close_before_leaving(self)


def _in_child() -> None:
    for shipper in list(_shippers):
        shipper._after_fork()


os.register_at_fork(after_in_child=_in_child)
