"""Several models of one name in one run: each keeps its files, ``runs:/`` means the newest, versions stay as they were."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from sklearn.linear_model import LinearRegression

import runstone
from runstone import MlflowClient, connect
from runstone.cli.main import cli
from runstone.models import infer_signature, set_signature
from runstone.scoring import manifests
from runstone.testing.s3_server import S3Server, serving_s3
from runstone.testing.served import ServedStores

X = np.array([[1.0], [2.0]])


def line(slope: float) -> LinearRegression:
    return LinearRegression().fit(X, slope * X[:, 0])


def log(slope: float, **how: Any) -> Any:
    return runstone.sklearn.log_model(line(slope), name=how.pop("name", "model"), pip_requirements=["scikit-learn"], **how)


def slope(uri: str) -> float:
    """What the model at a URI predicts for 1, by both loaders."""
    found = {round(float(load(uri).predict(X)[0]), 6) for load in (runstone.sklearn.load_model, runstone.pyfunc.load_model)}
    assert len(found) == 1
    return found.pop()


@pytest.fixture(scope="module")
def served() -> Iterator[ServedStores]:
    with ServedStores() as running:
        yield running


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with serving_s3(tmp_path_factory.mktemp("s3")) as running:
        yield running


@pytest.fixture(params=["embedded", "served"])
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The store in force, on this machine (with artifacts in a bucket) or behind a server."""
    monkeypatch.setenv("RUNSTONE_CAPTURE_CONTEXT", "0")
    uri = str(tmp_path / "store")
    if request.param == "served":
        running: ServedStores = request.getfixturevalue("served")
        uri = running.add(connect.open_store(uri))
    runstone.set_tracking_uri(uri)
    if request.param == "bucket":
        far: S3Server = request.getfixturevalue("s3")
        for name, value in far.environment.items():
            monkeypatch.setenv(name, value)
        runstone.set_experiment(experiment_id=runstone.create_experiment("far", artifact_location=far.place()))
    return uri


def test_each_keeps_its_files(place: str) -> None:
    with runstone.start_run() as run:
        made = [log(number, step=number) for number in (1, 2, 3)]
        by_run = f"runs:/{run.info.run_id}/model"
        assert slope(by_run) == 3
    assert slope(by_run) == 3
    assert [slope(f"models:/{one.model_id}") for one in made] == [1, 2, 3]
    assert [slope(one.model_uri) for one in made] == [1, 2, 3]
    assert [one.model_uri for one in made] == [f"models:/{one.model_id}" for one in made]
    assert [one.name for one in made] == ["model"] * 3
    assert [runstone.get_logged_model(one.model_id).name for one in made] == ["model"] * 3
    folders = sorted(one.path for one in MlflowClient().list_artifacts(run.info.run_id))
    assert folders == sorted(["model", *(f"model.{one.model_id[2:10]}" for one in made[1:])])
    assert [one.artifact_path in folders for one in made] == [True] * 3
    told = runstone.artifacts.load_text(f"{by_run}/MLmodel")
    assert str(made[2].model_id) in told
    assert runstone.models.get_model_info(by_run).model_id == made[2].model_id


def test_a_version_never_changes(place: str) -> None:
    with runstone.start_run() as run:
        by_run = f"runs:/{run.info.run_id}/model"
        first = log(1, registered_model_name="m")
        runstone.register_model(by_run, "m")
        second = log(2)
        runstone.register_model(by_run, "m")
        MlflowClient().create_model_version("m", by_run, run.info.run_id)
        log(3, registered_model_name="m")
    assert first.registered_model_version == 1
    assert [slope(f"models:/m/{number}") for number in range(1, 6)] == [1, 1, 2, 2, 3]
    versions = [MlflowClient().get_model_version("m", str(number)) for number in range(1, 6)]
    assert [one.source for one in versions[:3]] == [first.model_uri, by_run, second.model_uri]
    assert {one.run_id for one in versions} == {run.info.run_id}
    assert versions[2].model_id == second.model_id


def test_a_run_that_is_resumed_in_another_process(place: str, elsewhere: subprocess.Popen[str]) -> None:
    with runstone.start_run() as run:
        first = log(1)
    runstone.flush()
    second = logged_elsewhere(elsewhere, place, run.info.run_id)
    assert slope(f"runs:/{run.info.run_id}/model") == 2
    assert (slope(f"models:/{first.model_id}"), slope(f"models:/{second}")) == (1, 2)


class Meanwhile(LinearRegression):  # type: ignore[misc, unused-ignore]
    """Another process logs its first model while this one is written."""

    def __getstate__(self) -> Any:
        if then := self.__dict__.pop("then", None):
            self.second = then()
        return super().__getstate__()


@pytest.mark.parametrize("place", ["embedded", "served", "bucket"], indirect=True)
@pytest.mark.parametrize("fails", [False, True], ids=["both come", "this one fails"])
def test_two_processes_that_log_their_first_at_once(
    fails: bool, place: str, elsewhere: subprocess.Popen[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    model = Meanwhile().fit(X, X[:, 0])
    with runstone.start_run() as run:
        runstone.flush()
        model.then = lambda: logged_elsewhere(elsewhere, place, run.info.run_id)
        if fails:
            with monkeypatch.context() as patch:
                patch.setattr(runstone, "log_artifact", lambda *given: 1 / 0)
                with pytest.raises(ZeroDivisionError):
                    runstone.sklearn.log_model(model, name="model", pip_requirements=["scikit-learn"])
        else:
            first = runstone.sklearn.log_model(model, name="model", pip_requirements=["scikit-learn"])
            assert first.artifact_path == "model"
            assert slope(f"models:/{first.model_id}") == 1
        third = log(3)
    assert slope(f"models:/{model.second}") == 2
    folders = [runstone.get_logged_model(one).artifact_location.rpartition("/")[2] for one in (model.second, third.model_id)]
    assert folders == [f"model.{model.second[2:10]}", "model" if fails else f"model.{third.model_id[2:10]}"]
    files = [one.path for one in MlflowClient().list_artifacts(run.info.run_id, "model")]
    assert "model/MLmodel" in files
    assert not [path for path in files if path.rpartition("/")[2].startswith(".")]


#: Forks for each order, a line: what has to be imported takes longer than all that a test does elsewhere.
ELSEWHERE = """
import json, os, sys, runstone.sklearn
from sklearn.linear_model import LinearRegression
for line in sys.stdin:
    settings, run_id = json.loads(line)
    if child := os.fork():
        print("" if os.waitpid(child, 0)[1] == 0 else "failed", flush=True)
        continue
    os.environ.update(settings)
    X = [[1.0], [2.0]]
    with runstone.start_run(run_id=run_id):
        model = LinearRegression().fit(X, [2.0, 4.0])
        print(runstone.sklearn.log_model(model, "model", pip_requirements=["scikit-learn"]).model_id, flush=True)
    break
"""


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[subprocess.Popen[str]]:
    environment = {"RUNSTONE_CAPTURE_CONTEXT": "0", "RUNSTONE_QUIET": "1", "PATH": "/usr/bin:/bin"}
    command = [sys.executable, "-c", ELSEWHERE]
    with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
        yield running


def logged_elsewhere(elsewhere: subprocess.Popen[str], uri: str, run_id: str) -> str:
    """The id of a model of slope 2 that another process logs to a run, as ``model``."""
    settings = {name: value for name, value in os.environ.items() if name.startswith(("AWS_", "MLFLOW_S3_"))}
    assert elsewhere.stdin is not None
    assert elsewhere.stdout is not None
    elsewhere.stdin.write(json.dumps([settings | {"RUNSTONE_TRACKING_URI": uri}, run_id]) + "\n")
    elsewhere.stdin.flush()
    made = elsewhere.stdout.readline().strip()
    assert made != "failed", "its traceback stands in what was written to standard error"
    assert elsewhere.stdout.readline() == "\n"
    return made


def test_names_that_read_alike_are_told_apart(place: str) -> None:
    """The names of the logged models are equal, the paths are not."""
    with runstone.start_run() as run:
        log(1, name="a/b")
        log(2, name="a_b")
        log(3, name="a/b")
        log(4, name="a/b.c")
    assert [slope(f"runs:/{run.info.run_id}/{path}") for path in ("a/b", "a_b", "a/b.c")] == [3, 2, 4]


def test_another_signature_for_what_the_runs_path_means(place: str) -> None:
    with runstone.start_run() as run:
        made = [log(number) for number in (1, 2)]
    set_signature(f"runs:/{run.info.run_id}/model", infer_signature(X))
    signatures = [runstone.models.get_model_info(f"models:/{one.model_id}").signature for one in made]
    assert [one is None for one in signatures] == [True, False]


def test_one_that_fails_takes_nobodys_place(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with runstone.start_run() as run:
        with monkeypatch.context() as patch:
            patch.setattr(runstone, "log_artifact", lambda *given: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                log(1)
        assert log(2).artifact_path == "model"
        with monkeypatch.context() as patch:
            patch.setattr(runstone, "log_artifact", lambda *given: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                log(3)
        assert slope(f"runs:/{run.info.run_id}/model") == 2
    assert slope(f"runs:/{run.info.run_id}/model") == 2


def test_autolog_of_two_fits_in_one_run(place: str) -> None:
    runstone.sklearn.autolog(silent=True)
    try:
        with runstone.start_run() as run:
            line(1)
            line(2)
    finally:
        runstone.sklearn.autolog(disable=True)
    made = runstone.search_logged_models(output_format="list", order_by=[{"field_name": "creation_timestamp"}])
    assert [(one.name, slope(one.model_uri)) for one in made] == [("model", 1), ("model", 2)]
    assert slope(f"runs:/{run.info.run_id}/model") == 2


def test_commands_and_pages_mean_the_newest_too(place: str) -> None:
    with runstone.start_run() as run:
        first, second = (log(number) for number in (1, 2))
        runstone.register_model(f"models:/{first.model_id}", "m")
    by_run = f"runs:/{run.info.run_id}/model"
    runstone.flush()
    told = CliRunner().invoke(cli, ["artifacts", "download", "-u", by_run, "--json"], env={"RUNSTONE_TRACKING_URI": place})
    assert slope(json.loads(told.stdout)["path"]) == 2
    assert manifests.place(by_run) == runstone.get_logged_model(second.model_id).artifact_location
    if place.startswith("http"):
        with urllib.request.urlopen(f"{place}/api/runstone/v1/runs/{run.info.run_id}/models") as answer:
            models = json.load(answer)["models"]
        assert [(one["model_id"], one["name"], one["folder"], len(one["versions"])) for one in models] == [
            (second.model_id, "model", second.artifact_path, 0),
            (first.model_id, f"model ({first.model_id[:10]})", "model", 1),
        ]
        for one in models:  # the address that the page shows for a file of either
            told = runstone.artifacts.load_text(f"models:/{one['model_id']}/MLmodel")
            assert f"model_id: {one['model_id']}" in told


def test_models_that_lie_elsewhere_count(place: str) -> None:
    """A model that waited for its files has a place of its own, and may be the newest of its name."""
    with runstone.start_run() as run:
        log(1)
        waiting = runstone.initialize_logged_model("model")
        by_run = f"runs:/{run.info.run_id}/model"
        log(2, model_id=waiting.model_id)
        assert slope(by_run) == 2
    assert slope(by_run) == 2
    assert runstone.register_model(by_run, "m").model_id == waiting.model_id
    assert slope("models:/m/1") == 2
    set_signature(by_run, infer_signature(X))
    assert runstone.models.get_model_info(waiting.model_uri).signature is not None


def test_a_version_of_an_id_given_with_the_runs_path(place: str) -> None:
    with runstone.start_run() as run:
        made = [log(number) for number in (1, 2)]
    by_run, client = f"runs:/{run.info.run_id}/model", MlflowClient()
    client.create_registered_model("m")
    for one in made:
        client.create_model_version("m", by_run, run.info.run_id, model_id=one.model_id)
    assert [slope(f"models:/m/{number}") for number in (1, 2)] == [1, 2]
