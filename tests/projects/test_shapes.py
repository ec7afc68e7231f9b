"""Projects of the shapes that MLflow's own examples have: scripts that say `import mlflow` and know nothing of Runstone."""

from __future__ import annotations

import platform
from collections.abc import Callable
from pathlib import Path

import pytest

import runstone
from runstone import projects

Make = Callable[..., Path]

#: One script, two numbers as arguments, a linear model of a table beside it. (With scikit-learn it is `examples/forest`.)
WINE = """
import sys
import numpy as np
import mlflow

if __name__ == "__main__":
    table = np.genfromtxt("wine.csv", delimiter=",", skip_header=1)
    x, y = table[:, :-1], table[:, -1]
    alpha = float(sys.argv[1]) if len(sys.argv) > 1 else 0.5
    ratio = float(sys.argv[2]) if len(sys.argv) > 2 else 0.5
    with mlflow.start_run():
        weights = np.linalg.solve(x.T @ x + alpha * np.eye(x.shape[1]), x.T @ y)
        mlflow.log_param("alpha", alpha)
        mlflow.log_param("l1_ratio", ratio)
        mlflow.log_metric("rmse", float(np.sqrt(((y - x @ weights) ** 2).mean())))
        mlflow.log_dict({"weights": weights.tolist()}, "model/weights.json")
"""
WINE_PROJECT = """
name: wine
python_env: python_env.yaml
entry_points:
  main:
    parameters:
      alpha: {type: float, default: 0.5}
      l1_ratio: {type: float, default: 0.1}
    command: "python train.py {alpha} {l1_ratio}"
"""

#: Steps that hand artifacts on; the first entry point runs the others, and takes a finished step instead of running it again.
STEPS_PROJECT = """
name: steps
conda_env: conda.yaml
entry_points:
  load: {command: "python load.py"}
  train:
    parameters: {table: path, rows: {type: int, default: 10}}
    command: "python train.py --table {table} --rows {rows}"
  main:
    parameters: {rows: {type: int, default: 2}}
    command: "python main.py --rows {rows}"
"""
LOAD = """
import os, tempfile
import mlflow
with mlflow.start_run():
    path = os.path.join(tempfile.mkdtemp(), "table.csv")
    with open(path, "w") as file:
        file.write("a,b\\n1,2\\n3,4\\n5,6\\n")
    mlflow.log_artifact(path, "tables")
"""
TRAIN = """
import argparse, os
import mlflow
given = argparse.ArgumentParser()
given.add_argument("--table"); given.add_argument("--rows", type=int)
given = given.parse_args()
with mlflow.start_run():
    with open(os.path.join(given.table, "table.csv")) as file:
        mlflow.log_metric("rows", len(file.readlines()[1 : given.rows + 1]))
"""
MAIN = """
import argparse, os
import mlflow
from mlflow.entities import RunStatus
from mlflow.tracking import MlflowClient
from mlflow.tracking.fluent import _get_experiment_id
from mlflow.utils import mlflow_tags
from mlflow.utils.logging_utils import eprint

given = argparse.ArgumentParser()
given.add_argument("--rows", type=int)
rows = given.parse_args().rows

def done_before(entry_point, parameters):
    client = MlflowClient()
    for run in client.search_runs([_get_experiment_id()]):
        if run.data.tags.get(mlflow_tags.MLFLOW_PROJECT_ENTRY_POINT) != entry_point:
            continue
        if any(run.data.params.get(key) != str(value) for key, value in parameters.items()):
            continue
        if run.info.to_proto().status == RunStatus.FINISHED:
            return run
    return None

def step(entry_point, parameters):
    before = done_before(entry_point, parameters)
    if before is not None:
        eprint("found", entry_point)
        return before
    submitted = mlflow.run(".", entry_point, parameters=parameters, env_manager="local")
    return MlflowClient().get_run(submitted.run_id)

with mlflow.start_run():
    load = step("load", {})
    place = mlflow.artifacts.download_artifacts(os.path.join(load.info.artifact_uri, "tables"))
    step("train", {"table": place, "rows": rows})
    step("load", {})
"""


def test_a_script_that_trains_one_model(project: Make) -> None:
    table = "acid,sugar,quality\n" + "".join(f"{n},{n * n % 7},{n % 5}\n" for n in range(30))
    env = 'python: "3.10"\nbuild_dependencies: [pip]\ndependencies: [mlflow, scikit-learn, pandas]\n'
    folder = project(MLproject=WINE_PROJECT, train__py=WINE, wine__csv=table, python_env__yaml=env)
    done = projects.run(str(folder), parameters={"alpha": 0.3}, env_manager="local")
    run = runstone.get_run(done.run_id)
    assert (run.info.status, run.data.params) == ("FINISHED", {"alpha": "0.3", "l1_ratio": "0.1"})
    assert set(run.data.metrics) == {"rmse"}
    assert [one.path for one in runstone.artifacts.list_artifacts(run_id=done.run_id)] == ["model"]


def test_steps_that_hand_on_files_and_are_not_made_twice(project: Make, capfd: pytest.CaptureFixture[str]) -> None:
    conda = "name: steps\nchannels: [conda-forge]\ndependencies: [python=3.10, pip, {pip: [mlflow>=2]}]\n"
    folder = project(MLproject=STEPS_PROJECT, conda__yaml=conda, load__py=LOAD, train__py=TRAIN, main__py=MAIN)
    done = projects.run(str(folder), env_manager="local")
    runs = runstone.search_runs(search_all_experiments=True, output_format="list")
    by_entry = {run.data.tags["mlflow.project.entryPoint"]: run for run in runs}
    assert set(by_entry) == {"main", "load", "train"}
    assert len(runs) == 3
    assert by_entry["train"].data.metrics == {"rows": 2.0}
    assert {by_entry[name].data.tags["mlflow.parentRunId"] for name in ("load", "train")} == {done.run_id}
    assert "found load" in capfd.readouterr().err


def test_a_conda_file_is_read_by_uv(project: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNSTONE_ENV_DIR", str(tmp_path / "envs"))
    version = ".".join(platform.python_version_tuple()[:2])
    conda = f"name: plain\nchannels: [conda-forge]\ndependencies: [python={version}]\n"
    mlproject = (
        "name: plain\nconda_env: my.yaml\nentry_points: {main: {command: \"python -c 'import sys; print(sys.prefix)'\"}}\n"
    )
    folder = project(MLproject=mlproject, my__yaml=conda)
    done = projects.run(str(folder), env_manager="uv")
    run = runstone.get_run(done.run_id)
    assert (run.info.status, run.data.tags["mlflow.project.env"]) == ("FINISHED", "uv")
