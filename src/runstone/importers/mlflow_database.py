"""MLflow's own database: SQLite or PostgreSQL, the tables of its versions 1 to 3.

What changes while it is read carries another mark next time.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from runstone.entities import Dataset, DatasetInput, InputTag, LoggedModelInput, LoggedModelOutput, RunStatus
from runstone.entities.logged_models import LoggedModelStatus
from runstone.entities.webhooks import Webhook
from runstone.query.traces import LINKED_RUN
from runstone.records import MetricLinks

from .contents import ExperimentIn, Head, ItemIn, ModelIn, Points, Problem, RegisteredIn, RunIn, Thing, TraceIn, digest
from .mlflow_items import MlflowItems
from .mlflow_registry_files import DELETED, version_of
from .mlflow_tables import Row, Tables, parts
from .mlflow_traces import trace_of
from .reading import number, word
from .roots import Roots

#: Columns of a trace that are one value of its metadata together.
_MEASURES = {
    "mlflow.trace.tokenUsage": (
        "input_tokens", "output_tokens", "total_tokens", "cache_read_input_tokens", "cache_creation_input_tokens",
    ),
    "mlflow.trace.cost": ("input_cost", "output_cost", "total_cost"),
}  # fmt: skip
#: Points read at once.
_POINTS = 100_000


class MlflowDatabase:
    """A :class:`~runstone.importers.contents.Source` over MLflow's tables.

    Args:
        uri: what it is called, without a password.
        engine: connections that only read.
        base: the folder that relative artifact paths are meant from; ``mlruns`` and ``mlartifacts`` in it are MLflow's.
        artifacts_from: further places that its artifacts may be read from.
    """

    def __init__(self, uri: str, engine: Engine, base: Path, artifacts_from: Sequence[str] = ()) -> None:
        self.uri = uri
        self.kind = f"MLflow's {'SQLite file' if engine.dialect.name == 'sqlite' else 'database'}"
        self.problem: Problem = lambda what, why: None
        self._roots = Roots(base, [base / "mlruns", base / "mlartifacts"], artifacts_from)
        self._tables = Tables(uri, engine)
        self._items = MlflowItems(self._tables, lambda what, why: self.problem(what, why))

    # --- experiments ----------------------------------------------------------------------------------------------------

    def experiments(self) -> Iterator[ExperimentIn]:
        self._tables.look()
        tags = self._tables.texts("experiment_tags", "experiment_id", "key", "value", None)
        for row in self._tables.rows("experiments"):
            updated = number(row.get("last_update_time")) or 0
            workspace = word(row.get("workspace"))
            name = word(row["name"])
            if workspace not in ("", "default"):
                name = f"{workspace}/{name}"  # names are unique in a workspace only
            yield ExperimentIn(
                str(row["experiment_id"]), name, tags.get(row["experiment_id"], {}),
                number(row.get("creation_time")) or updated, updated, row.get("lifecycle_stage") == "deleted",
            )  # fmt: skip

    def heads(self, experiment: ExperimentIn) -> Sequence[Head]:
        wanted = int(experiment.experiment_id)
        runs = [
            Head("run", str(row["run_uuid"]), digest(tuple(row.values())), number(row.get("start_time")) or 0)
            for row in self._tables.rows("runs", "experiment_id", [wanted])
        ]
        runs.sort(key=lambda head: (head.order, head.id))
        models = self._heads(
            "model", "logged_models", "model_id", wanted, ("logged_model_tags", "logged_model_params"), "logged_model_metrics"
        )
        traces = self._heads("trace", "trace_info", "request_id", wanted, ("trace_tags", "trace_request_metadata"), "")
        return [*models, *self._marked(runs), *traces, *self._items.heads(wanted)]

    def _heads(self, kind: str, table: str, key: str, experiment: int, texts: Iterable[str], counted: str) -> list[Head]:
        found = []
        rows = list(self._tables.rows(table, "experiment_id", [experiment]))
        for part in parts(rows):
            ids = [row[key] for row in part]
            told: list[Mapping[Any, Any]] = [self._tables.grouped(name, key, ids) for name in texts]
            told += [self._tables.grouped("assessments", "trace_id", ids), self._linked(ids)] if kind == "trace" else []
            counts = self._tables.counts(counted, key, ids) if counted else {}
            for row in part:
                one = row[key]
                mark = digest(tuple(row.values()), [sorted(map(repr, t.get(one, ()))) for t in told], counts.get(one, 0))
                found.append(Head(kind, str(one), mark))
        return found

    def _marked(self, runs: list[Head]) -> Iterator[Head]:
        """Heads whose marks go by all that a run has: tags, and how many metrics, params, inputs and outputs."""
        for part in parts(runs):
            ids = [head.id for head in part]
            tags = self._tables.texts("tags", "run_uuid", "key", "value", ids)
            counts = [self._tables.counts("metrics", "run_uuid", ids), self._tables.counts("params", "run_uuid", ids)]
            counts += [self._tables.counts("inputs", side, ids) for side in ("destination_id", "source_id")]
            for head in part:
                told = sorted(tags.get(head.id, {}).items()), [count.get(head.id, 0) for count in counts]
                yield Head("run", head.id, digest(head.mark, told), head.order)

    def load(self, experiment: ExperimentIn, heads: Sequence[Head]) -> Iterator[tuple[Head, Thing]]:
        readers: dict[str, Callable[[list[str]], Iterator[tuple[str, Thing]]]] = {
            "model": self._models,
            "run": self._runs,
            "trace": self._traces,
        }
        for kind, read in readers.items():
            for part in parts([head for head in heads if head.kind == kind]):
                by_id = {head.id: head for head in part}
                for one, thing in read(list(by_id)):
                    yield by_id[one], thing
        yield from self._items.load(heads)

    # --- runs -----------------------------------------------------------------------------------------------------------

    def _runs(self, ids: list[str]) -> Iterator[tuple[str, RunIn]]:
        rows = {str(row["run_uuid"]): row for row in self._tables.rows("runs", "run_uuid", ids)}
        params, tags = (self._tables.texts(table, "run_uuid", "key", "value", ids) for table in ("params", "tags"))
        datasets, models_in = self._inputs(ids)
        models_out = self._outputs(ids)
        few = self._few_points(ids)
        for one in ids:
            row = rows.get(one)
            if row is None:  # removed meanwhile
                continue
            status = word(row.get("status"))
            location, reason = self._roots.location(word(row.get("artifact_uri")))
            if reason:
                self.problem(f"run {one}", reason)
            yield (
                one,
                RunIn(
                    run_id=one,
                    name=word(row.get("name")),
                    user_id=word(row.get("user_id")),
                    status=status if status in RunStatus.NAMES else "RUNNING",
                    start=number(row.get("start_time")) or 0,
                    end=number(row.get("end_time")),
                    deleted=row.get("lifecycle_stage") == "deleted",
                    deleted_time=number(row.get("deleted_time")),
                    location=location,
                    params=params.get(one, {}),
                    tags=tags.get(one, {}),
                    datasets=datasets.get(one, []),
                    models_in=models_in.get(one, []),
                    models_out=models_out.get(one, []),
                    points=self._reader(one, few.get(one)),
                    distinct=True,
                ),
            )

    def _reader(self, run_id: str, few: dict[str, Points] | None) -> Any:
        return lambda skip: iter(few.values()) if few is not None else self._many_points(run_id)

    def _few_points(self, ids: list[str]) -> dict[str, dict[str, Points]]:
        """All points of those runs that have few, a few questions for all of them. Runs that are left out have many."""
        counts = self._tables.counts("metrics", "run_uuid", ids)
        small = [one for one in ids if counts.get(one, 0) <= 20_000]
        found: dict[str, dict[str, Points]] = {one: {} for one in small}
        part: list[str] = []
        total = 0
        for one in [*small, ""]:
            if part and (not one or total + counts.get(one, 0) > _POINTS):
                for row in self._tables.rows("metrics", "run_uuid", part):
                    _add(found[str(row["run_uuid"])], row)
                part, total = [], 0
            part.append(one)
            total += counts.get(one, 0)
        return found

    def _many_points(self, run_id: str) -> Iterator[Points]:
        for row in self._tables.rows("latest_metrics", "run_uuid", [run_id]):
            yield from self._series(run_id, str(row["key"]))

    def _series(self, run_id: str, key: str) -> Iterator[Points]:
        """One series by (timestamp, step, value), from where the last question ended: the order of the primary key."""
        columns = self._tables.columns("metrics", ("value", "timestamp", "step", "is_nan"))
        last: tuple[Any, ...] | None = None
        while True:
            more = "" if last is None else 'AND ("timestamp", step, value, is_nan) > (:t, :s, :v, :n) '
            given = {"run": run_id, "key": key, **({} if last is None else dict(zip("tsvn", last, strict=True)))}
            select = (
                f'SELECT {columns} FROM metrics WHERE run_uuid = :run AND "key" = :key {more}'
                f'ORDER BY "timestamp", step, value, is_nan LIMIT {_POINTS}'
            )
            rows = self._tables.ask(select, given)
            found: dict[str, Points] = {}
            for row in rows:
                _add(found, {**row, "key": key})
            yield from found.values()
            if len(rows) < _POINTS:
                return
            last = tuple(rows[-1][name] for name in ("timestamp", "step", "value", "is_nan"))

    def _inputs(self, ids: list[str]) -> tuple[dict[str, list[DatasetInput]], dict[str, list[LoggedModelInput]]]:
        datasets: dict[str, list[DatasetInput]] = defaultdict(list)
        models: dict[str, list[LoggedModelInput]] = defaultdict(list)
        rows = [row for row in self._tables.rows("inputs", "destination_id", ids) if row.get("destination_type") == "RUN"]
        wanted = {row["source_id"] for row in rows if row["source_type"] == "DATASET"}
        sets = {row["dataset_uuid"]: row for row in self._tables.rows("datasets", "dataset_uuid", wanted)}
        tags = self._tables.texts("input_tags", "input_uuid", "name", "value", [row["input_uuid"] for row in rows])
        for row in rows:
            dataset = sets.get(row["source_id"])
            if dataset is not None:
                given = [InputTag(key, value) for key, value in tags.get(row["input_uuid"], {}).items()]
                datasets[str(row["destination_id"])].append(DatasetInput(_dataset(dataset), given))
        for row in self._tables.rows("inputs", "source_id", ids):
            if row["source_type"] == "RUN_INPUT":
                models[str(row["source_id"])].append(LoggedModelInput(str(row["destination_id"])))
        return datasets, models

    def _outputs(self, ids: list[str]) -> dict[str, list[LoggedModelOutput]]:
        found: dict[str, list[LoggedModelOutput]] = defaultdict(list)
        for row in self._tables.rows("inputs", "source_id", ids):
            if row["source_type"] == "RUN_OUTPUT":
                found[str(row["source_id"])].append(LoggedModelOutput(str(row["destination_id"]), number(row.get("step")) or 0))
        return found

    # --- logged models, traces, registered models -----------------------------------------------------------------------

    def _models(self, ids: list[str]) -> Iterator[tuple[str, ModelIn]]:
        params = self._tables.texts("logged_model_params", "model_id", "param_key", "param_value", ids)
        tags = self._tables.texts("logged_model_tags", "model_id", "tag_key", "tag_value", ids)
        points = self._tables.grouped("logged_model_metrics", "model_id", ids)
        for row in self._tables.rows("logged_models", "model_id", ids):
            one, status = str(row["model_id"]), number(row.get("status"))
            location, reason = self._roots.location(word(row.get("artifact_location")))
            if reason:
                self.problem(f"logged model {one}", reason)
            created = number(row.get("creation_timestamp_ms")) or 0
            yield (
                one,
                ModelIn(
                    model_id=one,
                    name=word(row.get("name")) or one,
                    created=created,
                    updated=number(row.get("last_updated_timestamp_ms")) or created,
                    model_type=word(row.get("model_type")),
                    source_run=word(row.get("source_run_id")),
                    status=LoggedModelStatus.from_int(status) if status in (1, 2, 3) and status is not None else "READY",
                    status_message=word(row.get("status_message")) or None,
                    deleted=row.get("lifecycle_stage") == "deleted",
                    location=location,
                    params=params.get(one, {}),
                    tags=tags.get(one, {}),
                    links=[_model_link(one, point) for point in points.get(one, ())],
                ),
            )

    def _traces(self, ids: list[str]) -> Iterator[tuple[str, TraceIn]]:
        tags = self._tables.texts("trace_tags", "request_id", "key", "value", ids)
        metadata = self._tables.texts("trace_request_metadata", "request_id", "key", "value", ids)
        told = self._tables.grouped("assessments", "trace_id", ids)
        linked = self._linked(ids)
        for row in self._tables.rows("trace_info", "request_id", ids):
            one = str(row["request_id"])
            own = tags.get(one, {})
            more = metadata.get(one, {})
            _from_columns(row, own, more)
            more.update({LINKED_RUN + run: "" for run in linked.get(one, ())})
            uri = own.pop("mlflow.artifactLocation", "")
            # where MLflow keeps the spans does not hold for the store they are read into
            in_tables = own.pop("mlflow.trace.spansLocation", "") == "TRACKING_STORE"
            found = trace_of(one, row, more, own, [_assessment(each) for each in told.get(one, ())])
            if in_tables:
                found.spans = self._spans(one)
            else:
                found.location, reason = self._roots.location(uri) if uri else ("", "")
                if reason:
                    self.problem(f"trace {one}", reason)
            yield one, found

    def _linked(self, ids: list[str]) -> dict[str, list[str]]:
        """Runs that traces were linked to, beside the one that made them."""
        found: dict[str, list[str]] = defaultdict(list)
        for row in self._tables.rows("entity_associations", "source_id", ids):
            if (row["source_type"], row["destination_type"]) == ("trace", "run"):
                found[str(row["source_id"])].append(str(row["destination_id"]))
        return found

    def _spans(self, trace_id: str) -> str:
        found = self._tables.rows("spans", "trace_id", [trace_id])
        rows = sorted(found, key=lambda row: number(row.get("start_time_unix_nano")) or 0)
        try:
            return json.dumps({"spans": [json.loads(row["content"]) for row in rows]}, ensure_ascii=False) if rows else ""
        except (TypeError, ValueError):
            self.problem(f"trace {trace_id}", "its spans are no JSON")
            return ""

    def registered(self) -> Iterator[RegisteredIn]:
        if "registered_models" not in self._tables.names:
            return
        names = [row for row in self._tables.rows("registered_models") if word(row.get("workspace")) in ("", "default")]
        tags = self._tables.texts("registered_model_tags", "name", "key", "value", None)
        aliases, versions = (
            self._tables.grouped("registered_model_aliases", "name", None),
            self._tables.grouped("model_versions", "name", None),
        )
        version_tags: dict[tuple[str, int], dict[str, str]] = defaultdict(dict)
        for row in self._tables.rows("model_version_tags"):
            version_tags[str(row["name"]), int(row["version"])][str(row["key"])] = word(row["value"])
        for row in names:
            name = str(row["name"])
            there = versions.get(name, [])
            created = number(row.get("creation_time")) or 0
            yield RegisteredIn(
                name=name,
                created=created,
                updated=number(row.get("last_updated_time")) or created,
                description=word(row.get("description")) or None,
                tags=tags.get(name, {}),
                aliases={str(one["alias"]): int(one["version"]) for one in aliases.get(name, ())},
                versions=[
                    version_of(int(one["version"]), dict(one), version_tags[name, int(one["version"])])
                    for one in sorted(there, key=lambda one: int(one["version"]))
                    if one.get("current_stage") != DELETED
                ],
                next_version=max((int(one["version"]) for one in there), default=0) + 1,
            )

    def shared(self) -> Iterator[tuple[Head, Callable[[], Iterable[ItemIn]]]]:
        return self._items.shared()

    def webhooks(self) -> Iterator[Webhook]:
        return self._items.webhooks()

    def left_out(self) -> dict[str, int]:
        return self._items.left_out()

    def close(self) -> None:
        self._tables.close()


def _add(found: dict[str, Points], row: Row) -> None:
    key = str(row["key"])
    series = found.get(key)
    if series is None:
        series = found[key] = Points(key, [], [], [])
    nan = row.get("is_nan") or row["value"] is None
    series.steps.append(number(row.get("step")) or 0)  # type: ignore[attr-defined]  # lists, made above
    series.timestamps.append(number(row["timestamp"]) or 0)  # type: ignore[attr-defined]
    series.values.append(float("nan") if nan else float(row["value"]))  # type: ignore[attr-defined]


def _from_columns(row: Row, tags: dict[str, str], metadata: dict[str, str]) -> None:
    """What MLflow 3.17 keeps in columns of a trace, as the tags and metadata that it shows."""
    if row.get("trace_name") is not None:
        tags["mlflow.traceName"] = word(row["trace_name"])
    if row.get("session_id") is not None:
        metadata["mlflow.trace.session"] = word(row["session_id"])
    for key, names in _MEASURES.items():
        found = {name: row[name] for name in names if row.get(name) is not None}
        if found:
            metadata[key] = json.dumps(found)


def _dataset(row: Row) -> Dataset:
    return Dataset(
        word(row["name"]), word(row["digest"]), word(row["dataset_source_type"]), word(row["dataset_source"]),
        word(row.get("dataset_schema")) or None, word(row.get("dataset_profile")) or None,
    )  # fmt: skip


def _model_link(model_id: str, row: Row) -> MetricLinks:
    value = row["metric_value"]
    return MetricLinks(
        str(row["run_id"]), str(row["metric_name"]), number(row["metric_step"]) or 0, number(row["metric_timestamp_ms"]) or 0,
        float("nan") if value is None else float(value), model_id, word(row.get("dataset_name")) or None,
        word(row.get("dataset_digest")) or None,
    )  # fmt: skip


def _assessment(row: Row) -> dict[str, Any]:
    """An assessment as MLflow's interface shows it."""

    def told(name: str, default: Any) -> Any:
        try:
            return json.loads(row.get(name) or "null") or default
        except ValueError:
            return default

    def moment(name: str) -> str:
        found = datetime.fromtimestamp((number(row.get(name)) or 0) / 1000, timezone.utc)
        return found.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    kind = "feedback" if word(row.get("assessment_type")) == "feedback" else "expectation"
    try:
        value = json.loads(row.get("value") or "null")
    except ValueError:
        value = row.get("value")
    body: dict[str, Any] = {"value": value}
    if error := told("error", None):
        body["error"] = error
    found = {
        "assessment_id": row["assessment_id"],
        "assessment_name": row["name"],
        "trace_id": row["trace_id"],
        "source": {"source_type": row.get("source_type"), "source_id": row.get("source_id")},
        "create_time": moment("created_timestamp"),
        "last_update_time": moment("last_updated_timestamp"),
        kind: body,
        "valid": bool(row.get("valid", True)),
        "metadata": told("assessment_metadata", {}),
    }
    found.update({name: row[name] for name in ("rationale", "span_id", "overrides") if row.get(name)})
    return found
