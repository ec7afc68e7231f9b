"""``doctor()``: what to say of this installation."""

from __future__ import annotations

import pytest

import runstone


def test_it_says_versions_places_and_settings(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "postgresql://me:hidden@host/db")  # which is not there, and need not be
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "hidden")
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "trees")
    runstone.doctor()
    said = capsys.readouterr().out
    assert f"Runstone version: {runstone.__version__}\n" in said
    assert "Tracking URI: postgresql://host/db\n" in said
    assert "MLFLOW_EXPERIMENT_NAME=trees\n" in said
    assert "msgspec==" in said
    assert "hidden" not in said
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "nonsense://x")  # no reason to say nothing
    runstone.doctor(mask_envs=True)
    assert "MLFLOW_EXPERIMENT_NAME=***\n" in capsys.readouterr().out
