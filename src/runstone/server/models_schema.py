"""Requests and answers about registered models; see :mod:`.schema` for what holds for all."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

from runstone.entities import DatasetInput
from runstone.entities.moves import Move
from runstone.query.objective import Meaning

from .schema import MetricSummary, Name, Number, Objective, Statistic

Stage = Literal["None", "Staging", "Production", "Archived"]
#: Why a person moved an alias or a stage.
Reason = Annotated[str, Meta(max_length=2_000)]
Version = Annotated[int, Meta(ge=1, le=2**53)]
#: Most models, versions, and metric columns of one answer.
MOST_MODELS, MOST_VERSIONS, MOST_METRICS = 500, 1_000, 12
#: Most events of one page of a model's history.
MOST_EVENTS = 1_000


class ModelsQuery(Struct):
    """``q`` is part of a name, in any case; ``filter`` is in the grammar of registered models (``tags.team = 'a'``)."""

    q: str = ""
    filter: str = ""
    order: Literal["name", "updated"] = "name"
    limit: Annotated[int, Meta(ge=1, le=MOST_MODELS)] = 200
    page_token: str = ""


class Headline(Struct):
    """The objective's value of the run that a version comes from."""

    key: str
    direction: Literal["max", "min"]
    value: Number
    statistic: Statistic
    unit: str


class ModelRow(Struct):
    """``latest`` is the highest version, ``null`` before the first; ``stages`` has the newest version of each stage but
    None. ``headline`` and ``user_id`` are of the latest version."""

    name: str
    description: str
    tags: dict[str, str]
    aliases: dict[str, int]
    stages: dict[str, int]
    latest: int | None
    created: int | None
    updated: int | None
    user_id: str
    headline: Headline | None


class Models(Struct):
    """``next_page_token`` is empty on the last page."""

    models: list[ModelRow]
    next_page_token: str


class VersionRun(Struct):
    """The run that a version comes from, as far as the caller may see it."""

    run_id: str
    name: str
    status: str
    experiment_id: str
    experiment_name: str
    deleted: bool


class VersionRow(Struct):
    """``metrics[i]`` is the value that counts of the run's ``metric_keys[i]``, the last one where nobody said. ``run`` is
    null for a version of no run, and for one whose run is gone or hidden from the caller."""

    version: int
    stage: Stage
    aliases: list[str]
    description: str
    tags: dict[str, str]
    created: int | None
    updated: int | None
    user_id: str
    source: str
    run_id: str
    model_id: str
    status: str
    status_message: str
    run: VersionRun | None
    metrics: list[Number | None]


class ModelDetail(Struct):
    """``versions`` newest first, at most 1,000 (``more`` says there are others). ``may``: what the caller may do with it.
    ``meanings``: of metrics of which the experiments of the versions' runs say something, that of the newest first."""

    name: str
    description: str
    tags: dict[str, str]
    aliases: dict[str, int]
    created: int | None
    updated: int | None
    may: Literal["read", "edit", "manage"]
    objective: Objective | None
    metric_keys: list[str]
    versions: list[VersionRow]
    more: bool
    meanings: dict[str, Meaning]


class HistoryQuery(Struct):
    """``before``: events with smaller numbers only, for the next page."""

    before: Annotated[int, Meta(ge=1, le=2**63 - 1)] | None = None
    limit: Annotated[int, Meta(ge=1, le=MOST_EVENTS)] = 100


class ModelEvent(Struct):
    """One change; see :class:`runstone.entities.registry_events.RegistryEvent`. ``number`` is text: it may have 19 digits."""

    number: str
    time: int
    user_id: str
    event: str
    name: str
    version: int | None
    key: str | None
    old: str | None
    new: str | None
    reason: str


class ModelHistory(Struct):
    """Newest first. ``before`` is what asks for the next page, null on the last one."""

    events: list[ModelEvent]
    before: str | None


class NewModel(Struct, forbid_unknown_fields=True):
    name: Name
    description: str = ""
    tags: dict[str, str] = field(default_factory=dict)


class ModelEdit(Struct, forbid_unknown_fields=True):
    """A tag or alias set to null is removed. ``reason`` is kept with the versions that an alias comes to or leaves."""

    name: Name | UnsetType = UNSET
    description: str | UnsetType = UNSET
    tags: dict[str, str | None] | UnsetType = UNSET
    aliases: dict[str, Version | None] | UnsetType = UNSET
    reason: Reason = ""


class NewVersion(Struct, forbid_unknown_fields=True):
    """A model of a run (``run_id`` and the ``path`` of its folder among the artifacts) or a logged model (``model_id``)."""

    run_id: str = ""
    path: str = ""
    model_id: str = ""
    description: str = ""
    tags: dict[str, str] = field(default_factory=dict)


class VersionEdit(Struct, forbid_unknown_fields=True):
    """``archive_existing``: other versions in the new stage go to Archived. ``reason`` is kept with the version."""

    description: str | UnsetType = UNSET
    tags: dict[str, str | None] | UnsetType = UNSET
    stage: Stage | UnsetType = UNSET
    archive_existing: bool = False
    reason: Reason = ""


class SignatureColumn(Struct):
    """``type`` in words, such as ``double``, ``array(string)`` or ``tensor(float32, -1×28×28)``."""

    name: str
    type: str
    required: bool


class Signature(Struct):
    """``null`` where the model does not say."""

    inputs: list[SignatureColumn] | None
    outputs: list[SignatureColumn] | None
    params: list[SignatureColumn] | None


class ModelFiles(Struct):
    """What the version's MLmodel file says. ``example`` is a request for ``/invocations`` that fits, as JSON text, empty
    where no example was logged; ``size`` is in bytes."""

    flavors: dict[str, str]
    signature: Signature
    size: int | None
    written_by: str
    example: str


class ModelMetric(Struct):
    """A point that was measured for the logged model, perhaps on a dataset."""

    key: str
    value: Number
    step: int
    dataset_name: str
    dataset_digest: str


class VersionDetail(Struct):
    """One version whole. ``files`` is null with ``files_problem`` saying why. ``params`` and ``run_metrics`` are the run's;
    ``meanings`` is what its experiment says of these."""

    name: str
    version: int
    may: Literal["read", "edit", "manage"]
    row: VersionRow
    objective: Objective | None
    previous: int | None
    next: int | None
    params: dict[str, str]
    run_metrics: list[MetricSummary]
    model_metrics: list[ModelMetric]
    datasets: list[DatasetInput]
    commit: str
    files: ModelFiles | None
    files_problem: str
    moves: list[Move]
    meanings: dict[str, Meaning]


class ModelDone(Struct):
    pass


class RunModel(Struct):
    """A model of a run that can be registered, and the versions that were made of it. ``path`` is empty for a logged model;
    ``folder`` is where its files are below the run's artifacts, empty if they lie elsewhere."""

    path: str
    model_id: str
    name: str
    versions: list[RunModelVersion]
    folder: str = ""


class RunModelVersion(Struct):
    name: str
    version: int


class RunModels(Struct):
    """``versions`` are all that come from this run."""

    models: list[RunModel]
    versions: list[RunModelVersion]
