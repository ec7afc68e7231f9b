"""What a model needs, told without loading it, or found anew."""

from __future__ import annotations

import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

import runstone
from runstone.errors import ExecutionException, InvalidValue, NotFound
from runstone.models import infer_pip_requirements
from runstone.models.signature import set_signature
from runstone.pyfunc import PythonModel, get_model_dependencies

LOADER = """
import os
import yaml

def _load_pyfunc(path):
    return os.environ['PLACE'] and Model()

class Model:
    def predict(self, data):
        return data
"""


class Doubling(PythonModel):
    def predict(self, context, model_input, params=None):  # type: ignore[no-untyped-def]
        import yaml

        return [2 * value for value in model_input if yaml]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    runstone.pyfunc.save_model(tmp_path / "model", python_model=Doubling(), pip_requirements=["pandas>=2", "numpy"])
    return tmp_path / "model"


def test_the_file_that_says_what_a_model_needs(model: Path) -> None:
    assert Path(get_model_dependencies(str(model))) == model / "requirements.txt"
    assert Path(get_model_dependencies(str(model), format="conda")) == model / "conda.yaml"
    (model / "requirements.txt").unlink()
    assert Path(get_model_dependencies(str(model))).read_text().splitlines() == ["pandas>=2", "numpy"]


def test_what_names_no_environment_says_so(model: Path) -> None:
    with pytest.raises(InvalidValue, match="format='poetry' is neither 'pip' nor 'conda'"):
        get_model_dependencies(str(model), format="poetry")  # type: ignore[arg-type]
    (model / "conda.yaml").unlink()
    (model / "requirements.txt").unlink()
    for format, file in (("pip", "requirements.txt"), ("conda", "conda.yaml")):
        with pytest.raises(NotFound, match=f"has no {file}"):
            get_model_dependencies(str(model), format=format)  # type: ignore[arg-type]


def test_what_a_saved_model_imports(tmp_path: Path) -> None:
    code = tmp_path / "loader.py"
    code.write_text(LOADER)
    runstone.pyfunc.save_model(tmp_path / "model", loader_module="loader", code_paths=[str(code)], pip_requirements=[])
    found = infer_pip_requirements(str(tmp_path / "model"), "python_function", extra_env_vars={"PLACE": "here"})
    assert found == [f"PyYAML=={metadata.version('PyYAML')}"]


def test_what_cannot_be_loaded_needs_what_is_said_instead(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    code = tmp_path / "broken.py"
    code.write_text("raise OSError('no such table')\n")
    runstone.pyfunc.save_model(tmp_path / "model", loader_module="broken", code_paths=[str(code)], pip_requirements=[])
    with pytest.raises(ExecutionException, match="could not be found out in a fresh process: OSError: no such table"):
        infer_pip_requirements(str(tmp_path / "model"), "python_function")
    assert infer_pip_requirements(str(tmp_path / "model"), "python_function", fallback=["numpy"]) == ["numpy"]
    assert "it is taken to need numpy" in capfd.readouterr().err


def test_signatures_are_set_by_mlflows_other_name_too(model: Path) -> None:
    set_signature(str(model), runstone.models.infer_signature([1.0], [2.0]))
    assert runstone.models.get_model_info(str(model)).signature is not None


def test_own_modules_that_a_model_imports_are_taken_along(tmp_path: Path) -> None:
    project, elsewhere = tmp_path / "project", tmp_path / "elsewhere"
    (project / "parts").mkdir(parents=True)
    elsewhere.mkdir()
    (project / "parts" / "__init__.py").write_text("")
    (project / "parts" / "factors.py").write_text("TWICE = 2\n")
    (project / "parts" / "unused.py").write_text("")
    (project / "doubling.py").write_text(
        "from parts.factors import TWICE\n"
        "from runstone.pyfunc import PythonModel\n"
        "class Doubling(PythonModel):\n"
        "    def predict(self, context, model_input, params=None):\n"
        "        return [TWICE * value for value in model_input]\n"
    )
    save = (
        "import runstone, doubling\n"
        "runstone.pyfunc.save_model('model', python_model=doubling.Doubling(), infer_code_paths=True, pip_requirements=[])"
    )
    subprocess.run([sys.executable, "-c", save], cwd=project, check=True)
    saved = project / "model"
    files = {path.relative_to(saved / "code").as_posix() for path in (saved / "code").rglob("*.py")}
    assert files == {"doubling.py", "parts/__init__.py", "parts/factors.py"}
    saved.rename(elsewhere / "model")
    load = "import runstone; print(runstone.pyfunc.load_model('model').predict([1, 4]))"
    done = subprocess.run([sys.executable, "-c", load], cwd=elsewhere, check=True, capture_output=True, text=True)
    assert done.stdout.split("\n")[0] == "[2, 8]"


def test_a_model_that_imports_no_modules_of_its_own_has_no_code_and_loads(tmp_path: Path) -> None:
    runstone.pyfunc.save_model(tmp_path / "m", python_model=Doubling(), infer_code_paths=True, pip_requirements=[])
    assert not (tmp_path / "m" / "code").exists()
    assert runstone.pyfunc.load_model(tmp_path / "m").predict([3]) == [6]


def test_code_is_named_or_found(tmp_path: Path) -> None:
    with pytest.raises(InvalidValue, match="one of the two"):
        runstone.pyfunc.save_model(tmp_path / "m", python_model=Doubling(), code_paths=["a"], infer_code_paths=True)


def test_a_model_of_other_versions_names_them_and_what_evens_it_out(model: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (model / "requirements.txt").write_text("numpy==0.1\nno-such-package==1.0\nmlflow==99\npandas; python_version < '3'\n")
    runstone.pyfunc.load_model(str(model))
    said = capfd.readouterr().err
    assert f"numpy is {metadata.version('numpy')}, the model was saved with ==0.1" in said
    assert "no-such-package is not installed" in said
    assert f"pip install -r {model / 'requirements.txt'}" in said
    assert "--env-manager uv" in said
    assert "pandas is" not in said
    assert "mlflow is" not in said
