"""Artifacts that wait for a server: several bring them at once, others come meanwhile. None is lost, doubled or overtaken."""

from __future__ import annotations

import io
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import runstone
from runstone import connect
from runstone.artifacts.copying import UNFINISHED
from runstone.artifacts.local import LocalArtifacts
from runstone.client import spool
from runstone.client.session import Session, session
from runstone.client.spool import Spooling
from runstone.contracts import ArtifactFile, ArtifactStore
from runstone.errors import StoreUnavailable


class Place(LocalArtifacts):
    """Where the run's artifacts belong; ``before`` is called when one arrives."""

    before: Callable[[str], object] = staticmethod(lambda path: None)

    def put(self, source: Any, path: str, *, digest: bool = True) -> ArtifactFile:
        self.before(path)
        return super().put(source, path, digest=digest)


@pytest.fixture
def run_id() -> Iterator[str]:
    with runstone.start_run() as run:
        runstone.flush()
        yield run.info.run_id


@pytest.fixture
def here(run_id: str) -> Session:
    return session()


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "place")


@pytest.fixture
def files(here: Session, run_id: str, place: Place) -> Spooling:
    return Spooling(here, run_id, lambda: place, connect.open_artifacts)


def waiting(here: Session) -> list[str]:
    root = spool.spool_root(here)
    return sorted(path.relative_to(root).as_posix().partition("/")[2] for path in root.rglob("*") if path.is_file())


def deliver(here: Session, place: ArtifactStore) -> tuple[int, list[str]]:
    """As a process does that begins to log to the same store."""
    below = spool.spool_root(here).as_uri()
    return spool.deliver(here, lambda uri, store: connect.open_artifacts(uri) if uri.startswith(below) else place)


def text(place: Place, path: str) -> str:
    with place.open(path) as stream:
        return stream.read().decode()


def test_another_brings_what_is_about_to_be_brought(
    files: Spooling, here: Session, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring = Spooling._bring

    def late(self: Spooling, real: ArtifactStore, path: str) -> None:
        assert deliver(here, place) == (1, [])
        bring(self, real, path)

    monkeypatch.setattr(Spooling, "_bring", late)
    files.put(io.BytesIO(b"hello"), "notes/one.txt")
    assert text(place, "notes/one.txt") == "hello"
    assert waiting(here) == []


def test_what_is_on_its_way_is_left_alone(files: Spooling, here: Session, place: Place) -> None:
    arrived: list[str] = []

    def before(path: str) -> None:
        arrived.append(path)
        assert deliver(here, place) == (0, [])

    place.before = before  # type: ignore[method-assign]
    files.put(io.BytesIO(b"hello"), "a.txt")
    assert arrived == ["a.txt"]
    assert waiting(here) == []


def test_what_comes_while_others_are_brought_goes_on_waiting(files: Spooling, here: Session, run_id: str, place: Place) -> None:
    kept = connect.open_artifacts((spool.spool_root(here) / run_id).as_uri())
    kept.put(io.BytesIO(b"1"), "folder/first.txt")
    place.before = lambda path: kept.put(io.BytesIO(b"2"), "folder/second.txt")  # type: ignore[method-assign]
    assert deliver(here, place) == (1, [])
    assert waiting(here) == ["folder/second.txt"]
    place.before = lambda path: None  # type: ignore[method-assign]
    assert deliver(here, place) == (1, [])
    assert (text(place, "folder/first.txt"), text(place, "folder/second.txt")) == ("1", "2")
    assert not spool.spool_root(here).exists()


def test_hidden_files_wait_and_are_brought_too(files: Spooling, here: Session, run_id: str, place: Place) -> None:
    kept = connect.open_artifacts((spool.spool_root(here) / run_id).as_uri())
    kept.put(io.BytesIO(b"A=1"), ".config/.env")
    assert deliver(here, place) == (1, [])
    assert text(place, ".config/.env") == "A=1"


def test_what_a_killed_process_left_unfinished_goes_after_a_day(
    files: Spooling, here: Session, run_id: str, place: Place
) -> None:
    folder = spool.spool_root(here) / run_id / "folder"
    folder.mkdir(parents=True)
    old, new = folder / f"{UNFINISHED}1", folder / f"{UNFINISHED}2"
    old.write_bytes(b"ha")
    os.utime(old, (time.time() - 90_000,) * 2)
    new.write_bytes(b"ha")
    assert deliver(here, place) == (0, [])
    assert list(folder.iterdir()) == [new]  # somebody may be writing it
    new.unlink()
    assert deliver(here, place) == (0, [])
    assert not spool.spool_root(here).exists()


@pytest.mark.parametrize("whole", [False, True])
def test_an_older_one_that_waits_does_not_overtake(
    files: Spooling, here: Session, place: Place, tmp_path: Path, whole: bool
) -> None:
    def away(path: str) -> None:
        raise StoreUnavailable("The server is away.")

    source = tmp_path / "source"
    source.mkdir()
    (source / "a.txt").write_text("old")
    place.before = away  # type: ignore[method-assign]
    files.put(source / "a.txt", "below/a.txt")
    assert waiting(here) == ["below/a.txt"]
    place.before = lambda path: None  # type: ignore[method-assign]
    (source / "a.txt").write_text("new")
    if whole:
        files.put_tree(source, "below")
    else:
        files.put(source / "a.txt", "below/a.txt")
    assert waiting(here) == []
    deliver(here, place)
    assert text(place, "below/a.txt") == "new"


def test_a_folder_that_goes_while_a_file_is_put_there_comes_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = os.makedirs
    gone: list[str] = []

    def removed_at_once(name: str, exist_ok: bool = False) -> None:
        made(name, exist_ok=exist_ok)
        if not gone and name.endswith("folder"):
            gone.append(name)
            os.rmdir(name)

    store = LocalArtifacts(tmp_path / "root")
    monkeypatch.setattr(os, "makedirs", removed_at_once)
    store.put(io.BytesIO(b"x"), "folder/file.txt")
    assert gone
    with store.open("folder/file.txt") as stream:
        assert stream.read() == b"x"
