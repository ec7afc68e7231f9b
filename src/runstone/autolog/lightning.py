"""Lightning's trainers: params of the optimizer, metrics of epochs and steps, the summary, the model."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import torch

import runstone
from runstone.models import infer_signature
from runstone.models.flavors import pytorch as flavor

from . import core
from .core import Prepared, Training
from .lightning_checkpoints import Checkpointing
from .pytorch import FRAMEWORK, TorchOptions


def watch(module: ModuleType) -> None:
    """Watch the trainer of ``lightning.pytorch`` or ``pytorch_lightning``."""
    name = f"Recorder_{module.__name__.replace('.', '_')}"
    if name not in globals():
        # by a name in this module, so that a trainer with processes of its own can pickle it
        kind = type(name, (_Recording, module.Callback), {"__module__": __name__})
        setattr(sys.modules[__name__], name, kind)
    kind = globals()[name]

    def prepare(training: Training, original: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Prepared:
        return _prepare(training, kind, args, kwargs)

    core.replace(module.Trainer, "fit", lambda original: core.watched(FRAMEWORK, original, prepare))


def _prepare(training: Training, kind: type, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Prepared:
    options = training.options
    assert isinstance(options, TorchOptions)
    trainer = args[0]
    model = args[1] if len(args) > 1 else kwargs.get("model")
    recorder = kind(training.run_id, options, training.model_to_come())
    if not any(isinstance(one, Checkpointing) and one.plan is not None for one in trainer.callbacks):
        recorder.plan = options.checkpoints
    trainer.callbacks.append(recorder)
    seen: list[Any] = []
    hook = None
    if options.log_models and options.log_model_signatures and isinstance(model, torch.nn.Module):
        hook = model.register_forward_hook(lambda _module, given, result: _note(seen, given, result))

    def done() -> None:
        if recorder in trainer.callbacks:
            trainer.callbacks.remove(recorder)
        if hook is not None:
            hook.remove()

    def after(_result: Any) -> None:
        if trainer.is_global_zero:
            core.safely(options, "the summary", _summarize, kind, trainer)
            if options.log_models:
                core.safely(options, "logging the model", _keep, training, trainer.lightning_module, seen)

    return Prepared(args, kwargs, after, done)


def _note(seen: list[Any], given: Any, result: Any) -> None:
    """Remember the first batch, where it is one tensor to one tensor: only such have a signature."""
    if not seen:
        fits = len(given) == 1 and isinstance(given[0], torch.Tensor) and isinstance(result, torch.Tensor)
        seen.append((given[0].detach()[:5].cpu().numpy(), result.detach()[:5].cpu().numpy()) if fits else None)


def _keep(training: Training, model: Any, seen: list[Any]) -> None:
    signature = infer_signature(*seen[0]) if seen and seen[0] is not None else False
    registered = training.options.registered_model_name
    flavor.log_model(model, name="model", signature=signature, registered_model_name=registered, model_id=training.model_id)


def _summarize(kind: type, trainer: Any) -> None:
    package = "lightning.pytorch" if "lightning_pytorch" in kind.__name__ and "pytorch_lightning" not in kind.__name__ else None
    module = sys.modules[f"{package or 'pytorch_lightning'}.utilities.model_summary"]
    runstone.log_text(str(module.ModelSummary(trainer.lightning_module, max_depth=-1)), "model_summary.txt")


class _Recording(Checkpointing):
    """Logs to a run, while the trainer goes on; holds nothing that cannot be pickled."""

    options: TorchOptions

    def __init__(self, run_id: str, options: TorchOptions, model_id: str | None) -> None:
        self.run_id, self.options, self.model_id = run_id, options, model_id
        self.by_step: set[str] = set()
        self.by_epoch: set[str] = set()

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        if trainer.is_global_zero:
            core.safely(self.options, "the optimizer's settings", self._begin, trainer)

    def on_train_epoch_end(self, trainer: Any, pl_module: Any, *_further: Any) -> None:
        if trainer.is_global_zero:
            core.safely(self.options, "an epoch's metrics", self._epoch, trainer, pl_module)
        super().on_train_epoch_end(trainer, pl_module)

    def on_train_batch_end(self, trainer: Any, pl_module: Any, *_further: Any) -> None:
        if trainer.is_global_zero and self.options.log_every_n_step:
            core.safely(self.options, "a step's metrics", self._step, trainer)
        super().on_train_batch_end(trainer, pl_module)

    def _begin(self, trainer: Any) -> None:
        params: dict[str, Any] = {"epochs": trainer.max_epochs}
        if trainer.optimizers:
            first = getattr(trainer.optimizers[0], "_optimizer", trainer.optimizers[0])
            params |= {"optimizer_name": type(first).__name__, **getattr(first, "defaults", {})}
        core.log_params(self.options, params)
        runstone.MlflowClient().set_tag(self.run_id, "Mode", "training")

    def _epoch(self, trainer: Any, pl_module: Any) -> None:
        found = {name: value for name, value in trainer.callback_metrics.items() if name not in self.by_step}
        self.by_epoch |= set(found)
        if (pl_module.current_epoch + 1) % self.options.log_every_n_epoch == 0:
            self._log(trainer, found, pl_module.current_epoch)

    def _step(self, trainer: Any) -> None:
        every = self.options.log_every_n_step
        per_batch = max(1, len(trainer.optimizers))
        if every is None or (trainer.global_step // per_batch) % every:
            return
        all_of_them = {**trainer.callback_metrics, **trainer.logged_metrics}
        found = {
            name: value
            for name, value in all_of_them.items()
            if name not in self.by_epoch and f"{name}_step" not in all_of_them and not name.endswith("_epoch")
        }
        self.by_step |= set(found)
        self._log(trainer, found, trainer.global_step)

    def _log(self, trainer: Any, found: dict[str, Any], step: int) -> None:
        if not trainer.sanity_checking and found:
            known = {name: float(value) for name, value in found.items()}
            runstone.log_metrics(known, step=step, run_id=self.run_id, model_id=self.model_id)
