"""Write what is logged about a run besides params, tags and metrics: console, documents, files, datasets, models, links."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec

from runstone.entities import DatasetInput, LoggedModelInput
from runstone.records import ArtifactLogged, Console, Document, Inputs, MetricLinks, Outputs

from .compression import compress
from .series import kept
from .statements import Rows
from .states import RunState
from .tables import artifact_files, console, datasets, documents, inputs, metric_links, models

if TYPE_CHECKING:
    from .work import Work

_LINKS = Rows(metric_links)
_DATASETS = Rows(datasets, update=())
_INPUTS = Rows(inputs, update=["tags"])
_MODELS = Rows(models, update=["step"])
_CONSOLE = Rows(console)
_DOCUMENTS = Rows(documents, update=["media_type", "size", "data"])
_FILES = Rows(artifact_files, update=["size", "digest", "time"])

#: Texts of so many characters are compressed once for the runs that share them.
_REMEMBERED = 1 << 21

#: The tag of a dataset input that says what it was used for.
CONTEXT = "mlflow.data.context"


def flush_others(work: Work, states: Sequence[RunState]) -> None:
    connection, sign = work.connection, work.sign
    links: list[Any] = []
    printed: list[Any] = []
    # by primary key: one statement must not write a row twice
    sets: dict[Any, tuple[Any, ...]] = {}
    used: dict[Any, tuple[Any, ...]] = {}
    logged: dict[Any, tuple[Any, ...]] = {}
    texts: dict[Any, tuple[Any, ...]] = {}
    files: dict[Any, tuple[Any, ...]] = {}
    for state in states:
        number = _Numbers(work, state)
        for record in state.others:
            if isinstance(record, Console):
                printed += (record.run_id, number.next("console"), record.stream, record.time, record.text)
            elif isinstance(record, Document):
                texts[record.run_id, record.name] = _document(record)
            elif isinstance(record, ArtifactLogged):
                files[record.run_id, record.path] = (record.run_id, record.path, record.size, record.digest, record.time)
            elif isinstance(record, MetricLinks):
                links += _link(record, number.next("metric_links", record.key))
            else:
                _add_models(record, number, logged)
                if isinstance(record, Inputs):
                    _add_datasets(record, number, sets, used)
    _CONSOLE.insert(connection, printed, sign)
    _LINKS.insert(connection, links, sign)
    for rows, found in ((_DOCUMENTS, texts), (_FILES, files), (_DATASETS, sets), (_INPUTS, used), (_MODELS, logged)):
        # in order of their keys: datasets are shared, and two transactions must not wait for each other
        rows.insert(connection, [value for _, row in sorted(found.items()) for value in row], sign)


def _add_models(record: Inputs | Outputs, number: _Numbers, logged: dict[Any, tuple[Any, ...]]) -> None:
    direction = "in" if isinstance(record, Inputs) else "out"
    for model in record.models:
        step = 0 if isinstance(model, LoggedModelInput) else model.step
        key = (record.run_id, direction, model.model_id)
        logged[key] = (*key, number.next("models"), step)


def _add_datasets(record: Inputs, number: _Numbers, sets: dict[Any, tuple[Any, ...]], used: dict[Any, tuple[Any, ...]]) -> None:
    for item in record.datasets:
        dataset = _dataset(item)
        sets[dataset[0]] = dataset
        given = {tag.key: tag.value for tag in item.tags}
        key = (record.run_id, dataset[0], given.get(CONTEXT, ""))
        text = msgspec.json.encode(given).decode()
        used[key] = (*key, number.next("inputs"), item.dataset.name, item.dataset.digest, text)


class _Numbers:
    """Rising numbers for one run's rows in a table, after those that are there."""

    def __init__(self, work: Work, state: RunState) -> None:
        self._work, self._state = work, state
        self._last: dict[tuple[str, str | None], int] = {}

    def next(self, table: str, key: str | None = None) -> int:
        place = (table, key)
        if place not in self._last:
            self._last[place] = -1
            if not self._state.new:
                self._last[place] = self._greatest(table, key)
        self._last[place] += 1
        return self._last[place]

    def _greatest(self, table: str, key: str | None) -> int:
        sign, values = self._work.sign, (self._state.run_id,) if key is None else (self._state.run_id, key)
        select = f"SELECT max(sequence) FROM {table} WHERE run_id = {sign}" + (
            f' AND "key" = {sign}' if key is not None else ""
        )
        there = self._work.connection.exec_driver_sql(select, values).scalar()
        return -1 if there is None else int(there)


def _document(record: Document) -> tuple[Any, ...]:
    size, frame = (_framed if len(record.text) <= _REMEMBERED else _framed.__wrapped__)(record.text)
    return record.run_id, record.name, record.media_type, size, frame


@lru_cache(maxsize=4)
def _framed(text: str) -> tuple[int, bytes]:
    """The bytes of a text, and how they are kept. Runs of one script have the same packages and sources, up to a megabyte:
    that takes longer to compress than all else of a run."""
    data = text.encode()
    return len(data), compress(data, 3, checked=True)


def _link(record: MetricLinks, number: int) -> tuple[Any, ...]:
    return (
        record.run_id, record.key, number, record.step, record.timestamp, kept(record.value),
        record.model_id, record.dataset_name, record.dataset_digest,
    )  # fmt: skip


def _dataset(item: DatasetInput) -> tuple[Any, ...]:
    fields = msgspec.structs.astuple(item.dataset)
    return (hashlib.blake2b(msgspec.msgpack.encode(fields), digest_size=16).hexdigest(), *fields)
