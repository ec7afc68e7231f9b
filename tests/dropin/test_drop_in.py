"""``runstone drop-in``: scripts that import mlflow run on Runstone, in real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import runstone
from runstone.dropin.bridge import SHIM
from runstone.dropin.launch import environment

DROP_IN = [sys.executable, "-m", "runstone.cli.main", "drop-in"]

PEER = os.environ.get("RUNSTONE_PEER_PYTHON", "")


def drop_in(*command: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run ``runstone drop-in …`` in the working folder."""
    full = {**os.environ, **(env or {})}
    return subprocess.run([*DROP_IN, *command], capture_output=True, text=True, env=full, timeout=100, check=False)


def script(text: str, name: str = "train.py") -> str:
    Path(name).write_text(textwrap.dedent(text))
    return name


def python(text: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return drop_in(sys.executable, script(text), *arguments)


@pytest.fixture
def fake_mlflow(tmp_path: Path) -> dict[str, str]:
    """An environment in which a package called mlflow is installed."""
    (tmp_path / "site" / "mlflow").mkdir(parents=True)
    (tmp_path / "site" / "mlflow" / "__init__.py").write_text("real = True\n__version__ = '2.0'\n")
    return {"PYTHONPATH": str(tmp_path / "site")}


def test_names_are_found_in_the_modules_that_scripts_take_them_from() -> None:
    done = python(
        """
        import mlflow.entities.run_status
        from mlflow.entities.experiment import Experiment
        from mlflow.entities.metric import Metric
        from mlflow.entities.param import Param
        from mlflow.entities.run import Run
        from mlflow.entities.run_info import RunInfo
        from mlflow.entities.run_tag import RunTag
        from mlflow.entities.view_type import ViewType
        from mlflow.store.entities import PagedList
        from mlflow.store.entities.paged_list import PagedList as Paged
        from mlflow.tracking.client import MlflowClient
        from mlflow.utils.time import get_current_time_millis

        with mlflow.start_run() as run:
            now = get_current_time_millis()
            MlflowClient().log_batch(run.info.run_id, [Metric("m", 1.5, now, 0)], [Param("p", "1")], [RunTag("t", "x")])
        (found,) = MlflowClient().search_runs([run.info.experiment_id], run_view_type=ViewType.ALL)
        assert isinstance(found, Run) and isinstance(found.info, RunInfo) and PagedList is Paged
        assert mlflow.entities.run_status.RunStatus is mlflow.entities.RunStatus
        assert isinstance(mlflow.get_experiment(run.info.experiment_id), Experiment)
        print(found.data.metrics, found.data.params, found.data.tags["t"])
        """
    )
    assert (done.stdout, done.returncode) == ("{'m': 1.5} {'p': '1'} x\n", 0), done.stderr


def test_a_script_that_says_import_mlflow() -> None:
    done = python(
        """
        import sys
        import mlflow
        from mlflow import MlflowClient
        from mlflow.entities import RunStatus, ViewType
        from mlflow.exceptions import MlflowException
        from mlflow.tracking import MlflowClient as Tracking

        mlflow.set_experiment("dropped in")
        with mlflow.start_run() as run:
            mlflow.log_param("args", sys.argv[1:])
            mlflow.log_metric("loss", 0.5, step=3)
            mlflow.log_metric("loss", 0.25, step=4)
        assert Tracking is MlflowClient
        assert MlflowClient().get_run(run.info.run_id).data.metrics == {"loss": 0.25}
        try:
            mlflow.get_run("0" * 32)
        except MlflowException as error:
            print(error.error_code, run.info.run_id)
        """,
        "--epochs",
        "3",
    )
    assert done.returncode == 0, done.stderr
    code, run_id = done.stdout.split()
    assert code == "RESOURCE_DOES_NOT_EXIST"
    run = runstone.get_run(run_id)
    assert run.data.params == {"args": "['--epochs', '3']"}
    assert run.data.tags["mlflow.source.name"].endswith("train.py")
    assert runstone.get_experiment(run.info.experiment_id).name == "dropped in"


def test_modules_that_scripts_about_models_name(tmp_path: Path) -> None:
    done = python(
        """
        import mlflow, mlflow.config, mlflow.system_metrics
        from mlflow.entities.logged_model import LoggedModel
        from mlflow.entities.logged_model_status import LoggedModelStatus
        from mlflow.entities.model_registry.model_version import ModelVersion
        from mlflow.entities.model_registry.model_version_status import ModelVersionStatus
        from mlflow.entities.webhook import WebhookEvent
        from mlflow.models.evaluation import MetricThreshold, make_metric
        from mlflow.models.evaluation.base import EvaluationResult
        from mlflow.pyfunc.model import PythonModel, PythonModelContext
        from mlflow.utils.environment import _mlflow_conda_env

        assert ModelVersionStatus.from_string("READY") == ModelVersionStatus.READY
        assert mlflow.pyfunc.PythonModel is PythonModel and mlflow.models.MetricThreshold is MetricThreshold
        mlflow.config.enable_async_logging()
        assert mlflow.config.set_tracking_uri is mlflow.set_tracking_uri
        env = _mlflow_conda_env(None, ["gcc"], ["six==1.17"], additional_conda_channels=["x"])
        assert env["channels"] == ["conda-forge", "x"] and env["dependencies"][1] == "gcc"
        assert env["dependencies"][-1] == {"pip": ["six==1.17"]}
        own = mlflow.pyfunc.get_default_conda_env()
        assert own["dependencies"][-1] == {"pip": mlflow.pyfunc.get_default_pip_requirements()}
        assert len(mlflow.sklearn.get_default_conda_env(include_cloudpickle=True)["dependencies"][-1]["pip"]) == 2
        assert _mlflow_conda_env("conda.yaml", additional_pip_deps=["six"]) is None
        import yaml
        assert yaml.safe_load(open("conda.yaml"))["name"] == "mlflow-env"
        """
    )
    assert done.returncode == 0, done.stderr


def test_modules_and_names_are_the_same_objects() -> None:
    done = python(
        """
        import runstone, runstone.entities, runstone.tracking, runstone.models.signature
        import mlflow, mlflow.entities, mlflow.tracking, mlflow.models.signature, mlflow.artifacts
        import mlflow.types.schema
        from mlflow.types import Schema
        from mlflow.models import infer_signature
        assert mlflow.entities is runstone.entities and mlflow.tracking is runstone.tracking
        assert mlflow.models.signature is runstone.models.signature
        assert mlflow.log_metric is runstone.log_metric and mlflow.log_metric is runstone.log_metric
        assert infer_signature is runstone.models.signature.infer_signature
        assert Schema is mlflow.types.schema.Schema
        assert runstone.entities.__spec__.name == runstone.entities.__name__ == "runstone.entities"
        assert tuple(map(int, mlflow.__version__.split("."))) >= (2, 0, 0)
        assert mlflow.version.VERSION == mlflow.__version__
        assert mlflow.__runstone_version__ == runstone.__version__
        assert "log_metric" in dir(mlflow) and hasattr(mlflow, "search_runs")
        """
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "statement",
    [
        "mlflow.no_such_name",
        "import mlflow.no_such_name",
        "from mlflow import no_such_name",
        "from mlflow.no_such_name import x",
    ],
)
def test_what_runstone_does_not_have_is_named_in_a_sentence(statement: str) -> None:
    done = python(f"import mlflow\n{statement}\n")
    assert done.returncode == 1
    assert "mlflow.no_such_name is not part of Runstone" in done.stderr.splitlines()[-1]


def test_missing_parts_can_be_caught_and_asked_for() -> None:
    done = python(
        """
        import mlflow
        assert not hasattr(mlflow, "no_such_name")
        assert getattr(mlflow, "no_such_name", 3) == 3
        try:
            import mlflow.no_such_name
        except ImportError:
            print("fell back")
        """
    )
    assert done.stdout == "fell back\n", done.stderr


def test_python_m_subprocesses_and_spawned_processes() -> None:
    Path("pkg").mkdir()
    Path("pkg/__init__.py").touch()
    script(
        """
        import multiprocessing, subprocess, sys
        import mlflow

        def child(queue):
            import mlflow.tracking
            queue.put(mlflow.__runstone_version__)

        if __name__ == "__main__":
            spawn = multiprocessing.get_context("spawn")
            queue = spawn.Queue()
            worker = spawn.Process(target=child, args=(queue,))
            worker.start()
            print("spawned", queue.get(timeout=60))
            worker.join()
            subprocess.run([sys.executable, "-c", "import mlflow; print('sub', mlflow.__runstone_version__)"], check=True)
        """,
        "pkg/job.py",
    )
    done = drop_in(sys.executable, "-m", "pkg.job")
    assert done.stdout.split() == ["spawned", runstone.__version__, "sub", runstone.__version__], done.stderr


def test_a_console_script() -> None:
    tool = Path("tool")
    tool.write_text(f"#!{sys.executable}\nimport mlflow, sys\nprint(mlflow.__runstone_version__, sys.argv[1:])\n")
    tool.chmod(0o755)
    done = drop_in("--", "./tool", "--shadow", "-x")
    assert done.stdout == f"{runstone.__version__} ['--shadow', '-x']\n", done.stderr


@pytest.mark.parametrize("code", [0, 3, 77])
def test_the_exit_code_is_the_commands(code: int) -> None:
    assert python(f"import sys; sys.exit({code})").returncode == code


def test_signals_reach_the_command() -> None:
    name = script(
        """
        import signal, sys, time
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(42))
        print("ready", flush=True)
        time.sleep(60)
        """
    )
    with subprocess.Popen([*DROP_IN, sys.executable, name], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 42


def test_a_real_mlflow_is_not_hidden_unasked(fake_mlflow: dict[str, str]) -> None:
    name = script("import mlflow; print(getattr(mlflow, 'real', False), mlflow.__version__)")
    refused = drop_in(sys.executable, name, env=fake_mlflow)
    assert refused.returncode == 1
    assert refused.stdout == ""
    assert "real mlflow" in refused.stderr
    assert "--shadow" in refused.stderr
    shadowed = drop_in("--shadow", sys.executable, name, env=fake_mlflow)
    assert shadowed.stdout.startswith("False 3."), shadowed.stderr


@pytest.mark.peer
@pytest.mark.skipif(not PEER, reason="RUNSTONE_PEER_PYTHON names no Python with the real mlflow (make test does)")
def test_the_real_mlflow_of_pypi_in_the_same_environment() -> None:
    asked = "import sysconfig; print(sysconfig.get_path('purelib'))"
    real = {"PYTHONPATH": subprocess.check_output([PEER, "-c", asked], text=True).strip()}
    name = script(
        """
        import mlflow
        from mlflow.entities import Run
        with mlflow.start_run(run_name="shadowed") as run:
            mlflow.log_metric("loss", 0.5)
        print(mlflow.__file__, type(run).__module__, Run.__module__)
        """
    )
    refused = drop_in(sys.executable, name, env=real)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "--shadow" in refused.stderr
    shadowed = drop_in("--shadow", sys.executable, name, env=real)
    assert shadowed.returncode == 0, shadowed.stderr
    assert real["PYTHONPATH"] not in shadowed.stdout
    assert "runstone" in shadowed.stdout
    (run,) = runstone.search_runs(search_all_experiments=True, output_format="list")
    assert (run.info.run_name, run.data.metrics) == ("shadowed", {"loss": 0.5})


def test_a_real_mlflow_behind_a_program_we_cannot_ask(fake_mlflow: dict[str, str]) -> None:
    name = script("import mlflow; print('ran')")
    wrapper = Path("wrapper")
    wrapper.write_text(f"#!/bin/sh\nexec {sys.executable} {name}\n")
    wrapper.chmod(0o755)
    refused = drop_in("./wrapper", env=fake_mlflow)
    assert refused.returncode == 1
    assert "--shadow" in refused.stderr.splitlines()[-1]
    assert drop_in("--shadow", "./wrapper", env=fake_mlflow).stdout == "ran\n"


def test_the_scripts_own_folder_called_mlflow_stays_its_own() -> None:
    Path("mlflow").mkdir()
    Path("mlflow/__init__.py").write_text("mine = True")
    done = python("import mlflow; print(mlflow.mine)")
    assert done.stdout == "True\n", done.stderr


def test_drop_in_within_drop_in() -> None:
    name = script("import mlflow; print(mlflow.__runstone_version__)")
    done = drop_in(*DROP_IN, sys.executable, name)
    assert done.stdout == f"{runstone.__version__}\n", done.stderr


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ([], "no command"),
        (["no-such-program-7"], "no program"),
        (["train.py"], "runstone drop-in python train.py"),
        ([sys.executable, "-I", "train.py"], "-I"),
        ([sys.executable, "-X", "dev", "-sE", "train.py"], "-sE"),
    ],
)
def test_commands_that_cannot_work(command: list[str], told: str) -> None:
    done = drop_in(*command)
    assert done.returncode == 1
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_an_interpreter_without_runstone(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "bare")], check=True)
    bare = str(tmp_path / "bare" / "bin" / "python")
    done = drop_in(bare, script("import mlflow"))
    assert done.returncode == 1
    assert "pip install runstone" in done.stderr
    late = subprocess.run([bare, "train.py"], env=environment(os.environ), capture_output=True, text=True, check=False)
    assert "pip install runstone" in late.stderr.splitlines()[-1]


def test_the_users_own_path_is_kept() -> None:
    before = {"PYTHONPATH": os.pathsep.join(["/a", str(SHIM), "/b"]), "HOME": "/h"}
    assert environment(before) == {"PYTHONPATH": os.pathsep.join([str(SHIM), "/a", "/b"]), "HOME": "/h"}
    assert before["PYTHONPATH"].startswith("/a")


def test_nothing_is_kept_open_by_the_launcher() -> None:
    """The command takes the launcher's place: its parent is whoever started ``runstone``."""
    done = python("import os; print(os.getppid())")
    assert int(done.stdout) == os.getpid(), done.stderr
