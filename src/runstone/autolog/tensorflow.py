"""TensorFlow's Keras: ``autolog`` with the options that MLflow's has, done by :mod:`runstone.autolog.keras`."""

from __future__ import annotations

from typing import Any

from . import keras


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
    keras_model_kwargs: dict[str, Any] | None = None,
    extra_tags: dict[str, str] | None = None,
    log_every_epoch: bool = True,
    log_every_n_steps: int | None = None,
) -> None:
    """Log what ``fit`` of TensorFlow's Keras models trains, from now on.

    Models are logged by the flavor ``keras``; params of the optimizer have the names of MLflow's ``tensorflow``, such as
    ``opt_learning_rate``.

    Args:
        keras_model_kwargs: for the model's ``save``.
        log_models … log_every_n_steps: as for :func:`runstone.keras.autolog`.

    Raises:
        InvalidValue: both an epoch and a number of steps, or neither.
    """
    options = {name: value for name, value in locals().items() if name != "keras_model_kwargs"}
    keras.check(log_every_epoch, log_every_n_steps)
    keras.switch(**options, save_model_kwargs=keras_model_kwargs, optimizer_prefix="opt_")


class MlflowCallback(keras.MlflowCallback):
    """:class:`runstone.keras.MlflowCallback` with MLflow's names of ``tensorflow``."""

    optimizer_prefix = "opt_"
