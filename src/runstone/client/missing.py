"""What did not fit into a run's journal: counted, so that the run can say at its end what it lacks."""

from __future__ import annotations

from collections import Counter
from threading import RLock

from runstone.errors import JournalTrouble
from runstone.records import Console, Document, Metrics, Params, Record, Tags


class Missing:
    """Of one run, in one process.

    Attributes:
        counts: how many of each kind, by the word for several of them.
        reason: why, as the journal said it first.
    """

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.reason = ""
        self._lock = RLock()  # a signal handler may log in the midst of this

    def record(self, record: Record, trouble: JournalTrouble) -> None:
        """Note a record that did not fit."""
        if isinstance(record, Metrics):
            self.points(len(record.series) // 4, trouble)
        elif isinstance(record, Params | Tags):
            self._note("params" if isinstance(record, Params) else "tags", len(record.values), trouble)
        elif isinstance(record, Console):
            self._note("pieces of console output", 1, trouble)
        else:
            self._note("documents" if isinstance(record, Document) else "other records", 1, trouble)

    def points(self, count: int, trouble: JournalTrouble) -> None:
        """Note points of metrics that did not fit."""
        self._note("points", count, trouble)

    def _note(self, kind: str, count: int, trouble: JournalTrouble) -> None:
        with self._lock:
            self.counts[kind] += count
            self.reason = self.reason or trouble.reason

    def __str__(self) -> str:
        """In words, such as ``missing: 4,312 points and 1 param (No space left on device)``; empty where nothing is."""
        if not self.counts:
            return ""
        kinds = [f"{count:,} {kind if count > 1 else _ONE.get(kind, kind[:-1])}" for kind, count in self.counts.items()]
        listed = " and ".join([*([", ".join(kinds[:-1])] if kinds[1:] else []), kinds[-1]])
        return f"missing: {listed} ({self.reason})"


_ONE = {"pieces of console output": "piece of console output"}
