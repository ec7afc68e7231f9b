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


def checkpoints(run: Any) -> list[str]:
    client, found, folders = runstone.MlflowClient(), [], ["checkpoints"]
    for folder in folders:
        for item in client.list_artifacts(run.info.run_id, folder):
            (folders if item.is_dir else found).append(item.path)
    return sorted(one for one in found if not one.endswith(".json"))


def test_checkpoints_are_kept_and_loaded() -> None:
    held_out = {"validation_data": (ROWS[:4], TARGETS[:4]), "batch_size": 8, "verbose": 0}
    runstone.tensorflow.autolog(log_models=False, checkpoint=True)
    model = net()
    model.fit(ROWS, TARGETS, epochs=3, **held_out)
    run = runstone.last_active_run()
    assert checkpoints(run) == ["checkpoints/latest_checkpoint.keras"]
    loaded = runstone.tensorflow.load_checkpoint(run_id=run.info.run_id)
    np.testing.assert_allclose(loaded.predict(ROWS, verbose=0), model.predict(ROWS, verbose=0), rtol=1e-6)
    assert loaded.optimizer is not None

    runstone.tensorflow.autolog(log_models=False, checkpoint=True, checkpoint_save_best_only=False)
    net().fit(ROWS, TARGETS, epochs=2, **held_out)
    run = runstone.last_active_run()
    assert checkpoints(run) == [f"checkpoints/epoch_{epoch}/checkpoint.keras" for epoch in range(2)]
    first, last = (runstone.tensorflow.load_checkpoint(run_id=run.info.run_id, epoch=epoch) for epoch in range(2))
    assert not np.array_equal(first.get_weights()[0], last.get_weights()[0])


def test_a_callback_keeps_weights_by_steps() -> None:
    runstone.tensorflow.autolog(log_models=False, checkpoint=True)  # leaves this fit to the callback
    model = net()
    keeping = runstone.tensorflow.MlflowModelCheckpointCallback(save_best_only=False, save_weights_only=True, save_freq=3)
    with runstone.start_run() as run:
        model.fit(ROWS, TARGETS, epochs=3, batch_size=8, verbose=0, callbacks=[keeping])
        loaded = runstone.tensorflow.load_checkpoint(net(), global_step=6)
    assert checkpoints(run) == [f"checkpoints/global_step_{step}/checkpoint.weights.h5" for step in (3, 6)]
    np.testing.assert_array_equal(loaded.get_weights()[0], model.get_weights()[0])
    with pytest.raises(InvalidValue, match="weights only"):
        runstone.tensorflow.load_checkpoint(run_id=run.info.run_id)


def test_a_whole_model_as_mlflow_keeps_it(tmp_path: Path) -> None:
    """Keras 3 writes ``loss="mse"`` into HDF5 and does not read it back: the weights come without it."""
    model = net()
    model.fit(ROWS, TARGETS, verbose=0)
    with runstone.start_run():
        model.save(tmp_path / "latest_checkpoint.h5")
        runstone.log_artifact(tmp_path / "latest_checkpoint.h5", "checkpoints")
        runstone.set_tag("mlflow.latest_checkpoint_artifact", "checkpoints/latest_checkpoint.h5")
        loaded = runstone.tensorflow.load_checkpoint()
    np.testing.assert_array_equal(loaded.get_weights()[0], model.get_weights()[0])
