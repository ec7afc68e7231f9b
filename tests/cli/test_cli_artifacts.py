"""``runstone artifacts``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from runstone.contracts import Store

Call = Callable[..., Result]


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    (folder / "sub").mkdir(parents=True)
    (folder / "a ☃.txt").write_text("one")
    (folder / "sub" / "b.txt").write_text("two")
    return folder


def test_what_is_logged_is_listed_and_comes_back(
    call: Call, read: Callable[..., Any], store: Store, make_run: Callable[..., str], files: Path, tmp_path: Path
) -> None:
    run_id = make_run()
    call("artifacts", "log-artifact", "--run-id", run_id[:12], "--local-file", str(files / "a ☃.txt"), "-a", "deep/er")
    assert "2 files" in call("artifacts", "log-artifacts", "-r", run_id, "-l", str(files)).output
    assert [one["path"] for one in read("artifacts", "list", "-r", run_id)] == ["a ☃.txt", "deep", "sub"]
    assert "deep/er/a ☃.txt" in call("artifacts", "list", "-r", run_id, "-a", "deep/er").output
    assert "deep/er/a ☃.txt" in call("artifacts", "list", run_id, "-a", "deep/er/a ☃.txt").output
    assert "no artifact 'nowhere'" in call("artifacts", "list", run_id, "-a", "nowhere", code=1).stderr
    assert [one.path for one in store.artifact_files(run_id)] == ["a ☃.txt", "deep/er/a ☃.txt", "sub/b.txt"]
    place = call("artifacts", "download", "-r", run_id, "-a", "sub", "-d", str(tmp_path / "out")).stdout.strip()
    assert (Path(place) / "b.txt").read_text() == "two"
    place = call("artifacts", "download", "-u", f"runs:/{run_id}/deep/er/a ☃.txt").stdout.strip()
    assert Path(place).read_text() == "one"


def test_what_is_not_there_or_leads_out_fails(call: Call, make_run: Callable[..., str], files: Path, tmp_path: Path) -> None:
    run_id = make_run()
    call("artifacts", "download", "-r", run_id, "-a", "nothing", "-d", str(tmp_path / "out"), code=1)
    call("artifacts", "download", "-r", run_id, "-a", "../..", "-d", str(tmp_path / "out"), code=1)
    call("artifacts", "log-artifact", "-r", run_id, "-l", str(files / "gone"), code=1)
    assert "log-artifacts" in call("artifacts", "log-artifact", "-r", run_id, "-l", str(files), code=1).stderr
    assert "log-artifact" in call("artifacts", "log-artifacts", "-r", run_id, "-l", str(files / "a ☃.txt"), code=1).stderr
    call("artifacts", "log-artifact", "-r", run_id, "-l", str(files / "a ☃.txt"), "-a", "../out", code=1)
    call("artifacts", "list", "-r", "ff", code=1)
    call("artifacts", "download", code=2)
    call("artifacts", "download", "-r", run_id, "-u", "runs:/x", code=2)
