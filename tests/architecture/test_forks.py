"""Programs in forks of one Python do what they do in a Python of their own."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from forks import Forks

PROGRAM = """
import json, os, pickle, sys
class Here: ...
said = [sys.argv[1:], os.getcwd(), dict(os.environ), __name__, type(pickle.loads(pickle.dumps(Here()))) is Here]
print(json.dumps([*said, "json.tool" in sys.modules]))
"""


@pytest.fixture(scope="module")
def forks() -> Iterator[Forks]:
    made = Forks(sys.executable, "json.tool")
    yield made
    made.close()


def test_each_has_its_words_its_folder_and_its_environment(forks: Forks, tmp_path: Path) -> None:
    (tmp_path / "beside.py").write_text("")
    (tmp_path / "program.py").write_text(f"import beside{PROGRAM}")
    for words in (["-c", PROGRAM, "a"], [str(tmp_path / "program.py"), "a"]):
        done = forks.run(*words, cwd=tmp_path, env={"A": "b"})
        assert (done.returncode, done.stderr) == (0, "")
        said = f'[["a"], "{tmp_path}", {{"A": "b"}}, "__main__", true, true]\n'
        assert done.stdout == said


def test_one_that_fails_says_so_and_leaves_the_others(forks: Forks, tmp_path: Path) -> None:
    done = forks.run("-c", "print(1 / 0)", cwd=tmp_path, env={})
    assert (done.returncode, done.stdout) == (1, "")
    assert "ZeroDivisionError" in done.stderr
    assert forks.run("-c", "import sys; sys.exit(7)", cwd=tmp_path, env={}).returncode == 7
    assert forks.run("-c", "import os; os.kill(os.getpid(), 9)", cwd=tmp_path, env={}).returncode == -9
    warning = "import warnings; warnings.warn('old', DeprecationWarning)"
    assert forks.run("-W", "error::DeprecationWarning:__main__", "-c", warning, cwd=tmp_path, env={}).returncode == 1
    assert forks.run("-c", warning, cwd=tmp_path, env={}).returncode == 0
