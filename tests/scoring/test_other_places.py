"""Models in environments of their own, in images, and under other servers."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from click.testing import CliRunner, Result
from sklearn.linear_model import LinearRegression

import runstone
from runstone.cli.main import cli
from runstone.environments import build, own, wheel
from runstone.errors import ExecutionException, InvalidValue, PermissionDenied
from runstone.scoring import environment, image

ROWS = pd.DataFrame({"x": [0.0, 1.0]})


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "model"
    runstone.sklearn.save_model(LinearRegression().fit(ROWS, [0.0, 1.0]), folder, input_example=ROWS)
    return folder


@pytest.fixture
def environments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Environments are made of this Python and a name; what each was made from."""
    made: list[Any] = []

    def make(wants: Any, folder: Path, _tell: Any) -> None:
        made.append(wants)
        (folder / "bin").mkdir(parents=True)
        python = folder / "bin" / "python"
        python.write_text(f'#!/bin/sh\nexport MADE=yes\nexec {shlex.quote(sys.executable)} "$@"\n')
        python.chmod(0o755)

    monkeypatch.setenv("RUNSTONE_ENV_DIR", str(tmp_path / "envs"))
    for manager in ("uv", "virtualenv", "conda"):
        monkeypatch.setitem(build._BUILD, manager, make if manager != "conda" else build._BUILD["conda"])
    return made


def run(*words: str, code: int = 0) -> Result:
    done = CliRunner().invoke(cli, ["models", *words])
    assert done.exit_code == code, done.output
    return done


def test_a_model_predicts_in_its_own_environment(model: Path, environments: list[Any], tmp_path: Path) -> None:
    told = json.loads(run("prepare-env", "-m", str(model), "--env-manager", "virtualenv", "--json").stdout)
    (wants,) = environments
    assert any(line.startswith("scikit-learn==") for line in wants.lines)
    assert "pandas" in wants.lines
    assert wants.lines[-1].endswith(".whl")
    assert told["python"].startswith(told["folder"])
    again = run("prepare-env", "-m", str(model), "--env-manager", "virtualenv")
    assert told["python"] in again.stdout
    assert len(environments) == 1
    asks = tmp_path / "asks.py"
    asks.write_text(
        "import os, runstone\n"
        "runstone.models.set_model(lambda model_input: [os.environ.get('MADE', 'no'), os.environ.get('MORE', 'no')])\n"
    )
    runstone.pyfunc.save_model(tmp_path / "m", python_model=str(asks), pip_requirements=["six==1.0"])
    request = tmp_path / "in.json"
    request.write_text('{"inputs": [1]}')
    environment.prepared(str(tmp_path / "m"), "uv", lambda _line: None, ["six==1.17.0"])
    assert [line for line in environments[-1].lines if "six" in line] == ["six==1.17.0"]
    words = ["predict", "-m", str(tmp_path / "m"), "-i", str(request), "-o", str(tmp_path / "out"), "--env", "MORE=much"]
    run(*words)
    assert json.loads((tmp_path / "out").read_text()) == {"predictions": ["no", "much"]}
    there = [*words, "--env-manager", "uv", "-r", "six==1.17.0"]
    done = subprocess.run(
        [sys.executable, "-m", "runstone.cli.main", "models", *there], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "out").read_text()) == {"predictions": ["yes", "much"]}


def test_conda_reads_a_file_with_runstone_in_it(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNSTONE_ENV_DIR", str(tmp_path / "envs"))
    conda = tmp_path / "conda"
    conda.write_text(
        f'#!/bin/sh\necho "$@" > {tmp_path}/words\nwhile [ "$1" != --prefix ]; do shift; done\nmkdir -p "$2/bin"\n'
    )
    conda.chmod(0o755)
    monkeypatch.setenv("CONDA_EXE", str(conda))
    told = json.loads(run("prepare-env", "-m", str(model), "--env-manager", "conda", "--install-mlflow", "--json").stdout)
    words = (tmp_path / "words").read_text().split()
    file = yaml.safe_load(Path(words[-1]).read_text())
    assert words[words.index("--prefix") + 1] == told["folder"]
    pip = next(one["pip"] for one in file["dependencies"] if isinstance(one, dict))
    assert {"mlflow", "pandas"} <= set(pip)
    assert pip[-1].endswith(".whl")
    assert file["dependencies"][0].startswith("python=")


def test_environments_that_cannot_be(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bare = tmp_path / "bare"
    bare.mkdir()
    (bare / "MLmodel").write_text("flavors: {python_function: {loader_module: mlflow.sklearn}}")
    assert "has no python_env.yaml" in run("prepare-env", "-m", str(bare), code=1).output
    assert "has no conda.yaml" in run("prepare-env", "-m", str(bare), "--env-manager", "conda", code=1).output
    assert "add --env-manager uv" in run("predict", "-m", str(model), "-r", "six==1", code=1).output
    assert "is no variable" in run("predict", "-m", str(model), "--env", "six", code=1).output
    with pytest.raises(InvalidValue, match="'=1' is no requirement"):
        environment.overriding("six==1,=1")
    monkeypatch.setenv("RUNSTONE_ALLOW_PICKLE", "deny")
    with pytest.raises(PermissionDenied, match="Installing them runs their code"):
        environment.prepared(str(model), "uv", lambda _line: None)


def test_this_runstone_as_a_wheel(tmp_path: Path) -> None:
    first = wheel(tmp_path / "a")
    own._made.cache_clear()
    again = wheel(tmp_path / "b")
    assert first.read_bytes() == again.read_bytes()
    uv = build.find_uv()
    assert uv is not None
    command = [uv, "pip", "install", "--quiet", "--no-deps", "--offline", "--target", str(tmp_path / "t"), str(first)]
    subprocess.run(command, check=True)
    code = "import runstone; print(runstone.__file__, runstone.__version__)"
    env = {**os.environ, "PYTHONPATH": str(tmp_path / "t")}
    told = subprocess.check_output([sys.executable, "-c", code], text=True, env=env, cwd=tmp_path).split()
    assert told == [str(tmp_path / "t" / "runstone" / "__init__.py"), runstone.__version__]
    assert (tmp_path / "t" / "bin" / "runstone").is_file()


def instructions(folder: Path) -> list[tuple[str, str]]:
    """Of the Dockerfile, held against what its linters say."""
    lines = [line for line in (folder / "Dockerfile").read_text().splitlines() if line and not line.startswith("#")]
    found = [(line.split(" ", 1)[0], line.split(" ", 1)[1]) for line in lines]
    names = [name for name, _ in found]
    assert names[0] == "FROM"
    assert names.count("FROM") == names.count("ENTRYPOINT") == names.count("HEALTHCHECK") == 1
    assert set(names) <= {"FROM", "ENV", "RUN", "WORKDIR", "COPY", "USER", "EXPOSE", "HEALTHCHECK", "ENTRYPOINT"}  # no ADD
    told = dict(found)
    base = told["FROM"]
    assert ":" in base
    assert not base.endswith(":latest")
    assert told["USER"] == "10001:10001"
    assert names.index("USER") > max(index for index, name in enumerate(names) if name in ("RUN", "COPY"))
    words = json.loads(told["ENTRYPOINT"])  # a list: signals reach the server itself
    assert words[:3] == ["runstone", "models", "serve"]
    for name, text in found:
        if name == "COPY":
            for source in text.split()[:-1]:
                assert (folder / source).exists(), source
        if name == "RUN" and "apt-get" in text:
            assert "--no-install-recommends" in text
            assert "rm -rf /var/lib/apt/lists" in text
        if name == "RUN" and "pip install" in text:
            assert "--no-cache" in text
    return found


def test_the_folder_of_an_image(model: Path, tmp_path: Path) -> None:
    folder = tmp_path / "image"
    told = json.loads(run("generate-dockerfile", "-m", str(model), "-d", str(folder), "--json").stdout)
    assert told["dockerfile"] == str(folder / "Dockerfile")
    found = instructions(folder)
    assert ("FROM", f"python:{sys.version_info.major}.{sys.version_info.minor}-slim") in found
    assert (folder / "model" / "MLmodel").read_bytes() == (model / "MLmodel").read_bytes()
    assert {"pandas"} <= set((folder / "requirements.txt").read_text().split())
    assert not any("apt-get" in text for _, text in found)
    assert "not empty" in run("generate-dockerfile", "-m", str(model), "-d", str(folder), code=1).output


@pytest.mark.parametrize(
    ("wish", "text"),
    [
        (image.Wish(manager="uv"), "uv pip install --system"),
        (image.Wish(manager="conda"), "conda env create"),
        (image.Wish(java=True), "default-jre-headless"),
        (image.Wish(base="registry.local/python:3.11"), "FROM registry.local/python:3.11"),
    ],
)
def test_images_of_other_kinds(model: Path, tmp_path: Path, wish: image.Wish, text: str) -> None:
    assert text in image.write(tmp_path / "i", str(model), wish).read_text()
    instructions(tmp_path / "i")


def test_an_image_for_any_model_makes_the_environment_when_it_starts(tmp_path: Path) -> None:
    image.write(tmp_path / "i", None, image.Wish(mlflow=True))
    entry = json.loads(dict(instructions(tmp_path / "i"))["ENTRYPOINT"])
    assert entry[entry.index("--env-manager") + 1] == "uv"
    assert "--install-mlflow" in entry


def test_packages_among_the_models_files_are_installed_from_there(model: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    (mine / "extra_files").mkdir(parents=True)
    for file in ("MLmodel", "python_env.yaml"):
        (mine / file).write_bytes((model / file).read_bytes())
    (mine / "extra_files" / "mine.whl").touch()
    (mine / "requirements.txt").write_text("./extra_files/mine.whl\nlightgbm==4.6.0\n")
    image.write(tmp_path / "i", str(mine), image.Wish())
    names = [text for name, text in instructions(tmp_path / "i") if name == "COPY"]
    assert names.index("model model") == 1
    assert "/opt/ml/model/extra_files/mine.whl" in (tmp_path / "i" / "requirements.txt").read_text()
    assert "libgomp1" in (tmp_path / "i" / "Dockerfile").read_text()
    (mine / "requirements.txt").write_text("../mine.whl\n")
    with pytest.raises(InvalidValue, match="outside of the model"):
        image.write(tmp_path / "j", str(mine), image.Wish())


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    def put(script: str) -> None:
        place = tmp_path / "bin"
        place.mkdir()
        (place / "docker").write_text(f"#!/bin/sh\n{script}\n")
        (place / "docker").chmod(0o755)
        monkeypatch.setenv("PATH", f"{place}{os.pathsep}{os.environ['PATH']}")

    return put


def test_building_an_image(model: Path, tmp_path: Path, docker: Callable[[str], None]) -> None:
    kept = tmp_path / "kept"
    docker(f'if [ "$1" = build ]; then echo "$@" > {kept}.words; cp -r "$4" {kept}; fi')
    assert json.loads(run("build-docker", "-m", str(model), "-n", "net:1", "--json").stdout)["image"] == "net:1"
    assert (tmp_path / "kept.words").read_text().split()[:3] == ["build", "--tag", "net:1"]
    instructions(kept)


def test_building_an_image_from_python(model: Path, tmp_path: Path, docker: Callable[[str], None]) -> None:
    kept = tmp_path / "kept"
    docker(f'[ "$1" = build ] || exit 0; [ "$3" = net:2 ] || exit 3; echo "$@" > {kept}.words; cp -r "$4" {kept}')
    runstone.models.build_docker(str(model), "net:2", env_manager="uv", base_image="python:3.12-slim")
    assert (tmp_path / "kept.words").read_text().split()[:3] == ["build", "--tag", "net:2"]
    assert instructions(kept)[0] == ("FROM", "python:3.12-slim")
    with pytest.raises(InvalidValue, match="env_manager='pipenv' is none of local, "):
        runstone.models.build_docker(str(model), env_manager="pipenv")
    with pytest.raises(ExecutionException, match="build ended with 3"):
        runstone.models.build_docker(str(model))


def test_an_engine_that_does_not_answer(model: Path, docker: Callable[[str], None]) -> None:
    docker("echo 'is the daemon running?' >&2; exit 1")
    told = run("build-docker", "-m", str(model), code=1).output
    assert "no engine answers: is the daemon running?" in told


def test_manifests(model: Path, tmp_path: Path) -> None:
    told = json.loads(run("manifest", "-m", str(model), "-n", "net", "--image", "net:1", "--json").stdout)
    assert (told["kind"], told["metadata"]["name"]) == ("InferenceService", "net")
    (container,) = told["spec"]["predictor"]["containers"]
    assert container["securityContext"]["runAsNonRoot"] is True
    assert container["readinessProbe"]["httpGet"] == {"path": "/ping", "port": 8080}
    file = tmp_path / "service.yaml"
    run("manifest", "-m", "s3://bucket/net", "-o", str(file))
    predictor = yaml.safe_load(file.read_text())["spec"]["predictor"]
    assert predictor["model"]["storageUri"] == "s3://bucket/net"
    settings = json.loads(run("manifest", "-m", "s3://bucket/net", "--kind", "mlserver").stdout)
    assert settings["implementation"] == "mlserver_mlflow.MLflowRuntime"
    assert "cannot fetch" in run("manifest", "-m", str(model), code=1).output
    assert "no name of a service" in run("manifest", "-m", str(model), "-n", "Big_Name", "--image", "a", code=1).output


def test_a_registered_models_manifest_names_its_files(model: Path, tmp_path: Path) -> None:
    runstone.set_tracking_uri(tmp_path / "store")
    runstone.register_model(str(model), "net")
    runstone.MlflowClient().set_registered_model_alias("net", "champion", 1)
    for uri in ("models:/net/1", "models:/net@champion", "models:/net/latest"):
        told = run("manifest", "-m", uri, "--image", "net:1", "--json", "--store", str(tmp_path / "store"))
        assert json.loads(told.stdout)["metadata"]["annotations"] == {"runstone/model-uri": uri}
        refused = run("manifest", "-m", uri, "--store", str(tmp_path / "store"), code=1).output
        assert "store" in refused
