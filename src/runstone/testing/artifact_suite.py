"""What every :class:`~runstone.contracts.ArtifactStore` must do.

Derive a test class and say how to make a store::

    class TestMine(ArtifactSuite):
        def make(self, folder):
            return MyArtifacts(folder / "root")
"""

from __future__ import annotations

import hashlib
import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from runstone.contracts import ArtifactStore
from runstone.entities import FileInfo
from runstone.errors import InvalidValue, NotFound
from runstone.query.run_models import Folders

#: Paths that no store may take.
BAD_PATHS = ["/etc/passwd", "..", "../x", "a/../../x", "a/..", "C:/x", "c:x", "a\\b", "a\0b", "\\\\host\\share"]


class _Half(io.RawIOBase):
    """A stream that breaks after its first piece."""

    def __init__(self) -> None:
        self.reads = 0

    def read(self, size: int = -1, /) -> bytes:
        self.reads += 1
        if self.reads > 1:
            raise OSError("the source broke")
        return b"half"


class ArtifactSuite:
    """Each test gets a fresh, empty store in ``artifacts``."""

    def make(self, folder: Path) -> ArtifactStore:
        """An empty store; ``folder`` is a temporary folder for its use alone."""
        raise NotImplementedError("say how to make a store")

    @pytest.fixture
    def artifacts(self, tmp_path: Path) -> ArtifactStore:
        return self.make(tmp_path / "store")

    @pytest.fixture
    def tree(self, tmp_path: Path) -> Path:
        """A folder with nested, hidden, empty and oddly named files."""
        folder = tmp_path / "tree"
        for name, text in {
            "a.txt": "A",
            "sub/b.txt": "B",
            "sub/deep/c.txt": "C",
            ".hidden": "H",
            "sub/ü ✓.txt": "ü",
            "empty": "",
        }.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        return folder

    def test_a_file_comes_back_as_it_was(self, artifacts: ArtifactStore, tmp_path: Path) -> None:
        data = bytes(range(256)) * 9000  # more than one piece
        (tmp_path / "x.bin").write_bytes(data)
        put = artifacts.put(tmp_path / "x.bin", "models/x.bin")
        assert (put.path, put.size, put.digest) == ("models/x.bin", len(data), hashlib.sha256(data).hexdigest())
        with artifacts.open("models/x.bin") as stream:
            assert stream.read() == data
        assert artifacts.stat("models/x.bin") == FileInfo("models/x.bin", False, len(data))

    def test_a_stream_is_as_good_as_a_file(self, artifacts: ArtifactStore) -> None:
        assert artifacts.put(io.BytesIO(b"abc"), "a").size == 3
        with artifacts.open("a") as stream:
            assert stream.read() == b"abc"

    def test_a_digest_is_left_out_when_nobody_wants_it(self, artifacts: ArtifactStore) -> None:
        data = bytes(range(256)) * 80_000
        put = artifacts.put(io.BytesIO(data), "a", digest=False)
        assert (put.size, put.digest) == (len(data), "")
        with artifacts.open("a") as stream:
            assert stream.read() == data

    def test_putting_again_replaces(self, artifacts: ArtifactStore) -> None:
        artifacts.put(io.BytesIO(b"a long first content"), "a")
        artifacts.put(io.BytesIO(b"short"), "a")
        with artifacts.open("a") as stream:
            assert stream.read() == b"short"

    def test_a_source_that_breaks_leaves_the_old_file(self, artifacts: ArtifactStore) -> None:
        artifacts.put(io.BytesIO(b"old"), "dir/a")
        with pytest.raises(Exception, match="broke"):
            artifacts.put(_Half(), "dir/a")  # type: ignore[arg-type]
        with artifacts.open("dir/a") as stream:
            assert stream.read() == b"old"
        assert [info.path for info in artifacts.walk()] == ["dir/a"]

    def test_listing_is_one_level_and_sorted(self, artifacts: ArtifactStore, tree: Path) -> None:
        artifacts.put_tree(tree)
        assert artifacts.list() == [
            FileInfo(".hidden", False, 1), FileInfo("a.txt", False, 1), FileInfo("empty", False, 0), FileInfo("sub", True),
        ]  # fmt: skip
        assert [info.path for info in artifacts.list("sub")] == ["sub/b.txt", "sub/deep", "sub/ü ✓.txt"]
        assert artifacts.list("a.txt") == []
        assert artifacts.list("nothing/here") == []

    def test_a_tree_keeps_its_shape(self, artifacts: ArtifactStore, tree: Path) -> None:
        put = artifacts.put_tree(tree, "in/here")
        expected = sorted("in/here/" + file.relative_to(tree).as_posix() for file in tree.rglob("*") if file.is_file())
        assert [file.path for file in put] == expected
        assert [info.path for info in artifacts.walk()] == expected
        assert [info.path for info in artifacts.walk("in/here/sub/deep")] == ["in/here/sub/deep/c.txt"]

    def test_walking_is_sorted_by_the_whole_path(self, artifacts: ArtifactStore) -> None:
        for path in ("a/z", "a.b", "a-c", "a/b/c", "b"):
            artifacts.put(io.BytesIO(b""), path)
        assert [info.path for info in artifacts.walk()] == ["a-c", "a.b", "a/b/c", "a/z", "b"]

    def test_fetching_keeps_the_relative_path(self, artifacts: ArtifactStore, tree: Path, tmp_path: Path) -> None:
        artifacts.put_tree(tree, "in")
        file = artifacts.fetch("in/sub/b.txt", tmp_path / "one")
        assert file == tmp_path / "one/in/sub/b.txt"
        assert file.read_text() == "B"
        folder = artifacts.fetch("in/sub", tmp_path / "two")
        assert folder == tmp_path / "two/in/sub"
        assert sorted(file.name for file in folder.rglob("*") if file.is_file()) == ["b.txt", "c.txt", "ü ✓.txt"]
        assert (artifacts.fetch("", tmp_path / "all") / "in/.hidden").read_text() == "H"

    @pytest.mark.parametrize("path", BAD_PATHS)
    def test_no_path_leads_out(self, artifacts: ArtifactStore, path: str, tmp_path: Path) -> None:
        (tmp_path / "tree").mkdir()
        (tmp_path / "tree/x").write_text("x")
        for call in (
            lambda: artifacts.put(io.BytesIO(b""), path),
            lambda: artifacts.put_tree(tmp_path / "tree", path),
            lambda: artifacts.open(path),
            lambda: artifacts.stat(path),
            lambda: artifacts.list(path),
            lambda: list(artifacts.walk(path)),
            lambda: artifacts.fetch(path, tmp_path / "out"),
            lambda: artifacts.local(path),
            lambda: artifacts.delete(path),
        ):
            with pytest.raises(InvalidValue, match="relative"):
                call()

    def test_a_file_needs_a_name(self, artifacts: ArtifactStore) -> None:
        for path in ("", ".", "./"):
            with pytest.raises(InvalidValue):
                artifacts.put(io.BytesIO(b""), path)

    def test_what_is_not_there_is_not_found(self, artifacts: ArtifactStore, tmp_path: Path) -> None:
        for call in (
            lambda: artifacts.open("no"),
            lambda: artifacts.stat("no"),
            lambda: artifacts.fetch("no", tmp_path / "out"),
            lambda: artifacts.put(tmp_path / "no", "a"),
            lambda: artifacts.put_tree(tmp_path / "no", "a"),
        ):
            with pytest.raises(NotFound, match="no"):
                call()
        assert artifacts.local("no") is None
        artifacts.delete("no")  # nothing to do

    def test_a_file_is_no_folder_and_a_folder_no_file(self, artifacts: ArtifactStore) -> None:
        artifacts.put(io.BytesIO(b"x"), "a/b")
        with pytest.raises(InvalidValue):
            artifacts.put(io.BytesIO(b""), "a")
        with pytest.raises(InvalidValue):
            artifacts.put(io.BytesIO(b""), "a/b/c")
        with pytest.raises(NotFound):
            artifacts.open("a")

    def test_deleting_takes_files_folders_and_all(self, artifacts: ArtifactStore, tree: Path) -> None:
        artifacts.put_tree(tree)
        artifacts.delete("a.txt")
        artifacts.delete("sub")
        assert [info.path for info in artifacts.walk()] == [".hidden", "empty"]
        artifacts.delete()
        assert artifacts.list() == []
        artifacts.delete()
        artifacts.put(io.BytesIO(b"again"), "a")
        assert [info.path for info in artifacts.list()] == ["a"]

    def test_a_local_file_needs_no_copy(self, artifacts: ArtifactStore) -> None:
        artifacts.put(io.BytesIO(b"x"), "dir/a")
        place = artifacts.local("dir/a")
        assert place is None or place.read_bytes() == b"x"

    def test_a_folder_is_for_one_writer(self, artifacts: ArtifactStore) -> None:
        if not isinstance(artifacts, Folders):
            pytest.skip("gives no writer a folder for itself")
        with ThreadPoolExecutor(4) as pool:
            assert sum(pool.map(lambda _: artifacts.take("a/model", "MLmodel"), range(8))) <= 1
        assert [one.path for one in artifacts.walk()] == []
        artifacts.leave("a/model")
        assert artifacts.take("a/model", "MLmodel")
        assert not artifacts.take("a/model", "MLmodel")
        artifacts.put(io.BytesIO(b"x"), "a/model/MLmodel")
        artifacts.leave("a/model")
        assert not artifacts.take("a/model", "MLmodel")
        assert [one.path for one in artifacts.walk()] == ["a/model/MLmodel"]
