"""Messages name our own command so that it can be typed as it stands."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from runstone.client import surroundings


def works(command: str) -> None:
    done = subprocess.run([*shlex.split(command), "--version"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "runstone" in done.stdout.lower()


def test_its_name_where_the_path_leads_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.path.dirname(sys.executable), prepend=os.pathsep)
    assert surroundings.command() == "runstone"


def test_its_place_where_it_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    works(surroundings.command())
    folder = Path(sys.executable).parent
    monkeypatch.chdir(folder.parent)
    assert surroundings.command() == f"{folder.name}/runstone"


def test_the_interpreter_where_there_is_no_script(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "a b").mkdir()
    python = tmp_path / "a b" / "python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    monkeypatch.setenv("PATH", "/nowhere")
    assert surroundings.command().endswith("python' -m runstone")
    works(surroundings.command())
