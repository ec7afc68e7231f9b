"""TensorFlow's Keras: ``autolog`` with the options that MLflow's has, done by :mod:`runstone.autolog.keras`."""

from __future__ import annotations

from typing import Any

from . import keras
from .checkpoints import plan_of


def autolog(
    log_models: bool = True,
    log_datasets: bool = True,
    disable: bool = False,
    exclusive: bool = False,
    disable_for_unsupported_versions: bool = False,
    silent: bool = False,
    registered_model_name: str | None = None,
    log_input_examples: bool = False,
    log_model_signatures: bool = True,
    saved_model_kwargs: dict[str, Any] | None = None,
    keras_model_kwargs: dict[str, Any] | None = None,
    extra_tags: dict[str, str] | None = None,
    log_every_epoch: bool = True,
    log_every_n_steps: int | None = None,
    checkpoint: bool = False,
    checkpoint_monitor: str | None = "val_loss",
    checkpoint_mode: str = "min",
    checkpoint_save_best_only: bool = True,
    checkpoint_save_weights_only: bool = False,
    checkpoint_save_freq: str | int = "epoch",
) -> None:
    """Log what ``fit`` of TensorFlow's Keras models trains, from now on.

    Models are logged by the flavor ``keras``; params of the optimizer have the names of MLflow's ``tensorflow``, such as
    ``opt_learning_rate``.

    Args:
        saved_model_kwargs: of modules that are no Keras models, which ``fit`` never trains: of no effect, as in MLflow.
        keras_model_kwargs: for the model's ``save``.
        checkpoint: keep checkpoints among the run's artifacts, for :func:`load_checkpoint`. MLflow does so unasked.
        checkpoint_monitor … checkpoint_save_freq: which: see :class:`runstone.autolog.checkpoints.Plan`.
        log_models … log_every_n_steps: as for :func:`runstone.keras.autolog`.

    Raises:
        InvalidValue: both an epoch and a number of steps, or neither; a plan for checkpoints that cannot be followed.
    """
    options = {name: value for name, value in locals().items() if not name.endswith("_kwargs")}
    plan = plan_of(options)
    keras.check(log_every_epoch, log_every_n_steps)
    keras.switch(
        **{name: value for name, value in options.items() if not name.startswith("checkpoint")},
        save_model_kwargs=keras_model_kwargs, optimizer_prefix="opt_", checkpoints=plan,
    )  # fmt: skip


class MlflowCallback(keras.MlflowCallback):
    """:class:`runstone.keras.MlflowCallback` with MLflow's names of ``tensorflow``."""

    optimizer_prefix = "opt_"
