"""Logged models by the client's names: an id, params, tags, points of a step or a dataset, a place of their own or in a run."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

import runstone
from runstone.entities import LoggedModelOutput
from runstone.errors import InvalidValue, NotFound, ParamChanged

X = np.arange(6.0).reshape(3, 2)
LINE = LinearRegression().fit(X, [0.0, 1.0, 2.0])


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNSTONE_CAPTURE_CONTEXT", "0")
    runstone.set_experiment("models")


def values(model_id: str) -> list[tuple[str, float, int]]:
    return [(one.key, one.value, one.step) for one in runstone.get_logged_model(model_id).metrics or []]


def test_log_model_makes_one() -> None:
    with runstone.start_run() as run:
        info = runstone.sklearn.log_model(
            LINE, name="line", params={"a": 1}, tags={"team": "blue"}, model_type="regressor", step=3
        )
    found = runstone.get_logged_model(info.model_id)
    assert found.model_id.startswith("m-")
    assert (found.name, found.status, found.model_type) == ("line", "READY", "regressor")
    assert (found.params, found.tags["team"], found.source_run_id) == ({"a": "1"}, "blue", run.info.run_id)
    assert found.tags["mlflow.source.type"] == "LOCAL"
    assert (info.name, info.params, info.step) == ("line", {"a": "1"}, 3)
    assert runstone.get_run(run.info.run_id).outputs.model_outputs == [LoggedModelOutput(found.model_id, 3)]
    assert runstone.last_logged_model() == found
    for uri in (f"runs:/{run.info.run_id}/line", found.model_uri):
        assert runstone.pyfunc.load_model(uri).predict(X).tolist() == LINE.predict(X).tolist()
        assert runstone.models.get_model_info(uri).model_id == found.model_id
    assert "MLmodel" in [one.path for one in runstone.MlflowClient().list_logged_model_artifacts(found.model_id)]


def test_points_of_checkpoints() -> None:
    with runstone.start_run():
        runstone.log_metric("loss", 9, step=1)
        ids = []
        for step in (1, 2):
            ids.append(runstone.sklearn.log_model(LINE, name=f"at_{step}", step=step).model_id)
            runstone.log_metric("loss", step / 10, step=step)
            runstone.log_metrics({"acc": step / 100}, step=step)
        runstone.log_metric("loss", 5, step=7)
        runstone.log_metric("named", 1.5, step=2, model_id=ids[0])
    # what was there at its step is its, too, as in MLflow
    assert values(ids[0]) == [("acc", 0.01, 1), ("loss", 9.0, 1), ("loss", 0.1, 1), ("named", 1.5, 2)]
    assert values(ids[1]) == [("acc", 0.02, 2), ("loss", 0.2, 2)]
    best = runstone.search_logged_models(
        order_by=[{"field_name": "metrics.loss", "ascending": False}], output_format="list", max_results=1
    )
    assert [one.name for one in best] == ["at_2"]


def test_the_active_model() -> None:
    with runstone.start_run():
        runstone.log_metric("m", 0)
        with runstone.set_active_model(name="agent") as model:
            assert runstone.get_active_model_id() == model.model_id
            for value in (1, 2):
                runstone.log_metric("m", value, step=value)
        runstone.log_metric("m", 3, step=3)
        assert runstone.get_active_model_id() is None
    assert values(model.model_id) == [("m", 1.0, 1), ("m", 2.0, 2)]
    assert runstone.set_active_model(name="agent").model_id == model.model_id
    runstone.log_model_params({"k": "v"})
    runstone.clear_active_model()
    assert runstone.get_logged_model(model.model_id).params == {"k": "v"}
    with pytest.raises(InvalidValue, match="Either name or model_id"):
        runstone.set_active_model()
    with pytest.raises(InvalidValue, match="has the name 'agent'"):
        runstone.set_active_model(name="other", model_id=model.model_id)


def test_the_environment_names_an_active_model(monkeypatch: pytest.MonkeyPatch) -> None:
    model = runstone.create_external_model(name="outside")
    monkeypatch.setenv("MLFLOW_ACTIVE_MODEL_ID", model.model_id)
    with runstone.start_run():
        runstone.log_metric("m", 1)
        runstone.log_metric("m", 2, step=1)
    assert [value for _, value, _ in values(model.model_id)] == [1, 2]


def test_files_come_later() -> None:
    with runstone.start_run() as run:
        waiting = runstone.initialize_logged_model(name="later", params={"a": 1})
        assert (waiting.status, waiting.source_run_id) == ("PENDING", run.info.run_id)
        info = runstone.sklearn.log_model(LINE, name="later", model_id=waiting.model_id, tags={"t": "1"})
    found = runstone.get_logged_model(waiting.model_id)
    assert (info.model_uri, found.status, found.tags["t"]) == (found.model_uri, "READY", "1")
    assert runstone.pyfunc.load_model(info.model_uri).predict(X).shape == (3,)
    assert runstone.MlflowClient().list_artifacts(run.info.run_id) == []
    broken = runstone.initialize_logged_model(name="broken")
    with pytest.raises(InvalidValue):
        runstone.sklearn.log_model(LINE, serialization_format="no", model_id=broken.model_id)
    assert runstone.get_logged_model(broken.model_id).status == "FAILED"


def test_tags_params_and_ends() -> None:
    model = runstone.create_external_model(name="outside", model_type="agent")
    assert (model.status, model.tags["mlflow.model.isExternal"]) == ("READY", "true")
    with pytest.raises(InvalidValue, match="kept elsewhere"):
        runstone.pyfunc.load_model(model.model_uri)
    runstone.set_logged_model_tags(model.model_id, {"a": 1, "b": 2})
    runstone.delete_logged_model_tag(model.model_id, "a")
    assert "a" not in runstone.get_logged_model(model.model_id).tags
    with pytest.raises(NotFound, match="No tag"):
        runstone.delete_logged_model_tag(model.model_id, "a")
    runstone.log_model_params({"p": 1}, model.model_id)
    with pytest.raises(ParamChanged):
        runstone.log_model_params({"p": 2}, model.model_id)
    with pytest.raises(InvalidValue, match="READY or FAILED"):
        runstone.finalize_logged_model(model.model_id, "PENDING")
    table: Any = runstone.search_logged_models(filter_string="tags.b = '2' AND params.p = '1'")
    assert table["name"].tolist() == ["outside"]
    runstone.MlflowClient().delete_logged_model(model.model_id)
    assert runstone.search_logged_models(output_format="list") == []
    for call in (runstone.get_logged_model, runstone.MlflowClient().delete_logged_model):
        with pytest.raises(NotFound):
            call(model.model_id)
    with pytest.raises(InvalidValue, match="dataset_name"):
        runstone.search_logged_models(datasets=[{}])
    with pytest.raises(InvalidValue, match="non-empty"):
        runstone.log_model_params({"p": 1})


def test_a_version_knows_its_logged_model() -> None:
    with runstone.start_run():
        info = runstone.sklearn.log_model(LINE, "nested/line.v1", registered_model_name="line")
    assert runstone.get_logged_model(info.model_id).name == "nested_line_v1"
    made = runstone.register_model(f"models:/{info.model_id}", "line")
    assert runstone.pyfunc.load_model("models:/line/1").predict(X).shape == (3,)
    assert runstone.pyfunc.load_model(f"models:/line/{made.version}").predict(X).shape == (3,)
    assert made.model_id == info.model_id


def test_a_search_of_autolog_measures_its_models() -> None:
    from runstone.autolog import core

    try:
        runstone.sklearn.autolog()
        LinearRegression().fit(X, [0.0, 1.0, 2.0])
    finally:
        core.forget()
    (model,) = runstone.search_logged_models(output_format="list")
    assert model.params["fit_intercept"] == "True"
    points = {one.key: one for one in model.metrics or []}
    assert points["training_r2_score"].value == pytest.approx(1.0)
    assert points["training_r2_score"].dataset_name == "dataset"
