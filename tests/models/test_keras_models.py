"""Keras, where it and a backend are installed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import runstone
from runstone.autolog import core
from runstone.errors import InvalidValue
from runstone.models import Model

BACKEND = next((name for name in ("tensorflow", "torch", "jax") if find_spec(name)), None)
if BACKEND is None or find_spec("keras") is None:
    pytest.skip("keras and a backend are not installed (pip install keras tensorflow-cpu)", allow_module_level=True)
os.environ.setdefault("KERAS_BACKEND", BACKEND)
pytestmark = pytest.mark.filterwarnings("ignore")
keras = pytest.importorskip("keras")

ROWS = np.random.default_rng(0).normal(size=(16, 3)).astype(np.float32)
TARGETS = ROWS.sum(axis=1, keepdims=True)


def net() -> Any:
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4, activation="relu"), keras.layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.SGD(0.05), loss="mse")
    return model


@pytest.fixture(autouse=True)
def switched_off(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("RUNSTONE_CAPTURE_CONTEXT", "0")
    core.forget()
    yield
    core.forget()


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    model = net()
    wanted = model.predict(ROWS, verbose=0)
    runstone.keras.save_model(model, tmp_path / "m", input_example=ROWS[:2])
    np.testing.assert_allclose(runstone.keras.load_model(tmp_path / "m").predict(ROWS, verbose=0), wanted, rtol=1e-6)
    np.testing.assert_allclose(runstone.pyfunc.load_model(tmp_path / "m").predict(ROWS), wanted, rtol=1e-6)
    runstone.keras.save_model(model, tmp_path / "unsigned", signature=False)
    frame = runstone.pyfunc.load_model(tmp_path / "unsigned").predict(pd.DataFrame(ROWS))
    np.testing.assert_allclose(frame.to_numpy(), wanted, rtol=1e-6)
    assert Model.load(tmp_path / "m").flavors["keras"]["save_exported_model"] is False
    with pytest.raises(InvalidValue, match="int"):
        runstone.keras.save_model(7, tmp_path / "other")


def test_a_fit() -> None:
    plain = net()
    plain.fit(ROWS, TARGETS, epochs=3, batch_size=8, verbose=0)
    runstone.keras.autolog()
    model = net()
    mine: list[Any] = []
    model.fit(ROWS, TARGETS, epochs=3, batch_size=8, verbose=0, callbacks=mine, validation_data=(ROWS[:4], TARGETS[:4]))
    assert mine == []
    for ours, theirs in zip(model.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    run = runstone.last_active_run()
    assert (run.data.params["epochs"], run.data.params["batch_size"]) == ("3", "8")
    assert float(run.data.params["optimizer_learning_rate"]) == pytest.approx(0.05)
    points = runstone.MlflowClient().get_metric_history(run.info.run_id, "val_loss")
    assert [point.step for point in points] == [0, 1, 2]
    names = {item.path for item in runstone.MlflowClient().list_artifacts(run.info.run_id)}
    assert names == {"model", "model_summary.txt"}
    (kept,) = runstone.search_logged_models(filter_string=f"source_run_id = '{run.info.run_id}'", output_format="list")
    assert [point.step for point in kept.metrics or () if point.key == "val_loss"] == [0, 1, 2]
    loaded = runstone.pyfunc.load_model(f"runs:/{run.info.run_id}/model")
    np.testing.assert_allclose(loaded.predict(ROWS), model.predict(ROWS, verbose=0), rtol=1e-6)
    runstone.keras.autolog(log_every_epoch=False, log_every_n_steps=2, log_models=False)
    net().fit(ROWS, TARGETS, epochs=2, batch_size=4, verbose=0)
    points = runstone.MlflowClient().get_metric_history(runstone.last_active_run().info.run_id, "loss")
    assert [point.step for point in points] == [2, 4, 6, 8]
    with pytest.raises(InvalidValue, match="one of the two"):
        runstone.keras.autolog(log_every_n_steps=3)


@pytest.mark.parametrize("flavor", ["keras", "tensorflow"])
def test_a_callback_logs_one_training(flavor: str) -> None:
    callback = getattr(runstone, flavor).MlflowCallback
    with runstone.start_run() as run:
        net().fit(ROWS, TARGETS, epochs=2, verbose=0, validation_data=(ROWS, TARGETS), callbacks=[callback()])
        net().fit(ROWS, TARGETS, epochs=2, verbose=0)
    found = runstone.get_run(run.info.run_id).data
    assert found.params["optimizer_learning_rate" if flavor == "keras" else "opt_learning_rate"].startswith("0.05")
    assert set(found.metrics) == {"loss", "val_loss", "validation_loss"}
    assert [one.step for one in runstone.MlflowClient().get_metric_history(run.info.run_id, "loss")] == [0, 1]
    assert [file.path for file in runstone.MlflowClient().list_artifacts(run.info.run_id)] == ["model_summary.txt"]
    assert runstone.search_logged_models(output_format="list") == []
    with pytest.raises(InvalidValue, match="one of the two"):
        callback(log_every_n_steps=2)


def test_a_callback_without_a_run_begins_one_that_stays() -> None:
    net().fit(ROWS, TARGETS, epochs=1, verbose=0, callbacks=[runstone.keras.MlflowCallback(False, 1)])
    run = runstone.active_run()
    assert run is not None
    runstone.end_run()
    assert [one.step for one in runstone.MlflowClient().get_metric_history(run.info.run_id, "loss")] == [1]
