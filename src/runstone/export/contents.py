"""What one shared file holds, as its JSON says it. **The field names are a format**: docs/export.md describes them.

Times are milliseconds since 1970 UTC. Numbers that JSON has no word for are the texts ``"NaN"``, ``"Infinity"`` and
``"-Infinity"``; ``null`` means that there is none.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct, field

FORMAT = "runstone-export"
VERSION = 1

Number = float | str
Kind = Literal["run", "comparison", "runs"]


class Head(Struct):
    """One run. Its experiment and ``ordinal``, its number there, fix how it looks, but for a ``colour`` of its own (a tag)."""

    run_id: str
    name: str
    experiment_id: str
    experiment_name: str
    status: str
    start: int | None
    end: int | None
    user: str
    ordinal: int
    parent: str | None
    deleted: bool
    colour: str = ""


class Cells(Struct):
    """``values[i]`` is of ``runs[i]``. ``column`` is ``params.KEY``, ``metrics.KEY`` (last value) or ``metrics.KEY:STAT``."""

    column: str
    values: list[Number | None]


class MetricStory(Struct):
    """A whole series in few numbers."""

    key: str
    last: Number
    last_step: int
    min: Number | None
    min_step: int | None
    max: Number | None
    max_step: int | None
    count: int
    nans: int


class DatasetNote(Struct):
    name: str
    digest: str
    context: str


class Text(Struct):
    """A text of the run's context; ``cut`` says that it goes on."""

    name: str
    text: str
    cut: bool


class Detail(Struct):
    """More of ``runs[run]``."""

    run: int
    cause: str
    tags: dict[str, str]
    metrics: list[MetricStory]
    datasets: list[DatasetNote]
    texts: list[Text]


class Curve(Struct):
    """Points of one series of ``runs[run]``, thinned to keep every extreme; ``total`` is how many there were."""

    run: int
    key: str
    steps: list[int]
    values: list[Number]
    total: int


class Goal(Struct):
    """``column`` is where what counts stands among the columns."""

    key: str
    direction: Literal["max", "min"]
    column: str
    unit: str


class Contents(Struct):
    """``columns`` are params, then metrics, the objective first. ``left_out`` says in words what is not in the file."""

    title: str
    kind: Kind
    made: int
    source: str
    objective: Goal | None
    runs: list[Head]
    columns: list[Cells]
    details: list[Detail]
    curves: list[Curve]
    verdict: list[str]
    left_out: list[str] = field(default_factory=list)
    format: str = FORMAT
    version: int = VERSION
