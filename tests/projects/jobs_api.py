"""Plays Ray's Jobs API (version 4, as Ray 2.60 answers) and runs each job as a process of this machine, one at a time."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


class Cluster:
    """``busy`` keeps new jobs PENDING while it is set."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.packages: dict[str, bytes] = {}
        self.asked: list[dict[str, Any]] = []
        self.jobs: dict[str, dict[str, Any]] = {}
        self.busy = False
        self.address = ""

    def submit(self, asked: dict[str, Any]) -> dict[str, Any]:
        self.asked.append(asked)
        self.jobs[asked["submission_id"]] = {"asked": asked, "process": None, "stopped": False}
        return {"submission_id": asked["submission_id"], "job_id": asked["submission_id"]}

    def tell(self, name: str) -> dict[str, Any]:
        job = self.jobs[name]
        if job["process"] is None:
            if job["stopped"]:
                return {"status": "STOPPED"}
            if self.busy:
                return {"status": "PENDING", "message": "waiting for resources"}
            self._start(name, job)
        code = job["process"].poll()
        told: dict[str, Any] = {"driver_info": None, "driver_agent_http_address": "http://127.0.0.9:52365"}
        if code is None:
            return told | {"status": "RUNNING"}
        word = "STOPPED" if job["stopped"] else "SUCCEEDED" if code == 0 else "FAILED"
        return told | {"status": word, "driver_exit_code": code}

    def _start(self, name: str, job: dict[str, Any]) -> None:
        environment, folder = job["asked"]["runtime_env"], self.folder / name
        package = environment["working_dir"].removeprefix("gcs://")
        zipfile.ZipFile(io.BytesIO(self.packages[package])).extractall(folder)
        with open(self.folder / f"{name}.log", "wb") as log:
            job["process"] = subprocess.Popen(
                ["sh", "-c", "exec " + job["asked"]["entrypoint"]],
                cwd=folder,
                env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", **environment["env_vars"]},
                stdout=log,
                stderr=log,
            )

    def logs(self, name: str) -> dict[str, Any]:
        place = self.folder / f"{name}.log"
        return {"logs": place.read_text("utf-8") if place.exists() else ""}

    def stop(self, name: str) -> dict[str, Any]:
        job = self.jobs[name]
        job["stopped"] = True
        if job["process"] is not None:
            job["process"].terminate()
        return {"stopped": True}


@contextmanager
def serving(folder: Path) -> Iterator[Cluster]:
    cluster = Cluster(folder)

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

        def _answer(self, status: int, body: Any) -> None:
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def _body(self) -> bytes:
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))

        def do_GET(self) -> None:
            parts = self.path.strip("/").split("/")
            if parts[1] == "packages":
                self._answer(200 if parts[3] in cluster.packages else 404, {})
            elif parts[2] not in cluster.jobs:
                self._answer(404, f"Job {parts[2]} does not exist")
            else:
                self._answer(200, cluster.logs(parts[2]) if parts[-1] == "logs" else cluster.tell(parts[2]))

        def do_PUT(self) -> None:
            cluster.packages[self.path.rpartition("/")[2]] = self._body()
            self._answer(200, {})

        def do_POST(self) -> None:
            body = self._body()
            self._answer(
                200, cluster.stop(self.path.split("/")[3]) if self.path.endswith("/stop") else cluster.submit(json.loads(body))
            )

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    cluster.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield cluster
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        for job in cluster.jobs.values():
            if job["process"] is not None:
                job["process"].kill()
                job["process"].wait()
