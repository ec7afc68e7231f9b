"""Trainings of large frameworks, here and under the real mlflow: runs, params, metrics and files have the same names.

``make flavors`` has the frameworks; a case whose framework is missing on either side is skipped.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import heavy_autolog_cases
import pytest

import runstone
from forks import Forks
from runstone.autolog import core

pytestmark = [
    pytest.mark.peer,
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.timeout(900),
    pytest.mark.usefixtures("real_mlflow"),
]
QUIET = {"HF_HUB_OFFLINE": "1", "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1", "MLFLOW_ALLOW_FILE_STORE": "true"}
#: What one side alone keeps: models lie elsewhere in MLflow 3, and files of TensorBoard are MLflow's.
APART = {"model", "best_model", "tensorboard_logs"}
#: Timings differ, and who was asked to report.
VARYING = ("train_runtime", "train_samples_per_second", "train_steps_per_second", "report_to", "output_dir", "logging_dir")
HERE = sorted(name for name in heavy_autolog_cases.CASES if heavy_autolog_cases.missing(name) is None)


@pytest.fixture(scope="module")
def recorded(real_mlflow: Forks, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> dict[str, Any]:
    """What the real mlflow logs for the cases that are tested now and whose framework is here."""
    names = [item.callspec.params.get("name") for item in request.session.items if hasattr(item, "callspec")]
    asked_for = {name for name in names if isinstance(name, str)}  # other tests have parameters of that name
    here = [name for name in HERE if name in asked_for]
    folder = tmp_path_factory.mktemp("mlflow")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("RUNSTONE_", "PYTHON"))} | QUIET
    done = real_mlflow.run(heavy_autolog_cases.__file__, str(folder), *here, cwd=folder, env=clean)
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout.rpartition("FOUND")[2])
    return found


def names(run: dict[str, Any]) -> dict[str, Any]:
    """What is compared: all but the points, which MLflow logs twice for a model, and of which some are of no step; data and
    signatures of Spark ML alone."""
    apart = ("metrics",) if "estimator_class" in run["tags"] else ("metrics", "data", "signature")
    kept = {key: value for key, value in run.items() if key not in apart}
    kept["params"] = {key: value for key, value in run["params"].items() if key not in (*VARYING, "kwargs")}
    kept["metrics"] = sorted(run["metrics"])
    kept["files"] = sorted(set(run["files"]) - APART)
    return kept


def in_order(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(map(names, runs), key=lambda run: json.dumps([run["child"], run["params"]]))


@pytest.mark.parametrize("name", sorted(heavy_autolog_cases.CASES))
def test_the_same_names_are_logged(
    name: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if name not in HERE:
        pytest.skip(f"{heavy_autolog_cases.missing(name)} is not installed here")
    theirs = request.getfixturevalue("recorded")[name]
    if "missing" in theirs:
        pytest.skip(f"{theirs['missing']} is not installed where the real mlflow is")
    for setting, value in {**QUIET, "RUNSTONE_CAPTURE_CONTEXT": "0"}.items():
        monkeypatch.setenv(setting, value)
    monkeypatch.chdir(tmp_path)
    core.forget()
    try:
        ours = json.loads(json.dumps(heavy_autolog_cases.logged(runstone, [name]), default=str))[name]
    finally:
        core.forget()
    assert in_order(ours) == in_order(theirs)
    for we, they in zip(ours, theirs, strict=True) if len(ours) == 1 else ():
        for metric in set(we["metrics"]) - set(VARYING):
            assert we["metrics"][metric][-1][1] in [value for _, value in they["metrics"][metric]]
