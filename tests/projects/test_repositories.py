"""Projects from git: branches, tags, commits, parts, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from making import git

import runstone
from runstone import projects
from runstone.errors import ExecutionException, InvalidValue, NotFound
from runstone.projects.source import fetch

Make = Callable[..., Path]


@pytest.fixture
def repository(project: Make) -> Path:
    folder = project(say__py="print('one')\n")
    git(folder, "init")
    git(folder, "add", ".")
    git(folder, "commit", "-m", "one")
    git(folder, "tag", "v1")
    (folder / "part").mkdir()
    (folder / "part" / "inner.py").write_text("print('inner')\n", "utf-8")
    (folder / "say.py").write_text("print('two')\n", "utf-8")
    git(folder, "add", ".")
    git(folder, "commit", "-m", "two")
    git(folder, "branch", "side", "v1")
    return folder


@pytest.fixture
def bare(repository: Path, tmp_path: Path) -> str:
    git(tmp_path, "clone", "--quiet", "--bare", str(repository), "bare.git")
    return (tmp_path / "bare.git").as_uri()


@pytest.mark.parametrize(("version", "said"), [(None, "two"), ("v1", "one"), ("side", "one"), ("main", "two")])
def test_a_version_of_a_repository(bare: str, version: str | None, said: str) -> None:
    source = fetch(bare, version)
    assert (source.folder / "say.py").read_text("utf-8") == f"print('{said}')\n"
    assert source.branch == (version if version in ("side", "main") else None)
    source.discard()
    assert not source.folder.exists()


def test_a_commit_short_or_whole(repository: Path, bare: str) -> None:
    first = git(repository, "rev-parse", "v1")
    for version in (first, first[:9]):
        source = fetch(bare, version)
        assert (source.folder / "say.py").read_text("utf-8") == "print('one')\n"
        source.discard()


def test_a_version_of_a_local_folder_leaves_the_working_tree_alone(repository: Path) -> None:
    (repository / "say.py").write_text("unsaved work", "utf-8")
    done = projects.run(str(repository), "say.py", version="v1")
    assert runstone.get_run(done.run_id).data.tags["mlflow.source.git.commit"] == git(repository, "rev-parse", "v1")
    assert (repository / "say.py").read_text("utf-8") == "unsaved work"
    assert git(repository, "branch", "--show-current") == "main"


def test_a_part_of_a_repository(repository: Path, bare: str) -> None:
    for uri, version in ((f"{bare}#part", None), (f"{repository}#part", None), (f"{repository}#part", "main")):
        source = fetch(uri, version)
        assert (source.folder / "inner.py").is_file()
        source.discard()


@pytest.mark.parametrize(
    ("part", "version", "kind", "words"),
    [
        ("", "gone", NotFound, "no commit, branch or tag 'gone'. It has: main, side, v1"),
        ("#nowhere", None, NotFound, "no folder 'nowhere'"),
        ("#../..", None, InvalidValue, "leaves the project"),
        ("", "--upload-pack=touch x", InvalidValue, "is no commit"),
    ],
)
def test_what_is_not_there_is_named(bare: str, part: str, version: str | None, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        fetch(bare + part, version)


@pytest.mark.parametrize("uri", ["ext::sh -c touch% x", "--upload-pack=x", "", "fd::3"])
def test_addresses_that_would_run_something_are_refused(uri: str) -> None:
    with pytest.raises((InvalidValue, NotFound)):
        fetch(uri)


def test_gits_own_words_are_passed_on(tmp_path: Path) -> None:
    with pytest.raises((ExecutionException, NotFound), match="gone.git"):
        fetch((tmp_path / "gone.git").as_uri())
    with pytest.raises(ExecutionException, match=r"git could not fetch http://127\.0\.0\.1:9/gone"):
        fetch("http://me:secret@127.0.0.1:9/gone")


def test_no_secret_of_an_address_is_kept(tmp_path: Path) -> None:
    with pytest.raises(ExecutionException) as caught:
        fetch("http://me:secret@127.0.0.1:9/gone")
    assert "secret" not in caught.value.message
