"""Training loops without a trainer: what PyTorch's optimizers do, logged to the active run.

PyTorch's own hooks tell of each step. Of ``backward`` the last loss is remembered, detached, and read when it is logged.
"""

from __future__ import annotations

import functools
import time
import weakref
from collections.abc import Callable
from typing import Any

import torch
from msgspec import Struct
from torch.optim.optimizer import register_optimizer_step_post_hook, register_optimizer_step_pre_hook

import runstone

from . import core
from .pytorch import TorchOptions, options_of

#: Of the time since the first step, and in seconds a step: what logging may take before steps are left out.
SHARE, ENOUGH = 0.02, 0.005


class Loop(Struct):
    """One optimizer in one run."""

    run_id: str
    name: str
    began: float
    steps: int = 0
    spent: float = 0.0
    norm: float | None = None
    wanted: bool = False


_loops: weakref.WeakKeyDictionary[Any, Loop] = weakref.WeakKeyDictionary()
_counts: dict[str, int] = {}
_loss: list[Any] = [None]
_watching: list[Any] = []


def watch() -> None:
    """Watch all optimizers, and ``backward``."""
    if _watching:
        return
    _watching.append(register_optimizer_step_pre_hook(_before))
    _watching.append(register_optimizer_step_post_hook(_after))
    core.replace(torch.Tensor, "backward", _remembering)


def _on() -> TorchOptions | None:
    options = options_of(lambda one: one.plain)
    return None if options is None or core.busy() or options.exclusive or runstone.active_run() is None else options


def _remembering(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def backward(self: Any, *args: Any, **kwargs: Any) -> Any:
        if options_of(lambda one: one.plain) is not None and not core.busy():
            _loss[0] = self.detach() if self.numel() == 1 else None
        return original(self, *args, **kwargs)

    backward.__runstone_watched__ = True  # type: ignore[attr-defined]
    return backward


def _before(optimizer: Any, _args: Any, _kwargs: Any) -> None:
    options = _on()
    if options is not None:
        core.safely(options, "an optimizer's step", _measure, options, optimizer)


def _after(optimizer: Any, _args: Any, _kwargs: Any) -> None:
    options = _on()
    if options is not None:
        core.safely(options, "an optimizer's step", _log, options, optimizer)


def _measure(options: TorchOptions, optimizer: Any) -> None:
    """Before the step, while the gradients are what ``backward`` made them."""
    start = time.perf_counter()
    run = runstone.active_run()
    assert run is not None
    loop = _loops.get(optimizer)
    if loop is None or loop.run_id != run.info.run_id:
        loop = _loops[optimizer] = _begin(options, optimizer, run.info.run_id, start)
    slow = loop.spent > SHARE * (start - loop.began) and loop.spent > ENOUGH * max(loop.steps, 1)
    loop.wanted = loop.steps % (options.log_every_n_step or 1) == 0 and not slow
    loop.norm = None
    if loop.wanted:
        grads = [one.grad for group in optimizer.param_groups for one in group["params"] if one.grad is not None]
        dense = [one.detach() for one in grads if not one.is_sparse]
        if dense:
            norms = [norm.to(dense[0].device) for norm in torch._foreach_norm(dense)]
            loop.norm = float(torch.linalg.vector_norm(torch.stack(norms)))
    if loop.steps:  # the first warms up what the later ones use
        loop.spent += time.perf_counter() - start


def _begin(options: TorchOptions, optimizer: Any, run_id: str, now: float) -> Loop:
    place = _counts[run_id] = _counts.get(run_id, -1) + 1
    prefix = f"optimizer_{place}_" if place else "optimizer_"
    told = {name: value for name, value in optimizer.defaults.items() if value is not None}
    core.log_params(options, {f"{prefix}name": type(optimizer).__name__, **{f"{prefix}{key}": v for key, v in told.items()}})
    return Loop(run_id, f"_{place}" if place else "", now)


def _log(_options: TorchOptions, optimizer: Any) -> None:
    loop = _loops.get(optimizer)
    if loop is None:
        return
    start = time.perf_counter()
    if loop.wanted:
        found: dict[str, float] = {}
        if _loss[0] is not None:
            found[f"loss{loop.name}"] = float(_loss[0])
        for place, group in enumerate(optimizer.param_groups):
            found[f"lr{loop.name}{f'_group_{place}' if place else ''}"] = float(group["lr"])
        if loop.norm is not None:
            found[f"grad_norm{loop.name}"] = loop.norm
        runstone.log_metrics(found, step=loop.steps, run_id=loop.run_id)
    if loop.steps:
        loop.spent += time.perf_counter() - start
    loop.steps += 1
