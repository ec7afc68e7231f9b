"""XGBoost's and LightGBM's models: saved, loaded, exchanged with the real mlflow, logged without a line."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

import runstone
from forks import Forks
from runstone.autolog import core
from runstone.errors import AlreadyExists, InvalidValue, PermissionDenied
from runstone.models import Model, infer_signature

xgboost = pytest.importorskip("xgboost", reason="xgboost is not installed (pip install xgboost-cpu)")
lightgbm = pytest.importorskip("lightgbm", reason="lightgbm is not installed (pip install lightgbm)")

X = pd.DataFrame(np.random.default_rng(0).normal(size=(60, 3)), columns=["a", "b", "c"])
Y = (X["a"] + X["b"] > 0).astype(int)
BOOSTER = xgboost.train({"max_depth": 2, "objective": "binary:logistic"}, xgboost.DMatrix(X, Y), 3)
CLASSIFIER = xgboost.XGBClassifier(n_estimators=3, max_depth=2, n_jobs=1).fit(X, Y)
LIGHT = lightgbm.train({"num_leaves": 4, "verbose": -1, "num_threads": 1, "seed": 0}, lightgbm.Dataset(X, Y), 3)
LIGHT_CLASSIFIER = lightgbm.LGBMClassifier(n_estimators=3, verbose=-1, n_jobs=1).fit(X, Y)
#: flavor, model, arguments, what predicts as python_function does
KINDS: dict[str, tuple[str, Any, dict[str, Any]]] = {
    "xgb booster": ("xgboost", BOOSTER, {}),
    "xgb booster json": ("xgboost", BOOSTER, {"model_format": "json"}),
    "xgb classifier": ("xgboost", CLASSIFIER, {"input_example": X.head(2)}),
    "lgb booster": ("lightgbm", LIGHT, {}),
    "lgb cloudpickle": ("lightgbm", LIGHT_CLASSIFIER, {"input_example": X.head(2)}),
    "lgb skops": ("lightgbm", LIGHT_CLASSIFIER, {"serialization_format": "skops"}),
}


@pytest.fixture(autouse=True)
def switched_off(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("RUNSTONE_CAPTURE_CONTEXT", "0")
    core.forget()
    yield
    core.forget()


def face(flavor: str) -> Any:
    return getattr(runstone, flavor)


def expected(flavor: str, model: Any) -> Any:
    return model.predict(xgboost.DMatrix(X) if model is BOOSTER else X)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_saved_is_loaded(kind: str, tmp_path: Path) -> None:
    flavor, model, arguments = KINDS[kind]
    face(flavor).save_model(model, tmp_path / "m", metadata={"team": 1}, **arguments)
    loaded = face(flavor).load_model(tmp_path / "m")
    assert type(loaded) is type(model)
    wanted = expected(flavor, model)
    np.testing.assert_array_equal(runstone.pyfunc.load_model(tmp_path / "m").predict(X), wanted)
    told = Model.load(tmp_path / "m")
    assert told.metadata == {"team": 1}
    assert (told.signature is not None) == ("input_example" in arguments)
    requirements = (tmp_path / "m" / "requirements.txt").read_text()
    assert f"{flavor}" in requirements
    with pytest.raises(AlreadyExists):
        face(flavor).save_model(model, tmp_path / "m")


def test_a_model_of_a_run_is_registered_and_loaded() -> None:
    with runstone.start_run() as run:
        info = runstone.xgboost.log_model(CLASSIFIER, "model", registered_model_name="trees", params={"depth": 2}, step=4)
    assert info.registered_model_version == 1
    assert runstone.get_logged_model(info.model_id).params == {"depth": "2"}
    for uri in ("models:/trees/1", f"runs:/{run.info.run_id}/model"):
        np.testing.assert_array_equal(runstone.xgboost.load_model(uri).predict(X), CLASSIFIER.predict(X))


def test_what_cannot_be_saved_or_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidValue, match="bst"):
        runstone.xgboost.save_model(BOOSTER, tmp_path / "m", model_format="bst")
    with pytest.raises(InvalidValue, match="int"):
        runstone.lightgbm.save_model(7, tmp_path / "m")
    with pytest.raises(TypeError, match="xgb_model"):
        runstone.xgboost.log_model()
    runstone.xgboost.save_model(BOOSTER, tmp_path / "m")
    with pytest.raises(InvalidValue, match="lightgbm"):
        runstone.lightgbm.load_model(tmp_path / "m")
    manifest = tmp_path / "m" / "MLmodel"
    plain = manifest.read_text()
    manifest.write_text(plain.replace("xgboost.core.Booster", "subprocess.Popen"))
    with pytest.raises(InvalidValue, match="Popen"):
        runstone.xgboost.load_model(tmp_path / "m")
    manifest.write_text(plain.replace("data: model.ubj", "data: ../../etc/passwd"))
    with pytest.raises(InvalidValue, match="outside"):
        runstone.xgboost.load_model(tmp_path / "m")
    runstone.lightgbm.save_model(LIGHT_CLASSIFIER, tmp_path / "l")
    monkeypatch.setenv("RUNSTONE_ALLOW_PICKLE", "deny")
    with pytest.raises(PermissionDenied):
        runstone.lightgbm.load_model(tmp_path / "l")


# --- autologging -------------------------------------------------------------------------------------------------------


def last() -> Any:
    return runstone.last_active_run()


def files(run: Any, path: str | None = None) -> set[str]:
    return {item.path for item in runstone.MlflowClient().list_artifacts(run.info.run_id, path)}


def history(run: Any, key: str) -> list[tuple[int, float]]:
    return [(point.step, point.value) for point in runstone.MlflowClient().get_metric_history(run.info.run_id, key)]


def importances(*kinds: str) -> set[str]:
    return {f"feature_importance_{kind}.{end}" for kind in kinds for end in ("json", "png")}


def train_xgboost() -> Any:
    data = xgboost.DMatrix(X, Y)
    params = {"max_depth": 2, "eval_metric": ["rmse", "ndcg@3"]}
    return xgboost.train(params, data, 30, evals=[(data, "train")], early_stopping_rounds=2, verbose_eval=False)


def test_a_training_of_xgboost() -> None:
    plain = train_xgboost().save_raw()
    runstone.xgboost.autolog(importance_types=["weight", "gain"], log_input_examples=True)
    model = train_xgboost()
    assert model.save_raw() == plain
    run = last()
    assert run.info.status == "FINISHED"
    # as mlflow 3.17 logs this training
    assert run.data.params == {
        "max_depth": "2",
        "eval_metric": "['rmse', 'ndcg@3']",
        "num_boost_round": "30",
        "maximize": "None",
        "early_stopping_rounds": "2",
        "verbose_eval": "False",
        "custom_metric": "None",
    }
    assert set(run.data.metrics) == {"train-rmse", "train-ndcg_at_3", "stopped_iteration", "best_iteration"}
    seen = history(run, "train-rmse")
    best = int(run.data.metrics["best_iteration"])
    assert [step for step, _ in seen] == [*range(model.num_boosted_rounds()), model.num_boosted_rounds()]
    assert seen[-1][1] == seen[best][1]
    assert files(run) == {
        "model",
        *(f"feature_importance_{kind}.{end}" for kind in ("weight", "gain") for end in ("json", "png")),
    }
    loaded = runstone.pyfunc.load_model(f"runs:/{run.info.run_id}/model")
    assert loaded.metadata.signature.inputs.input_names() == ["a", "b", "c"]
    np.testing.assert_array_equal(loaded.predict(X), model.predict(xgboost.DMatrix(X)))
    assert [one.tags[0].value for one in run.inputs.dataset_inputs] == ["train", "eval"]


def test_a_fit_of_xgboost() -> None:
    runstone.xgboost.autolog()
    with runstone.start_run() as mine:
        model = xgboost.XGBClassifier(n_estimators=3, max_depth=2, n_jobs=1).fit(X, Y, eval_set=[(X, Y)], verbose=False)
    np.testing.assert_array_equal(model.predict_proba(X), CLASSIFIER.predict_proba(X))
    run = runstone.get_run(mine.info.run_id)
    assert len(runstone.search_runs(output_format="list")) == 1
    assert run.data.params["max_depth"] == "2"
    assert len(history(run, "validation_0-logloss")) == 3
    assert run.data.metrics["training_accuracy_score"] == model.score(X, Y)
    assert isinstance(runstone.xgboost.load_model(f"runs:/{run.info.run_id}/model"), xgboost.XGBClassifier)


def test_trainings_of_lightgbm() -> None:
    def train() -> Any:
        data = lightgbm.Dataset(X, Y)
        test = lightgbm.Dataset(X[:30], Y[:30], reference=data)
        mine = [lightgbm.early_stopping(2, verbose=False)]
        params = {"num_leaves": 4, "verbose": -1, "num_threads": 1, "seed": 0}
        model = lightgbm.train(params, data, 20, valid_sets=[test], valid_names=["test"], callbacks=mine)
        assert len(mine) == 1
        return model

    plain = train().model_to_string()
    runstone.lightgbm.autolog()
    assert train().model_to_string() == plain
    run = last()
    assert run.data.params["num_leaves"] == "4"
    assert len(history(run, "test-l2")) > 2
    assert "stopped_iteration" in run.data.metrics
    assert files(run) == {
        "model",
        *(f"feature_importance_{kind}.{end}" for kind in ("split", "gain") for end in ("json", "png")),
    }
    lightgbm.LGBMClassifier(n_estimators=3, verbose=-1, n_jobs=1).fit(X, Y)
    run = last()
    loaded = runstone.lightgbm.load_model(f"runs:/{run.info.run_id}/model")
    np.testing.assert_array_equal(loaded.predict_proba(X), LIGHT_CLASSIFIER.predict_proba(X))
    assert run.data.metrics["training_accuracy_score"] == loaded.score(X, Y)


def test_an_error_inside_is_one_warning(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from runstone.autolog import boosting

    plain = train_xgboost().save_raw()
    monkeypatch.delenv("RUNSTONE_STRICT")
    runstone.autolog(log_models=False, log_datasets=False)
    monkeypatch.setattr(boosting.Iterations, "add", lambda *_: 1 / 0)
    assert train_xgboost().save_raw() == plain
    assert capsys.readouterr().err.count("WARNING") == 1
    with pytest.raises(xgboost.core.XGBoostError):
        xgboost.train({"objective": "nonsense"}, xgboost.DMatrix(X, Y), 1)
    assert last().info.status == "FAILED"


# --- the real mlflow -----------------------------------------------------------------------------------------------------

ASK = """
import json, os, sys, warnings
warnings.simplefilter("ignore")
try:
    import lightgbm, xgboost
except ImportError:
    sys.exit(77)
import mlflow, mlflow.lightgbm, mlflow.xgboost, numpy as np, pandas as pd
folder = sys.argv[1]
X = pd.DataFrame(np.random.default_rng(0).normal(size=(60, 3)), columns=["a", "b", "c"])
Y = (X["a"] + X["b"] > 0).astype(int)
found = {}
for name in json.loads(sys.argv[2]):
    path = os.path.join(folder, name)
    with_flavor = (mlflow.xgboost if name.startswith("xgb") else mlflow.lightgbm).load_model(path)
    found[name] = [mlflow.pyfunc.load_model(path).predict(X).tolist(), type(with_flavor).__name__]
fast = {"pip_requirements": []}
classifier = xgboost.XGBClassifier(n_estimators=3, max_depth=2, n_jobs=1).fit(X, Y)
mlflow.xgboost.save_model(classifier, folder + "/theirs xgb", **fast)
light = lightgbm.LGBMClassifier(n_estimators=3, verbose=-1, n_jobs=1).fit(X, Y)
mlflow.lightgbm.save_model(light, folder + "/theirs lgb", **fast)
mlflow.lightgbm.save_model(light.booster_, folder + "/theirs lgb booster", **fast)
print("FOUND" + json.dumps(found))
"""


@pytest.mark.peer
@pytest.mark.slow
def test_beside_the_real_mlflow(real_mlflow: Forks, tmp_path: Path) -> None:
    for name, (flavor, model, arguments) in KINDS.items():
        face(flavor).save_model(model, tmp_path / name, **arguments)
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("RUNSTONE_", "MLFLOW_", "PYTHON"))}
    done = real_mlflow.run("-c", ASK, str(tmp_path), json.dumps(list(KINDS)), cwd=tmp_path, env=clean)
    if done.returncode == 77:
        pytest.skip("the real mlflow's environment has no xgboost or no lightgbm")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.rpartition("FOUND")[2])
    for name, (flavor, model, _) in KINDS.items():
        assert told[name] == [expected(flavor, model).tolist(), type(model).__name__]
    np.testing.assert_array_equal(runstone.pyfunc.load_model(tmp_path / "theirs xgb").predict(X), CLASSIFIER.predict(X))
    assert isinstance(runstone.xgboost.load_model(tmp_path / "theirs xgb"), xgboost.XGBClassifier)
    np.testing.assert_array_equal(runstone.pyfunc.load_model(tmp_path / "theirs lgb").predict(X), LIGHT_CLASSIFIER.predict(X))
    assert isinstance(runstone.lightgbm.load_model(tmp_path / "theirs lgb booster"), lightgbm.Booster)

    def keys(path: str, flavor: str) -> set[str]:
        return set(yaml.safe_load((tmp_path / path / "MLmodel").read_text())["flavors"][flavor])

    assert keys("theirs xgb", "xgboost") == keys("xgb classifier", "xgboost")
    assert keys("theirs lgb", "lightgbm") == keys("lgb skops", "lightgbm")
    assert keys("theirs xgb", "python_function") == keys("xgb classifier", "python_function")


def test_a_signature_of_ones_own(tmp_path: Path) -> None:
    signature = infer_signature(X, np.zeros(3), params={"iteration_range": [0, 1]})
    runstone.xgboost.save_model(CLASSIFIER, tmp_path / "m", signature=signature)
    loaded = runstone.pyfunc.load_model(tmp_path / "m")
    first = CLASSIFIER.predict(X, iteration_range=(0, 1))
    np.testing.assert_array_equal(loaded.predict(X, params={"iteration_range": [0, 1]}), first)
