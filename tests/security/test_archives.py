"""Zip and tar slip, and downloads: the server unpacks nothing, and a client writes only below the folder it was given."""

from __future__ import annotations

import contextlib
import io
import json
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from runstone import connect
from runstone.errors import RunstoneError

NAMES = [
    "../evil",
    "../../evil",
    "/tmp/evil-of-runstone",
    "a/../../evil",
    "..\\evil",
    "..",
    "sub/../../../evil",
    "C:/evil",
    "a\x00b",
    "%2e%2e/evil",
]


def test_archives_stay_the_files_they_are(victim: Any) -> None:
    packed, tarred = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("../../evil", "x")
    with tarfile.open(fileobj=tarred, mode="w:gz") as tar:
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc"
        tar.addfile(link)
        tar.addfile(tarfile.TarInfo("../../evil"))
    for name, data in (
        ("a.zip", packed.getvalue()),
        ("a.tar.gz", tarred.getvalue()),
        ("model/python_model.zip", packed.getvalue()),
    ):
        assert victim.client.put(f"{victim.place}/{name}", content=data).status_code == 200
        assert victim.client.get(f"{victim.place}/{name}").content == data
    victim.post("model-versions/create", name="m", source=f"runs:/{victim.run_id}/model", run_id=victim.run_id)
    victim.client.get("/api/runstone/v1/models/m/versions/2")
    assert not [file for file in victim.outside.rglob("*") if file.name in ("evil", "link")]


@pytest.fixture
def liar() -> Iterator[tuple[str, list[str]]]:
    """A server that has every file, and whose listings hold the name in the list."""
    name = ["fine"]

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address = urlsplit(self.path)
            if address.path.endswith("/artifacts"):
                files = [{"path": "good", "is_dir": False, "file_size": 4}, {"path": name[0], "is_dir": False, "file_size": 4}]
                body = json.dumps({"files": files}).encode()
            else:
                body = b"evil"
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_HEAD(self) -> None:
            self.send_error(404)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        yield f"http://127.0.0.1:{server.server_port}", name
        server.shutdown()


def test_a_server_cannot_make_a_client_write_elsewhere(liar: tuple[str, list[str]], tmp_path: Path) -> None:
    url, name = liar
    artifacts = connect.open_artifacts("mlflow-artifacts:/x", url)
    artifacts.fetch("", tmp_path / "honest")
    assert (tmp_path / "honest/fine").read_bytes() == b"evil"
    target = tmp_path / "a/b/c/down"
    for name[0] in NAMES:
        with contextlib.suppress(RunstoneError):
            artifacts.fetch("", target)
        stray = [file for file in tmp_path.rglob("*") if file.is_file() and not file.is_relative_to(target)]
        assert sorted(stray) == [tmp_path / "honest/fine", tmp_path / "honest/good"], name
    assert not Path("/tmp/evil-of-runstone").exists()
