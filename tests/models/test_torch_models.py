"""PyTorch, where it is installed: models in three formats, Lightning's trainings, loops of one's own."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import runstone
from runstone.autolog import core
from runstone.errors import InvalidValue, NotFound, PermissionDenied
from runstone.models import Model

torch = pytest.importorskip("torch", reason="torch is not installed (pip install torch)")
pytestmark = pytest.mark.filterwarnings("ignore")

ROWS = np.random.default_rng(0).normal(size=(8, 3)).astype(np.float32)


def net() -> Any:
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.ReLU(), torch.nn.Linear(4, 1))


def expected(model: Any) -> Any:
    with torch.no_grad():
        return model(torch.from_numpy(ROWS)).numpy()


@pytest.fixture(autouse=True)
def switched_off(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("RUNSTONE_CAPTURE_CONTEXT", "0")
    core.forget()
    yield
    core.forget()


def test_pickled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Mine(torch.nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.inner = net()

        def forward(self, rows: Any) -> Any:
            return self.inner(rows)

    model = Mine().train()
    runstone.pytorch.save_model(model, tmp_path / "m", input_example=torch.from_numpy(ROWS[:2]))
    assert model.training
    np.testing.assert_allclose(expected(runstone.pytorch.load_model(tmp_path / "m")), expected(model))
    loaded = runstone.pyfunc.load_model(tmp_path / "m", model_config={"device": "cpu"})
    np.testing.assert_allclose(loaded.predict(ROWS), expected(model))
    assert loaded.metadata.signature is not None
    runstone.pytorch.save_model(torch.jit.script(net()), tmp_path / "scripted")
    np.testing.assert_allclose(runstone.pyfunc.load_model(tmp_path / "scripted").predict(pd.DataFrame(ROWS)), expected(net()))
    monkeypatch.setenv("RUNSTONE_ALLOW_PICKLE", "deny")
    with pytest.raises(PermissionDenied):
        runstone.pytorch.load_model(tmp_path / "m")


def test_weights_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("safetensors", reason="safetensors is not installed")
    model = net()
    runstone.pytorch.save_model(model, tmp_path / "m", serialization_format="safetensors")
    monkeypatch.setenv("RUNSTONE_ALLOW_PICKLE", "deny")
    with pytest.raises(InvalidValue, match="model=MyModule"):
        runstone.pytorch.load_model(tmp_path / "m")
    other = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.ReLU(), torch.nn.Linear(4, 1))
    assert runstone.pytorch.load_model(tmp_path / "m", model=other) is other
    np.testing.assert_array_equal(expected(other), expected(model))


def test_a_graph(tmp_path: Path) -> None:
    with pytest.raises(InvalidValue, match="input_example"):
        runstone.pytorch.save_model(net(), tmp_path / "m", serialization_format="pt2")
    runstone.pytorch.save_model(net(), tmp_path / "m", serialization_format="pt2", input_example=ROWS[:2])
    np.testing.assert_allclose(runstone.pyfunc.load_model(tmp_path / "m").predict(ROWS), expected(net()), rtol=1e-5)
    assert Model.load(tmp_path / "m").flavors["pytorch"]["model_data"] == "data"
    with pytest.raises(InvalidValue, match="zip"):
        runstone.pytorch.save_model(net(), tmp_path / "other", serialization_format="zip")


def loop(steps: int = 6) -> Any:
    model = net()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 2, 0.5)
    for _ in range(steps):
        optimizer.zero_grad()
        (model(torch.from_numpy(ROWS)) ** 2).mean().backward()
        optimizer.step()
        schedule.step()
    return model


def history(run: Any, key: str) -> list[tuple[int, float]]:
    return [(point.step, point.value) for point in runstone.MlflowClient().get_metric_history(run.info.run_id, key)]


def test_a_loop_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    from runstone.autolog import torch_loop

    monkeypatch.setattr(torch_loop, "ENOUGH", 60.0)  # however slow this machine is
    plain = expected(loop())
    runstone.pytorch.autolog(plain=True)
    np.testing.assert_array_equal(expected(loop()), plain)
    assert not runstone.search_runs(output_format="list")  # it begins no run of its own
    with runstone.start_run():
        np.testing.assert_array_equal(expected(loop()), plain)
    run = runstone.last_active_run()
    assert run.data.params["optimizer_name"] == "SGD"
    assert run.data.params["optimizer_momentum"] == "0.9"
    assert [value for _, value in history(run, "lr")] == pytest.approx([0.1, 0.1, 0.05, 0.05, 0.025, 0.025])
    assert [step for step, _ in history(run, "loss")] == [0, 1, 2, 3, 4, 5]
    first = net()
    (first(torch.from_numpy(ROWS)) ** 2).mean().backward()
    wanted = torch.linalg.vector_norm(torch.cat([one.grad.flatten() for one in first.parameters()]))
    assert history(run, "grad_norm")[0][1] == pytest.approx(float(wanted), rel=1e-5)
    with pytest.raises(InvalidValue, match="positive"):
        runstone.pytorch.autolog(log_every_n_step=0)


def test_lightning(tmp_path: Path) -> None:
    lightning = pytest.importorskip("lightning.pytorch", reason="lightning is not installed (pip install lightning)")

    class Plain(lightning.LightningModule):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.net = net()

        def forward(self, rows: Any) -> Any:
            return self.net(rows)

        def training_step(self, batch: Any, place: int) -> Any:
            loss = (self(batch[0]) ** 2).mean()
            self.log("loss", loss)
            return loss

        def configure_optimizers(self) -> Any:
            return torch.optim.Adam(self.parameters(), lr=0.01)

    def train() -> tuple[Any, Any]:
        torch.manual_seed(1)
        rows = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.from_numpy(ROWS)), batch_size=4, shuffle=True)
        trainer = lightning.Trainer(
            max_epochs=3, logger=False, enable_checkpointing=False, enable_progress_bar=False, accelerator="cpu",
            enable_model_summary=False, default_root_dir=tmp_path,
        )  # fmt: skip
        model = Plain()
        trainer.fit(model, rows)
        return model, trainer

    plain, _ = train()
    runstone.pytorch.autolog()
    model, trainer = train()
    np.testing.assert_array_equal(expected(model.eval()), expected(plain.eval()))
    assert not [one for one in trainer.callbacks if type(one).__name__.startswith("Recorder")]
    run = runstone.last_active_run()
    assert (run.data.params["optimizer_name"], run.data.params["lr"], run.data.params["epochs"]) == ("Adam", "0.01", "3")
    assert [step for step, _ in history(run, "loss")] == [0, 1, 2]
    names = {item.path for item in runstone.MlflowClient().list_artifacts(run.info.run_id)}
    assert names == {"model", "model_summary.txt"}
    (kept,) = runstone.search_logged_models(filter_string=f"source_run_id = '{run.info.run_id}'", output_format="list")
    assert [point.step for point in kept.metrics or () if point.key == "loss"] == [0, 1, 2]
    loaded = runstone.pyfunc.load_model(f"runs:/{run.info.run_id}/model")
    assert loaded.metadata.signature is not None
    np.testing.assert_allclose(loaded.predict(ROWS), expected(model), rtol=1e-6)


@pytest.mark.parametrize("package", ["lightning.pytorch", "pytorch_lightning"])
def test_checkpoints_of_lightning(package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lightning = pytest.importorskip(package, reason="lightning is not installed (pip install lightning)")
    monkeypatch.delitem(sys.modules, "runstone.autolog.lightning_callback", raising=False)
    monkeypatch.delitem(vars(runstone.pytorch), "MlflowModelCheckpointCallback", raising=False)

    class Line(lightning.LightningModule):  # type: ignore[misc, name-defined]
        def __init__(self, width: int = 3) -> None:
            super().__init__()
            self.save_hyperparameters()
            self.layer = torch.nn.Linear(width, 1)

        def training_step(self, batch: Any, place: int) -> Any:
            loss = (self.layer(batch[0]) ** 2).mean()
            self.log("val_loss", loss)
            return loss

        def configure_optimizers(self) -> Any:
            return torch.optim.SGD(self.parameters(), lr=0.01)

    def train(**told: Any) -> Any:
        rows = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.from_numpy(ROWS)), batch_size=4)
        model = Line()
        lightning.Trainer(
            max_epochs=2, logger=False, enable_checkpointing=False, enable_progress_bar=False, accelerator="cpu",
            enable_model_summary=False, default_root_dir=tmp_path, **told,
        ).fit(model, rows)  # fmt: skip
        return model

    def weights(model: Any) -> Any:
        return model.layer.weight.detach().numpy()

    runstone.pytorch.autolog(log_models=False, checkpoint=True, checkpoint_save_best_only=False)
    keeping = runstone.pytorch.MlflowModelCheckpointCallback(save_best_only=False, save_freq=2, save_weights_only=True)
    assert isinstance(keeping, lightning.Callback)
    with runstone.start_run() as run:
        model = train(callbacks=keeping)
        loaded = runstone.pytorch.load_checkpoint(Line, global_step=4)
    np.testing.assert_array_equal(weights(loaded), weights(model))
    client = runstone.MlflowClient()
    kept = sorted(item.path for item in client.list_artifacts(run.info.run_id, "checkpoints"))
    assert kept == ["checkpoints/global_step_2", "checkpoints/global_step_4"]  # autologging left it to the callback

    model = train()
    run_id = runstone.last_active_run().info.run_id
    monkeypatch.setenv("RUNSTONE_ALLOW_PICKLE", "deny")
    np.testing.assert_array_equal(weights(runstone.pytorch.load_checkpoint(Line, run_id)), weights(model))
    first = runstone.pytorch.load_checkpoint(Line, run_id, epoch=0, kwargs={"width": 3})
    assert not np.array_equal(weights(first), weights(model))
    with pytest.raises(PermissionDenied, match="pickle"):
        runstone.pytorch.load_checkpoint(Line, run_id, kwargs={"weights_only": False})
    with pytest.raises(NotFound):
        runstone.pytorch.load_checkpoint(Line, run_id, epoch=7)
