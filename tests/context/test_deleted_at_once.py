"""A run that is deleted as soon as it has ended."""

from __future__ import annotations

import time

import pytest

import runstone
from runstone.client import context, gathering


def test_what_is_still_gathered_for_a_run_comes_before_its_deletion(monkeypatch: pytest.MonkeyPatch) -> None:
    def slowly() -> context.Gathered:
        time.sleep(0.3)
        return context.Gathered({"mlflow.source.git.commit": "c0ffee"}, [], time.monotonic())

    monkeypatch.setenv("RUNSTONE_CAPTURE_CONTEXT", "1")
    monkeypatch.setattr(gathering, "collect", slowly)
    context.forget()
    with runstone.start_run() as run:
        runstone.log_metric("a", 1.0)
    runstone.delete_run(run.info.run_id)
    context.settle()
    runstone.flush()  # a record set aside would raise here
    found = runstone.get_run(run.info.run_id)
    assert found.info.lifecycle_stage == "deleted"
    assert found.data.tags["mlflow.source.git.commit"] == "c0ffee"
