"""Checkpoints of Lightning's trainers: kept by autologging or by a callback, and loaded again."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import runstone
from runstone.models.policy import allow_pickle, lets_code_run

from . import core
from .checkpoints import Keeper, Plan, fetched
from .core import Options


class Checkpointing:
    """What a callback of Lightning's needs to keep checkpoints; holds nothing that cannot be pickled.

    Attributes:
        plan: which to keep; none if ``None``.
        run_id: the run that has them; the active one, or one begun for it, if ``None``.
    """

    plan: Plan | None = None
    run_id: str | None = None
    options: Options
    keeper: Keeper | None = None

    def on_train_epoch_end(self, trainer: Any, pl_module: Any, *_further: Any) -> None:
        self._checkpoint(trainer, lambda every: every == "epoch")

    def on_train_batch_end(self, trainer: Any, pl_module: Any, *_further: Any) -> None:
        self._checkpoint(trainer, lambda every: isinstance(every, int) and trainer.global_step % every == 0)

    def _checkpoint(self, trainer: Any, is_due: Callable[[str | int], bool]) -> None:
        if self.plan is not None and is_due(self.plan.every) and trainer.is_global_zero:
            core.safely(self.options, "a checkpoint", self._keep, trainer, self.plan)

    def _keep(self, trainer: Any, plan: Plan) -> None:
        if self.keeper is None:
            run_id = self.run_id or str((runstone.active_run() or runstone.start_run()).info.run_id)
            self.keeper = Keeper(run_id, self.options, plan, ".pth")

        def write(file: Path) -> None:
            # of this process alone: save_checkpoint() would wait for the others, which are not here
            content = trainer._checkpoint_connector.dump_checkpoint(plan.weights_only)
            trainer.strategy.save_checkpoint(content, file)

        metrics = {name: float(value) for name, value in trainer.callback_metrics.items()}
        self.keeper.keep(write, trainer.current_epoch, trainer.global_step, metrics)


def load_checkpoint(
    model_class: Any,
    run_id: str | None = None,
    epoch: int | None = None,
    global_step: int | None = None,
    kwargs: dict[str, Any] | None = None,
) -> Any:
    """A model of Lightning's, as a checkpoint of a run has it.

    Args:
        model_class: its class, a ``LightningModule``.
        run_id: the run; the active one if ``None``.
        epoch, global_step: which checkpoint, at most one; the latest if neither.
        kwargs: for the class's ``load_from_checkpoint``. Where ``RUNSTONE_ALLOW_PICKLE`` lets no pickles load, it reads
            ``weights_only``.

    Raises:
        InvalidValue: no run, both an epoch and a step, or a run without checkpoints.
        NotFound: there is no such run, or no checkpoint of that epoch or step.
        PermissionDenied: it would read a pickle, and the policy forbids it.
    """
    told = dict(kwargs or {})
    with fetched(run_id, epoch, global_step) as file:
        if not lets_code_run():
            can = "weights_only" in inspect.signature(model_class.load_from_checkpoint).parameters
            if not can or told.get("weights_only") is False:
                allow_pickle(str(file))
            told["weights_only"] = True
        return model_class.load_from_checkpoint(str(file), **told)
