"""What git knows, asked of real repositories."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from runstone.client import git


def run_git(folder: Path, *command: str) -> str:
    env = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
    identity = ("-c", "user.name=A", "-c", "user.email=a@b.c", "-c", "init.defaultBranch=main")
    done = subprocess.run(["git", *identity, "-C", str(folder), *command], capture_output=True, text=True, check=True, env=env)
    return done.stdout.strip()


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    folder = tmp_path / "repo"
    folder.mkdir()
    run_git(folder, "init", "-q")
    (folder / "train.py").write_text("lr = 1\n")
    run_git(folder, "add", ".")
    run_git(folder, "commit", "-q", "-m", "first")
    return folder


def test_a_clean_repository(repo: Path) -> None:
    state = git.state(repo)
    assert state.commit == run_git(repo, "rev-parse", "HEAD")
    assert (state.branch, state.dirty, state.diff, state.untracked, state.notes) == ("main", False, "", (), ())
    assert os.path.realpath(str(state.top)) == os.path.realpath(repo)


def test_changes_are_kept_as_a_diff_that_applies(repo: Path) -> None:
    (repo / "train.py").write_text("lr = 2\n")
    (repo / "staged.py").write_text("x\n")
    run_git(repo, "add", "staged.py")
    state = git.state(repo)
    assert state.dirty
    (repo / "diff").write_text(state.diff)
    run_git(repo, "reset", "-q", "--hard")
    run_git(repo, "apply", "diff")
    assert (repo / "train.py").read_text() == "lr = 2\n"
    assert (repo / "staged.py").read_text() == "x\n"


def test_untracked_files_are_named_and_ignored_ones_not(repo: Path) -> None:
    (repo / ".gitignore").write_text("*.log\n")
    (repo / "new ü.py").write_text("")
    (repo / "x.log").write_text("")
    state = git.state(repo)
    assert state.untracked == (".gitignore", "new ü.py")
    assert not state.dirty


def test_too_many_untracked_files_are_cut_with_a_note(repo: Path) -> None:
    for number in range(git.UNTRACKED_CAP + 5):
        (repo / f"f{number:04}").touch()
    state = git.state(repo)
    assert len(state.untracked) == git.UNTRACKED_CAP
    assert "untracked" in state.notes[0]


def test_a_huge_diff_is_cut_with_a_note(repo: Path) -> None:
    (repo / "train.py").write_text("ü" * 300_000)
    state = git.state(repo, diff_cap=1001)
    assert 990 < len(state.diff.encode()) <= 1001
    assert "\ufffd" not in state.diff
    assert "cut" in state.notes[0]
    assert state.dirty


def test_a_folder_inside_the_repository_sees_all_of_it(repo: Path) -> None:
    (repo / "sub").mkdir()
    (repo / "train.py").write_text("lr = 3\n")
    assert "lr = 3" in git.state(repo / "sub").diff


def test_a_detached_head_has_no_branch(repo: Path) -> None:
    run_git(repo, "checkout", "-q", "--detach")
    state = git.state(repo)
    assert state.commit
    assert state.branch is None


def test_a_repository_without_commits(tmp_path: Path) -> None:
    run_git(tmp_path, "init", "-q")
    (tmp_path / "a.py").write_text("a\n")
    run_git(tmp_path, "add", "a.py")
    state = git.state(tmp_path)
    assert (state.commit, state.branch, state.dirty) == (None, "main", True)


def test_no_repository(tmp_path: Path) -> None:
    assert git.state(tmp_path) == git.GitState()


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://user:ghp_secret@github.com/a/b.git", "https://github.com/a/b.git"),
        ("https://token@github.com/a/b.git", "https://github.com/a/b.git"),
        ("https://github.com/a/b.git", "https://github.com/a/b.git"),
        ("ssh://git:pw@host:22/a/b", "ssh://git@host:22/a/b"),
        ("git@github.com:a/b.git", "git@github.com:a/b.git"),
        ("/srv/git/b", "/srv/git/b"),
    ],
)
def test_the_remote_has_no_credentials(repo: Path, url: str, expected: str) -> None:
    run_git(repo, "remote", "add", "backup", "https://x:y@elsewhere/z")
    run_git(repo, "remote", "add", "origin", url)
    assert git.state(repo).remote == expected


def test_another_remote_serves_where_there_is_no_origin(repo: Path) -> None:
    run_git(repo, "remote", "add", "upstream", "https://github.com/a/b.git")
    assert git.state(repo).remote == "https://github.com/a/b.git"


def fake_git(folder: Path, body: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a program called git before the real one."""
    folder.mkdir()
    program = folder / "git"
    program.write_text(f"#!{sys.executable}\n{body}")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


def test_no_git_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert git.state(tmp_path).notes == ("git is not installed",)


def test_a_hanging_git_is_stopped_with_its_children(repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    body = f"""
import subprocess
child = subprocess.Popen(["sleep", "300"])
open({str(tmp_path / "pid")!r}, "w").write(str(child.pid))
child.wait()
"""
    fake_git(tmp_path / "bin", body, monkeypatch)
    state = git.state(repo, patience=1.5)
    assert state.commit is None
    assert "longer than 1.5 s" in state.notes[0]
    assert is_gone(int((tmp_path / "pid").read_text()))


def is_gone(pid: int) -> bool:
    """Killed at once; gone, or a zombie that nobody waits for, when the system has seen to it."""
    for _ in range(100):
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.05)
    return False


def test_a_git_that_complains_leaves_a_note(repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_git(tmp_path / "bin", "import sys\nsys.exit('fatal: detected dubious ownership in repository')\n", monkeypatch)
    assert git.state(repo).notes == ("git: fatal: detected dubious ownership in repository",)


def test_no_program_named_in_the_repository_runs(repo: Path, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    script = tmp_path / "spy"
    script.write_text(f"#!/bin/sh\ntouch {ran}\n")
    script.chmod(0o755)
    run_git(repo, "config", "diff.external", str(script))
    run_git(repo, "config", "core.pager", str(script))
    run_git(repo, "config", "core.fsmonitor", str(script))
    run_git(repo, "config", "diff.spy.textconv", str(script))
    (repo / ".gitattributes").write_text("*.py diff=spy\n")
    (repo / "train.py").write_text("lr = 9\n")
    assert "lr = 9" in git.state(repo).diff
    assert not ran.exists()


def test_the_index_is_not_written(repo: Path) -> None:
    os.utime(repo / "train.py", (1, 1))  # a stale index, which `git diff` would refresh
    before = (repo / ".git/index").read_bytes()
    assert not git.state(repo).dirty
    assert (repo / ".git/index").read_bytes() == before
