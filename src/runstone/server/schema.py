"""Every request and answer of the UI's own routes, as msgspec structs.

The OpenAPI document (:mod:`runstone.server.openapi`) and the UI's TypeScript types follow from these, so a field's
doc is here or nowhere. Times are integer milliseconds since 1970 UTC. Numbers that JSON has no word for travel as the
texts ``"NaN"``, ``"Infinity"`` and ``"-Infinity"``. Fields of an edit that are left out stay as they are.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

from runstone.entities import DatasetInput, FileInfo, LoggedModelInput, LoggedModelOutput, RunInfo
from runstone.query.objective import Meaning

from .views_schema import SavedView

#: A number, exactly: what JSON cannot say is a text.
Number = float | Literal["NaN", "Infinity", "-Infinity"]
#: What a table cell holds: a metric, a param or tag text, or nothing.
Cell = float | str | None
View = Literal["active", "deleted", "all"]
#: A value of a whole series.
Statistic = Literal["last", "min", "max", "mean", "first"]
Name = Annotated[str, Meta(min_length=1, max_length=4096)]
#: What a database can count to, and a browser exactly.
Count = Annotated[int, Meta(ge=0, le=2**53)]
Step = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]

#: Most rows that one answer of a runs table holds, most series of one answer, most points of one series in it.
MAX_ROWS, MAX_SERIES, MAX_POINTS = 2_000, 5_000, 20_000


class Error(Struct, omit_defaults=True):
    """The one shape of an error. A wrong filter adds where it is wrong (half-open range of characters) and what would work."""

    error_code: str
    message: str
    start: int | None = None
    end: int | None = None
    expected: list[str] | None = None


class Info(Struct):
    """What is behind this server. ``store`` is its address without a password; ``started`` when this process began."""

    version: str
    store: str
    started: int


class Health(Struct):
    """``problems`` in words, none when sound; ``facts`` are counts and sizes (bytes) worth showing."""

    status: Literal["ok", "trouble"]
    uri: str
    schema: str
    problems: list[str]
    facts: dict[str, int | str]


# --- experiments --------------------------------------------------------------------------------------------------


class Objective(Struct):
    """What the best run of an experiment is best at: this ``statistic`` of the metric ``key``. ``guessed``: nobody has set it,
    its name says so."""

    key: str
    direction: Literal["max", "min"]
    guessed: bool = False
    statistic: Statistic = "last"
    unit: str = ""


class ExperimentsQuery(Struct):
    """``q`` is part of a name, or of a tag as ``key=value``, in any case."""

    view: View = "active"
    q: str = ""


class ExperimentRow(Struct):
    """``runs`` counts active runs, ``running`` those that run now; ``last_activity`` is the newest start or end of one.
    ``default_view`` is what a plain link to its runs shows; ``tags`` are without saved views; ``metrics`` are those of which
    tags say the direction, the statistic that counts or the unit."""

    experiment_id: str
    name: str
    lifecycle_stage: Literal["active", "deleted"]
    artifact_location: str
    tags: dict[str, str]
    creation_time: int | None
    last_update_time: int | None
    runs: int
    running: int
    last_activity: int | None
    objective: Objective | None
    default_view: SavedView | None
    metrics: dict[str, Meaning]


class Experiments(Struct):
    experiments: list[ExperimentRow]


class RecentRequest(Struct, forbid_unknown_fields=True):
    """``columns``: experiments (ids) and the column of a metric wanted of each, named as in a table. ``runs``: how many of the
    newest active runs of each are looked at."""

    columns: Annotated[dict[str, str], Meta(max_length=1000)]
    runs: Annotated[int, Meta(ge=1, le=1000)] = 30


class RecentAnswer(Struct):
    """Values of each experiment's newest runs that have one, the oldest first. Experiments without any are left out."""

    values: dict[str, list[Number]]


class NewExperiment(Struct, forbid_unknown_fields=True):
    name: Name
    tags: dict[str, str] = field(default_factory=dict)


class ExperimentEdit(Struct, forbid_unknown_fields=True):
    """A tag set to null is removed. ``deleted`` moves the experiment to the trash or back."""

    name: Name | UnsetType = UNSET
    tags: dict[str, str | None] | UnsetType = UNSET
    deleted: bool | UnsetType = UNSET


# --- tables of runs -----------------------------------------------------------------------------------------------


class RunsTableRequest(Struct, forbid_unknown_fields=True):
    """A window of a table of runs.

    No ``experiment_ids``: every active experiment. ``filter`` and ``order_by`` are in the filter grammar. A column is
    ``metrics.KEY`` (last value), ``metrics.KEY:STAT`` (last, min, max, mean, first, count, nans, min_step, max_step,
    first_step, last_step), ``params.KEY``, ``tags.KEY`` or ``attributes.NAME``. ``nested``: only runs of which no parent
    matches, and under those ``opened`` (``*`` first: all but those) their children that match; offset and limit count
    these rows.
    """

    experiment_ids: list[str] = field(default_factory=list)
    filter: str = ""
    order_by: list[str] = field(default_factory=list)
    view: View = "active"
    offset: Count = 0
    limit: Annotated[int, Meta(ge=0, le=MAX_ROWS)] = 200
    columns: Annotated[list[str], Meta(max_length=1000)] = field(default_factory=list)
    nested: bool = False
    opened: Annotated[list[str], Meta(max_length=500)] = field(default_factory=list)


class CompareRequest(Struct, forbid_unknown_fields=True):
    """Runs to hold against each other. Without ``metric``, ``direction`` and ``statistic`` they are what the experiment says,
    or guessed from names; ``baseline`` is one of the runs, the first if not given; ``level`` is that of the intervals."""

    run_ids: Annotated[list[str], Meta(min_length=2, max_length=100)]
    metric: str | None = None
    direction: Literal["max", "min"] | None = None
    baseline: str | None = None
    statistic: Literal["last", "min", "max", "mean", "first", "best"] | None = None
    level: Annotated[float, Meta(ge=0.5, lt=1)] = 0.95


class Column(Struct):
    """``values[i]`` belongs to ``run_ids[i]``; null where the run has none."""

    column: str
    values: list[Cell]


class Best(Struct):
    """The best of all runs that match, on the page or not, by this statistic of the metric ``key``."""

    key: str
    direction: Literal["max", "min"]
    run_id: str
    value: Number
    statistic: Statistic
    unit: str


class RunsTable(Struct):
    """Column by column, all lists equally long. ``total`` runs are in these experiments, ``matched`` fit the filter.

    Of a nested table ``rows`` counts the rows with those opened, ``depth`` is how far in a run stands and ``children`` how
    many of its children match; else both are empty and ``rows`` is ``matched``.
    """

    total: int
    matched: int
    offset: int
    run_ids: list[str]
    names: list[str]
    status: list[str]
    start: list[int | None]
    end: list[int | None]
    ordinal: list[int]
    lifecycle: list[str]
    parents: list[str | None]
    experiments: list[str]
    users: list[str]
    columns: list[Column]
    best: Best | None
    rows: int
    depth: list[int]
    children: list[int]


class KeysQuery(Struct):
    """``exp``: experiment ids with commas between; none: every active experiment."""

    kind: Literal["metrics", "params", "tags"]
    exp: str = ""
    contains: str = ""
    limit: Annotated[int, Meta(ge=1, le=10_000)] = 1000


class Key(Struct):
    """``runs`` that have it; ``distinct`` values it takes there, counted up to 2: over 1 means that it varies."""

    key: str
    runs: int
    distinct: int


class Keys(Struct):
    keys: list[Key]


# --- one run ------------------------------------------------------------------------------------------------------


class MetricSummary(Struct):
    """A whole series in few numbers. ``min``, ``max`` and ``mean`` ignore NaN and are null when every value is NaN; a mean is
    also null where there are infinities of both signs."""

    key: str
    count: int
    nans: int
    first: Number
    first_step: int
    first_timestamp: int
    last: Number
    last_step: int
    last_timestamp: int
    min: Number | None
    min_step: int | None
    max: Number | None
    max_step: int | None
    mean: Number | None


class MetricsQuery(Struct):
    """Metrics of one run. ``contains`` is part of a key, in any case; ``own`` are all but the ``system/`` ones.

    ``by`` is their order: of their keys, as people count, or section after section (the text before the last ``/``), in each
    those of one point first.
    """

    contains: str = ""
    part: Literal["all", "own", "system"] = "all"
    by: Literal["key", "section"] = "key"
    offset: Count = 0
    limit: Annotated[int, Meta(ge=0, le=MAX_ROWS)] = 200


class MetricSection(Struct):
    """How many metrics of one point, and of more, begin with ``name``."""

    name: str
    single: int
    more: int


class Metrics(Struct):
    """A window of the ``matched`` metrics of a run that has ``own`` and ``system`` ones. Of an order by section all sections,
    where the window is the first."""

    own: int
    system: int
    matched: int
    offset: int
    metrics: list[MetricSummary]
    sections: list[MetricSection]


class DocumentInfo(Struct):
    """``size`` is in bytes."""

    name: str
    media_type: str
    size: int


class RunDetail(Struct):
    """All of a run but its metrics, of which there may be very many: these are asked for window by window."""

    info: RunInfo
    experiment_name: str
    params: dict[str, str]
    tags: dict[str, str]
    inputs: list[DatasetInput]
    model_inputs: list[LoggedModelInput]
    model_outputs: list[LoggedModelOutput]
    documents: list[DocumentInfo]


class RunEdit(Struct, forbid_unknown_fields=True):
    """A tag set to null is removed. ``deleted`` moves the run to the trash or back."""

    name: Name | UnsetType = UNSET
    tags: dict[str, str | None] | UnsetType = UNSET
    deleted: bool | UnsetType = UNSET


class SeriesRequest(Struct, forbid_unknown_fields=True):
    """``points`` is about how many points of each series come back, from ``start`` to ``end`` (steps, both included).
    ``near``: two points beside each end may be of just outside, instead of the range's own ends, and ``total`` is about."""

    run_ids: list[str]
    keys: list[str]
    points: Annotated[int, Meta(ge=1, le=MAX_POINTS)] = 1000
    start: Step | None = None
    end: Step | None = None
    near: bool = False


class SeriesPoints(Struct):
    """Ordered by (step, timestamp); first, last and every extreme survive. ``total`` is how many there were before."""

    run_id: str
    key: str
    steps: list[int]
    values: list[Number]
    timestamps: list[int]
    total: int


class SeriesAnswer(Struct):
    series: list[SeriesPoints]


class ConsoleQuery(Struct):
    """``after`` is the greatest sequence already known."""

    after: Annotated[int, Meta(ge=-1, le=2**53)] = -1
    limit: Annotated[int, Meta(ge=1, le=10_000)] = 1000


class Piece(Struct):
    sequence: int
    stream: str
    time: int
    text: str


class ConsoleAnswer(Struct):
    """``next`` is the ``after`` of the next question; ``more`` says that asking at once gives more."""

    pieces: list[Piece]
    next: int
    more: bool


class DocumentAnswer(Struct):
    name: str
    media_type: str
    text: str


class ExportQuery(Struct):
    """``runs`` are ids with commas between; without, all runs of the experiments ``exp`` (ids with commas; none: every active
    one) that match ``filter``, in the ``order`` of terms with line breaks between."""

    runs: str = ""
    exp: str = ""
    filter: str = ""
    order: str = ""
    view: View = "active"
    title: Annotated[str, Meta(max_length=300)] = ""


class ExportedPage(Struct):
    """An HTML file: this is what the answer is called, not how it looks."""


# --- artifacts and events -----------------------------------------------------------------------------------------


class ArtifactsQuery(Struct):
    path: str = ""


class ArtifactFileQuery(Struct):
    """``download`` asks the browser to save the file instead of showing it."""

    path: str
    download: bool = False


class Artifacts(Struct):
    """One level below ``path``, folders with ``file_size`` null. ``root_uri`` is where the run keeps them."""

    root_uri: str
    files: list[FileInfo]


class FolderWanted(Struct):
    """``path`` is a folder of the served artifacts, ``last`` the file that its writer puts there in the end; empty: done."""

    path: str
    last: str = ""


class FolderTaken(Struct):
    """Whether the caller is the one who writes to the folder."""

    taken: bool


class Message(Struct):
    """A message of :mod:`runstone.wire_store`, no JSON."""


class ArtifactBytes(Struct):
    """The bytes of a file, as themselves: this is what the answer is called, not how it looks."""


class EventsQuery(Struct):
    """``cursor`` of the last event seen; none: from now on. A browser's ``Last-Event-ID`` wins over it."""

    cursor: Count | None = None


class ChangesEvent(Struct):
    """Data of the event ``changes``. ``more``: others changed too, ask for everything again."""

    cursor: int
    run_ids: list[str]
    experiment_ids: list[str]
    more: bool
