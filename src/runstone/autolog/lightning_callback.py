"""The callback that keeps checkpoints of one trainer of Lightning's, without autologging."""

from __future__ import annotations

import importlib
import sys
from importlib.util import find_spec
from typing import Any

from .checkpoints import Plan
from .core import Options
from .lightning_checkpoints import Checkpointing
from .pytorch import LIGHTNING


def _bases() -> tuple[Any, ...]:
    """``Callback`` of each Lightning that is loaded, else of the first that is installed: a trainer wants its own."""
    loaded = [place for place in LIGHTNING.values() if place in sys.modules]
    installed = [place for package, place in LIGHTNING.items() if find_spec(package) is not None]
    return tuple(importlib.import_module(place).Callback for place in loaded or installed[:1] or ["lightning.pytorch"])


class MlflowModelCheckpointCallback(Checkpointing, *_bases()):  # type: ignore[misc]
    """Keeps checkpoints among the artifacts of the active run, else of one begun for it, which stays active:
    ``Trainer(callbacks=[MlflowModelCheckpointCallback()])``. In such a trainer, autologging keeps none of its own.

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
        super().__init__()
        self.options = Options()
        self.plan = Plan(monitor=monitor, mode=mode, best_only=save_best_only, weights_only=save_weights_only, every=save_freq)
