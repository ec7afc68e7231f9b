"""Transformers: ``train`` of its ``Trainer``."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import runstone

from . import core, importing
from .core import Options, Prepared, Training

FRAMEWORK = "transformers"
TESTED = ("4.30", "6.0")


def autolog(
    log_input_examples: bool = False,
    log_model_signatures: bool = False,
    log_models: bool = False,
    log_datasets: bool = False,
    disable: bool = False,
    exclusive: bool = False,
    disable_for_unsupported_versions: bool = False,
    silent: bool = False,
    extra_tags: dict[str, str] | None = None,
) -> None:
    """Log what Transformers' ``Trainer`` trains, from now on. Where no run is active, each training gets one.

    Args:
        log_models: log the trained model's weights and configuration below ``model/``, as ``save_model`` writes them.
        log_input_examples … extra_tags: as for :func:`runstone.sklearn.autolog`.
    """
    switch(**locals())


def switch(**options: Any) -> None:
    """Take these options, and watch the trainer if that is not done yet."""
    if options.get("for_all"):
        options["log_models"] = False  # gigabytes are not logged unasked
    if core.switch(FRAMEWORK, Options(**options), "transformers", TESTED):
        importing.when_loaded("transformers.trainer", _watch)


def _watch(module: ModuleType) -> None:
    core.replace(module.Trainer, "train", lambda original: core.watched(FRAMEWORK, original, _prepare))


def _prepare(training: Training, original: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Prepared:
    from transformers import TrainerCallback

    options, trainer = training.options, args[0]

    class Recorder(TrainerCallback):  # type: ignore[misc, unused-ignore]
        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **further: Any) -> None:
            if state.is_world_process_zero and logs:
                core.safely(options, "the trainer's metrics", _log, training, dict(logs), int(state.global_step))

    def begin() -> None:
        config = getattr(trainer.model, "config", None)
        told = {**(config.to_dict() if config is not None else {}), **trainer.args.to_dict()}
        core.log_params(options, told)

    core.safely(options, "the trainer's settings", begin)
    recorder = Recorder()
    trainer.add_callback(recorder)
    callbacks = trainer.callback_handler.callbacks
    callbacks.insert(0, callbacks.pop())  # the first to see metrics: the trainer's own printer takes some out

    def after(_result: Any) -> None:
        if options.log_models and trainer.is_world_process_zero():
            core.safely(options, "logging the model", _keep, trainer)

    return Prepared(args, kwargs, after, lambda: trainer.remove_callback(recorder))


def _log(training: Training, found: dict[str, Any], step: int) -> None:
    # one number may come as a tensor, as the count of operations does
    known = {name: float(value) for name, value in found.items() if isinstance(value, int | float) or _is_number(value)}
    runstone.log_metrics(known, step=step, run_id=training.run_id)


def _is_number(value: Any) -> bool:
    return callable(getattr(value, "item", None)) and getattr(value, "numel", lambda: 0)() == 1


def _keep(trainer: Any) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        trainer.save_model(folder)
        runstone.log_artifacts(folder, "model")
