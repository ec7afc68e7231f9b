"""What is shown of versions beside their own fields: the runs they come from, and those runs' metrics."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from runstone.contracts import ExperimentQuery, RunQuery
from runstone.entities import Experiment, Run, ViewType
from runstone.entities.model_registry import ModelVersion, ModelVersionStages
from runstone.errors import NotFound, PermissionDenied
from runstone.query.objective import Meaning
from runstone.query.printer import quoted, value_text

from . import models_schema as m
from .numbers import number
from .objectives import meanings_of, objective_of
from .schema import Number, Objective

if TYPE_CHECKING:
    from .backend import Backend

#: Run ids in one question.
_BATCH = 400


class RunFacts(Struct):
    run: m.VersionRun
    metrics: dict[str, Number]


class Runs:
    """The runs of some versions that the caller may see: a few questions for all of them."""

    def __init__(self, backend: Backend, run_ids: Iterable[str | None]) -> None:
        self._backend = backend
        self._ids = list(dict.fromkeys(one for one in run_ids if one))
        self._experiments = {one.experiment_id: one for one in _every_experiment(backend)} if self._ids else {}
        self.of: dict[str, RunFacts] = {}
        self._objectives: dict[str, Objective | None] = {}
        for batch in _cut(self._ids):
            self._read(batch)

    def objective(self, run_id: str | None) -> Objective | None:
        """What the experiment of this run is after."""
        found = self.of.get(run_id or "")
        if found is None:
            return None
        key = found.run.experiment_id
        if key not in self._objectives:
            self._objectives[key] = objective_of(self._backend.store, [self._experiments[key]])
        return self._objectives[key]

    def meanings(self) -> dict[str, Meaning]:
        """What the runs' experiments say of metrics; where two speak of the same one, that of the run named first."""
        ids = dict.fromkeys(self.of[one].run.experiment_id for one in self._ids if one in self.of)
        return meanings_of([self._experiments[one] for one in ids])

    def read_metrics(self, keys: Sequence[str], columns: Sequence[str]) -> None:
        """What the columns say of the runs, kept as metrics under the keys."""
        for batch in _cut(self._ids) if columns else ():
            table = self._backend.store.table(self._query(batch), columns)
            for key, values in zip(keys, table.values, strict=True):
                for run_id, value in zip(table.run_ids, values, strict=True):
                    if isinstance(value, (int, float)) and run_id in self.of:
                        self.of[run_id].metrics[key] = number(float(value))

    def _read(self, batch: Sequence[str]) -> None:
        table = self._backend.store.table(self._query(batch))
        for i, run_id in enumerate(table.run_ids):
            experiment = self._experiments.get(table.experiment_ids[i])
            if experiment is None:
                continue
            self.of[run_id] = RunFacts(
                m.VersionRun(
                    run_id,
                    table.names[i],
                    table.status[i],
                    experiment.experiment_id,
                    experiment.name,
                    table.lifecycle[i] == "deleted",
                ),
                {},
            )

    def _query(self, batch: Sequence[str]) -> RunQuery:
        names = ", ".join(value_text(one) for one in batch)
        return RunQuery(
            experiment_ids=tuple(self._experiments),
            filter=f"attributes.run_id IN ({names})",
            view=ViewType.ALL,
            limit=len(batch),
        )


def whole_run(backend: Backend, run_id: str | None) -> Run | None:
    """The run, unless it is gone or hidden from the caller."""
    if not run_id:
        return None
    try:
        return backend.store.get_run(run_id)
    except (NotFound, PermissionDenied):
        return None


def metric_keys(newest: Run | None, objectives: Iterable[Objective | None]) -> list[str]:
    """Which metrics stand beside versions: the objectives, then those of the newest version's run."""
    keys = [one.key for one in objectives if one is not None]
    if newest is not None:
        keys += sorted(key for key in newest.data.summaries if not key.startswith("system/"))
    return list(dict.fromkeys(keys))[: m.MOST_METRICS]


def version_row(found: ModelVersion, runs: Runs, keys: Sequence[str]) -> m.VersionRow:
    facts = runs.of.get(found.run_id or "")
    return m.VersionRow(
        version=int(found.version),
        stage=found.current_stage or ModelVersionStages.NONE,  # type: ignore[arg-type]
        aliases=list(found.aliases or ()),
        description=found.description or "",
        tags=found.tags,
        created=found.creation_timestamp,
        updated=found.last_updated_timestamp,
        user_id=found.user_id or "",
        source=found.source or "",
        run_id=found.run_id or "",
        model_id=found.model_id or "",
        status=found.status,
        status_message=found.status_message or "",
        run=facts.run if facts else None,
        metrics=[facts.metrics.get(key) if facts else None for key in keys],
    )


def name_filter(name: str) -> str:
    return f"name = {quoted(name)}"


def _every_experiment(backend: Backend) -> Iterable[Experiment]:
    token: str | None = None
    while True:
        page = backend.store.search_experiments(ExperimentQuery(view=ViewType.ALL, limit=5_000, page_token=token))
        yield from page
        token = page.token
        if token is None:
            return


def _cut(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    return (ids[i : i + _BATCH] for i in range(0, len(ids), _BATCH))
