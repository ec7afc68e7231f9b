"""MLflow's folder of files (``mlruns``): a folder for each experiment, in it one for each run, in that a file for each metric,
param and tag. Deleted experiments are below ``.trash``; deleted runs stay where they are and say so in their ``meta.yaml``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from runstone.entities import Dataset, DatasetInput, InputTag, LoggedModelInput, LoggedModelOutput, RunStatus
from runstone.entities.logged_models import LoggedModelStatus
from runstone.entities.webhooks import Webhook

from . import reading
from .contents import ExperimentIn, Head, ItemIn, ModelIn, Points, Problem, RegisteredIn, RunIn, Thing, TraceIn, digest
from .mlflow_lines import model_points, points
from .mlflow_registry_files import registered
from .mlflow_traces import trace_of
from .reading import Unreadable, number, word, words
from .roots import Roots

TRASH, META = ".trash", "meta.yaml"
#: Folders of an experiment that are no runs.
_OTHERS = ("tags", "datasets", "traces", "models")
_START = re.compile(rb"^start_time: *'?(\d+)", re.MULTILINE)


def is_mlruns(folder: Path) -> bool:
    """Whether a folder is MLflow's: some folder in it, or in its trash, is an experiment."""
    for pattern in (f"*/{META}", f"{TRASH}/*/{META}"):
        for meta in folder.glob(pattern):
            try:
                head = reading.content(str(meta))
            except Unreadable:
                continue
            if b"artifact_location:" in head and b"artifact_uri:" not in head and b"model_id:" not in head:
                return True
    return False


class MlflowFiles:
    """A :class:`~runstone.importers.contents.Source` over an ``mlruns`` folder.

    Args:
        folder: that folder.
        artifacts_from: further places that its artifacts may be read from.
    """

    kind = "MLflow's files"

    def __init__(self, folder: Path, artifacts_from: Sequence[str] = ()) -> None:
        self._root = str(folder)
        self.uri = folder.as_uri()
        self.problem: Problem = lambda what, why: None
        self._roots = Roots(folder.parent, [folder, folder.parent / "mlartifacts", folder.parent / "mlruns"], artifacts_from)
        self._folders: dict[str, str] = {}
        self._datasets: dict[str, dict[str, Dataset]] = {}

    # --- experiments ----------------------------------------------------------------------------------------------------

    def experiments(self) -> Iterator[ExperimentIn]:
        for base, deleted in ((self._root, False), (os.path.join(self._root, TRASH), True)):
            for name in reading.folders(base):
                folder = os.path.join(base, name)
                if name != TRASH and not (name == "models" and not deleted) and os.path.exists(os.path.join(folder, META)):
                    yield from self._experiment(folder, deleted)

    def _experiment(self, folder: str, deleted: bool) -> Iterator[ExperimentIn]:
        try:
            meta = reading.mapping(os.path.join(folder, META))
        except Unreadable as cause:
            self.problem(os.path.join(folder, META), str(cause))
            return
        number_of, name = word(meta.get("experiment_id")) or os.path.basename(folder), word(meta.get("name"))
        if not name:
            self.problem(os.path.join(folder, META), "names no experiment")
            return
        self._folders[number_of] = folder
        updated = number(meta.get("last_update_time")) or 0
        created = number(meta.get("creation_time")) or updated
        yield ExperimentIn(
            number_of, name, self._texts(os.path.join(folder, "tags")), created, updated,
            deleted or meta.get("lifecycle_stage") == "deleted",
        )  # fmt: skip

    # --- what is in one -------------------------------------------------------------------------------------------------

    def heads(self, experiment: ExperimentIn) -> Sequence[Head]:
        folder = self._folders[experiment.experiment_id]
        runs: list[Head] = []
        for name in reading.folders(folder):
            if name not in _OTHERS:
                runs += self._run_head(os.path.join(folder, name), name)
        runs.sort(key=lambda head: (head.order, head.id))
        models = self._plain_heads("model", os.path.join(folder, "models"), META)
        return [*models, *runs, *self._plain_heads("trace", os.path.join(folder, "traces"), "trace_info.yaml")]

    def _run_head(self, folder: str, name: str) -> Iterator[Head]:
        try:
            meta = reading.content(os.path.join(folder, META))
        except Unreadable as cause:
            if any(name in ("metrics", "params", "tags") for name in reading.folders(folder)):
                self.problem(folder, f"the run's {META} {cause}")
            return
        start = _START.search(meta)
        changing = [reading.stats(os.path.join(folder, part)) for part in ("metrics", "tags", "inputs", "outputs")]
        params = [key for key, _ in reading.files(os.path.join(folder, "params"))]
        yield Head("run", name, digest(meta, changing, params), min(int(start[1]), 1 << 62) if start else 0)

    def _plain_heads(self, kind: str, folder: str, meta: str) -> list[Head]:
        found = [(name, self._few_stats(os.path.join(folder, name))) for name in reading.folders(folder)]
        return [Head(kind, name, digest(stats)) for name, stats in found if any(one[0] == meta for one in stats)]

    @staticmethod
    def _few_stats(folder: str) -> list[tuple[str, int, int]]:
        """Of all files but the artifacts, which may be many."""
        found = []
        for name in reading.folders(folder):
            if name != "artifacts":
                found += [(f"{name}/{one}", size, time) for one, size, time in reading.stats(os.path.join(folder, name))]
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_file(follow_symlinks=False):
                    status = entry.stat(follow_symlinks=False)
                    found.append((entry.name, status.st_size, status.st_mtime_ns))
        return sorted(found)

    def load(self, experiment: ExperimentIn, heads: Sequence[Head]) -> Iterator[tuple[Head, Thing]]:
        folder = self._folders[experiment.experiment_id]
        readers: dict[str, Callable[[str, ExperimentIn], Thing]] = {
            "run": self._run,
            "model": self._model,
            "trace": self._trace,
        }
        for head in heads:
            below = {"run": "", "model": "models", "trace": "traces"}[head.kind]
            place = os.path.join(folder, below, head.id)
            try:
                yield head, readers[head.kind](place, experiment)
            except Unreadable as cause:
                self.problem(place, str(cause))

    def registered(self) -> Iterator[RegisteredIn]:
        return registered(os.path.join(self._root, "models"), self.problem)

    def shared(self) -> Iterator[tuple[Head, Callable[[], Iterable[ItemIn]]]]:
        return iter(())  # MLflow keeps such things in its databases only

    def webhooks(self) -> Iterator[Webhook]:
        return iter(())

    def left_out(self) -> dict[str, int]:
        return {}

    def close(self) -> None:
        pass

    # --- runs -----------------------------------------------------------------------------------------------------------

    def _run(self, folder: str, experiment: ExperimentIn) -> RunIn:
        meta, run_id = reading.mapping(os.path.join(folder, META)), os.path.basename(folder)
        named = word(meta.get("run_id")) or word(meta.get("run_uuid"))
        if named and named != run_id:
            raise Unreadable(f"the folder of run {named!r} has another name; MLflow does not find it either")
        status = _status(meta.get("status"))
        settled = RunStatus.is_terminated(status)
        location = self._location(word(meta.get("artifact_uri")), folder)
        datasets, models = self._inputs(os.path.join(folder, "inputs"), experiment)

        def all_points(skip: Mapping[str, int]) -> Iterator[Points]:
            for key, entry in reading.files(os.path.join(folder, "metrics")):
                yield from points(entry.path, run_id, key, skip.get(key, 0), settled, self.problem)

        return RunIn(
            run_id=run_id,
            name=word(meta.get("run_name")) or word(meta.get("name")),
            user_id=word(meta.get("user_id")),
            status=status,
            start=number(meta.get("start_time")) or 0,
            end=number(meta.get("end_time")),
            deleted=meta.get("lifecycle_stage") == "deleted",
            deleted_time=number(meta.get("deleted_time")),
            location=location,
            params=self._texts(os.path.join(folder, "params")),
            tags=self._texts(os.path.join(folder, "tags")),
            datasets=datasets,
            models_in=models,
            models_out=self._outputs(os.path.join(folder, "outputs")),
            points=all_points,
        )

    def _inputs(self, folder: str, experiment: ExperimentIn) -> tuple[list[DatasetInput], list[LoggedModelInput]]:
        datasets, models = [], []
        for meta in self._metas(folder):
            source = word(meta.get("source_id"))
            if meta.get("source_type") == "MODEL":
                models.append(LoggedModelInput(source))
            elif (found := self._dataset(experiment, source)) is not None:
                datasets.append(DatasetInput(found, [InputTag(key, value) for key, value in words(meta.get("tags")).items()]))
        return datasets, models

    def _outputs(self, folder: str) -> list[LoggedModelOutput]:
        metas = self._metas(folder)
        return [LoggedModelOutput(word(meta.get("destination_id")), number(meta.get("step")) or 0) for meta in metas]

    def _metas(self, folder: str) -> Iterator[dict[str, Any]]:
        for name in reading.folders(folder):
            try:
                yield reading.mapping(os.path.join(folder, name, META))
            except Unreadable as cause:
                self.problem(os.path.join(folder, name), str(cause))

    def _dataset(self, experiment: ExperimentIn, dataset_id: str) -> Dataset | None:
        known = self._datasets.setdefault(experiment.experiment_id, {})
        if dataset_id not in known:
            place = os.path.join(self._folders[experiment.experiment_id], "datasets", os.path.basename(dataset_id))
            try:
                meta = reading.mapping(os.path.join(place, META))
            except Unreadable as cause:
                self.problem(place, f"the dataset of a run {cause}")
                return None
            known[dataset_id] = Dataset(
                *(word(meta.get(name)) for name in ("name", "digest", "source_type", "source")),
                *(word(meta.get(name)) or None for name in ("schema", "profile")),
            )
        return known[dataset_id]

    # --- logged models, traces ------------------------------------------------------------------------------------------

    def _model(self, folder: str, experiment: ExperimentIn) -> ModelIn:
        meta, model_id = reading.mapping(os.path.join(folder, META)), os.path.basename(folder)
        links = []
        for key, entry in reading.files(os.path.join(folder, "metrics")):
            links += list(model_points(entry.path, model_id, key, self.problem))
        created = number(meta.get("creation_timestamp")) or 0
        status = number(meta.get("status"))
        return ModelIn(
            model_id=model_id,
            name=word(meta.get("name")) or model_id,
            created=created,
            updated=number(meta.get("last_updated_timestamp")) or created,
            model_type=word(meta.get("model_type")),
            source_run=word(meta.get("source_run_id")),
            status=LoggedModelStatus.from_int(status) if status in (1, 2, 3) else "READY",
            status_message=word(meta.get("status_message")) or None,
            deleted=meta.get("lifecycle_stage") == "deleted",
            location=self._location(word(meta.get("artifact_location")), folder),
            params=self._texts(os.path.join(folder, "params")),
            tags=self._texts(os.path.join(folder, "tags")),
            links=links,
        )

    def _trace(self, folder: str, experiment: ExperimentIn) -> TraceIn:
        tags = self._texts(os.path.join(folder, "tags"))
        found = trace_of(
            os.path.basename(folder),
            reading.mapping(os.path.join(folder, "trace_info.yaml")),
            self._texts(os.path.join(folder, "request_metadata")),
            {key: value for key, value in tags.items() if key != "mlflow.artifactLocation"},
            [self._assessment(entry.path) for _, entry in reading.files(os.path.join(folder, "assessments"))],
        )
        found.location = self._location(tags.get("mlflow.artifactLocation", ""), folder)
        return found

    def _assessment(self, path: str) -> dict[str, Any]:
        try:
            return reading.mapping(path)
        except Unreadable as cause:
            self.problem(path, str(cause))
            return {}

    # --- shared ---------------------------------------------------------------------------------------------------------

    def _location(self, uri: str, folder: str) -> str:
        location, reason = self._roots.location(uri, Path(folder, "artifacts"))
        if reason:
            self.problem(folder, reason)
        return location

    def _texts(self, folder: str) -> dict[str, str]:
        found = {}
        for key, value, why in reading.texts(folder):
            if value is None:
                self.problem(os.path.join(folder, key), why)
            else:
                found[key] = value
        return found


def _status(given: Any) -> str:
    """Files hold a number; what holds none is running."""
    if isinstance(given, str) and given in RunStatus.NAMES:
        return given
    found = number(given)
    return RunStatus.to_string(found) if found in (1, 2, 3, 4, 5) and found is not None else "RUNNING"
