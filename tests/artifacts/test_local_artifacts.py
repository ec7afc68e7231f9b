"""Artifacts on the local disk: the conformance suite, and what only a disk can do to them."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from runstone.artifacts.local import LocalArtifacts
from runstone.contracts import ArtifactStore
from runstone.errors import InvalidValue, NotFound, StoreUnavailable
from runstone.testing.artifact_suite import ArtifactSuite


class TestLocal(ArtifactSuite):
    def make(self, folder: Path) -> ArtifactStore:
        return LocalArtifacts(folder / "artifacts")


@pytest.fixture
def artifacts(tmp_path: Path) -> LocalArtifacts:
    return LocalArtifacts(tmp_path / "root")


def paths(artifacts: LocalArtifacts) -> list[str]:
    return [info.path for info in artifacts.walk()]


def test_links_out_of_the_root_are_not_followed(artifacts: LocalArtifacts, tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret/key").write_text("private")
    artifacts.put(io.BytesIO(b"x"), "in/a")
    os.symlink(tmp_path / "secret", tmp_path / "root/out")
    os.symlink(tmp_path / "secret/key", tmp_path / "root/key")
    for path in ("out/key", "key", "out"):
        with pytest.raises(NotFound):
            artifacts.stat(path)
    with pytest.raises(NotFound):
        artifacts.open("out/key")
    with pytest.raises(NotFound):
        artifacts.put(io.BytesIO(b"evil"), "out/key")
    with pytest.raises(NotFound):
        artifacts.delete("out/key")
    assert (tmp_path / "secret/key").read_text() == "private"
    assert paths(artifacts) == ["in/a"]
    assert [info.path for info in artifacts.list()] == ["in"]


def test_putting_over_a_link_replaces_the_link(artifacts: LocalArtifacts, tmp_path: Path) -> None:
    (tmp_path / "outside").write_text("kept")
    (tmp_path / "root").mkdir()
    os.symlink(tmp_path / "outside", tmp_path / "root/a")
    artifacts.put(io.BytesIO(b"new"), "a")
    assert (tmp_path / "outside").read_text() == "kept"
    assert (tmp_path / "root/a").read_text() == "new"


def test_deleting_a_link_leaves_what_it_leads_to(artifacts: LocalArtifacts, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/a").write_text("kept")
    (tmp_path / "root").mkdir()
    os.symlink(tmp_path / "outside", tmp_path / "root/link")
    artifacts.delete("link")
    assert (tmp_path / "outside/a").read_text() == "kept"
    assert not os.path.lexists(tmp_path / "root/link")


def test_links_inside_work_and_circles_end(artifacts: LocalArtifacts, tmp_path: Path) -> None:
    artifacts.put(io.BytesIO(b"x"), "real/a")
    os.symlink("real", tmp_path / "root/alias")
    os.symlink("..", tmp_path / "root/real/up")
    with artifacts.open("alias/a") as stream:
        assert stream.read() == b"x"
    assert "real/a" in paths(artifacts)


def test_a_source_tree_may_have_links_and_circles(artifacts: LocalArtifacts, tmp_path: Path) -> None:
    source = tmp_path / "source"
    (source / "deep").mkdir(parents=True)
    (source / "a").write_text("A")
    os.symlink(source / "a", source / "link")
    os.symlink("..", source / "deep/round")
    artifacts.put_tree(source)
    assert paths(artifacts) == ["a", "link"]


def test_a_tree_that_holds_the_artifacts_themselves_is_refused(artifacts: LocalArtifacts, tmp_path: Path) -> None:
    artifacts.put(io.BytesIO(b"x"), "a")
    with pytest.raises(InvalidValue, match="never end"):
        artifacts.put_tree(tmp_path)


def test_pipes_and_folders_are_no_files(artifacts: LocalArtifacts, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InvalidValue, match="pipe"):
        artifacts.put(tmp_path / "pipe", "a")
    with pytest.raises(InvalidValue, match="log_artifacts"):
        artifacts.put(tmp_path, "a")
    (tmp_path / "root").mkdir()
    os.mkfifo(tmp_path / "root/pipe")
    with pytest.raises(NotFound):
        artifacts.open("pipe")
    assert artifacts.list() == []


def test_a_text_stream_is_told_apart(artifacts: LocalArtifacts) -> None:
    with pytest.raises(InvalidValue, match="binary mode"):
        artifacts.put(io.StringIO("text"), "a")  # type: ignore[arg-type]
    assert artifacts.list() == []


def test_a_name_too_long_is_a_mistake_not_trouble(artifacts: LocalArtifacts) -> None:
    with pytest.raises(InvalidValue, match="longer"):
        artifacts.put(io.BytesIO(b""), "n" * 300)


def test_a_full_disk_says_so_and_keeps_the_old_file(artifacts: LocalArtifacts) -> None:
    artifacts.put(io.BytesIO(b"old"), "a")

    class Full(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError(28, "No space left on device")

    with pytest.raises(StoreUnavailable, match="full"):
        artifacts.put(Full(), "a")
    assert Path(str(artifacts.local("a"))).read_bytes() == b"old"
    assert os.listdir(str(artifacts.local())) == ["a"]


def test_a_file_size_limit_keeps_the_old_file(tmp_path: Path) -> None:
    """A real refusal by the kernel in the middle of a write, in a process of its own."""
    code = f"""
        import io, resource, signal
        from runstone.artifacts.local import LocalArtifacts
        from runstone.errors import StoreUnavailable
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        artifacts = LocalArtifacts({str(tmp_path / "root")!r})
        artifacts.put(io.BytesIO(b"old"), "a")
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        try:
            artifacts.put(io.BytesIO(b"x" * 5000), "a")
        except StoreUnavailable as error:
            print("refused", artifacts.open("a").read())
    """
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True
    )
    assert done.stdout == "refused b'old'\n"
    assert os.listdir(tmp_path / "root") == ["a"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_says_so(artifacts: LocalArtifacts, tmp_path: Path) -> None:
    (tmp_path / "root").mkdir(mode=0o500)
    with pytest.raises(StoreUnavailable, match="writable"):
        artifacts.put(io.BytesIO(b""), "a")


def test_a_read_only_place_says_so() -> None:
    with pytest.raises(StoreUnavailable):
        LocalArtifacts("/proc/runstone-artifacts").put(io.BytesIO(b"x"), "a")


def test_a_killed_writer_leaves_nothing_to_see(tmp_path: Path) -> None:
    code = f"""
        import os, signal, sys
        from runstone.artifacts.local import LocalArtifacts
        class Stuck:
            def __init__(self): self.n = 0
            def read(self, size):
                self.n += 1
                if self.n == 3: os.kill(os.getpid(), signal.SIGKILL)
                return b"x" * size
        LocalArtifacts({str(tmp_path / "root")!r}).put(Stuck(), "a")
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=False)
    assert done.returncode == -signal.SIGKILL
    artifacts = LocalArtifacts(tmp_path / "root")
    assert len(os.listdir(tmp_path / "root")) == 1
    assert artifacts.list() == []
    assert artifacts.sweep(older_than=0) == 1
    assert os.listdir(tmp_path / "root") == []


def test_unfinished_names_cannot_be_used(artifacts: LocalArtifacts) -> None:
    with pytest.raises(InvalidValue, match="unfinished"):
        artifacts.put(io.BytesIO(b""), ".runstone-unfinished-mine")


def test_memory_stays_flat_for_a_huge_file(tmp_path: Path) -> None:
    with open(tmp_path / "huge", "wb") as file:
        file.truncate(512 << 20)  # sparse: no disk, but every byte is read
    code = f"""
        import resource
        from pathlib import Path
        from runstone.artifacts.local import LocalArtifacts
        artifacts = LocalArtifacts({str(tmp_path / "root")!r}, durable=False)
        artifacts.put(Path({str(tmp_path / "huge")!r}).parent / "small", "warm")
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        assert artifacts.put(Path({str(tmp_path / "huge")!r}), "huge").size == 512 << 20
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
    """
    (tmp_path / "small").write_bytes(b"x" * 3_000_000)
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True)
    grown = int(done.stdout) * (1 if sys.platform == "darwin" else 1024)
    assert grown < 16 << 20
    (tmp_path / "root/huge").unlink()


def test_the_uri_is_a_file_uri(tmp_path: Path) -> None:
    assert LocalArtifacts(tmp_path / "a b").uri == (tmp_path / "a b").as_uri()
