"""What real MLflow keeps is here as MLflow itself reads it back, after one reading and after the next; and it is untouched."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from real_mlflow import Mlflow, everything_below

from runstone import connect
from runstone.contracts import READ_ONLY, ExperimentQuery, LoggedModelQuery, RegistryQuery, RunQuery, Store, TraceQuery
from runstone.entities import Experiment, ViewType
from runstone.errors import PermissionDenied, RunstoneError
from runstone.query.traces import FOUND

SOURCES = ("new-files", "new-sqlite", "old-files", "old-sqlite")


class Made:
    """A source and who made it."""

    def __init__(self, mlflow: Mlflow, uri: str, folder: Path) -> None:
        self.mlflow, self.uri, self.folder = mlflow, uri, folder


@pytest.fixture(scope="session", params=SOURCES)
def filled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Made:
    which, kind = request.param.split("-")
    mlflow: Mlflow = request.getfixturevalue(f"{which}_mlflow")
    folder = tmp_path_factory.mktemp(request.param) / "work"
    folder.mkdir()
    uri = (folder / "mlruns").as_uri() if kind == "files" else f"sqlite:///{folder / 'mlflow.db'}"
    if request.param == "old-sqlite" and not mlflow.call("has_sql", uri):
        pytest.skip("mlflow 2.22 keeps nothing in SQLite with SQLAlchemy 2.1; make test installs an older one")
    mlflow.call("fill_there", uri)
    return Made(mlflow, uri, folder)


@pytest.fixture
def made(filled: Made) -> Iterator[Made]:
    """The source under its own path, as it was filled: changed by one test at a time."""
    connect.close_all()
    kept = filled.folder.with_name("kept")
    if kept.exists():
        restore(kept, filled.folder)
    else:
        shutil.copytree(filled.folder, kept)
    yield filled
    connect.close_all()


def restore(kept: Path, folder: Path) -> None:
    """Put back what was there. mlflow has its database open, so that must stay the same file."""
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != "mlflow.db":
            path.unlink()
    for path in kept.iterdir():
        if path.is_dir():
            shutil.copytree(path, folder / path.name)
        else:
            (folder / path.name).write_bytes(path.read_bytes())


def told(store: Store) -> dict[str, Any]:
    """The store in the words of ``mlflow_scripts.tell``."""
    experiments = store.search_experiments(ExperimentQuery(view=ViewType.ALL))
    everywhere = tuple(one.experiment_id for one in experiments)
    runs = [run.info.run_id for run in store.search_runs(RunQuery(experiment_ids=everywhere, view=ViewType.ALL))]
    active = tuple(one.experiment_id for one in experiments if one.lifecycle_stage == "active")
    return {
        "experiments": {one.experiment_id: _experiment(one) for one in experiments},
        "runs": {run_id: _run(store, run_id) for run_id in runs},
        "models": {
            one.model_id: [
                one.name,
                one.status,
                one.source_run_id,
                one.params,
                one.tags,
                sorted([each.key, each.step, each.value, each.run_id] for each in one.metrics or ()),
                one.creation_timestamp,
                one.last_updated_timestamp,
            ]  # fmt: skip
            for one in store.search_logged_models(LoggedModelQuery(experiment_ids=active))
        },
        "traces": {
            one.trace_id: [one.request_time, one.state, _shown(one.metadata), one.tags, _spans(one.artifact_location)]
            for one in store.search_traces(TraceQuery(experiment_ids=active))
        },
        "registered": {
            one.name: [one.description or "", one.tags, one.aliases, one.creation_timestamp, _versions(store, one.name)]
            for one in store.search_registered_models(RegistryQuery())
        },
    }


def _shown(metadata: dict[str, str]) -> dict[str, str]:
    return {key: value for key, value in metadata.items() if not key.startswith(FOUND)}


def _experiment(one: Experiment) -> list[Any]:
    return [one.name, one.lifecycle_stage, one.tags, [one.creation_time, one.last_update_time]]


def _run(store: Store, run_id: str) -> list[Any]:
    run = store.get_run(run_id)
    info = {
        "run_name": run.info.run_name,
        "experiment_id": run.info.experiment_id,
        "status": run.info.status,
        "start_time": run.info.start_time,
        "end_time": run.info.end_time,
        "lifecycle_stage": run.info.lifecycle_stage,
        "user_id": run.info.user_id,
        "artifact_uri": (run.info.artifact_uri or "").removeprefix(READ_ONLY),
    }
    history = {}
    for key in run.data.metrics:
        series = store.history(run_id, key)
        columns = series.steps.tolist(), series.timestamps.tolist(), map(str, series.values.tolist())
        history[key] = sorted([list(point) for point in zip(*columns, strict=True)])
    sets = sorted(
        [one.dataset.name, one.dataset.digest, one.dataset.source, one.dataset.schema] for one in run.inputs.dataset_inputs
    )
    files = sorted(one.path for one in connect.open_artifacts(run.info.artifact_uri or "").list())
    last = {key: str(value) for key, value in run.data.metrics.items()}
    return [info, run.data.params, run.data.tags, last, history, sets, files]


def _versions(store: Store, name: str) -> dict[str, Any]:
    return {
        each.version: [
            each.current_stage,
            each.description or "",
            each.run_id or "",
            each.tags,
            each.status,
            each.creation_timestamp,
            each.last_updated_timestamp,
        ]  # fmt: skip
        for each in store.search_model_versions(RegistryQuery(filter=f"name = '{name}'"))
    }


def _spans(location: str) -> list[Any]:
    with connect.open_artifacts(location).open("traces.json") as file:
        spans = json.load(file)["spans"]
    return [
        [one["name"], *(json.loads(one["attributes"].get(f"mlflow.span{what}", "null")) for what in ("Inputs", "Outputs"))]
        for one in spans
    ]


def comparable(found: dict[str, Any]) -> dict[str, Any]:
    """Artifact URIs as paths: MLflow writes a path or a ``file:`` URI, here it is always the URI. Runs without any artifact
    have no folder to be read, so theirs is in our own place."""
    text: dict[str, Any] = json.loads(json.dumps(found))
    del text["experiments"]["0"][3][0]  # every store's first experiment is as old as the store
    for run in text["runs"].values():
        uri = run[0].pop("artifact_uri")
        if run[6]:
            run[0]["artifacts"] = uri.removeprefix("file://")
    return text


def check(made: Made, store: Store) -> None:
    ours, theirs = comparable(told(store)), comparable(made.mlflow.call("tell_there", made.uri))
    for part in theirs:
        assert ours[part].keys() == theirs[part].keys(), part
        for one in theirs[part]:
            assert ours[part][one] == theirs[part][one], (part, one)


def test_all_is_as_mlflow_says_and_nothing_of_it_is_touched(made: Made) -> None:
    made.mlflow.call("tell_there", made.uri)  # its first look adds what an experiment has not yet
    before = everything_below(made.folder)
    store = connect.open_store(made.uri)
    check(made, store)
    if made.uri.startswith("sqlite"):  # spans that lie in its tables are found by what is in them
        searched = [
            len(store.search_traces(TraceQuery(experiment_ids=("0", "1", "2"), filter=text)))
            for text in (
                "span.name = 'ask'",
                "trace.text LIKE '%answer%' AND span.name LIKE 'as_'",
                "trace.text LIKE '%no such%'",
            )
        ]
        known = len(told(store)["traces"])
        assert searched == [known, known, 0]
    connect.read_in(made.uri)
    assert everything_below(made.folder, but=".runstone") == before


def test_again_only_what_changed_is_read_and_all_is_as_mlflow_says(made: Made) -> None:
    store = connect.open_store(made.uri)
    again = connect.read_in(made.uri)
    assert (again.carried, again.points, again.problems) == ({}, 0, [])
    made.mlflow.call("change_there", made.uri)
    third = connect.read_in(made.uri)
    assert third.problems == []
    assert third.carried["run"] == 5, "live, first, failed, thrown away, newcomer"
    assert third.points < 2000
    check(made, store)


def test_without_the_notes_of_the_last_reading_nothing_is_doubled(made: Made) -> None:
    store = connect.open_store(made.uri)
    for folder in made.folder.glob("*.runstone/imports"):
        shutil.rmtree(folder)
    again = connect.read_in(made.uri)
    assert again.carried["run"] == 7
    check(made, store)


def test_what_the_user_changes_here_stays_when_the_source_goes_on(made: Made) -> None:
    from runstone.contracts import Batch
    from runstone.records import RunChanged, Tags

    store = connect.open_store(made.uri)
    named = {one[0]["run_name"]: run_id for run_id, one in told(store)["runs"].items()}
    live, child = named["live"], named["child"]
    store.write(Batch([Tags(live, {"mine": "yes", "mlflow.note.content": "look"}), RunChanged(live, 5, deleted=True)]))
    store.write(Batch([RunChanged(child, 5, deleted=True)]))
    made.mlflow.call("change_there", made.uri)
    connect.read_in(made.uri)
    run = store.get_run(live)
    assert run.info.lifecycle_stage == "deleted"
    assert run.data.tags["mine"] == "yes"
    assert run.data.tags["mlflow.note.content"] == "look"
    assert (run.info.status, run.data.metrics["loss"], run.data.params) == ("FINISHED", 0.0, {"late": "yes"})
    assert store.get_run(child).info.lifecycle_stage == "deleted"


def test_artifacts_of_what_was_read_in_are_never_written(made: Made) -> None:
    store = connect.open_store(made.uri)
    named = {one[0]["run_name"]: run_id for run_id, one in told(store)["runs"].items()}
    artifacts = connect.open_artifacts(store.get_run(named["first"]).info.artifact_uri or "")
    with artifacts.open("notes/a.txt") as file:
        assert file.read().decode() == "héllo"
    before = everything_below(made.folder)
    for attempt in (
        lambda: artifacts.put(Path(__file__), "x"),
        artifacts.delete,
        lambda: artifacts.put_tree(Path(__file__).parent),
    ):
        with pytest.raises(PermissionDenied, match="only read"):
            attempt()
    assert everything_below(made.folder) == before


def test_new_runs_go_beside_it(made: Made) -> None:
    import runstone

    before = everything_below(made.folder)
    runstone.set_tracking_uri(made.uri)
    runstone.set_experiment("iris ü")
    with runstone.start_run() as run:
        runstone.log_metric("m", 1.0)
        runstone.log_text("x", "mine.txt")
    assert runstone.get_run(run.info.run_id).data.metrics == {"m": 1.0}
    assert everything_below(made.folder, but=".runstone") == before
    assert [*made.folder.glob("*.runstone/artifacts/**/mine.txt")]
    assert len(runstone.search_runs(experiment_names=["iris ü"])) == 5


def test_a_source_beside_which_nothing_can_be_written_names_the_way_out(
    made: Made, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    name = "mlruns" if made.uri.startswith("file") else "mlflow.db"
    (made.folder / f"{name}.runstone").write_text("in the way")
    with pytest.raises(RunstoneError, match="RUNSTONE_READ_INTO"):
        connect.open_store(made.uri)
    monkeypatch.setenv("RUNSTONE_READ_INTO", str(tmp_path / "elsewhere"))
    check(made, connect.open_store(made.uri))
