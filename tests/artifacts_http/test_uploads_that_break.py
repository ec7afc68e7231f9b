"""Uploads that break off, are too large, or meet a full disk: one clear error, and nothing half-visible."""

from __future__ import annotations

import http.client
import os
import resource
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import urllib3
from running_servers import Running
from starlette.testclient import TestClient

from runstone import connect
from runstone.artifacts.local import LocalArtifacts
from runstone.errors import DiskFull, InvalidValue
from runstone.server.app import create_app

ROUTE = "/api/2.0/mlflow-artifacts/artifacts"
Serve = Callable[..., Running]


def get(url: str, path: str) -> urllib3.BaseHTTPResponse:
    return urllib3.request("GET", f"{url}{ROUTE}/{path}", retries=False)


def files_of(running: Running) -> list[str]:
    """Every file below the server's artifacts, unfinished ones too."""
    root = running.folder / "artifacts"
    return [str(file.relative_to(root)) for file in root.rglob("*") if file.is_file()]


def eventually(true: Callable[[], bool]) -> bool:
    """Whether it comes true; the server learns of a closed connection a moment later."""
    for _ in range(200):
        if true():
            return True
        time.sleep(0.05)
    return False


@pytest.fixture(params=["folder", "s3"])
def running(request: pytest.FixtureRequest) -> Running:
    found: Running = request.getfixturevalue("over_folder" if request.param == "folder" else "over_s3")
    return found


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_that_breaks_off_is_never_seen(running: Running, chunked: bool) -> None:
    name = f"{uuid.uuid4().hex}/a"
    parts = urlsplit(running.url)
    urllib3.request("PUT", f"{running.url}{ROUTE}/{name}", body=b"old", retries=False)
    with socket.create_connection((str(parts.hostname), int(parts.port or 80))) as connection:
        length = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {20 << 20}"
        connection.sendall(f"PUT {ROUTE}/{name} HTTP/1.1\r\nHost: {parts.netloc}\r\n{length}\r\n\r\n".encode())
        piece = b"x" * (1 << 20)
        for _ in range(12):
            connection.sendall(b"100000\r\n" + piece + b"\r\n" if chunked else piece)
    time.sleep(0.3)
    assert get(running.url, name).data == b"old"
    root = running.folder / "artifacts"
    assert eventually(lambda: not [one for one in root.rglob(".runstone-*")])
    assert get(running.url, name).data == b"old"


def test_too_large_is_refused_with_and_without_a_length(serve: Serve) -> None:
    running = serve(environment={"RUNSTONE_MAX_UPLOAD_MB": "2"})
    exact = urllib3.request("PUT", f"{running.url}{ROUTE}/exact", body=b"x" * (2 << 20), retries=False)
    assert exact.status == 200
    parts = urlsplit(running.url)
    for body in (b"x" * ((2 << 20) + 1), iter([b"x" * (1 << 20)] * 5)):
        with closing(http.client.HTTPConnection(parts.netloc, timeout=20)) as connection:
            connection.request("PUT", f"{ROUTE}/large", body=body, encode_chunked=not isinstance(body, bytes))
            with connection.getresponse() as answer:
                said = answer.read()
        assert answer.status == 413, said
        assert b"RUNSTONE_MAX_UPLOAD_MB" in said
    assert files_of(running) == ["exact"]
    with pytest.raises(InvalidValue, match="2 MiB"):
        connect.open_artifacts("mlflow-artifacts:/", running.url).put(Stream(3 << 20), "large")


def test_json_requests_keep_their_own_limit(over_folder: Running) -> None:
    parts = urlsplit(over_folder.url)
    with socket.create_connection((str(parts.hostname), int(parts.port or 80)), timeout=20) as connection:
        head = f"POST /api/2.0/mlflow/runs/search HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Length: {20 << 20}\r\n\r\n"
        connection.sendall(head.encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 413")


class Stream:
    """So many bytes that cannot be read again."""

    def __init__(self, size: int) -> None:
        self.left = size

    def read(self, size: int = -1) -> bytes:
        piece = b"x" * min(size, self.left)
        self.left -= len(piece)
        return piece


def test_a_full_disk_is_one_clear_error(tmp_path: Path, serve: Serve) -> None:
    """The kernel refuses files over 1 MB to this server, as a full disk would; the rest of the body is read all the same."""
    running = serve("--artifacts-destination", str(tmp_path / "kept"))
    artifacts = connect.open_artifacts("mlflow-artifacts:/run", running.url)
    artifacts.put(Stream(1000), "a")  # type: ignore[arg-type]
    resource.prlimit(running.process.pid, resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
    with pytest.raises(Exception, match="'run/a' could not be read or written|full") as refused:
        artifacts.put(Stream(30 << 20), "a")  # type: ignore[arg-type]
    assert str(tmp_path) not in str(refused.value)
    with artifacts.open("a") as stream:
        assert stream.read() == b"x" * 1000
    assert [one.name for one in (tmp_path / "kept/run").iterdir() if one.is_file()] == ["a"]


def test_a_store_that_cannot_grow_says_so_and_not_where_it_is(tmp_path: Path, serve: Serve) -> None:
    """What was acknowledged is there, what was refused is not, and when there is room again it goes on."""
    running = serve()
    api = f"{running.url}/api/2.0/mlflow/runs"
    run_id = urllib3.request("POST", f"{api}/create", json={"experiment_id": "0"}).json()["run"]["info"]["run_id"]
    resource.prlimit(running.process.pid, resource.RLIMIT_FSIZE, (2 << 20, resource.RLIM_INFINITY))
    kept = 0
    for number in range(1000):
        body = {"run_id": run_id, "params": [{"key": f"p{number}", "value": os.urandom(3000).hex()}]}
        answer = urllib3.request("POST", f"{api}/log-batch", json=body, retries=False)
        if answer.status != 200:
            break
        kept += 1
    assert answer.status in (503, 507)
    message = answer.json()["message"]
    assert message.startswith("The server's store: disk I/O error") or "full" in message
    assert str(tmp_path) not in message
    assert "journal" not in message  # the client has none
    assert len(urllib3.request("GET", f"{api}/get?run_id={run_id}").json()["run"]["data"]["params"]) == kept
    resource.prlimit(running.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert urllib3.request("POST", f"{api}/log-batch", json=body, retries=False).status == 200


def test_a_disk_without_room_is_told_apart() -> None:
    class Full(LocalArtifacts):
        def _put(self, stream: object, name: str, digest: bool = True) -> object:  # type: ignore[override]
            stream.read(1 << 20)  # type: ignore[attr-defined]
            raise DiskFull("The disk is full.")

    app = create_app(
        connect.open_store("here"), lambda uri: Full(uri.removeprefix("file://")), artifact_destination="file:///kept"
    )
    with TestClient(app, base_url="http://127.0.0.1:5000") as client:
        answer = client.put(f"{ROUTE}/a", content=b"x" * (9 << 20))
    assert (answer.status_code, answer.json()) == (507, {"error_code": "RESOURCE_EXHAUSTED", "message": "The disk is full."})


def test_a_source_that_fails_is_told_as_it_is(over_folder: Running) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"x"
        raise OSError("cable pulled")

    class Broken:
        def __init__(self) -> None:
            self.pieces = pieces()

        def read(self, size: int = -1) -> bytes:
            return next(self.pieces)

    artifacts = connect.open_artifacts(f"mlflow-artifacts:/{uuid.uuid4().hex}", over_folder.url)
    with pytest.raises(OSError, match="cable pulled"):
        artifacts.put(Broken(), "a")  # type: ignore[arg-type]
    assert artifacts.list() == []


def test_many_large_uploads_at_once_keep_memory_flat(over_folder: Running) -> None:
    folder = uuid.uuid4().hex

    def peak() -> int:
        status = Path(f"/proc/{over_folder.process.pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) // 1024

    artifacts = connect.open_artifacts(f"mlflow-artifacts:/{folder}", over_folder.url)
    artifacts.put(Stream(1 << 20), "warm")  # type: ignore[arg-type]
    before = peak()
    threads = [threading.Thread(target=artifacts.put, args=(Stream(64 << 20), f"f{i}")) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with artifacts.open("f0") as stream:
        assert sum(len(piece) for piece in iter(lambda: stream.read(1 << 20), b"")) == 64 << 20
    assert peak() - before < 64
    artifacts.delete()


def test_an_address_that_is_no_servers_says_what_works() -> None:
    with pytest.raises(InvalidValue, match="tracking URI names none"):
        connect.open_artifacts("mlflow-artifacts:/1/x", "sqlite:///x.db")
    with pytest.raises(InvalidValue, match="must lie below"):
        connect.open_artifacts("http://example.org/model.zip")
    with pytest.raises(InvalidValue, match="s3://"):
        connect.open_artifacts("dbfs:/databricks/mlflow")
