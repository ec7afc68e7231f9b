"""Context, system metrics and console of real runs, as the store has them afterwards."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import runstone
from runstone.client.session import session
from runstone.contracts import Store


def store_after(folder: Path, body: str, code: int = 0) -> tuple[Store, str, subprocess.CompletedProcess[str]]:
    """Run a script that logs to ``folder``; the store, the id of its run (the last line it printed), and what it showed."""
    script = folder / "train.py"
    script.write_text("import runstone\n" + textwrap.dedent(body))
    done = subprocess.run([sys.executable, str(script)], cwd=folder, capture_output=True, text=True, timeout=60)
    assert done.returncode == code, done.stderr
    runstone.set_tracking_uri(folder / ".runstone")
    return session().fresh_store(), (folder / "id").read_text(), done


def test_a_short_script_has_its_context(tmp_path: Path) -> None:
    store, run_id, _ = store_after(
        tmp_path,
        """
        with runstone.start_run() as run:
            open("id", "w").write(run.info.run_id)
        """,
    )
    found = {document.name: document.text for document in store.documents(run_id)}
    assert found.keys() == {"host", "packages", "sources"}
    assert json.loads(found["host"])["entry"] == str(tmp_path / "train.py")
    assert "numpy==" in found["packages"]


def test_context_can_be_switched_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNSTONE_CAPTURE_CONTEXT", "0")
    store, run_id, _ = store_after(tmp_path, "with runstone.start_run() as run:\n    open('id', 'w').write(run.info.run_id)\n")
    assert store.documents(run_id) == []


def test_console_and_system_metrics_of_a_run(tmp_path: Path) -> None:
    store, run_id, done = store_after(
        tmp_path,
        """
        import os, subprocess, sys
        with runstone.start_run(log_system_metrics=True, capture_console=True) as run:
            open("id", "w").write(run.info.run_id)
            print("epoch 1")
            subprocess.run(["echo", "from a child"])
            with runstone.start_run(nested=True):
                print("inside")
            print("oh", file=sys.stderr)
        print("after")
        """,
    )
    assert done.stdout == "epoch 1\nfrom a child\ninside\nafter\n"
    pieces = store.console(run_id)
    assert "".join(piece.text for piece in pieces if piece.stream == "stdout") == "epoch 1\nfrom a child\ninside\n"
    assert "oh\n" in "".join(piece.text for piece in pieces if piece.stream == "stderr")
    metrics = store.get_run(run_id).data.metrics
    assert "system/cpu_utilization_percentage" in metrics
    assert "system/process_memory_megabytes" in metrics


def test_a_nested_run_that_captures_has_its_own_console(tmp_path: Path) -> None:
    store, run_id, _ = store_after(
        tmp_path,
        """
        with runstone.start_run(capture_console=True):
            print("outer")
            with runstone.start_run(nested=True, capture_console=True) as run:
                open("id", "w").write(run.info.run_id)
                print("inner")
            print("outer again")
        """,
    )
    assert [piece.text for piece in store.console(run_id)] == ["inner\n"]
    parent = store.get_run(run_id).info.parent_run_id
    assert parent is not None
    assert "".join(piece.text for piece in store.console(parent)) == "outer\nouter again\n"


def test_what_a_script_said_before_it_failed_is_kept(tmp_path: Path) -> None:
    store, run_id, done = store_after(
        tmp_path,
        """
        with runstone.start_run(capture_console=True) as run:
            open("id", "w").write(run.info.run_id)
            print("loading", end="")
            raise SystemError("no luck")
        """,
        code=1,
    )
    assert "SystemError: no luck" in done.stderr
    assert done.stdout == "loading"
    assert [piece.text for piece in store.console(run_id)] == ["loading"]
    traceback = {document.name: document.text for document in store.documents(run_id)}["traceback"]
    assert "SystemError: no luck" in traceback


def test_a_resumed_runs_system_metrics_go_on(tmp_path: Path) -> None:
    runstone.set_tracking_uri(tmp_path / "runs")
    runstone.set_experiment("resumed")
    with runstone.start_run(log_system_metrics=True) as run:
        pass
    with runstone.start_run(run_id=run.info.run_id, log_system_metrics=True):
        pass
    history = runstone.MlflowClient().get_metric_history(run.info.run_id, "system/cpu_utilization_percentage")
    assert [point.step for point in history] == [0, 1]


def test_datasets_can_be_searched_for(tmp_path: Path) -> None:
    import numpy as np

    runstone.set_tracking_uri(tmp_path / "runs")
    runstone.set_experiment("datasets")
    with runstone.start_run() as run:
        runstone.log_input(runstone.data.from_numpy(np.arange(3), "x.npy", name="rings"), context="training")
    with runstone.start_run():
        pass
    client = runstone.MlflowClient()
    for words in ("dataset.name = 'rings'", "dataset.context = 'training'"):
        found = client.search_runs([run.info.experiment_id], words)
        assert [one.info.run_id for one in found] == [run.info.run_id]
