"""What of a saved model is changed afterwards: its signature, and what it asks pip for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from sklearn.linear_model import LinearRegression

import runstone
from runstone.cli.main import cli
from runstone.errors import InvalidValue, NotFound
from runstone.models import infer_signature, set_signature, update_model_requirements

MODEL = LinearRegression().fit([[0.0], [1.0]], [0.0, 1.0])


@pytest.fixture(params=["folder", "run", "logged model"])
def uri(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "folder":
        runstone.sklearn.save_model(MODEL, tmp_path / "m")
        return str(tmp_path / "m")
    info = runstone.sklearn.log_model(MODEL, name="model")
    return f"runs:/{info.run_id}/model" if request.param == "run" else f"models:/{info.model_id}"


def asked(uri: str) -> tuple[list[str], list[str]]:
    folder = Path(runstone.artifacts.download_artifacts(uri))
    conda: dict[str, Any] = yaml.safe_load((folder / "conda.yaml").read_text())
    pip = next((one["pip"] for one in conda["dependencies"] if isinstance(one, dict)), [])
    return (folder / "requirements.txt").read_text().splitlines(), pip


def test_requirements_are_added_and_removed(uri: str) -> None:
    before, _ = asked(uri)
    assert any(line.startswith("numpy==") for line in before)
    told = update_model_requirements(uri, "add", ["NumPy<3", "six==1.17.0", "mine @ https://example.org/mine.whl"])
    lines, pip = asked(uri)
    assert lines == pip == told
    assert [line for line in lines if "numpy" in line.lower()] == ["NumPy<3"]
    assert set(before) - set(lines) == {line for line in before if line.startswith("numpy==")}
    words = ["update-pip-requirements", "-m", uri, "remove", "six>9", "pandas", "mine", "--json"]
    done = CliRunner().invoke(cli, ["models", *words])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)["requirements"]
    assert (told, told) == asked(uri)
    assert told == [line for line in lines if not line.startswith(("six", "mine", "pandas"))]
    assert runstone.sklearn.load_model(uri).predict([[2.0]])[0] == pytest.approx(2)


def test_a_signature_is_set(uri: str) -> None:
    signature = infer_signature([[1.0]], [1.0])
    set_signature(uri, signature)
    assert runstone.pyfunc.load_model(uri).metadata.signature == signature
    assert (Path(runstone.artifacts.download_artifacts(uri)) / "MLmodel").is_file()


def test_what_a_requirements_file_may_hold_stays(tmp_path: Path) -> None:
    runstone.sklearn.save_model(MODEL, tmp_path / "m")
    file = tmp_path / "m" / "requirements.txt"
    options = ["# mine", "", "--index-url https://example.org", "-c constraints.txt"]
    kept = [*options, "./wheels/a.whl", "b==1 --hash=sha256:00", "?? what"]
    file.write_text("\n".join([*kept, "a==1  # for b", "A[x]==2 --hash=sha256:11"]))
    update_model_requirements(tmp_path / "m", "remove", ["a"])
    assert file.read_text().splitlines() == kept
    (tmp_path / "m" / "conda.yaml").unlink()
    assert update_model_requirements(tmp_path / "m", "add", "c")[-1] == "c"


def test_what_cannot_be_changed(tmp_path: Path) -> None:
    runstone.sklearn.log_model(MODEL, name="model", registered_model_name="kept")
    runstone.sklearn.save_model(MODEL, tmp_path / "m")
    with pytest.raises(InvalidValue, match="stays as it was registered"):
        update_model_requirements("models:/kept/1", "add", ["six"])
    with pytest.raises(InvalidValue, match="stays as it was registered"):
        set_signature("models:/kept/1", infer_signature([1.0]))
    with pytest.raises(InvalidValue, match="'==1' is no requirement"):
        update_model_requirements(tmp_path / "m", "add", ["six", "==1"])
    with pytest.raises(InvalidValue, match="'-r other.txt' is no requirement"):
        update_model_requirements(tmp_path / "m", "add", ["-r other.txt"])
    with pytest.raises(InvalidValue, match="'drop' is unknown"):
        update_model_requirements(tmp_path / "m", "drop", ["six"])
    with pytest.raises(NotFound, match="no MLmodel"):
        update_model_requirements(tmp_path, "add", ["six"])
    before = (tmp_path / "m" / "requirements.txt").read_text()
    (tmp_path / "m" / "conda.yaml").write_text("[1]")
    with pytest.raises(InvalidValue, match="no conda environment"):
        update_model_requirements(tmp_path / "m", "add", ["six"])
    assert (tmp_path / "m" / "requirements.txt").read_text() == before
