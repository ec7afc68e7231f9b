"""Artifacts on S3: the conformance suite over a real server."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

import pytest

from runstone import connect
from runstone.contracts import ArtifactStore
from runstone.errors import InvalidValue, StoreUnavailable
from runstone.testing.artifact_suite import ArtifactSuite
from runstone.testing.s3_server import S3Server, serving_s3


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with serving_s3(tmp_path_factory.mktemp("s3")) as running:
        yield running


@pytest.fixture(autouse=True)
def reachable(server: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)


class TestS3(ArtifactSuite):
    server: S3Server

    @pytest.fixture(autouse=True)
    def with_server(self, server: S3Server) -> None:
        self.server = server

    def make(self, folder: Path) -> ArtifactStore:
        return connect.open_artifacts(self.server.place())


BODY = bytes(range(256)) * 80_000  # 20 MB: three parts


def test_reading_is_seekable(server: S3Server) -> None:
    artifacts = connect.open_artifacts(server.place())
    artifacts.put(io.BytesIO(BODY), "a")
    with artifacts.open("a") as stream:
        assert stream.read(10) == BODY[:10]
        stream.seek(15_000_001)
        assert stream.read(5) == BODY[15_000_001:15_000_006]
        stream.seek(-3, io.SEEK_END)
        assert stream.read() == BODY[-3:]
        assert stream.read() == b""
        stream.seek(0)
        assert hashlib.sha256(stream.read()).digest() == hashlib.sha256(BODY).digest()


def test_an_object_replaced_while_it_is_read_is_an_error_not_a_mixture(server: S3Server) -> None:
    artifacts = connect.open_artifacts(server.place())
    artifacts.put(io.BytesIO(BODY), "a")
    with artifacts.open("a") as stream:
        artifacts.put(io.BytesIO(BODY[::-1]), "a")
        with pytest.raises(StoreUnavailable, match="replaced"):
            stream.read(1)


def _breaking() -> BinaryIO:
    """A stream of 40 MB that then raises OSError."""
    pieces = iter([BODY, BODY])

    class Broken(io.RawIOBase):
        def read(self, size: int = -1, /) -> bytes:
            piece = next(pieces, None)
            if piece is None:
                raise OSError("the source broke")
            return piece

    return cast("BinaryIO", Broken())


def test_a_large_source_that_breaks_leaves_nothing(server: S3Server) -> None:
    artifacts = connect.open_artifacts(server.place())
    with pytest.raises(OSError, match="the source broke"):
        artifacts.put(_breaking(), "a")
    assert artifacts.list() == []


def test_a_source_that_breaks_is_named_even_where_the_store_complains_first(
    server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Parts on their way when an upload is given up find it gone. When is chance, so what obstore then says is played.
    def put(bucket: object, name: str, pieces: Iterator[bytes], **options: object) -> None:
        try:
            for _ in pieces:
                pass
        except OSError:
            raise FileNotFoundError("NoSuchUpload") from None

    monkeypatch.setattr("obstore.put", put)
    artifacts = connect.open_artifacts(server.place())
    with pytest.raises(OSError, match="the source broke"):
        artifacts.put(_breaking(), "a")


def test_an_upload_ended_by_the_store_is_not_taken_for_a_missing_bucket(
    server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    def put(*_: object, **options: object) -> None:
        raise FileNotFoundError("<Code>NoSuchUpload</Code>")

    monkeypatch.setattr("obstore.put", put)
    with pytest.raises(StoreUnavailable, match="Try it again"):
        connect.open_artifacts(server.place()).put(io.BytesIO(BODY), "a")


def test_a_text_stream_is_told_apart(server: S3Server) -> None:
    with pytest.raises(InvalidValue, match="binary mode"):
        connect.open_artifacts(server.place()).put(io.StringIO("text"), "a")  # type: ignore[arg-type]


def test_names_that_an_object_store_cannot_have(server: S3Server) -> None:
    with pytest.raises(InvalidValue, match="control characters"):
        connect.open_artifacts(server.place()).put(io.BytesIO(b""), "a\x01b")


def test_names_with_signs_come_back_as_they_were(server: S3Server) -> None:
    artifacts = connect.open_artifacts(server.place())
    names = sorted(["a b", "a%20b", "%2e%2e", "#1?", "q'*~[1]{2}", "ü ✓", "a+b&c=d"])
    for name in names:
        artifacts.put(io.BytesIO(name.encode()), f"dir/{name}")
    assert [info.path for info in artifacts.list("dir")] == [f"dir/{name}" for name in names]
    assert [artifacts.open(f"dir/{name}").read().decode() for name in names] == names


def test_wrong_keys_are_told_as_such(server: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    artifacts = connect.open_artifacts(server.place())
    calls = (
        lambda: artifacts.put(io.BytesIO(b""), "a"),
        lambda: artifacts.open("a"),
        artifacts.list,
        lambda: list(artifacts.walk()),
    )
    for call in calls:
        with pytest.raises(StoreUnavailable, match="credentials"):
            call()


def test_a_bucket_that_is_not_there_is_told_as_such() -> None:
    artifacts = connect.open_artifacts("s3://nobody-made-this/x")
    for call in (lambda: artifacts.put(io.BytesIO(b"x" * 100), "a"), artifacts.list, lambda: list(artifacts.walk())):
        with pytest.raises(StoreUnavailable, match="no bucket"):
            call()


def test_a_server_that_is_away_is_one_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_S3_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(StoreUnavailable, match="could not be read or written"):
        connect.open_artifacts("s3://bucket/x").put(io.BytesIO(b"x"), "a")


def test_a_server_that_dies_half_way_is_one_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving_s3(tmp_path / "s3") as dying:
        for name, value in dying.environment.items():
            monkeypatch.setenv(name, value)
        artifacts = connect.open_artifacts(dying.place())
        artifacts.put(io.BytesIO(BODY), "old")
        reading = artifacts.open("old")
        reading.read(100)

        class Killing(io.BytesIO):
            def read(self, size: int | None = -1, /) -> bytes:
                if self.tell() > 10 << 20:
                    dying.process.kill()
                return super().read(size)

        with pytest.raises(StoreUnavailable, match="could not be read or written"):
            artifacts.put(Killing(BODY), "new")
        with pytest.raises(StoreUnavailable, match="'old'"):
            reading.read()
        assert not [file for file in (tmp_path / "s3").rglob("new")]


def test_many_small_files_of_a_tree_ask_for_their_folder_once(server: S3Server, tmp_path: Path) -> None:
    for number in range(60):
        (tmp_path / f"tree/{number}").parent.mkdir(exist_ok=True)
        (tmp_path / f"tree/{number}").write_text(str(number))
    artifacts = connect.open_artifacts(server.place())
    put = artifacts.put_tree(tmp_path / "tree", "a/b")
    assert len(put) == 60
    assert len(list(artifacts.walk("a"))) == 60
    target = artifacts.fetch("a", tmp_path / "back")
    assert sorted(file.read_text() for file in target.rglob("*") if file.is_file()) == sorted(map(str, range(60)))


def test_a_forked_child_is_told_instead_of_waiting_for_ever(server: S3Server) -> None:
    uri = server.place()
    connect.open_artifacts(uri).put(io.BytesIO(b"x"), "a")
    code = f"""
        import io, os
        from runstone import connect
        artifacts = connect.open_artifacts({uri!r})
        first = artifacts.list()
        child = os.fork()
        if not child:
            try:
                connect.open_artifacts({uri!r}).put(io.BytesIO(b"y"), "b")
            except Exception as error:
                print(type(error).__name__, flush=True)
            os._exit(0)
        os.waitpid(child, 0)
        print([info.path for info in artifacts.list()])
    """
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", textwrap.dedent(code)], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == "StoreUnavailable\n['a']\n"
