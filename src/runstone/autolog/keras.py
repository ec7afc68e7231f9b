"""Keras 3, on any backend: ``fit`` of its models. Names are those of mlflow 3.17."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import keras
import numpy as np

import runstone
from runstone.errors import InvalidValue
from runstone.models import ModelSignature
from runstone.models.flavors import keras as flavor

from . import boosting, core, importing
from .checkpoints import Plan
from .core import Options, Prepared, Training
from .keras_checkpoints import Checkpointing

FRAMEWORK = "keras"
TESTED = ("3.0", "4.0")
UNLOGGED = ("self", "x", "y", "callbacks", "validation_data", "verbose")


class KerasOptions(Options, frozen=True, kw_only=True):
    log_every_epoch: bool = True
    log_every_n_steps: int | None = None
    save_exported_model: bool = False
    save_model_kwargs: dict[str, Any] | None = None
    #: Begins the names of the optimizer's params.
    optimizer_prefix: str = "optimizer_"
    checkpoints: Plan | None = None


def autolog(
    log_every_epoch: bool = True,
    log_every_n_steps: int | None = None,
    log_models: bool = True,
    log_model_signatures: bool = True,
    save_exported_model: bool = False,
    log_datasets: bool = True,
    log_input_examples: bool = False,
    disable: bool = False,
    exclusive: bool = False,
    disable_for_unsupported_versions: bool = False,
    silent: bool = False,
    registered_model_name: str | None = None,
    save_model_kwargs: dict[str, Any] | None = None,
    extra_tags: dict[str, str] | None = None,
) -> None:
    """Log what Keras trains, from now on. Where no run is active, each training gets one.

    Args:
        log_every_epoch: log metrics at the end of each epoch.
        log_every_n_steps: log them every so many batches, instead.
        save_exported_model: keep the model as a compiled graph instead of a ``.keras`` file.
        save_model_kwargs: for the model's ``save``.
        log_models … extra_tags: as for :func:`runstone.sklearn.autolog`.

    Raises:
        InvalidValue: both an epoch and a number of steps, or neither.
    """
    check(log_every_epoch, log_every_n_steps)
    switch(**locals())


def check(log_every_epoch: bool, log_every_n_steps: int | None) -> None:
    """Raises InvalidValue for both an epoch and a number of steps, or neither."""
    if log_every_epoch == (log_every_n_steps is not None):
        raise InvalidValue("Give log_every_epoch=True, or log_every_epoch=False and log_every_n_steps=N: one of the two.")


def switch(**options: Any) -> None:
    """Take these options, and watch Keras if that is not done yet."""
    if core.switch(FRAMEWORK, KerasOptions(**options), "keras", TESTED):
        importing.when_loaded("keras", _watch)


def _watch(_module: ModuleType) -> None:
    # Each backend has a class of its own for training, and the models inherit from it.
    for kind in keras.Model.__mro__:
        core.replace(kind, "fit", lambda original: core.watched(FRAMEWORK, original, _prepare))


class Recorder(keras.callbacks.Callback):  # type: ignore[misc, unused-ignore]
    """Logs to the run of a training, while it goes on."""

    def __init__(self, training: Training, options: KerasOptions) -> None:
        super().__init__()
        self.training, self.options, self.steps, self.epoch = training, options, 0, 0

    def on_train_begin(self, logs: Any = None) -> None:
        core.safely(self.options, "the optimizer and the summary", self._begin)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.epoch = epoch

    def on_test_end(self, logs: Any = None) -> None:
        """Of the data held out, after each epoch of ``fit``."""
        if logs:
            step = self.epoch if self.options.log_every_epoch else self.steps
            found = {f"validation_{name}": value for name, value in logs.items()}
            core.safely(self.options, "the validation's metrics", self._log, found, step)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if self.options.log_every_epoch and logs:
            core.safely(self.options, "an epoch's metrics", self._log, dict(logs), epoch)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.steps += 1
        every = self.options.log_every_n_steps
        if every and self.steps % every == 0 and logs:
            core.safely(self.options, "a batch's metrics", self._log, dict(logs), self.steps)

    def _log(self, found: dict[str, Any], step: int) -> None:
        known, training = {name: float(value) for name, value in found.items()}, self.training
        runstone.log_metrics(known, step=step, run_id=training.run_id, model_id=training.model_to_come())

    def _begin(self) -> None:
        if getattr(self.model, "optimizer", None) is not None:
            told = self.model.optimizer.get_config()
            core.log_params(self.options, {f"{self.options.optimizer_prefix}{name}": value for name, value in told.items()})
        lines: list[str] = []
        self.model.summary(print_fn=lambda line, *_args, **_kwargs: lines.append(line))
        runstone.log_text("\n".join(lines), "model_summary.txt")


class MlflowCallback(Recorder):
    """The same for one ``fit``, without autologging: ``model.fit(…, callbacks=[MlflowCallback()])`` logs the optimizer, the
    summary and the metrics to the active run, else to one begun for it, which stays active. The model is not logged.

    Args:
        log_every_epoch: log metrics at the end of each epoch.
        log_every_n_steps: log them every so many batches, instead.

    Raises:
        InvalidValue: both an epoch and a number of steps, or neither.
    """

    optimizer_prefix = "optimizer_"

    def __init__(self, log_every_epoch: bool = True, log_every_n_steps: int | None = None) -> None:
        check(log_every_epoch, log_every_n_steps)
        options = KerasOptions(
            log_every_epoch=log_every_epoch,
            log_every_n_steps=log_every_n_steps,
            log_models=False,
            optimizer_prefix=self.optimizer_prefix,
        )
        super().__init__(None, options)  # type: ignore[arg-type]  # a run is looked for when the training begins

    def on_train_begin(self, logs: Any = None) -> None:
        self.training = core.safely(self.options, "the callback's run", self._run)
        super().on_train_begin(logs)

    def _run(self) -> Training:
        if runstone.active_run() is None:
            runstone.start_run()
        return Training(FRAMEWORK, self.options)


def _prepare(training: Training, original: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Prepared:
    options = training.options
    assert isinstance(options, KerasOptions)
    told = core.given(original, args, kwargs)
    model = told.pop("self", args[0])
    core.log_params(options, {name: value for name, value in told.items() if name not in UNLOGGED})
    mine = told.get("callbacks")
    several = list(mine) if isinstance(mine, list | tuple) else [mine] if mine is not None else []
    if isinstance(mine, keras.callbacks.CallbackList):
        core.warn(options, "callbacks", "autolog: a CallbackList stays as it is, so no metrics of the epochs are logged.")
    else:
        told["callbacks"] = [*several, Recorder(training, options)]
        if options.checkpoints is not None and not any(isinstance(one, Checkpointing) for one in several):
            told["callbacks"].append(Checkpointing(options, options.checkpoints, training.run_id))
    if options.log_datasets:
        core.safely(options, "describing the data", _describe, options, told)
    first = boosting.first_rows(told.get("x")) if isinstance(told.get("x"), np.ndarray) else None

    def after(_history: Any) -> None:
        if options.log_models:
            core.safely(options, "logging the model", _keep, training, options, model, first)

    return Prepared((model,), told, after)


def _describe(options: KerasOptions, told: dict[str, Any]) -> None:
    boosting.describe(options, told.get("x"), "train")
    test = told.get("validation_data")
    if isinstance(test, tuple) and test:
        boosting.describe(options, test[0], "eval")


def _keep(training: Training, options: KerasOptions, model: Any, example: Any) -> None:
    signature: ModelSignature | None = None
    if options.log_model_signatures:
        signature = core.safely(options, "the signature", flavor.signature_of, model)
    flavor.log_model(
        model, name="model", signature=signature or False, save_exported_model=options.save_exported_model,
        input_example=example if options.log_input_examples else None, save_model_kwargs=options.save_model_kwargs,
        registered_model_name=options.registered_model_name, model_id=training.model_id,
    )  # fmt: skip
