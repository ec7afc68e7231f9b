"""A single execution with its params, metrics, tags and inputs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import SimpleNamespace
from typing import Any, TypeAlias

from msgspec import structs

from .datasets import RunInputs, RunOutputs
from .kinds import RunStatus
from .metrics import Metric, Param, RunTag, Summary
from .shape import Entity, said

#: Run id, key, value, timestamp in milliseconds, step.
Point: TypeAlias = tuple[str, str, float, int, int]


class RunInfo(Entity, frozen=True):
    """Who, when, where and how it ended. Times are milliseconds since 1970 UTC.

    ``status`` is a name of :class:`~runstone.entities.RunStatus`. Beyond MLflow: ``cause`` says in words why a run ended
    as it did ("signal 9 (killed)", "exit code 3", a traceback's last line), ``parent_run_id``, ``ordinal`` (the run's
    number in its experiment, from 0: it fixes the run's colour everywhere) and ``deleted_time`` (when it was deleted).
    """

    run_id: str
    experiment_id: str
    user_id: str
    status: str
    start_time: int | None
    end_time: int | None
    lifecycle_stage: str
    artifact_uri: str | None = None
    run_name: str | None = None
    cause: str | None = None
    parent_run_id: str | None = None
    ordinal: int = 0
    deleted_time: int | None = None

    @property
    def run_uuid(self) -> str:
        """The old name of ``run_id``."""
        return self.run_id

    def to_proto(self) -> SimpleNamespace:
        """MLflow's message, for scripts that read its fields: the same names, ``status`` as a number of
        :class:`~runstone.entities.RunStatus`. There is no protobuf in it."""
        names = ("run_id", "run_uuid", "run_name", "experiment_id", "user_id", "start_time", "end_time", "artifact_uri")
        status = RunStatus.FAILED if self.status == "CRASHED" else RunStatus.from_string(self.status)
        fields = {name: getattr(self, name) for name in (*names, "lifecycle_stage")}
        return SimpleNamespace(**fields, status=status)


class RunData:
    """``metrics`` (key to last value), ``params`` and ``tags`` (key to text), as plain dicts.

    Args:
        metrics: a mapping of key to :class:`Summary`, or MLflow's list of :class:`Metric`.
        params, tags: a mapping, or MLflow's list of :class:`Param` and :class:`RunTag`.
    """

    __slots__ = ("_metric_objs", "_points", "metrics", "params", "summaries", "tags")

    def __init__(
        self,
        metrics: Mapping[str, Summary] | Iterable[Metric] | None = None,
        params: Mapping[str, str] | Iterable[Param] | None = None,
        tags: Mapping[str, str] | Iterable[RunTag] | None = None,
    ) -> None:
        self._metric_objs: list[Metric] | None = None
        self._points: Sequence[Point] = ()
        self.summaries: dict[str, Summary] = {}
        if metrics is None or isinstance(metrics, Mapping):
            self.summaries = dict(metrics or {})
            self.metrics = {key: summary.last for key, summary in self.summaries.items()}
        else:
            self._metric_objs = list(metrics)
            self.metrics = {metric.key: metric.value for metric in self._metric_objs}
        self.params = _texts(params)
        self.tags = _texts(tags)

    @classmethod
    def of_points(cls, points: Sequence[Point], params: dict[str, str], tags: dict[str, str]) -> RunData:
        """Of the last point of each series. Most who search read only values, so an object is made of a point when it is
        asked for; the dicts are kept as they are."""
        made = cls.__new__(cls)
        made.summaries, made._points, made._metric_objs = {}, points, None
        made.metrics, made.params, made.tags = {point[1]: point[2] for point in points}, params, tags
        return made

    @property
    def metric_objects(self) -> list[Metric]:
        """The last point of each series, with its step and timestamp."""
        if self._metric_objs is None:
            self._metric_objs = [Metric(*point[1:]) for point in self._points] or [
                Metric(key, s.last, s.last_timestamp, s.last_step) for key, s in self.summaries.items()
            ]
        return self._metric_objs

    def to_dictionary(self) -> dict[str, Any]:
        return {"metrics": self.metrics, "params": self.params, "tags": self.tags}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RunData) and self.to_dictionary() == other.to_dictionary()

    __hash__ = None  # type: ignore[assignment]  # it holds dicts

    def __repr__(self) -> str:
        return said(self)

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        return iter(self.to_dictionary().items())


class Run:
    """A run: ``info``, ``data``, ``inputs``, ``outputs``. Not to be changed; a plain class because
    :class:`runstone.ActiveRun` is one with another constructor."""

    __slots__ = ("run_data", "run_info", "run_inputs", "run_outputs")

    def __init__(
        self, run_info: RunInfo, run_data: RunData, run_inputs: RunInputs | None = None, run_outputs: RunOutputs | None = None
    ) -> None:
        self.run_info, self.run_data, self.run_inputs, self.run_outputs = run_info, run_data, run_inputs, run_outputs

    @property
    def info(self) -> RunInfo:
        return self.run_info

    @property
    def data(self) -> RunData:
        return self.run_data

    @property
    def inputs(self) -> RunInputs:
        return self.run_inputs or RunInputs([])

    @property
    def outputs(self) -> RunOutputs:
        return self.run_outputs or RunOutputs([])

    def to_dictionary(self) -> dict[str, Any]:
        """Nested plain dicts, ready for JSON."""
        return {
            "info": structs.asdict(self.run_info),
            "data": self.run_data.to_dictionary(),
            "inputs": self.inputs.to_dictionary(),
            "outputs": self.outputs.to_dictionary(),
        }

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Run) and self.to_dictionary() == other.to_dictionary()

    __hash__ = None  # type: ignore[assignment]  # it holds dicts

    def __repr__(self) -> str:
        return said(self)

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        return iter((name, getattr(self, name)) for name in ("data", "info", "inputs", "outputs"))


def _texts(given: Mapping[str, str] | Iterable[Param] | Iterable[RunTag] | None) -> dict[str, str]:
    if given is None:
        return {}
    return dict(given) if isinstance(given, Mapping) else {item.key: item.value for item in given}
