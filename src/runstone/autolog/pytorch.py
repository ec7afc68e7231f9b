"""PyTorch: ``fit`` of Lightning's trainers, by the names of mlflow 3.17; and training loops of one's own, on request."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

from runstone.errors import InvalidValue

from . import core, importing
from .checkpoints import Plan, plan_of
from .core import Options

FRAMEWORK = "pytorch"
#: Packages that Lightning comes as.
LIGHTNING = {"lightning": "lightning.pytorch", "pytorch_lightning": "pytorch_lightning"}


class TorchOptions(Options, frozen=True, kw_only=True):
    log_models: bool = True
    log_every_n_epoch: int = 1
    log_every_n_step: int | None = None
    plain: bool = False
    checkpoints: Plan | None = None


def autolog(
    log_every_n_epoch: int = 1,
    log_every_n_step: int | None = None,
    log_models: bool = True,
    log_datasets: bool = True,
    disable: bool = False,
    exclusive: bool = False,
    disable_for_unsupported_versions: bool = False,
    silent: bool = False,
    registered_model_name: str | None = None,
    extra_tags: dict[str, str] | None = None,
    checkpoint: bool = False,
    checkpoint_monitor: str | None = "val_loss",
    checkpoint_mode: str = "min",
    checkpoint_save_best_only: bool = True,
    checkpoint_save_weights_only: bool = False,
    checkpoint_save_freq: str | int = "epoch",
    log_model_signatures: bool = True,
    plain: bool = False,
) -> None:
    """Log what Lightning trains, from now on. Where no run is active, each training gets one.

    Args:
        log_every_n_epoch: log the metrics of every so many epochs.
        log_every_n_step: log them by batches, too; for ``plain``, of every so many steps (1 if ``None``).
        plain: also log training loops without Lightning, to the active run: the optimizer and its settings as params; the loss
            on which ``backward()`` was called, learning rates and the gradients' norm at each ``optimizer.step()``.
        checkpoint: keep Lightning's checkpoints among the run's artifacts. MLflow does so unasked; each is all of the weights.
        checkpoint_monitor … checkpoint_save_freq: which: see :class:`runstone.autolog.checkpoints.Plan`.
        log_models … extra_tags: as for :func:`runstone.sklearn.autolog`.

    Raises:
        InvalidValue: a number of epochs or steps that is not positive; a plan for checkpoints that cannot be followed.
    """
    if log_every_n_epoch < 1 or (log_every_n_step is not None and log_every_n_step < 1):
        raise InvalidValue("log_every_n_epoch and log_every_n_step are positive numbers.")
    told = {name: value for name, value in locals().items() if not name.startswith("checkpoint")}
    switch(**told, checkpoints=plan_of(locals()))


def switch(**options: Any) -> None:
    """Take these options, and watch Lightning, and PyTorch where that is asked for, if that is not done yet."""
    if not core.switch(FRAMEWORK, TorchOptions(**options), "torch", ("2.0", "3.0")):
        return
    for place in LIGHTNING.values():
        importing.when_loaded(place, _watch)
    if options.get("plain"):
        importing.when_loaded("torch", _watch_plain)


def _watch(module: ModuleType) -> None:
    from . import lightning

    lightning.watch(module)


def _watch_plain(_module: ModuleType) -> None:
    from . import torch_loop

    torch_loop.watch()


def options_of(kind: Callable[[TorchOptions], bool] = lambda _: True) -> TorchOptions | None:
    """The options in force, where they are of this kind."""
    options = core.chosen(FRAMEWORK)
    return options if isinstance(options, TorchOptions) and kind(options) else None
