"""RUNSTONE_ALLOW_PICKLE: what may run code when a model is loaded."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
import yaml
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier

import runstone.pyfunc
import runstone.sklearn
from runstone.errors import InvalidValue, PermissionDenied
from runstone.models import Model

X, Y = load_iris(return_X_y=True)
FOREST = RandomForestClassifier(3, random_state=0).fit(X, Y)
PICKLES = ("cloudpickle", "pickle")


class Trap:
    """Leaves a mark when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.mark,)


def test_a_pickle_loads_with_one_warning_per_process(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runstone.sklearn.save_model(FOREST, tmp_path / "m")
    assert capsys.readouterr().err == ""
    for _ in range(3):
        runstone.sklearn.load_model(tmp_path / "m")
        runstone.pyfunc.load_model(tmp_path / "m")
    told = capsys.readouterr().err
    assert told.count("is a pickle") == 1
    assert "WARNING" in told


@pytest.mark.parametrize("word", ["deny", "trusted", "DENY"])
@pytest.mark.parametrize("kind", PICKLES)
def test_a_pickle_that_may_not_load_is_not_even_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, word: str
) -> None:
    runstone.sklearn.save_model(FOREST, tmp_path / "m", serialization_format=kind)
    (tmp_path / "m" / "model.pkl").write_bytes(pickle.dumps(Trap(tmp_path / "sprung")))
    monkeypatch.setenv("RUNSTONE_ALLOW_PICKLE", word)
    for load in (runstone.sklearn.load_model, runstone.pyfunc.load_model):
        with pytest.raises(PermissionDenied, match="RUNSTONE_ALLOW_PICKLE"):
            load(tmp_path / "m")
    assert not (tmp_path / "sprung").exists()
    monkeypatch.delenv("RUNSTONE_ALLOW_PICKLE")
    runstone.sklearn.load_model(tmp_path / "m")
    assert (tmp_path / "sprung").exists()


def test_mlflows_own_variable_is_honoured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runstone.sklearn.save_model(FOREST, tmp_path / "m")
    monkeypatch.setenv("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "false")
    with pytest.raises(PermissionDenied):
        runstone.sklearn.load_model(tmp_path / "m")
    monkeypatch.setenv("RUNSTONE_ALLOW_PICKLE", "allow")
    runstone.sklearn.load_model(tmp_path / "m")


def test_skops_loads_under_every_policy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runstone.sklearn.save_model(FOREST, tmp_path / "m", serialization_format="skops")
    for word in ("allow", "trusted", "deny"):
        monkeypatch.setenv("RUNSTONE_ALLOW_PICKLE", word)
        assert (runstone.pyfunc.load_model(tmp_path / "m").predict(X) == FOREST.predict(X)).all()


class Own(RandomForestClassifier):
    """A type that skops does not know."""


def test_a_models_own_word_does_not_make_its_types_trusted_under_deny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = Own(2, random_state=0).fit(X, Y)
    with pytest.raises(InvalidValue, match="skops_trusted_types=") as refusal:
        runstone.sklearn.save_model(model, tmp_path / "m", serialization_format="skops")
    types = [f"{Own.__module__}.Own"]
    assert types[0] in str(refusal.value)
    runstone.sklearn.save_model(model, tmp_path / "m", serialization_format="skops", skops_trusted_types=types)
    assert set(types) <= set(Model.load(tmp_path / "m").flavors["sklearn"]["skops_trusted_types"])
    assert (runstone.sklearn.load_model(tmp_path / "m").predict(X) == model.predict(X)).all()
    monkeypatch.setenv("RUNSTONE_ALLOW_PICKLE", "deny")
    with pytest.raises(InvalidValue, match="nobody has vouched for"):
        runstone.sklearn.load_model(tmp_path / "m")


def test_a_word_that_is_no_policy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runstone.sklearn.save_model(FOREST, tmp_path / "m")
    monkeypatch.setenv("RUNSTONE_ALLOW_PICKLE", "maybe")
    with pytest.raises(InvalidValue, match="allow, trusted and deny"):
        runstone.sklearn.load_model(tmp_path / "m")


def manifest(folder: Path, **settings: object) -> Path:
    folder.mkdir()
    (folder / "MLmodel").write_text(yaml.safe_dump({"flavors": {"python_function": settings}}))
    return folder


@pytest.mark.parametrize(
    "settings",
    [
        {"loader_module": "mlflow.pyfunc.model", "python_model": "../out.pkl"},
        {"loader_module": "mlflow.sklearn", "model_path": "../out.pkl"},
        {"loader_module": "mlflow.pyfunc.model", "python_model": "in.pkl", "artifacts": {"a": {"path": "../out.pkl"}}},
        {"loader_module": "anything", "code": ".."},
    ],
)
def test_a_manifest_names_nothing_outside_of_the_model(tmp_path: Path, settings: dict[str, object]) -> None:
    folder = manifest(tmp_path / "m", **settings)
    for file in (tmp_path / "out.pkl", folder / "in.pkl"):
        file.write_bytes(pickle.dumps({}))
    with pytest.raises(InvalidValue, match="outside of the model"):
        runstone.pyfunc.load_model(folder)


def test_a_manifest_of_scikit_learn_names_nothing_outside_of_the_model(tmp_path: Path) -> None:
    runstone.sklearn.save_model(FOREST, tmp_path / "m")
    (tmp_path / "m" / "model.pkl").rename(tmp_path / "out.pkl")
    file = tmp_path / "m" / "MLmodel"
    file.write_text(file.read_text().replace("pickled_model: model.pkl", "pickled_model: ../out.pkl"))
    with pytest.raises(InvalidValue, match="outside of the model"):
        runstone.sklearn.load_model(tmp_path / "m")
