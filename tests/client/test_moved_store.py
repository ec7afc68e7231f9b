"""A store is a folder: it may be moved, and everything in it is still found."""

from __future__ import annotations

from pathlib import Path

import runstone


def test_artifacts_move_with_their_store(tmp_path: Path) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    runstone.set_tracking_uri(str(before))
    runstone.set_experiment("moved")
    with runstone.start_run() as run:
        runstone.log_text("words", "notes.txt")
    made = runstone.MlflowClient().create_run(runstone.get_run(run.info.run_id).info.experiment_id)
    runstone.MlflowClient().log_text(made.info.run_id, "more", "notes.txt")
    runstone.flush()
    before.rename(after)
    runstone.set_tracking_uri(str(after))
    for run_id, text in ((run.info.run_id, "words"), (made.info.run_id, "more")):
        assert str(after) in (runstone.get_run(run_id).info.artifact_uri or "")
        assert runstone.artifacts.load_text(f"runs:/{run_id}/notes.txt") == text
