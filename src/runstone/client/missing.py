"""What did not fit into a run's journal, or among its artifacts: counted, so that the run can say at its end what it lacks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any, BinaryIO

from runstone.contracts import ArtifactFile, ArtifactStore
from runstone.errors import JournalTrouble, Trouble
from runstone.records import Console, Document, Metrics, Params, Record, RunChanged, Tags

#: Bytes of a run's cause that fit into what a full journal's reserve keeps for the run's end (``journal.writer``).
LAST_WORDS = 500


class Missing:
    """Of one run, in one process.

    Attributes:
        counts: how many of each kind, by the word for several of them.
        reason: why, as it was said first.
    """

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.reason = ""
        self._lock = RLock()  # a signal handler may log in the midst of this

    def record(self, record: Record, trouble: JournalTrouble) -> None:
        """Note a record that did not fit. The run's end is none: it is what tells."""
        if isinstance(record, RunChanged):
            return
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

    @contextmanager
    def artifact(self) -> Iterator[None]:
        """Around the writing of an artifact; raises what that raises."""
        try:
            yield
        except (Trouble, OSError) as trouble:
            self._note("artifacts", 1, trouble)
            raise

    def _note(self, kind: str, count: int, trouble: Trouble | OSError) -> None:
        reason = getattr(trouble, "reason", "") or getattr(trouble.__cause__ or trouble, "strerror", "") or str(trouble)
        with self._lock:
            self.counts[kind] += count
            self.reason = self.reason or reason

    def __str__(self) -> str:
        """In words, such as ``missing: 4,312 points and 1 param (No space left on device)``; empty where nothing is."""
        if not self.counts:
            return ""
        kinds = [f"{count:,} {kind if count > 1 else _ONE.get(kind, kind[:-1])}" for kind, count in self.counts.items()]
        listed = " and ".join([*([", ".join(kinds[:-1])] if kinds[1:] else []), kinds[-1]])
        return f"missing: {listed} ({self.reason})"

    def after(self, cause: str | None, most: int | None = None) -> str | None:
        """The cause of a run's end, and then what is missing; ``None`` where there is neither. In at most so many bytes, of
        which what is missing takes its own first."""
        words = str(self)
        if most is not None:
            words = _cut(words, most)
            cause = _cut(cause or "", most - len(words.encode(errors="replace")) - len("; "))
        return "; ".join(filter(None, (cause, words))) or None


def _cut(text: str, most: int) -> str:
    return text.encode(errors="replace")[: max(0, most)].decode(errors="ignore")


_ONE = {"pieces of console output": "piece of console output"}


class CountedArtifacts:
    """A run's artifact root that tells what could not be written to it."""

    def __init__(self, real: ArtifactStore, missing: Missing) -> None:
        self._real, self._missing = real, missing

    def put(self, source: Path | BinaryIO, path: str, *, digest: bool = True) -> ArtifactFile:
        with self._missing.artifact():
            return self._real.put(source, path, digest=digest)

    def put_tree(self, folder: Path, path: str = "") -> Sequence[ArtifactFile]:
        with self._missing.artifact():
            return self._real.put_tree(folder, path)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)
