"""What kubectl asks of a cluster about one Job and its pod, answered by a server on this machine that plays Kubernetes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

_EVERYTHING = ["get", "list", "create", "delete"]
_KINDS = {
    "/api": {"kind": "APIVersions", "versions": ["v1"]},
    "/apis": {
        "kind": "APIGroupList",
        "groups": [
            {"name": "batch", "versions": [one := {"groupVersion": "batch/v1", "version": "v1"}], "preferredVersion": one}
        ],
    },
    "/api/v1": {
        "kind": "APIResourceList",
        "groupVersion": "v1",
        "resources": [
            {"name": "pods", "namespaced": True, "kind": "Pod", "verbs": _EVERYTHING},
            {"name": "pods/log", "namespaced": True, "kind": "Pod", "verbs": ["get"]},
        ],
    },
    "/apis/batch/v1": {
        "kind": "APIResourceList",
        "groupVersion": "batch/v1",
        "resources": [{"name": "jobs", "namespaced": True, "kind": "Job", "verbs": _EVERYTHING}],
    },
}


class Cluster:
    """``job`` is what was created, ``pod`` where it stands, ``log`` what it printed, ``deleted`` how that was asked for."""

    def __init__(self) -> None:
        self.job: dict[str, Any] = {}
        self.pod: dict[str, Any] = {"spec": {}, "status": {"phase": "Pending"}}
        self.status: dict[str, Any] = {}
        self.log = b""
        self.deleted: dict[str, Any] | None = None

    def answer(self, path: str) -> Any:
        """``None`` where there is no such thing."""
        if path in _KINDS:
            return _KINDS[path]
        if not self.job:
            return None
        chosen, name = {"controller-uid": "1"}, self.job["metadata"]["name"]
        (container,) = self.job["spec"]["template"]["spec"]["containers"]
        head = {"name": f"{name}-pod", "namespace": "default", "labels": {**chosen, "job-name": name}}
        spec = {**self.pod["spec"], "containers": [{"name": container["name"]}]}
        pod = {**self.pod, "apiVersion": "v1", "kind": "Pod", "metadata": head, "spec": spec}
        if path.endswith("/log"):
            return self.log
        if path.endswith("/pods"):
            return {"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": [pod]}
        if "/pods/" in path:
            return pod
        if path.endswith(f"/jobs/{name}"):
            return {**self.job, "status": self.status, "spec": {**self.job["spec"], "selector": {"matchLabels": chosen}}}
        return None


@contextmanager
def serving(cluster: Cluster, folder: Path) -> Iterator[Path]:
    """The path of kubectl's configuration, which ``KUBECONFIG`` must name."""

    class Asked(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _say(self, what: Any, status: int = 200) -> None:
            data = what if isinstance(what, bytes) else json.dumps(what).encode()
            kind = "text/plain" if isinstance(what, bytes) else "application/json"
            if self.path.startswith("/openapi/v2"):  # of no kind is anything known, so nothing is held against it
                kind = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def _given(self) -> Any:
            return json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")

        def do_GET(self) -> None:
            path = urlsplit(self.path).path.rstrip("/")
            found = b"" if path == "/openapi/v2" else cluster.answer(path)
            if found is None:
                self._say({"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404}, 404)
            else:
                self._say(found)

        def do_POST(self) -> None:
            cluster.job = self._given()
            self._say(cluster.job, 201)

        def do_DELETE(self) -> None:
            cluster.deleted, cluster.job = self._given(), {}
            self._say({"kind": "Status", "apiVersion": "v1", "status": "Success"})

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Asked) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        conf = folder / "kubeconfig"
        conf.write_text(
            json.dumps(
                {
                    "apiVersion": "v1",
                    "kind": "Config",
                    "clusters": [{"name": "here", "cluster": {"server": f"http://127.0.0.1:{server.server_port}"}}],
                    "contexts": [{"name": "here", "context": {"cluster": "here", "user": "me"}}],
                    "users": [{"name": "me", "user": {}}],
                }
            ),
            "utf-8",
        )
        try:
            yield conf
        finally:
            server.shutdown()
            thread.join()
