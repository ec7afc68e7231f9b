"""A state machine: whatever happens to a journal, in whatever order, each record arrives once, in its order.

The model is a list. The machine appends, rolls, ships, loses answers, stops the writer as a death would, tears its tail,
flips bits, recovers, and begins a new journal; then it compares.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from unittest import mock

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from runstone import wire
from runstone.errors import StoreUnavailable
from runstone.journal import keeper, owner
from runstone.journal.keeper import sync
from runstone.journal.recovery import Recovery, recover
from runstone.journal.shipper import Shipper
from runstone.journal.writer import JournalWriter
from runstone.records import Console, RunStarted
from runstone.testing.ledger import Ledger


class StillShipper(Shipper):
    """A shipper without a thread: the machine says when it works."""

    def add(self, journal: JournalWriter) -> None:
        with mock.patch("threading.Thread.start"):
            super().add(journal)

    def work(self) -> None:
        try:
            self._round()
            self._failures = 0
        except Exception as trouble:
            self._failed(trouble)


class JournalMachine(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        # no threads: the machine says when a second has passed, and when there is a spare segment
        self.patches = [mock.patch.object(keeper, "watch"), mock.patch.object(keeper, "rolled")]
        for patch in self.patches:
            patch.start()
        self.folder = Path(tempfile.mkdtemp(prefix="journal-machine-"))
        self.ledger = Ledger(self.folder / "ledger.db")
        self.shipper = StillShipper(lambda: self.ledger, on_trouble=self.troubles)
        self.root = self.folder / "journal"
        self.number = 0
        self.expected: list[int] = []  # points, in order
        self.texts: list[str] = []  # other records, in order
        self.damaged = False
        self.open()

    def open(self) -> None:
        self.writer = JournalWriter(self.root, "run")
        self.writer.append(RunStarted("run", "0", 1, "name"))
        self.shipper.add(self.writer)

    def troubles(self, trouble: Exception) -> None:
        assert isinstance(trouble, StoreUnavailable), trouble

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            for patch in self.patches:
                patch.stop()
            self.writer.close()
            shutil.rmtree(self.folder)

    # --- in the background

    @rule()
    def prepare(self) -> None:
        self.writer.prepare_spare()

    # --- logging

    @rule(count=st.integers(1, 40), fast=st.booleans(), key=st.sampled_from("abc"))
    def points(self, count: int, fast: bool, key: str) -> None:
        for _ in range(count):
            self.number += 1
            try:
                assert fast
                write, keys, salt = self.writer.hot
                write(wire.pack_metric(keys[key], self.number, wire.now(), 0.5, salt))
            except (KeyError, ValueError, AssertionError):
                self.writer.metric(key, 0.5, self.number, None if fast else 5)
            self.expected.append(self.number)

    @rule(length=st.sampled_from([0, 1, 7, 8, 500, 5_000, 70_000]))
    def record(self, length: int) -> None:
        self.number += 1
        text = f"{self.number}:" + "x" * length
        self.writer.append(Console("run", "stdout", 1, text))
        self.texts.append(text)

    @rule()
    def fill_the_segment(self) -> None:
        before = self.writer.hot[0]
        with mock.patch.dict("os.environ", RUNSTONE_JOURNAL_SEGMENT_MB="1"):
            while self.writer.hot[0] == before:
                self.record(30_000)

    @rule()
    def second_passes(self) -> None:
        sync(self.writer)

    # --- shipping

    @rule(outcomes=st.lists(st.sampled_from(["stored", "away", "answer lost"]), min_size=1, max_size=3))
    def ship(self, outcomes: list[str]) -> None:
        for outcome in outcomes:
            trouble = None if outcome == "stored" else StoreUnavailable(outcome)
            where = "after" if outcome == "answer lost" else "trouble"
            with mock.patch.object(self.ledger, where, side_effect=trouble):
                self.shipper.work()

    @rule()
    def end_the_run_and_begin_another_journal(self) -> None:
        self.writer.close()
        self.ship(["stored", "stored"])
        assert not self.writer.folder.exists()
        self.open()

    # --- dying

    def die(self) -> None:
        """As SIGKILL would: the files stay as they are, and nobody closes anything."""
        self.shipper._feeds.clear()
        who = owner.read_owner(self.writer.folder)
        assert who is not None
        owner.write_owner(self.writer.folder, owner.Owner(who.run_id, who.host, who.pid, who.pid_start + 1, who.opened))
        self.dead = self.writer

    def recovered(self) -> Recovery:
        found = recover(self.root, self.ledger)  # type: ignore[arg-type]
        assert not self.dead.folder.exists()
        self.open()
        return found

    @rule(how=st.sampled_from(["quietly", "in a record", "before the answer", "and a bit flips"]), place=st.floats(0, 0.999))
    def dies(self, how: str, place: float) -> None:
        if how == "before the answer":
            self.ship(["answer lost"])
        segment = self.writer.segments[-1]
        end = segment.size
        self.die()
        torn = b""
        if how == "in a record":
            frame = wire.record_frame(Console("run", "stdout", 1, "never finished" * 3), self.writer.salt)
            torn = frame[: int(len(frame) * place)] if end + len(frame) <= segment.capacity else b""
        data = bytearray(segment.path.read_bytes())
        data[end : end + len(torn)] = torn
        if how == "and a bit flips":
            self.damaged = True
            data[int(wire.HEADER_BYTES + (end - wire.HEADER_BYTES) * place)] ^= 1 << int(place * 1000) % 8
        segment.path.write_bytes(data)
        found = self.recovered()
        self.compare()
        if how != "and a bit flips":
            assert found.problems == []
            assert found.torn == len(torn.rstrip(b"\0"))

    @invariant()
    def nothing_is_doubled_or_out_of_order(self) -> None:
        if not hasattr(self, "ledger"):
            return
        stored = [point[2] for point in self.ledger.points()]
        if not self.damaged:
            assert stored == self.expected[: len(stored)]

    def compare(self) -> None:
        """After recovery everything is there, but for what damage took: one record for each flipped bit at most."""
        stored = [point[2] for point in self.ledger.points()]
        texts = [record.text for record in self.ledger.records(Console)]  # type: ignore[union-attr]
        if self.damaged:
            assert len(stored) + len(texts) >= len(self.expected) + len(self.texts) - 2
            assert len(stored) <= len(self.expected)
            self.expected, self.texts, self.damaged = stored, texts, False
        assert (stored, texts) == (self.expected, self.texts)

    @rule()
    def everything_arrives(self) -> None:
        self.ship(["stored", "stored"])
        self.compare()


TestJournalMachine = JournalMachine.TestCase
TestJournalMachine.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
