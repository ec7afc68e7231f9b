"""requirements.txt, conda.yaml and python_env.yaml beside a model."""

from __future__ import annotations

import platform
import sys
from importlib import metadata
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import yaml
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LinearRegression

import runstone.pyfunc
import runstone.sklearn
from runstone.errors import InvalidValue
from runstone.models.environment import by_their_files, distribution_of

MODEL = DummyClassifier().fit([[0]], [1])


def save(folder: Path, **arguments: Any) -> list[str]:
    runstone.sklearn.save_model(MODEL, folder, **arguments)
    return (folder / "requirements.txt").read_text().splitlines()


def test_packages_of_the_model_are_pinned(tmp_path: Path) -> None:
    lines = save(tmp_path / "m")
    assert f"scikit-learn=={version('scikit-learn')}" in lines
    assert f"cloudpickle=={version('cloudpickle')}" in lines
    assert f"numpy=={version('numpy')}" in lines
    assert not any(line.startswith(("mlflow", "runstone")) for line in lines)
    conda = yaml.safe_load((tmp_path / "m" / "conda.yaml").read_text())
    assert conda["dependencies"][0] == f"python={platform.python_version()}"
    assert conda["dependencies"][-1] == {"pip": lines}
    python = yaml.safe_load((tmp_path / "m" / "python_env.yaml").read_text())
    assert python["python"] == platform.python_version()
    assert python["dependencies"] == ["-r requirements.txt"]


def test_skops_is_asked_for_only_when_used(tmp_path: Path) -> None:
    assert not any(line.startswith("skops") for line in save(tmp_path / "a"))
    lines = save(tmp_path / "b", serialization_format="skops")
    assert any(line.startswith("skops==") for line in lines)
    assert not any(line.startswith("cloudpickle") for line in lines)


def test_packages_inside_a_pipeline_are_found(tmp_path: Path) -> None:
    import yaml as package  # any package that scikit-learn does not need

    model = LinearRegression().fit([[0], [1]], [0, 1])
    model.get_params = lambda deep=True: {"loader": package.SafeLoader}  # type: ignore[method-assign]
    runstone.sklearn.save_model(model, tmp_path / "m")
    assert f"PyYAML=={version('PyYAML')}" in (tmp_path / "m" / "requirements.txt").read_text().splitlines()


def test_the_callers_requirements_replace_those_found(tmp_path: Path) -> None:
    assert save(tmp_path / "a", pip_requirements=["scikit-learn", "torch==2.0 # why"]) == ["scikit-learn", "torch==2.0"]
    lines = save(tmp_path / "b", extra_pip_requirements=["NumPy<3", "torch"])
    assert lines[-2:] == ["NumPy<3", "torch"]
    assert not any(line.startswith("numpy==") for line in lines)


def test_a_requirements_file_with_others_inside(tmp_path: Path) -> None:
    (tmp_path / "more.txt").write_text("pandas\n")
    (tmp_path / "limits.txt").write_text("numpy<3\n")
    (tmp_path / "req.txt").write_text(
        "# mine\nscikit-learn\n-r more.txt\n-c limits.txt\n--index-url https://example.org/simple\n"
    )
    lines = save(tmp_path / "m", pip_requirements=str(tmp_path / "req.txt"))
    assert lines == ["scikit-learn", "pandas", "--index-url https://example.org/simple", "-c constraints.txt"]
    assert (tmp_path / "m" / "constraints.txt").read_text() == "numpy<3\n"


def test_a_conda_environment_is_kept(tmp_path: Path) -> None:
    conda = {"name": "mine", "dependencies": ["python=3.11", {"pip": ["scikit-learn==1.0"]}]}
    assert save(tmp_path / "m", conda_env=conda) == ["scikit-learn==1.0"]
    assert yaml.safe_load((tmp_path / "m" / "conda.yaml").read_text()) == conda
    (tmp_path / "conda.yaml").write_text(yaml.safe_dump(conda))
    assert save(tmp_path / "n", conda_env=str(tmp_path / "conda.yaml")) == ["scikit-learn==1.0"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"conda_env": {"dependencies": []}, "pip_requirements": ["a"]}, "together"),
        ({"conda_env": "nowhere.yaml"}, r"nowhere\.yaml"),
        ({"pip_requirements": "nowhere.txt"}, r"nowhere\.txt"),
        ({"pip_requirements": 3}, "list of lines"),
        ({"extra_pip_requirements": ["a b c"]}, "a b c"),
    ],
)
def test_what_pip_would_not_take(tmp_path: Path, arguments: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidValue, match=told):
        save(tmp_path / "m", **arguments)
    assert not (tmp_path / "m").exists()


def test_a_different_environment_is_named_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other_build = f"xgboost=={version('xgboost-cpu')}"
    wanted = ["scikit-learn", other_build, "numpy==1.0", "nonexistent-package==3", "never; python_version < '3'"]
    runstone.sklearn.save_model(MODEL, tmp_path / "m", pip_requirements=wanted, serialization_format="skops")
    runstone.pyfunc.load_model(tmp_path / "m", suppress_warnings=True)
    assert capsys.readouterr().err == ""
    for _ in range(2):
        runstone.pyfunc.load_model(tmp_path / "m")
    told = capsys.readouterr().err
    assert told.count("differs") == 1
    assert f"numpy is {version('numpy')}" in told
    assert "nonexistent-package is not installed" in told
    assert "never" not in told
    assert "scikit-learn" not in told
    assert "xgboost" not in told


@pytest.mark.parametrize(
    ("module", "name"), [("sklearn.tree", "scikit-learn"), ("numpy", "numpy"), ("os.path", None), ("nowhere_7", None)]
)
def test_distributions_of_modules(module: str, name: str | None) -> None:
    assert distribution_of(module) == name


def test_distributions_are_found_by_their_files_as_the_library_does() -> None:
    # what Python 3.10 needs: its library knows those only that list their modules
    mine, theirs = by_their_files(), metadata.packages_distributions()
    names = set(theirs) if sys.version_info >= (3, 11) else {"pytest", "sqlalchemy"}
    assert names <= set(mine)
    assert {name: set(mine[name]) for name in names & set(theirs)} == {name: set(theirs[name]) for name in names & set(theirs)}
