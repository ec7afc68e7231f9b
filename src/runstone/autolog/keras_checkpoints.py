"""Checkpoints of Keras's ``fit``: kept by autologging or by a callback, and loaded again."""

from __future__ import annotations

from typing import Any

import keras

import runstone
from runstone.client.notices import warn_once
from runstone.errors import InvalidValue

from . import core
from .checkpoints import Keeper, Plan, fetched
from .core import Options


class Checkpointing(keras.callbacks.Callback):  # type: ignore[misc, unused-ignore]
    """Keeps checkpoints, by a plan, among the artifacts of a run; of the active one, or one begun for it, if ``None``."""

    def __init__(self, options: Options, plan: Plan, run_id: str | None = None) -> None:
        super().__init__()
        self.options, self.plan, self.run_id = options, plan, run_id
        self.keeper: Keeper | None = None
        self.epoch = self.batch = self.steps = self.kept = 0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        # with steps_per_execution, Keras tells of some batches only
        self.steps += batch + 1 if batch <= self.batch else batch - self.batch
        self.batch = batch
        if isinstance(self.plan.every, int) and self.steps - self.kept >= self.plan.every:
            self.kept = self.steps
            core.safely(self.options, "a checkpoint", self._keep, logs)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if self.plan.every == "epoch":
            core.safely(self.options, "a checkpoint", self._keep, logs)

    def _keep(self, logs: Any) -> None:
        if self.keeper is None:
            run_id = self.run_id or str((runstone.active_run() or runstone.start_run()).info.run_id)
            # weights as MLflow's file; its .h5 of a whole model is one that Keras 3 writes and often cannot read
            self.keeper = Keeper(run_id, self.options, self.plan, ".h5" if self.plan.weights_only else ".keras")
        write = self.model.save_weights if self.plan.weights_only else self.model.save
        metrics = {name: float(value) for name, value in (logs or {}).items()}
        self.keeper.keep(lambda file: write(str(file), overwrite=True), self.epoch, self.steps, metrics)


class MlflowModelCheckpointCallback(Checkpointing):
    """Keeps checkpoints of one ``fit`` among the artifacts of the active run, else of one begun for it, which stays active:
    ``model.fit(…, callbacks=[MlflowModelCheckpointCallback()])``. In such a ``fit``, autologging keeps none of its own.

    Args:
        monitor, mode, save_best_only, save_weights_only, save_freq: which: see :class:`runstone.autolog.checkpoints.Plan`.

    Raises:
        InvalidValue: what they say cannot be followed.
    """

    def __init__(
        self,
        monitor: str | None = "val_loss",
        mode: str = "min",
        save_best_only: bool = True,
        save_weights_only: bool = False,
        save_freq: str | int = "epoch",
    ) -> None:
        plan = Plan(monitor=monitor, mode=mode, best_only=save_best_only, weights_only=save_weights_only, every=save_freq)
        super().__init__(Options(), plan)


def load_checkpoint(
    model: Any = None, run_id: str | None = None, epoch: int | None = None, global_step: int | None = None
) -> Any:
    """A Keras model, as a checkpoint of a run has it. It runs no code of the checkpoint's: Keras refuses lambdas.

    Args:
        model: takes the weights, and is what is returned, where the checkpoint is of weights only.
        run_id: the run; the active one if ``None``.
        epoch, global_step: which checkpoint, at most one; the latest if neither.

    Raises:
        InvalidValue: no run, both an epoch and a step, a run without checkpoints, or weights and no model for them.
        NotFound: there is no such run, or no checkpoint of that epoch or step.
    """
    with fetched(run_id, epoch, global_step) as file:
        if file.name.endswith(".weights.h5"):
            if model is None:
                raise InvalidValue("This checkpoint is of weights only: give load_checkpoint the model that takes them.")
            model.load_weights(str(file))
            return model
        try:
            return keras.saving.load_model(str(file))
        except ValueError as problem:
            if file.suffix != ".h5":
                raise
            found = keras.saving.load_model(str(file), compile=False)
            warn_once(
                "checkpoint not compiled", f"Keras cannot read the loss or the metrics in {file.name} ({problem}); "
                "the model has its weights and needs compile()."
            )  # fmt: skip
            return found
