"""``log_model``: the model is among the run's artifacts, and loads from ``runs:/…``."""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier

import runstone
from runstone.errors import InvalidValue, NotFound
from runstone.models import Model, get_model_info

FRAME, TARGET = load_iris(return_X_y=True, as_frame=True)
FOREST = RandomForestClassifier(5, random_state=0).fit(FRAME, TARGET)


def artifacts(run_id: str, path: str | None = None) -> list[str]:
    return sorted(file.path for file in runstone.MlflowClient().list_artifacts(run_id, path))


def test_the_lectures_call(tmp_path: Path) -> None:
    with runstone.start_run() as run:
        info = runstone.sklearn.log_model(FOREST, "model")
    run_id = run.info.run_id
    assert info.model_uri == f"models:/{info.model_id}"
    assert info.artifact_path == "model"
    assert info.run_id == run_id
    assert "sklearn" in info.flavors
    assert "python_function" in info.flavors
    assert artifacts(run_id) == ["model"]
    assert "model/MLmodel" in artifacts(run_id, "model")
    for uri in (info.model_uri, f"runs:/{run_id}/model/"):
        np.testing.assert_array_equal(runstone.sklearn.load_model(uri).predict(FRAME), FOREST.predict(FRAME))
        np.testing.assert_array_equal(runstone.pyfunc.load_model(uri).predict(FRAME), FOREST.predict(FRAME))
    meta = runstone.pyfunc.load_model(info.model_uri).metadata
    assert (meta.run_id, meta.artifact_path, meta.model_uuid) == (run_id, "model", info.model_uuid)
    assert info.model_uuid == info.model_id
    for uri in (info.model_uri, f"runs:/{run_id}/model"):
        again = get_model_info(uri)
        assert (again.model_uuid, again.model_id, again.model_uri) == (info.model_uuid, info.model_id, info.model_uri)
    assert Model.load(info.model_uri) == meta
    (tmp_path / "here").mkdir()
    runstone.sklearn.load_model(info.model_uri, tmp_path / "here")
    assert list((tmp_path / "here").rglob("MLmodel"))


def test_name_is_the_new_word_for_artifact_path() -> None:
    with runstone.start_run() as run:
        assert runstone.sklearn.log_model(FOREST, name="a/b").artifact_path == "a/b"
        assert runstone.sklearn.log_model(FOREST).artifact_path == "model"
        for path in ("a/b", "model"):
            assert runstone.pyfunc.load_model(f"runs:/{run.info.run_id}/{path}").metadata.run_id == run.info.run_id
        with pytest.raises(InvalidValue, match="not both"):
            runstone.sklearn.log_model(FOREST, "a", name="b")


def test_a_run_is_started_where_there_is_none() -> None:
    info = runstone.sklearn.log_model(FOREST, "model")
    active = runstone.active_run()
    assert active is not None
    assert active.info.run_id == info.run_id


def test_each_run_remembers_its_models_in_mlflows_tag() -> None:
    with runstone.start_run() as run:
        first, second = (runstone.sklearn.log_model(FOREST, name) for name in ("one", "two"))
    told = json.loads(runstone.get_run(run.info.run_id).data.tags["mlflow.log-model.history"])
    assert [entry["artifact_path"] for entry in told] == ["one", "two"]
    assert [entry["model_uuid"] for entry in told] == [first.model_uuid, second.model_uuid]
    with runstone.start_run(run_id=run.info.run_id):
        runstone.sklearn.log_model(FOREST, "three")
    told = json.loads(runstone.get_run(run.info.run_id).data.tags["mlflow.log-model.history"])
    assert [entry["artifact_path"] for entry in told] == ["one", "two", "three"]


def test_a_name_that_cannot_be_registered_is_refused_before_anything_is_written() -> None:
    with runstone.start_run() as run, pytest.raises(InvalidValue, match="'a/b'"):
        runstone.sklearn.log_model(FOREST, "model", registered_model_name="a/b")
    assert artifacts(run.info.run_id) == []
    assert runstone.search_registered_models() == []


def test_a_failed_log_leaves_nothing() -> None:
    with runstone.start_run() as run:
        with pytest.raises(InvalidValue, match="nowhere"):
            runstone.sklearn.log_model(FOREST, "model", code_paths=["nowhere.py"])
        with pytest.raises(InvalidValue):
            runstone.sklearn.log_model(FOREST, "../model")
    assert artifacts(run.info.run_id) == []
    assert "mlflow.log-model.history" not in runstone.get_run(run.info.run_id).data.tags


def test_a_copy_cut_short_is_no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """The manifest is copied last: whatever breaks before, no folder claims to be a model."""
    copied = []

    def cut(*arguments: Any) -> None:
        copied.append(arguments)
        raise ConnectionError("the line went dead")

    with runstone.start_run() as run:
        with monkeypatch.context() as patch:
            patch.setattr(runstone, "log_artifact", cut)
            with pytest.raises(ConnectionError):
                runstone.sklearn.log_model(FOREST, "model")
        assert len(copied) == 1
        assert "model/MLmodel" not in artifacts(run.info.run_id, "model")
        with pytest.raises(NotFound, match="MLmodel"):
            runstone.pyfunc.load_model(f"runs:/{run.info.run_id}/model")


def test_what_is_not_kept_is_said_once(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RUNSTONE_QUIET")
    with runstone.start_run():
        for _ in range(2):
            runstone.sklearn.log_model(FOREST, "model", prompts=["p"], auth_policy=None)
    told = capsys.readouterr().err
    assert told.count("log_model(prompts=…) is not kept") == 1
    assert "tags=" not in told


def test_a_second_model_of_a_name_is_told_of(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RUNSTONE_QUIET", raising=False)
    with runstone.start_run():
        runstone.sklearn.log_model(FOREST, "one")
        runstone.sklearn.log_model(FOREST, "other")
        assert "already" not in capsys.readouterr().err
        second = runstone.sklearn.log_model(FOREST, "one")
        told = capsys.readouterr().err
        assert f"had a model 'one' already, which stays; this one is models:/{second.model_id}" in told
        assert f"in '{second.artifact_path}'" in told


def test_unknown_runs_and_paths() -> None:
    with runstone.start_run() as run:
        pass
    for uri in (f"runs:/{run.info.run_id}/nothing", "runs:/00000000000000000000000000000000/model"):
        for load in (runstone.sklearn.load_model, runstone.pyfunc.load_model):
            with pytest.raises(NotFound):
                load(uri)
    with pytest.raises(NotFound, match="models:/wine/<version>"):
        runstone.pyfunc.load_model("models:/wine")


MLFLOW = {
    "log_model": "sk_model artifact_path= conda_env= code_paths= serialization_format= registered_model_name= signature= "
    "input_example= await_registration_for= pip_requirements= extra_pip_requirements= pyfunc_predict_fn= metadata= "
    "extra_files= params= tags= model_type= step= model_id= name= skops_trusted_types= **kwargs",
    "save_model": "sk_model path conda_env= code_paths= mlflow_model= serialization_format= signature= input_example= "
    "pip_requirements= extra_pip_requirements= pyfunc_predict_fn= metadata= skops_trusted_types= extra_files=",
    "load_model": "model_uri dst_path=",
}


@pytest.mark.parametrize("name", sorted(MLFLOW))
def test_parameters_are_mlflows(name: str) -> None:
    parameters = inspect.signature(getattr(runstone.sklearn, name)).parameters.values()
    shown = [f"**{p.name}" if p.kind is p.VAR_KEYWORD else p.name + "=" * (p.default is not p.empty) for p in parameters]
    assert " ".join(shown) == MLFLOW[name]
