"""Saving a scikit-learn model to a folder and loading it again."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

import runstone.pyfunc
import runstone.sklearn
from runstone.errors import AlreadyExists, InvalidValue, NotFound, NotSupported
from runstone.models import Model, get_model_info, infer_signature, set_signature

FRAME, TARGET = load_iris(return_X_y=True, as_frame=True)
FOREST = RandomForestClassifier(5, random_state=0).fit(FRAME, TARGET)
FORMATS = ("cloudpickle", "pickle", "skops")


class Majority(ClassifierMixin, BaseEstimator):
    """An estimator of this module, which no package carries."""

    def fit(self, x: Any, y: Any) -> Majority:
        self.classes_, counts = np.unique(y, return_counts=True)
        self.best_ = self.classes_[counts.argmax()]
        return self

    def predict(self, x: Any) -> Any:
        return np.full(len(x), self.best_)


class Keeper:
    """Something without predict."""

    kept = 3


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_there_and_back(tmp_path: Path, kind: str) -> None:
    runstone.sklearn.save_model(FOREST, tmp_path / "m", serialization_format=kind)
    expected = FOREST.predict_proba(FRAME)
    np.testing.assert_array_equal(runstone.sklearn.load_model(tmp_path / "m").predict_proba(FRAME), expected)
    np.testing.assert_array_equal(runstone.pyfunc.load_model(tmp_path / "m").predict(FRAME), FOREST.predict(FRAME))


def test_what_lies_in_the_folder(tmp_path: Path) -> None:
    signature = infer_signature(FRAME, FOREST.predict(FRAME))
    runstone.sklearn.save_model(
        FOREST, tmp_path / "m", signature=signature, input_example=FRAME.head(2), metadata={"team": "a"}
    )
    names = {"MLmodel", "model.pkl", "conda.yaml", "python_env.yaml", "requirements.txt", "input_example.json"}
    assert {file.name for file in (tmp_path / "m").iterdir()} == {*names, "serving_input_example.json"}
    told = yaml.safe_load((tmp_path / "m" / "MLmodel").read_text())
    assert told["flavors"]["python_function"]["loader_module"] == "mlflow.sklearn"
    assert told["flavors"]["sklearn"] == {
        "code": None,
        "pickled_model": "model.pkl",
        "serialization_format": "cloudpickle",
        "sklearn_version": sys.modules["sklearn"].__version__,
        "skops_trusted_types": None,
    }
    assert json.loads(told["signature"]["inputs"])[0] == {"type": "double", "name": "sepal length (cm)", "required": True}
    assert told["metadata"] == {"team": "a"}
    assert told["model_size_bytes"] > 1000
    assert len(told["model_uuid"]) == 32


def test_the_manifest_comes_back(tmp_path: Path) -> None:
    runstone.sklearn.save_model(FOREST, tmp_path / "m", input_example=(FRAME.head(2), {"t": 1.0}))
    meta = Model.load(tmp_path / "m")
    assert meta == Model.load(tmp_path / "m" / "MLmodel") == Model.from_dict(meta.to_dict())
    info = get_model_info(str(tmp_path / "m"))
    assert info.model_uuid == meta.model_uuid
    assert info.signature == meta.signature
    assert info.run_id is None
    pd.testing.assert_frame_equal(meta.load_input_example(tmp_path / "m"), FRAME.head(2))
    assert meta.load_input_example_params(tmp_path / "m") == {"t": 1.0}


@pytest.mark.parametrize(
    "example", [FRAME.head(2), FRAME.head(2).to_numpy(), FRAME.head(2).to_numpy().tolist()], ids=["frame", "array", "list"]
)
def test_the_signature_is_inferred_from_the_example(tmp_path: Path, example: Any) -> None:
    model = LogisticRegression(max_iter=500).fit(FRAME.to_numpy(), TARGET)
    if isinstance(example, pd.DataFrame):
        model = LogisticRegression(max_iter=500).fit(FRAME, TARGET)
    runstone.sklearn.save_model(model, tmp_path / "m", input_example=example)
    output = model.predict(example)
    given = output if isinstance(example, np.ndarray) else pd.Series(output)  # rows of columns give a column
    assert Model.load(tmp_path / "m").signature == infer_signature(example, given)


def test_signature_false_leaves_it_out(tmp_path: Path) -> None:
    runstone.sklearn.save_model(FOREST, tmp_path / "m", input_example=FRAME.head(2), signature=False)
    assert Model.load(tmp_path / "m").signature is None


def test_an_example_that_the_model_refuses_does_not_cost_the_model(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runstone.sklearn.save_model(FOREST, tmp_path / "m", input_example=FRAME.iloc[:2, :2])
    signature = Model.load(tmp_path / "m").signature
    assert signature is not None
    assert signature.outputs is None
    assert "cannot predict its input example" in capsys.readouterr().err


def test_classes_and_functions_of_a_script_need_cloudpickle(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def add_one(x: Any) -> Any:
        return x + 1

    model = make_pipeline(FunctionTransformer(add_one), StandardScaler(), LogisticRegression(max_iter=500)).fit(FRAME, TARGET)
    runstone.sklearn.save_model(model, tmp_path / "m")
    np.testing.assert_array_equal(runstone.sklearn.load_model(tmp_path / "m").predict(FRAME), model.predict(FRAME))
    assert "code_paths" not in capsys.readouterr().err
    for kind in ("pickle", "skops"):
        with pytest.raises(InvalidValue, match=f"cannot be saved as {kind}"):
            runstone.sklearn.save_model(
                model, tmp_path / kind, serialization_format=kind, skops_trusted_types=[f"{__name__}.add_one"]
            )
        assert not (tmp_path / kind).exists()


def test_a_failed_save_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(InvalidValue):
        runstone.sklearn.save_model(FOREST, tmp_path / "m", pip_requirements=["not a requirement!"])
    with pytest.raises(InvalidValue, match="YAML"):
        runstone.sklearn.save_model(FOREST, tmp_path / "m", metadata={"thing": Keeper()})
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    runstone.sklearn.save_model(FOREST, tmp_path / "m")
    before = (tmp_path / "m" / "model.pkl").read_bytes()
    with pytest.raises(AlreadyExists, match="not empty"):
        runstone.sklearn.save_model(LogisticRegression(), tmp_path / "m")
    assert (tmp_path / "m" / "model.pkl").read_bytes() == before


def test_a_model_without_predict_loads_as_sklearn_only(tmp_path: Path) -> None:
    runstone.sklearn.save_model(Keeper(), tmp_path / "m")
    assert runstone.sklearn.load_model(tmp_path / "m").kept == 3
    with pytest.raises(InvalidValue, match="python_function"):
        runstone.pyfunc.load_model(tmp_path / "m")


def test_predict_proba_as_the_function(tmp_path: Path) -> None:
    runstone.sklearn.save_model(FOREST, tmp_path / "m", pyfunc_predict_fn="predict_proba")
    np.testing.assert_array_equal(runstone.pyfunc.load_model(tmp_path / "m").predict(FRAME), FOREST.predict_proba(FRAME))


def test_own_code_travels_with_the_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "own_estimator_7.py"
    source.write_text("class Constant:\n    def predict(self, x):\n        return [7] * len(x)\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    import own_estimator_7  # type: ignore[import-not-found]

    runstone.sklearn.save_model(own_estimator_7.Constant(), tmp_path / "m", code_paths=[source])
    source.unlink()
    monkeypatch.setattr(sys, "path", sys.path[1:])
    del sys.modules["own_estimator_7"]
    assert runstone.pyfunc.load_model(tmp_path / "m").predict([0, 0]) == [7, 7]
    del sys.modules["own_estimator_7"]


def test_a_module_of_no_package_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runstone.sklearn.save_model(Majority().fit(FRAME, TARGET), tmp_path / "m")
    assert "'test_sklearn_folder'" in capsys.readouterr().err


def test_a_model_whose_module_is_gone_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runstone.sklearn.save_model(Majority().fit(FRAME, TARGET), tmp_path / "m")
    monkeypatch.setitem(sys.modules, "test_sklearn_folder", None)
    for load in (runstone.sklearn.load_model, runstone.pyfunc.load_model):
        with pytest.raises(NotSupported, match=r"test_sklearn_folder.*pip install -r.*code_paths"):
            load(tmp_path / "m")


def test_extra_files_are_kept(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x")
    runstone.sklearn.save_model(FOREST, tmp_path / "m", extra_files=[tmp_path / "notes.txt"])
    assert (tmp_path / "m" / "extra_files" / "notes.txt").read_text() == "x"
    assert Model.load(tmp_path / "m").flavors["sklearn"]["extra_files"] == [{"path": "extra_files/notes.txt"}]


@pytest.mark.parametrize("argument", ["code_paths", "extra_files"])
def test_paths_that_are_not_there_are_named(tmp_path: Path, argument: str) -> None:
    with pytest.raises(InvalidValue, match="nowhere"):
        runstone.sklearn.save_model(FOREST, tmp_path / "m", **{argument: ["nowhere.py"]})
    with pytest.raises(InvalidValue, match="list of paths"):
        runstone.sklearn.save_model(FOREST, tmp_path / "m", **{argument: "nowhere.py"})


def test_a_unknown_format_names_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(InvalidValue, match="cloudpickle, pickle, skops"):
        runstone.sklearn.save_model(FOREST, tmp_path / "m", serialization_format="joblib")


def test_a_file_uri_and_a_copy(tmp_path: Path) -> None:
    runstone.sklearn.save_model(FOREST, tmp_path / "my model")
    (tmp_path / "copies").mkdir()
    uri = (tmp_path / "my model").as_uri()
    np.testing.assert_array_equal(runstone.sklearn.load_model(uri, tmp_path / "copies").predict(FRAME), FOREST.predict(FRAME))
    assert (tmp_path / "copies" / "my model" / "MLmodel").is_file()


@pytest.mark.parametrize(
    ("uri", "error", "told"),
    [
        ("nowhere", NotFound, "does not exist"),
        (".", NotFound, "no MLmodel file"),
        ("models:/churn/3", NotFound, "churn"),
        ("models:/", InvalidValue, "names no model"),
        ("s3://bucket/m", InvalidValue, "'s3'"),
        ("runs:/", InvalidValue, "runs:/<run_id>/<path>"),
        ("runs:/abc", InvalidValue, "runs:/<run_id>/<path>"),
        ("", InvalidValue, "no place"),
        (None, InvalidValue, "None is no place"),
    ],
)
def test_places_where_no_model_is(uri: Any, error: type[Exception], told: str) -> None:
    for load in (runstone.sklearn.load_model, runstone.pyfunc.load_model):
        with pytest.raises(error, match=told):
            load(uri)


@pytest.mark.parametrize("content", ["", "[1]", "a: [", "flavors: 3", "\x00\x01", "[" * 50_000, "a: " + "{b: " * 50_000])
def test_a_file_that_is_no_manifest(tmp_path: Path, content: str) -> None:
    (tmp_path / "MLmodel").write_text(content)
    with pytest.raises(InvalidValue, match="MLmodel"):
        Model.load(tmp_path)


def test_a_manifest_from_the_future_keeps_what_we_do_not_know(tmp_path: Path) -> None:
    runstone.sklearn.save_model(FOREST, tmp_path / "m")
    file = tmp_path / "m" / "MLmodel"
    file.write_text(file.read_text() + "quantum_state: [1, 2]\n")
    set_signature(str(tmp_path / "m"), infer_signature(FRAME))
    assert yaml.safe_load(file.read_text())["quantum_state"] == [1, 2]
    assert Model.load(file).signature == infer_signature(FRAME)


def test_a_manifest_of_a_later_series_says_so(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    runstone.sklearn.save_model(FOREST, tmp_path / "m", signature=infer_signature(FRAME))
    file = tmp_path / "m" / "MLmodel"
    text = file.read_text().replace("mlflow_version: 3.", "mlflow_version: 30.")
    file.write_text(text)
    assert runstone.pyfunc.load_model(tmp_path / "m").metadata.signature == infer_signature(FRAME)
    said = capfd.readouterr().err
    assert said.count("newer Runstone") == 1
    assert "format of mlflow 30." in said
    file.write_text(text.replace('"double"', '"decimal"').replace('\\"double\\"', '\\"decimal\\"'))
    with pytest.raises(InvalidValue, match=r"MLmodel cannot be read: Unsupported type 'decimal'.*format of mlflow 30\."):
        runstone.pyfunc.load_model(tmp_path / "m")


def test_a_model_file_that_is_gone(tmp_path: Path) -> None:
    runstone.sklearn.save_model(FOREST, tmp_path / "m")
    (tmp_path / "m" / "model.pkl").unlink()
    for load in (runstone.sklearn.load_model, runstone.pyfunc.load_model):
        with pytest.raises(NotFound, match=r"model\.pkl"):
            load(tmp_path / "m")


def test_a_flavor_without_a_loader_here(tmp_path: Path) -> None:
    runstone.sklearn.save_model(FOREST, tmp_path / "m")
    meta = Model.load(tmp_path / "m")
    meta.flavors = {"python_function": {"loader_module": "mlflow.paddle", "model_path": "model.pkl"}}
    meta.save(tmp_path / "m" / "MLmodel")
    with pytest.raises(NotSupported, match=r"mlflow\.paddle"):
        runstone.pyfunc.load_model(tmp_path / "m")
    with pytest.raises(InvalidValue, match="none of scikit-learn"):
        runstone.sklearn.load_model(tmp_path / "m")


def test_settings_for_a_model_that_takes_none_are_passed_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runstone.sklearn.save_model(FOREST, tmp_path / "m")
    (tmp_path / "settings.yaml").write_text("size: 3\n")
    for told in ({"device": "cpu"}, str(tmp_path / "settings.yaml"), {}):
        loaded = runstone.pyfunc.load_model(tmp_path / "m", model_config=told)
        np.testing.assert_array_equal(loaded.predict(FRAME), FOREST.predict(FRAME))
    assert capsys.readouterr().err.count("model_config= is not used (device)") == 1
    with pytest.raises(InvalidValue, match="model_config="):
        runstone.pyfunc.load_model(tmp_path / "m", model_config=str(tmp_path / "none.yaml"))
