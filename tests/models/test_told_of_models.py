"""What is told of models beside their files: the points that were there before them, the example, when they were made."""

from __future__ import annotations

import sys
import types
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression

import runstone
from runstone.models import Model, ModelInfo, get_model_info

X = pd.DataFrame({"a": [1.0, 2.0], "b": [1.0, 3.0]})
MODEL = LinearRegression().fit(X, [1.0, 2.0])
pytestmark = pytest.mark.filterwarnings("ignore")


def points(model_id: str | None) -> list[tuple[str, int, float]]:
    return sorted((one.key, one.step, one.value) for one in runstone.get_logged_model(str(model_id)).metrics or ())


def test_what_was_measured_before_a_model_was_logged_is_its() -> None:
    """As in mlflow 3.17: the points of the step that it is logged at."""
    with runstone.start_run():
        runstone.log_metrics({"acc": 0.5, "loss": 1.0})
        for step in range(3):
            runstone.log_metric("by_step", step, step=step)
        first = runstone.sklearn.log_model(MODEL, name="m")
        runstone.log_metric("after", 1)
        last = runstone.sklearn.log_model(MODEL, name="m", step=2)
        middle = runstone.sklearn.log_model(MODEL, name="m", step=1)
    assert points(first.model_id) == [("acc", 0, 0.5), ("after", 0, 1), ("by_step", 0, 0), ("loss", 0, 1)]
    assert points(last.model_id) == [("by_step", 2, 2)]
    assert points(middle.model_id) == [("by_step", 1, 1)]


def test_of_two_models_at_one_step() -> None:
    with runstone.start_run():
        runstone.log_metric("shared", 1)
        first = runstone.sklearn.log_model(MODEL, name="first")
        runstone.log_metric("of_first", 2)
        runstone.log_metric("own", 3, model_id=first.model_id)
        second = runstone.sklearn.log_model(MODEL, name="second")
    assert points(first.model_id) == [("of_first", 0, 2), ("own", 0, 3), ("shared", 0, 1)]
    assert points(second.model_id) == [("shared", 0, 1)]


def test_a_model_of_a_run_that_goes_on_elsewhere_and_one_that_waited() -> None:
    with runstone.start_run() as run:
        runstone.log_metric("acc", 1)
    with runstone.start_run(run_id=run.info.run_id):
        waiting = runstone.initialize_logged_model(name="m")
        info = runstone.sklearn.log_model(MODEL, name="m", model_id=waiting.model_id)
    assert points(info.model_id) == [("acc", 0, 1)]
    assert info.creation_timestamp == waiting.creation_timestamp


def test_info_of_a_model() -> None:
    with runstone.start_run() as run:
        runstone.log_param("p", 1)
        made = runstone.sklearn.log_model(MODEL, name="m", params={"q": 2}, tags={"t": "u"})
        runstone.log_metric("acc", 0.5)
    for uri in (made.model_uri, f"runs:/{run.info.run_id}/m"):
        info = get_model_info(uri)
        assert (info.name, info.params, info.tags and info.tags["t"]) == ("m", {"p": "1", "q": "2"}, "u")
        assert info.creation_timestamp == made.creation_timestamp
        assert made.creation_timestamp
        assert [(one.key, one.value) for one in info.metrics or ()] == [("acc", 0.5)]
        assert info.tags == made.tags


def test_the_example_of_a_loaded_model(tmp_path: Path) -> None:
    runstone.sklearn.save_model(MODEL, tmp_path / "m", input_example=X)
    loaded = runstone.pyfunc.load_model(tmp_path / "m")
    pd.testing.assert_frame_equal(loaded.input_example, X)
    loaded.input_example = None
    assert loaded.input_example is None
    runstone.sklearn.save_model(MODEL, tmp_path / "without")
    assert runstone.pyfunc.load_model(tmp_path / "without").input_example is None


def test_a_flavor_of_ones_own_logs_by_mlflows_call(monkeypatch: pytest.MonkeyPatch) -> None:
    flavor: Any = types.ModuleType("own_flavor")

    def save_model(text: str, path: str, mlflow_model: Model) -> None:
        Path(path).mkdir()
        (Path(path) / "text").write_text(text)
        mlflow_model.add_flavor("own_flavor", data="text")

    flavor.save_model = save_model
    monkeypatch.setitem(sys.modules, "own_flavor", flavor)
    with runstone.start_run() as other:
        pass
    with runstone.start_run():
        info: ModelInfo = Model.log("m", flavor, metadata={"team": 1}, params={"p": 1}, run_id=other.info.run_id, text="hello")
    found = Model.load(f"runs:/{other.info.run_id}/m")
    assert (found.metadata, found.flavors, info.run_id) == ({"team": 1}, {"own_flavor": {"data": "text"}}, other.info.run_id)
    assert runstone.artifacts.load_text(f"runs:/{other.info.run_id}/m/text") == "hello"
    told = found.get_tags_dict()
    assert (told["run_id"], told["flavors"]) == (other.info.run_id, {"own_flavor": {"data": "text"}})
