"""The writing side of one run in one process: checks, and then appends to the run's journal."""

from __future__ import annotations

import time
from collections.abc import Mapping
from threading import RLock
from typing import Any

from msgspec import structs

from runstone import wire
from runstone.errors import JournalTrouble, ParamChanged, RecordTooLarge
from runstone.journal.writer import JournalWriter
from runstone.records import MetricLinks, Metrics, Params, Record, RunChanged, RunStarted, Tags

from .checks import check_key, check_mapping, number, texts, whole
from .interruptions import pass_on
from .missing import LAST_WORDS, Missing
from .spare_journal import Nowhere

#: New metric keys of one call from which on one record is cheaper than a frame for each.
_MANY = 4


def now_ms() -> int:
    return time.time_ns() // 1_000_000


class RunLog:
    """Everything that this process writes to one run.

    Safe for several threads. Each call returns when the record is in the journal: it then survives the death of the
    process, and the shipper brings it to the store. Errors: ``InvalidValue``, ``ParamChanged``, ``RecordTooLarge`` for the
    caller's mistakes, ``JournalTrouble`` when the journal cannot be written.

    Attributes:
        params, tags: what is known here of the run's params and tags; whole for a run that was started here or resumed.
        started: the record that began the run, if this process (or the one it was forked from) began it.
        missing: what did not fit into the journal.
        models: ids of the logged models that this process made of the run, by step; points of that step are theirs.
    """

    def __init__(
        self,
        writer: JournalWriter | Nowhere,
        run_id: str,
        experiment_id: str,
        artifact_uri: str,
        params: Mapping[str, str] | None = None,
        tags: Mapping[str, str] | None = None,
        started: RunStarted | None = None,
    ) -> None:
        self.run_id, self.experiment_id, self.artifact_uri = run_id, experiment_id, artifact_uri
        self.params, self.tags, self.started = dict(params or {}), dict(tags or {}), started
        self.missing = Missing()
        self.models: dict[int, list[str]] = {}
        self.lock = RLock()
        self.writer = writer
        self._inherited = self._closing = False
        self._begun, self._holds = time.monotonic(), 0
        self.once: set[str] = set()  # metric keys that came once, with many others
        if started is not None:
            self.append(started)

    def append(self, record: Record) -> None:
        """Write any record. The caller has checked it."""
        if self._inherited:
            self._begin_in_child()
        try:
            self.writer.append(record)
        except JournalTrouble as trouble:
            self.missing.record(record, trouble)
            raise

    def metric(
        self,
        key: str,
        value: Any,
        step: Any = None,
        timestamp: Any = None,
        model_id: str | None = None,
        dataset: tuple[str, str] | None = None,
    ) -> None:
        """One point. ``timestamp`` in milliseconds, now if ``None``; ``dataset`` is (name, digest)."""
        self.metrics({check_key(key, "metric"): value}, step, timestamp, model_id, dataset)

    def metrics(
        self,
        values: Mapping[str, Any],
        step: Any = None,
        timestamp: Any = None,
        model_id: str | None = None,
        dataset: tuple[str, str] | None = None,
    ) -> None:
        """One point for each key, all or none: nothing is written before everything is checked."""
        check_mapping(values, "metric")
        if self._inherited:
            self._begin_in_child()
        points = [(check_key(key, "metric"), number(key, value)) for key, value in values.items()]
        at = 0 if step is None else whole(step, "step")
        model_ids: list[str | None] = [*(self.models.get(at, ()) if model_id is None else [model_id])] or [None]
        linked = model_ids != [None] or dataset is not None
        when = (now_ms() if linked else None) if timestamp is None else whole(timestamp, "timestamp")
        known = points if len(points) < _MANY else self._first_of_many(points, at, when)
        if when is None:
            self._points_of_now(known, at)
        else:
            for key, value in known:
                self._point(known, key, value, at, when)
        if linked and when is not None:
            name, digest = dataset or (None, None)
            for key, value in points:
                for one in model_ids:
                    self.append(MetricLinks(self.run_id, key, at, when, value, one, name, digest))

    def _first_of_many(self, points: list[tuple[str, float]], step: int, when: int | None) -> list[tuple[str, float]]:
        """Write many keys that are new as one record, and return the other points.

        A summary logged once would else cost a key's frames for each of its points; a key that comes again gets its own.
        """
        known = self.writer.hot[1]
        new = [(key, value) for key, value in points if key not in known and key not in self.once]
        if len(new) < _MANY:
            return points
        keys, values = [key for key, _ in new], [value for _, value in new]
        count = len(new)
        times = [now_ms() if when is None else when] * count
        try:
            self.append(Metrics.of(self.run_id, keys, range(count), [step] * count, values, times))
        except RecordTooLarge:
            return points
        except JournalTrouble as trouble:
            self.missing.points(len(points) - count, trouble)
            raise
        written = set(keys)
        self.once |= written
        return [point for point in points if point[0] not in written]

    def _point(self, points: list[tuple[str, float]], key: str, value: float, step: int, when: int | None) -> None:
        """One of ``points``, the slow road."""
        try:
            self.writer.metric(key, value, step, when)
        except JournalTrouble as trouble:  # nor are those tried that would follow
            self.missing.points(len(points) - points.index((key, value)), trouble)
            raise

    def _points_of_now(self, points: list[tuple[str, float]], step: int) -> None:
        write, keys, salt = self.writer.hot
        pack, now = wire.pack_metric, wire.now()
        for key, value in points:
            try:
                write(pack(keys[key], step, now, value, salt))
            except (KeyError, ValueError, OSError) as fault:  # a new key, or the segment is full, or the disk
                pass_on(fault)
                self._point(points, key, value, step, None)
                write, keys, salt = self.writer.hot

    def log_params(self, values: Mapping[str, Any]) -> None:
        """Params, all or none. An equal value is fine, another one raises ``ParamChanged``."""
        new = texts(values, "param")
        with self.lock:
            known = self.params
            for key, text in new.items():
                old = known.get(key)
                if old is not None and old != text:
                    raise ParamChanged(self.run_id, key, shown_text(old), shown_text(text))
            missing = {key: text for key, text in new.items() if key not in known}
            if missing:
                self.append(Params(self.run_id, missing))
                known.update(missing)

    def set_tags(self, values: Mapping[str, Any]) -> None:
        """Tags; a later value replaces an earlier one."""
        new: dict[str, str | None] = dict(texts(values, "tag"))
        if new:
            with self.lock:
                self.append(Tags(self.run_id, new))
                self.tags.update({key: text for key, text in new.items() if text is not None})

    def delete_tag(self, key: str) -> None:
        """Remove a tag that is there."""
        with self.lock:
            self.append(Tags(self.run_id, {key: None}))
            self.tags.pop(key, None)

    def end(self, status: str, cause: str | None = None, end_time: int | None = None) -> None:
        """Write how the run ended, and what it lacks; of a long cause as much as a full journal takes. ``end_time`` in
        milliseconds, now if ``None``: never before its beginning and as much as has passed, where the clock was set back."""
        passed = int((time.monotonic() - self._begun) * 1000)
        now = max(now_ms(), self.started.time + passed if self.started else 0)
        end = RunChanged(self.run_id, now, status=status, end_time=now if end_time is None else end_time)
        try:
            self.append(structs.replace(end, cause=self.missing.after(cause)))
        except JournalTrouble:
            self.append(structs.replace(end, cause=self.missing.after(cause, LAST_WORDS)))

    @property
    def open(self) -> bool:
        """Whether this process may still write to it."""
        return not self._closing

    # --- closing --------------------------------------------------------------------------------------------------

    def hold(self) -> None:
        """Keep the journal open for somebody who still gathers what belongs in it, until :meth:`let_go`."""
        with self.lock:
            self._holds += 1

    def let_go(self) -> None:
        with self.lock:
            self._holds -= 1
            if self._closing and self._holds <= 0:
                self.writer.close()

    def close(self) -> None:
        """No more records from this process, once nobody holds it. What was written is still shipped."""
        with self.lock:
            self._closing = True
            if self._holds <= 0:
                self.writer.close()

    # --- forks ----------------------------------------------------------------------------------------------------

    def forked(self) -> None:
        """In a child process: what other threads of the parent held is nobody's now."""
        self.lock = RLock()
        self._holds = 0
        self._inherited = True
        self.missing = Missing()

    def _begin_in_child(self) -> None:
        """The child's journal may be shipped before the parent's, so it begins by telling of the run again."""
        self._inherited = False
        self.writer.append(self.started or Tags(self.run_id, {}))


def shown_text(text: str) -> str:
    """A long param in an error message, cut."""
    return text if len(text) <= 200 else f"{text[:160]}… ({len(text):,} characters)"
