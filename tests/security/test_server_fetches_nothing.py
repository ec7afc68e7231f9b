"""SSRF: whatever address a client writes down, the server calls none of them. A real listener notes who comes."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from runstone.contracts import Batch
from runstone.records import ExperimentCreated, ModelVersionCreated, RunStarted
from runstone.wire_store import MEDIA_TYPE, pack_batches


class Listener:
    """Counts connections; answers each with a 200."""

    def __init__(self) -> None:
        self.came = 0
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.thread = threading.Thread(target=self._listen)
        self.thread.start()

    def _listen(self) -> None:
        while True:
            connection, _ = self.socket.accept()
            with connection:
                if connection.recv(100) == b"end":
                    return
                self.came += 1
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    def close(self) -> None:
        with socket.create_connection(("127.0.0.1", self.port)) as last:
            last.sendall(b"end")
        self.thread.join()
        self.socket.close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    opened = Listener()
    yield opened
    opened.close()


def test_it_calls_nobody(victim: Any, listener: Listener) -> None:
    host = f"127.0.0.1:{listener.port}"
    client, run_id = victim.client, victim.run_id
    addresses = [f"{scheme}://{host}/x" for scheme in ("http", "HTTP", "https", "ftp", "mlflow-artifacts", "dbfs", "s3", "gs")]
    for number, address in enumerate(addresses):
        for path, body in (
            ("experiments/create", {"name": f"e{number}", "artifact_location": address}),
            ("model-versions/create", {"name": "m", "source": address, "run_id": run_id}),
            ("runs/set-tag", {"run_id": run_id, "key": f"url{number}", "value": address}),
            ("runs/log-inputs", {"run_id": run_id, "datasets": [{"dataset": {"name": f"d{number}", "digest": "1",
                                 "source_type": "http", "source": f'{{"url": "{address}"}}'}}]}),
            ("logged-models", {"experiment_id": victim.experiment_id, "name": "x", "source_run_id": run_id,
                               "params": [{"key": "artifact_location", "value": address}]}),
        ):  # fmt: skip
            assert client.post(f"/api/2.0/mlflow/{path}", json=body).status_code in (200, 400), path
        for record in (
            ExperimentCreated(f"i{number}", artifact_location=address, time=1),
            RunStarted(f"{number:032x}", victim.experiment_id, 1, "r", artifact_uri=address),
            ModelVersionCreated(f"k{number}", "m", 1, address, location=address),
        ):
            body = pack_batches([Batch([record])])
            answer = client.post("/api/runstone/v1/ingest", content=body, headers={"content-type": MEDIA_TYPE})
            assert answer.status_code in (200, 400, 404), answer.text
        for asked in (f"{number:032x}", run_id):
            for query in ({"path": address}, {"path": "x"}):
                client.get("/get-artifact", params={"run_id": asked, **query})
                client.get("/api/2.0/mlflow/artifacts/list", params={"run_id": asked, **query})
                client.get(f"/api/runstone/v1/runs/{asked}/artifacts", params=query)
    client.get(f"/api/runstone/v1/runs/{run_id}")
    client.get("/api/runstone/v1/models/m")
    assert listener.came == 0


def test_a_location_that_was_written_past_the_server_is_not_called(victim: Any, listener: Listener) -> None:
    """The store's owner, or an importer, may have written any: still nobody is called."""
    for number, scheme in enumerate(("http", "HTTP", "mlflow-artifacts")):
        address = f"{scheme}://127.0.0.1:{listener.port}/x"
        victim.store.write(Batch([RunStarted(f"{number:032x}", victim.experiment_id, 1, "r", artifact_uri=address)]))
        query = {"run_id": f"{number:032x}", "path": "x"}
        for path in ("/get-artifact", "/api/2.0/mlflow/artifacts/list"):
            answer = victim.client.get(path, params=query)
            here = scheme == "mlflow-artifacts" and answer.json().get("files") == []  # ours, whatever host it names
            assert answer.status_code in (400, 404) or here, address
    assert listener.came == 0
