"""Environments are made once, also when several want one at the same time. Nothing comes from the network."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from runstone.environments import build, of_conda, of_requirements, ready
from runstone.errors import ExecutionException, InvalidValue


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package that needs no build backend from outside: a wheel made by hand."""
    import zipfile

    wheel = tmp_path / "tinything-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as out:
        out.writestr("tinything.py", "VALUE = 7\n")
        out.writestr("tinything-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tinything\nVersion: 1.0\n")
        out.writestr(
            "tinything-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        out.writestr("tinything-1.0.dist-info/RECORD", "")
    return wheel


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment of virtualenv's with nothing but pip, which takes seconds to make."""
    folder = tmp_path_factory.mktemp("empty")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RUNSTONE_ENV_DIR", str(folder / "envs"))
        made = ready(of_requirements([], folder), "virtualenv").folder
    assert made is not None
    return made


@pytest.fixture
def copied(empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """New environments of virtualenv's are copies of that one, and filled as ever."""
    real = build._run

    def run(command: list[str], folder: Path, doing: str, tell: Any) -> None:
        if command[1:3] == ["-m", "venv"]:
            shutil.copytree(empty, folder, symlinks=True)
        else:
            real(command, folder, doing, tell)

    monkeypatch.setattr(build, "_run", run)


@pytest.mark.usefixtures("copied")
@pytest.mark.parametrize("manager", ["uv", "virtualenv"])
def test_it_has_what_was_asked_for_and_is_found_again(
    package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, manager: str
) -> None:
    monkeypatch.setenv("RUNSTONE_ENV_DIR", str(tmp_path / "envs"))
    wants = of_requirements([f"./{package.name}"], tmp_path)
    said: list[str] = []
    first = ready(wants, manager, said.append)
    assert subprocess.check_output([first.python, "-c", "import tinything; print(tinything.VALUE)"], text=True) == "7\n"
    assert said
    said.clear()
    assert ready(wants, manager, said.append) == first
    assert said == []
    shown = subprocess.check_output(["python", "-c", "import sys; print(sys.prefix)"], env=first.variables({}), text=True)
    assert shown.strip() == str(first.folder)


@pytest.mark.usefixtures("copied")
def test_a_failed_build_shows_the_resolvers_last_words_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNSTONE_ENV_DIR", str(tmp_path / "envs"))
    wants = of_requirements(["./not-there"], tmp_path)
    for manager, program in (("uv", "uv"), ("virtualenv", "pip")):
        with pytest.raises(ExecutionException, match=rf"could not be filled; {program} says:\n(.*\n)*.*not-there"):
            build.ready(wants, manager)
    assert not [one for one in (tmp_path / "envs").iterdir() if one.is_dir()]


def test_several_that_want_it_at_once_build_it_once(package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNSTONE_ENV_DIR", str(tmp_path / "envs"))
    wants = of_requirements([f"./{package.name}"], tmp_path)
    made, real = [], build._BUILD["uv"]
    monkeypatch.setitem(build._BUILD, "uv", lambda *given: (made.append(1), real(*given))[1])
    threads = [threading.Thread(target=ready, args=(wants, "uv")) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(made) == 1


def test_what_a_killed_build_left_is_made_anew(package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNSTONE_ENV_DIR", str(tmp_path / "envs"))
    wants = of_requirements([f"./{package.name}"], tmp_path)
    (tmp_path / "envs" / wants.key("uv") / "bin").mkdir(parents=True)
    found = ready(wants, "uv")
    assert subprocess.run([found.python, "-c", "import tinything"], check=False).returncode == 0


def test_an_unknown_manager_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidValue, match="'pipenv' is no environment manager"):
        ready(of_requirements([], tmp_path), "pipenv")


CONDA = """#!/bin/sh
echo "$@" >> {words}
[ "$MAMBA_ALWAYS_YES$CONDA_ALWAYS_YES" = truetrue ] || echo "Confirm changes: [Y/n]"
prefix=$(echo "$@" | sed 's/.*--prefix \\([^ ]*\\).*/\\1/')
mkdir -p "$prefix/bin" && ln -s {python} "$prefix/bin/python" && echo made by conda
"""


@pytest.mark.parametrize(("program", "words"), [("conda", "env create --quiet"), ("micromamba", "create --yes")])
def test_conda_makes_what_its_file_says_once(program: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNSTONE_ENV_DIR", str(tmp_path / "envs"))
    monkeypatch.setenv("CONDA_EXE", str(tmp_path / program))
    (tmp_path / program).write_text(CONDA.format(words=tmp_path / "said", python=sys.executable), "utf-8")
    (tmp_path / program).chmod(0o755)
    file = tmp_path / "conda.yaml"
    file.write_text("dependencies: [python=3.11, scikit-learn=1.5]", "utf-8")
    told: list[str] = []
    made = ready(of_conda(file), "conda", told.append)
    assert ready(of_conda(file), "conda") == made
    assert (tmp_path / "said").read_text("utf-8") == f"{words} --prefix {made.folder} --file {file}\n"
    assert told == ["made by conda"]
    found = made.variables({"PATH": "/bin", "VIRTUAL_ENV": "another"})
    assert (found["CONDA_PREFIX"], "VIRTUAL_ENV" in found) == (str(made.folder), False)
