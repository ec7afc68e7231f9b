"""A project's command as a job of a Ray cluster, through the cluster's Jobs API (HTTP): no ray is needed here.

The routes are Ray's (``/api/jobs/``, ``/api/packages/gcs/…``), https://docs.ray.io/en/latest/cluster/running-applications/job-submission/rest.html
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shlex
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import urllib3

from runstone.client import git
from runstone.errors import ExecutionException, InvalidValue

from .following import OVER, QUEUED, RUNNING, State, Work, known, seconds, text

KEYS = ("address", "runtime_env", "entrypoint_num_cpus", "entrypoint_num_gpus", "entrypoint_resources", "poll_seconds")
#: Most bytes of a project's files, packed, that are sent to the cluster; Ray takes no more by itself either.
LIMIT = 500 << 20
_SKIP = {".git", "__pycache__", ".venv", "venv", ".runstone", "mlruns", "node_modules"}
#: How a zip file's entries are dated, so that equal folders are equal packages.
_DATE = (1980, 1, 1, 0, 0, 0)


def address(config: Mapping[str, Any]) -> str:
    """Of the cluster's dashboard: ``address`` of the configuration, else ``RAY_ADDRESS``. Raises InvalidValue."""
    found = text(config, "address") or os.environ.get("RAY_ADDRESS", "")
    parts = urlsplit(found)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InvalidValue(
            f"The back end 'ray' needs the address of the cluster's dashboard, such as http://head:8265, as 'address' of "
            f"backend_config or in RAY_ADDRESS; it is {found!r}."
        )
    return found.rstrip("/")


def check(config: Mapping[str, Any]) -> None:
    """Raises InvalidValue."""
    known(config, "ray", KEYS)
    seconds(config, 1.0)
    address(config)
    if not isinstance(config.get("runtime_env", {}), Mapping):
        raise InvalidValue(f"backend_config: 'runtime_env' must be a mapping, as Ray's; it is {config['runtime_env']!r}.")


def submit(work: Work) -> RayJob:
    """Send the project's files, unless the cluster has them, and submit the command."""
    cluster = Cluster(address(work.config))
    environment = dict(work.config.get("runtime_env") or {})
    environment["env_vars"] = {**dict(work.told), **dict(environment.get("env_vars") or {})}
    environment.setdefault("working_dir", cluster.package(work.folder))
    if work.packages:
        environment.setdefault("pip", list(work.packages))
    asked = {
        "entrypoint": shlex.join(["bash", "-c", work.command.text]),
        "submission_id": f"runstone-{work.run_id}",
        "runtime_env": environment,
        "metadata": {"runstone_run": work.run_id, "project": work.name},
    }
    asked |= {key: work.config[key] for key in KEYS if key.startswith("entrypoint_") and key in work.config}
    return RayJob(str(cluster.ask("POST", "/api/jobs/", asked)["submission_id"]), cluster, seconds(work.config, 1.0))


def find(job_id: str, run_id: str, place: Mapping[str, Any]) -> RayJob:
    """A job that was submitted."""
    return RayJob(job_id, Cluster(address(place)), seconds(place, 1.0))


class Cluster:
    """The Jobs API of a Ray cluster, at the address of its dashboard."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._pool = urllib3.PoolManager(retries=False, timeout=urllib3.Timeout(connect=10, read=60))

    def leave(self) -> None:
        """Close the connections."""
        self._pool.clear()

    def package(self, folder: Path) -> str:
        """The project's files as a package of the cluster; sent only if it has no equal one."""
        data = packed(folder)
        name = f"_ray_pkg_{hashlib.sha256(data).hexdigest()[:16]}.zip"
        path = f"/api/packages/gcs/{name}"
        if self._request("GET", path).status == 404:
            answer = self._request("PUT", path, data, "application/octet-stream")
            if answer.status >= 300:
                raise ExecutionException(f"Ray did not take the project's files: {_words(answer)}")
        return f"gcs://{name}"

    def ask(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        answer = self._request(method, path, None if body is None else json.dumps(body).encode(), "application/json")
        if answer.status >= 300:
            raise ExecutionException(f"Ray at {self.address}: {_words(answer)}")
        try:
            found = json.loads(answer.data)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise ExecutionException(f"{self.address} does not answer like Ray's Jobs API: {answer.data[:200]!r}")
        return found

    def _request(self, method: str, path: str, body: bytes | None = None, kind: str = "") -> urllib3.BaseHTTPResponse:
        try:
            return self._pool.request(method, self.address + path, body=body, headers={"Content-Type": kind} if kind else {})
        except urllib3.exceptions.HTTPError as cause:
            raise ExecutionException(f"No Ray cluster answers at {self.address}: {cause}") from cause


class RayJob:
    """See :class:`~.following.Job`."""

    def __init__(self, job_id: str, cluster: Cluster, every: float) -> None:
        self.job_id, self.every, self._cluster = job_id, every, cluster
        self.place: Mapping[str, Any] = {"address": git.without_secrets(cluster.address), "poll_seconds": every}
        self.hear_every = min(1.0, every)  # Ray sends all of the log each time
        self._printed = 0

    def state(self) -> State:
        told = self._cluster.ask("GET", f"/api/jobs/{quote(self.job_id)}")
        word, node = told.get("status"), _node(told)
        if word == "PENDING":
            return State(QUEUED, why=str(told.get("message") or ""))
        if word == "RUNNING":
            return State(RUNNING, node)
        if word == "SUCCEEDED":
            return State(OVER, node)
        if word == "STOPPED":
            return State(OVER, node, status="KILLED", cause="stopped in Ray")
        code = told.get("driver_exit_code")
        cause = f"exit code {code}" if code is not None else str(told.get("message") or f"Ray says {word}")
        return State(OVER, node, status="FAILED", cause=cause)

    def printed(self) -> list[tuple[str, bytes]]:
        logs = str(self._cluster.ask("GET", f"/api/jobs/{quote(self.job_id)}/logs").get("logs") or "")
        new, self._printed = logs[self._printed :], max(self._printed, len(logs))
        return [("stdout", new.encode("utf-8", "replace"))] if new else []

    def terminate(self) -> None:
        self._cluster.ask(
            "POST", f"/api/jobs/{quote(self.job_id)}/stop"
        )  # SIGTERM; Ray itself sends SIGKILL three seconds later

    def kill(self) -> None:
        self.terminate()

    def discard(self) -> None:
        self._cluster.leave()


def _node(told: Mapping[str, Any]) -> str:
    """Where the command runs; a script that does not use ray itself is known by its node's agent alone."""
    found = (told.get("driver_info") or {}).get("node_ip_address")
    return str(found or urlsplit(told.get("driver_agent_http_address") or "").hostname or "")


def packed(folder: Path) -> bytes:
    """A folder's files as a zip, the same bytes for the same files; in a git repository without those that it ignores.

    Raises: ExecutionException when there is too much.
    """
    out, size, kept = io.BytesIO(), 0, git.kept(folder)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as pack:
        for place, folders, names in os.walk(folder):
            folders[:] = sorted(name for name in folders if name not in _SKIP)
            for name in sorted(names):
                path = Path(place, name)
                within = path.relative_to(folder)
                if kept is not None and not any(one.as_posix() in kept for one in (within, *within.parents)):
                    continue
                if not path.is_file() or not path.resolve().is_relative_to(folder.resolve()):
                    continue  # what a link leads to elsewhere stays here
                size += path.stat().st_size
                if size > LIMIT:
                    raise ExecutionException(f"{folder} has more than {LIMIT >> 20} MiB of files, too much to send to Ray.")
                entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), _DATE)
                entry.external_attr = (path.stat().st_mode & 0o777) << 16
                entry.compress_type = zipfile.ZIP_DEFLATED
                pack.writestr(entry, path.read_bytes())
    return out.getvalue()


def _words(answer: urllib3.BaseHTTPResponse) -> str:
    said = answer.data.decode("utf-8", "replace").strip().splitlines()
    return f"{answer.status} {said[-1][:500] if said else ''}".strip()
