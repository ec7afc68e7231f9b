"""Checkpoints among a run's artifacts: which are kept, and where. Lightning's own are in test_heavy_like_mlflow.py."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import runstone
from runstone.autolog.checkpoints import TAG, Keeper, Plan, fetched
from runstone.autolog.core import Options
from runstone.errors import InvalidValue, NotFound

LOSSES = [3.0, 1.0, 2.0]


def kept(plan: Plan, monitored: str = "val_loss") -> tuple[dict[str, str], str | None]:
    """Files below the run's checkpoints and what is in them, and the run's tag, after three epochs of two steps."""
    with runstone.start_run() as run:
        runstone.log_text("", "other.txt")
        keeper = Keeper(run.info.run_id, Options(), plan, ".pth")
        for epoch, loss in enumerate(LOSSES):

            def write(file: Path, epoch: int = epoch) -> None:
                file.write_text(f"weights {epoch}")

            keeper.keep(write, epoch, 2 * epoch + 2, {monitored: loss})
    client = runstone.MlflowClient()
    folder = Path(client.download_artifacts(run.info.run_id, ""))
    files = {str(one.relative_to(folder)): one.read_text() for one in (folder / "checkpoints").rglob("*") if one.is_file()}
    return files, client.get_run(run.info.run_id).data.tags.get(TAG)


@pytest.mark.parametrize(("mode", "best"), [("min", 1), ("max", 0)])
def test_the_best_is_kept(mode: str, best: int) -> None:
    files, latest = kept(Plan(mode=mode))
    assert latest == "checkpoints/latest_checkpoint.pth"
    assert files[latest] == f"weights {best}"
    assert f'"val_loss": {LOSSES[best]}' in files["checkpoints/latest_checkpoint_metrics.json"]
    assert len(files) == 2


def test_each_is_kept_by_epoch_or_step() -> None:
    files, latest = kept(Plan(best_only=False, weights_only=True))
    assert {name: text for name, text in files.items() if name.endswith(".pth")} == {
        f"checkpoints/epoch_{epoch}/checkpoint.weights.pth": f"weights {epoch}" for epoch in range(3)
    }
    assert latest == "checkpoints/epoch_2/checkpoint.weights.pth"
    files, latest = kept(Plan(best_only=False, every=2))
    assert latest == "checkpoints/global_step_6/checkpoint.pth"


def test_a_metric_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert kept(Plan(), monitored="train_loss") == ({}, None)
    told = capsys.readouterr().err
    assert told.count("'val_loss'") == 1
    assert "train_loss" in told


@pytest.mark.parametrize(
    ("given", "told"), [({"mode": "least"}, "'least'"), ({"monitor": None}, "checkpoint_monitor"), ({"every": 0}, "0")]
)
def test_plans_that_cannot_be_followed(given: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidValue, match=told):
        Plan(**given)


def test_one_is_fetched_for_the_block() -> None:
    kept(Plan(best_only=False))
    run_id = runstone.last_active_run().info.run_id
    with fetched(run_id, None, None) as file:
        assert (file.name, file.read_text()) == ("checkpoint.pth", "weights 2")
    assert not file.exists()
    with fetched(run_id, 0, None) as file:
        assert file.read_text() == "weights 0"
    with pytest.raises(NotFound), fetched(run_id, 9, None):
        pass
    kept(Plan(best_only=False, every=2))
    with runstone.start_run(runstone.last_active_run().info.run_id), fetched(None, None, 4) as file:
        assert file.read_text() == "weights 1"


def test_mistakes_about_which_are_told() -> None:
    with pytest.raises(InvalidValue, match="not both"), fetched("", 1, 2):
        pass
    with pytest.raises(InvalidValue, match="no run is active"), fetched(None, None, None):
        pass
    with runstone.start_run(), pytest.raises(InvalidValue, match="no checkpoint"), fetched(None, None, None):
        pass
