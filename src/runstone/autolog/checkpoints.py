"""Checkpoints of a training among its run's artifacts, at MLflow's places."""

from __future__ import annotations

import posixpath
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from msgspec import Struct

import runstone
from runstone.errors import InvalidValue

from . import core
from .core import Options

FOLDER = "checkpoints"
TAG = "mlflow.latest_checkpoint_artifact"


class Plan(Struct, frozen=True, kw_only=True):
    """When to keep one.

    Attributes:
        monitor: the metric that says which is best.
        mode: ``min`` or ``max``: which end of it is good.
        best_only: keep the best alone, instead of each.
        weights_only: leave the optimizer's state out.
        every: ``epoch``, or a number of steps.
    """

    monitor: str | None = "val_loss"
    mode: str = "min"
    best_only: bool = True
    weights_only: bool = False
    every: str | int = "epoch"

    def __post_init__(self) -> None:
        if self.mode not in ("min", "max"):
            raise InvalidValue(f"checkpoint_mode is 'min' or 'max'; it got {self.mode!r}.")
        if self.best_only and not self.monitor:
            raise InvalidValue("checkpoint_save_best_only needs checkpoint_monitor, the metric that says which is best.")
        if self.every != "epoch" and not (isinstance(self.every, int) and self.every > 0):
            raise InvalidValue(f"checkpoint_save_freq is 'epoch' or a positive number of steps; it got {self.every!r}.")


def plan_of(told: dict[str, Any]) -> Plan | None:
    """The plan that the ``checkpoint…`` options of an ``autolog`` make; ``None`` where ``checkpoint`` is not asked for.

    Raises: InvalidValue, also where it is not asked for, for a plan that cannot be followed.
    """
    plan = Plan(
        monitor=told["checkpoint_monitor"], mode=told["checkpoint_mode"], best_only=told["checkpoint_save_best_only"],
        weights_only=told["checkpoint_save_weights_only"], every=told["checkpoint_save_freq"],
    )  # fmt: skip
    return plan if told["checkpoint"] else None


class Keeper:
    """Keeps checkpoints of one training.

    Args:
        suffix: of the file that ``write`` makes.
    """

    def __init__(self, run_id: str, options: Options, plan: Plan, suffix: str) -> None:
        self.run_id, self.options, self.plan, self.suffix = run_id, options, plan, suffix
        self.best: float | None = None

    def keep(self, write: Callable[[Path], Any], epoch: int, step: int, metrics: dict[str, float]) -> None:
        """Log one, if the plan says so."""
        plan = self.plan
        if plan.best_only and not self._is_better(metrics):
            return
        name = f"checkpoint{'.weights' if plan.weights_only else ''}{self.suffix}"
        folder, begin = FOLDER, "latest_"
        if not plan.best_only:
            folder, begin = f"{FOLDER}/{f'epoch_{epoch}' if plan.every == 'epoch' else f'global_step_{step}'}", ""
        client = runstone.MlflowClient()
        client.log_dict(
            self.run_id, {**metrics, "epoch": epoch, "global_step": step}, f"{folder}/{begin}checkpoint_metrics.json"
        )
        with tempfile.TemporaryDirectory() as place:
            file = Path(place) / f"{begin}{name}"
            write(file)
            client.log_artifact(self.run_id, str(file), folder)
        client.set_tag(self.run_id, TAG, f"{folder}/{begin}{name}")

    def _is_better(self, metrics: dict[str, float]) -> bool:
        value = metrics.get(str(self.plan.monitor))
        if value is None:
            core.warn(
                self.options, "checkpoint", f"autolog: no checkpoint is kept, since there is no metric {self.plan.monitor!r}: "
                f"checkpoint_monitor= is one of {sorted(metrics)}."
            )  # fmt: skip
            return False
        better = self.best is None or (value < self.best if self.plan.mode == "min" else value > self.best)
        self.best = value if better else self.best
        return better


@contextmanager
def fetched(run_id: str | None, epoch: int | None, global_step: int | None) -> Iterator[Path]:
    """A checkpoint of a run, on this machine for the block.

    Args:
        run_id: of the active run if ``None``.
        epoch, global_step: which, at most one; the latest if neither.

    Raises:
        InvalidValue: no run, both an epoch and a step, or a run without checkpoints.
        NotFound: there is no such run, or no checkpoint of that epoch or step.
    """
    if epoch is not None and global_step is not None:
        raise InvalidValue("load_checkpoint takes epoch= or global_step=, not both.")
    active = runstone.active_run()
    if run_id is None and active is None:
        raise InvalidValue("load_checkpoint needs run_id=, since no run is active.")
    client = runstone.MlflowClient()
    run = client.get_run(run_id or active.info.run_id)  # the active run's own tags are those of its start
    latest = run.data.tags.get(TAG)
    if latest is None:
        raise InvalidValue(f"The run {run.info.run_id} has no checkpoint: its tag {TAG} is missing.")
    folder, name = posixpath.split(latest)
    if epoch is not None:
        folder = f"{FOLDER}/epoch_{epoch}"
    elif global_step is not None:
        folder = f"{FOLDER}/global_step_{global_step}"
    with tempfile.TemporaryDirectory() as place:
        yield Path(client.download_artifacts(run.info.run_id, f"{folder}/{name}", place))
