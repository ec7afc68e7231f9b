"""What an environment must have, read from each kind of file."""

from __future__ import annotations

from pathlib import Path

import pytest

from runstone.environments import build, of_conda, of_python_env, of_requirements
from runstone.errors import InvalidValue, MissingConfigException, NotSupported


def test_python_env_with_includes(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("numpy>=1  # why\n\n-c limits.txt\n./local\n", "utf-8")
    (tmp_path / "limits.txt").write_text("numpy<3\n", "utf-8")
    (tmp_path / "python_env.yaml").write_text(
        'python: "3.11"\nbuild_dependencies: [pip]\ndependencies: ["-r requirements.txt", "six==1.17.0"]', "utf-8"
    )
    wants = of_python_env(tmp_path / "python_env.yaml")
    assert wants.python == "3.11"
    assert wants.lines == ("pip", "numpy>=1", str(tmp_path / "local"), "six==1.17.0")
    assert wants.constraints == ("numpy<3",)


def test_a_conda_file_without_conda(tmp_path: Path) -> None:
    file = tmp_path / "conda.yaml"
    file.write_text("dependencies: [python=3.12, pip, scikit-learn=1.5, conda-forge::six=1.17.0, {pip: [mlflow>=2]}]", "utf-8")
    wants = of_conda(file)
    assert (wants.python, wants.conda) == ("3.12", file)
    assert wants.lines == ("pip", "scikit-learn==1.5.*", "six==1.17.0", "mlflow>=2")


def test_equal_content_has_one_key_and_a_changed_include_another(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "r.txt").write_text("six\n", "utf-8")
    first, second = (of_requirements(["-r r.txt"], tmp_path / name) for name in ("a", "b"))
    assert first.key("uv") == second.key("uv") != first.key("virtualenv")
    (tmp_path / "b" / "r.txt").write_text("six==1.17.0\n", "utf-8")
    assert of_requirements(["-r r.txt"], tmp_path / "b").key("uv") != first.key("uv")


def test_a_local_package_counts_by_its_code(tmp_path: Path) -> None:
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "pyproject.toml").write_text("", "utf-8")
    before = of_requirements(["./pkg"], tmp_path).key("uv")
    (tmp_path / "pkg" / "code.py").write_text("x = 1", "utf-8")
    assert of_requirements(["./pkg"], tmp_path).key("uv") != before


def test_files_that_include_each_other_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("-r b.txt", "utf-8")
    (tmp_path / "b.txt").write_text("--requirement=a.txt", "utf-8")
    with pytest.raises(InvalidValue, match=r"include each other: .*a\.txt includes .*b\.txt includes .*a\.txt"):
        of_requirements(["-r a.txt"], tmp_path)


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("python: 3.10", InvalidValue, "Quote it"),
        ("dependencies: numpy", InvalidValue, "list of requirements"),
        ("[", InvalidValue, "no YAML"),
        ("- a", InvalidValue, "must be a mapping"),
        ("dependencies: ['-r gone.txt']", MissingConfigException, "gone.txt"),
    ],
)
def test_files_that_make_no_sense(tmp_path: Path, text: str, kind: type[Exception], words: str) -> None:
    (tmp_path / "e.yaml").write_text(text, "utf-8")
    with pytest.raises(kind, match=words):
        of_python_env(tmp_path / "e.yaml")


def test_the_interpreters_that_there_are_are_named_without_being_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, programs, kept = tmp_path / "asked", tmp_path / "bin", tmp_path / "kept"
    programs.mkdir()
    (kept / "cpython-3.14.2-linux-x86_64-gnu").mkdir(parents=True)
    (programs / "python3.8").write_text("#!/bin/sh\necho pyenv: python3.8: command not found\n")
    (programs / "python3.9").write_bytes(b"\x7fELF")
    uv = programs / "uv"
    uv.write_text(f'#!/bin/sh\necho "$@" >>{asked}\ncase "$2" in dir) echo {kept};; *) exit 2;; esac\n')
    for program in programs.iterdir():
        program.chmod(0o755)
    monkeypatch.setattr("runstone.environments.build.find_uv", lambda: str(uv))
    monkeypatch.setenv("PATH", f"{programs}:/nowhere")
    monkeypatch.setenv("RUNSTONE_ENV_DIR", str(tmp_path / "environments"))
    with pytest.raises(NotSupported, match=r"Python 3\.99\.1 is wanted.*\(there are: 3\.9, 3\.14\)"):
        build.ready(of_requirements([], tmp_path, "3.99.1"), "uv")
    assert asked.read_text().splitlines() == ["python find --no-python-downloads 3.99", "python dir"]


def test_an_interpreter_that_is_not_installed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNSTONE_ENV_DIR", str(tmp_path))
    with pytest.raises(NotSupported, match=r"Python 2\.6 is wanted, and is not installed here"):
        build.ready(of_requirements([], tmp_path, "2.6"), "virtualenv")
