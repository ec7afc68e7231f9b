"""What autologging adds to a step of training: plain PyTorch, Lightning and Keras, each logging every step.

    python benchmarks/autolog_steps.py [--steps 300] [--turns 3]

Needs torch, lightning and keras, as many as are there. Trainings without and with autologging take turns; a step's time
is the processor's from one batch to the next, of all threads, which other work on the machine disturbs
least. The target: at most 2 % or 5 ms a step.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "torch")
WIDTH, BATCH = 256, 64


def plain_torch(steps: int, logging: bool) -> list[float]:
    import torch

    import runstone

    runstone.pytorch.autolog(plain=True, disable=not logging, silent=True)
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(WIDTH, WIDTH), torch.nn.ReLU(), torch.nn.Linear(WIDTH, 1))
    optimizer = torch.optim.Adam(model.parameters())
    x, y = torch.randn(BATCH, WIDTH), torch.randn(BATCH, 1)
    times = []
    with runstone.start_run():
        for _ in range(steps):
            times.append(time.process_time())
            optimizer.zero_grad()
            torch.nn.functional.mse_loss(model(x), y).backward()
            optimizer.step()
    return times


def lightning(steps: int, logging: bool) -> list[float]:
    import torch
    from lightning.pytorch import LightningModule, Trainer

    import runstone

    runstone.pytorch.autolog(log_every_n_step=1, log_models=False, disable=not logging, silent=True)
    times = []

    class Net(LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.net = torch.nn.Sequential(torch.nn.Linear(WIDTH, WIDTH), torch.nn.ReLU(), torch.nn.Linear(WIDTH, 1))

        def training_step(self, batch: Any, _index: int) -> Any:
            times.append(time.process_time())
            loss = torch.nn.functional.mse_loss(self.net(batch[0]), batch[1])
            self.log("loss", loss)
            return loss

        def configure_optimizers(self) -> Any:
            return torch.optim.Adam(self.parameters())

    data = torch.utils.data.TensorDataset(torch.randn(BATCH * steps, WIDTH), torch.randn(BATCH * steps, 1))
    trainer = Trainer(
        max_epochs=1, logger=False, enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False,
        accelerator="cpu",
    )  # fmt: skip
    trainer.fit(Net(), torch.utils.data.DataLoader(data, batch_size=BATCH))
    return times


def keras(steps: int, logging: bool) -> list[float]:
    import keras
    import numpy as np

    import runstone

    runstone.keras.autolog(
        log_every_epoch=False, log_every_n_steps=1, log_models=False, log_datasets=False, disable=not logging, silent=True
    )
    times: list[float] = []

    class Clock(keras.callbacks.Callback):  # type: ignore[misc, unused-ignore]
        def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
            times.append(time.process_time())

    model = keras.Sequential([keras.Input((WIDTH,)), keras.layers.Dense(WIDTH, "relu"), keras.layers.Dense(1)])
    model.compile("adam", "mse")
    draw = np.random.default_rng(0)
    x, y = draw.normal(size=(BATCH * steps, WIDTH)).astype("float32"), draw.normal(size=(BATCH * steps, 1))
    model.fit(x, y, batch_size=BATCH, epochs=1, verbose=0, callbacks=[Clock()])
    return times


TRAININGS: dict[str, tuple[str, Callable[[int, bool], list[float]]]] = {
    "plain PyTorch": ("torch", plain_torch),
    "Lightning": ("lightning", lightning),
    "Keras": ("keras", keras),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--turns", type=int, default=3)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    import runstone

    if importlib.util.find_spec("torch") is not None:
        import torch

        torch.set_num_threads(1)
    good = True
    print(f"{'ms a step':16} {'median':>8} {'logged':>8} {'added':>8} {'mean':>8} {'logged':>8} {'added':>8}")
    with tempfile.TemporaryDirectory() as folder:
        runstone.set_tracking_uri(str(Path(folder, "store")))
        for name, (package, train) in TRAININGS.items():
            if importlib.util.find_spec(package) is None:
                print(f"{name:16} {package} is not installed")
                continue
            found: dict[bool, list[float]] = {False: [], True: []}
            for turn in range(options.turns + 1):
                for logging in (False, True):
                    times = train(options.steps, logging)
                    gaps = [1000 * (later - earlier) for earlier, later in zip(times, times[1:], strict=False)]
                    found[logging] += gaps[5:] if turn else []
            told = []
            for middle in (statistics.median, statistics.mean):
                plain, logged = middle(found[False]), middle(found[True])
                told += [plain, logged, logged - plain]
                good = good and logged - plain <= max(0.02 * plain, 5.0)
            print(f"{name:16}" + "".join(f" {one:8.3f}" for one in told))
    print(f"target, at most 2 % or 5 ms a step more: {'met' if good else 'missed'}")
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
