"""A server process with ``--auth``, and the clients that people have: both real mlflows, our own, a browser."""

from __future__ import annotations

import http.client
import os
import re
import socket
import subprocess
import sys
import textwrap
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from auth_site import basic

import runstone
from runstone import connect
from runstone.client import ending
from runstone.errors import PermissionDenied
from runstone.server.auth.credentials import digest, new_token

PEERS = {"new": os.environ.get("RUNSTONE_PEER_PYTHON", ""), "old": os.environ.get("RUNSTONE_OLD_PEER_PYTHON", "")}
ROOT, PASSWORD = "root", "the administrator's password"

#: With what both series have.
COMMON = """
import mlflow
from mlflow.exceptions import MlflowException
from mlflow.server import get_app_client
admin = get_app_client("basic-auth", URL)
admin.create_user("ada{n}", "the password of ada")
assert admin.get_user("ada{n}").username == "ada{n}"
client = mlflow.MlflowClient()
secret = client.create_experiment("secret{n}")
os.environ["MLFLOW_TRACKING_USERNAME"] = "ada{n}"
os.environ["MLFLOW_TRACKING_PASSWORD"] = "the password of ada"
def refused(call):
    try:
        call()
    except MlflowException as error:
        assert error.get_http_status_code() == 403, error
    else:
        raise AssertionError("not refused")
def as_root(call):
    names = ("MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD")
    mine = {{name: os.environ[name] for name in names}}
    os.environ.update(MLFLOW_TRACKING_USERNAME=ROOT, MLFLOW_TRACKING_PASSWORD=PASSWORD)
    try:
        return call()
    finally:
        os.environ.update(mine)
refused(lambda: client.get_experiment(secret))
refused(lambda: client.create_run(secret))
refused(lambda: admin.create_user("eve{n}", "the password of eve"))
refused(lambda: admin.update_user_admin("ada{n}", True))
own = client.create_experiment("own{n}")
with mlflow.start_run(experiment_id=own) as run:
    mlflow.log_metric("m", 1)
    mlflow.log_text("x", "a.txt")
assert client.get_run(run.info.run_id).data.metrics == {{"m": 1.0}}
"""
#: What each series has besides.
OWN = {
    "old": """
as_root(lambda: admin.create_experiment_permission(secret, "ada{n}", "READ"))
assert client.get_experiment(secret).name == "secret{n}"
refused(lambda: client.create_run(secret))
assert as_root(lambda: admin.get_experiment_permission(secret, "ada{n}")).permission == "READ"
as_root(lambda: admin.update_experiment_permission(secret, "ada{n}", "EDIT"))
client.create_run(secret)
as_root(lambda: admin.delete_experiment_permission(secret, "ada{n}"))
refused(lambda: client.get_experiment(secret))
""",
    "new": """
as_root(lambda: admin.grant_user_permission("ada{n}", "experiment", secret, "EDIT"))
client.create_run(secret)
as_root(lambda: admin.revoke_user_permission("ada{n}", "experiment", secret))
refused(lambda: client.get_experiment(secret))
""",
}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "runstone.cli.main", "server", "--port", str(port), "--app-name", "basic-auth"]
    command += ["--backend-store-uri", str(tmp_path_factory.mktemp("auth") / "store")]
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("RUNSTONE_", "MLFLOW_"))}
    environment |= {"MLFLOW_AUTH_ADMIN_USERNAME": ROOT, "MLFLOW_AUTH_ADMIN_PASSWORD": PASSWORD}
    environment |= {"RUNSTONE_AUTH_DEFAULT_PERMISSION": "NO_PERMISSIONS"}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    for _ in range(300):
        try:
            urllib.request.urlopen(f"{address}/health", timeout=5).close()
            break
        except OSError:
            assert process.poll() is None, "the server ended"
            time.sleep(0.05)
    yield address
    process.terminate()
    process.wait(20)


@pytest.mark.peer
@pytest.mark.xdist_group("auth-clients")
@pytest.mark.parametrize("series", ["new", "old"])
def test_the_real_client_signs_in_and_is_held_to_its_permissions(url: str, series: str, tmp_path: Path) -> None:
    if not PEERS[series]:
        pytest.skip(f"no Python with the {series} mlflow")
    head = f"import os, warnings; warnings.simplefilter('ignore')\nURL, ROOT, PASSWORD = {url!r}, {ROOT!r}, {PASSWORD!r}\n"
    head += (
        f"os.environ.update(MLFLOW_TRACKING_URI=URL, MLFLOW_TRACKING_USERNAME={ROOT!r}, MLFLOW_TRACKING_PASSWORD={PASSWORD!r})"
    )
    code = head + textwrap.dedent(COMMON + OWN[series]).format(n=series)
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("RUNSTONE_", "MLFLOW_"))}
    environment |= {"GIT_PYTHON_REFRESH": "quiet", "MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1"}
    done = subprocess.run(
        [PEERS[series], "-c", code], env=environment, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=100
    )
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.mark.xdist_group("auth-clients")
def test_our_own_client_signs_in_by_the_environment(url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    runstone.set_tracking_uri(url)
    with pytest.raises(PermissionDenied, match="not authenticated"):
        runstone.get_experiment("0")
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", ROOT)
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", PASSWORD)
    runstone.set_experiment("ours")
    with runstone.start_run() as run:
        runstone.log_metric("m", 1)
    assert runstone.get_run(run.info.run_id).data.metrics == {"m": 1.0}
    ending.reset()  # as long as it is signed in


@pytest.mark.xdist_group("auth-clients")
@pytest.mark.parametrize(
    "path",
    [
        "/api/2.0/mlflow/experiments/get?experiment_id=0",
        "/ajax-api/2.0/mlflow/experiments/get?experiment_id=0",
        "/api/2.0/mlflow/users/get?username=root",
        "/api/runstone/v1/experiments",
        "//api/2.0/mlflow/experiments/get?experiment_id=0",
        "/api/2.0/./mlflow/experiments/get?experiment_id=0",
        "/static/../api/2.0/mlflow/experiments/get?experiment_id=0",
        "/API/2.0/mlflow/experiments/get?experiment_id=0",
        "/%61pi/2.0/mlflow/experiments/get?experiment_id=0",
        "/metrics",
        "/docs",
    ],
)
def test_no_spelling_of_a_path_gets_past(url: str, path: str) -> None:
    """The page of the UI answers what is no endpoint; it says nothing of any run."""
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=10)
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    assert answer.status in (200, 400, 401, 404), answer.status
    assert b"artifact_location" not in body
    assert b"is_admin" not in body


@pytest.mark.xdist_group("auth-clients")
def test_a_wrong_password_says_nothing_of_whether_there_is_such_a_user(url: str) -> None:
    words = set()
    for user in (ROOT, "nobody-of-this-name"):
        request = urllib.request.Request(f"{url}/api/2.0/mlflow/experiments/get?experiment_id=0")
        request.add_header("Authorization", basic(user, "wrong"))
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(request, timeout=10)
        assert caught.value.code == 401
        words.add(caught.value.read())
    assert len(words) == 1


@pytest.mark.xdist_group("auth-clients")
def test_there_is_no_default_password(tmp_path: Path) -> None:
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("RUNSTONE_", "MLFLOW_"))}
    command = [sys.executable, "-m", "runstone.cli.main", "server", "--port", "0", "--auth", "--store", str(tmp_path / "s")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert "runstone users create NAME --admin" in done.stderr


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """A server that lets each token make five requests a second, so fifty at once; and a token."""
    store = str(tmp_path_factory.mktemp("slow") / "store")
    secret = new_token()
    accounts = connect.open_store(connect.canonical(store)).accounts  # type: ignore[attr-defined]
    accounts.add_token(accounts.add_user(ROOT, "", True).user_id, "t", "write", None, digest(secret))
    connect.close_all()
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("RUNSTONE_", "MLFLOW_"))}
    environment["RUNSTONE_AUTH_TOKEN_RATE"] = "5"
    command = [sys.executable, "-m", "runstone.cli.main", "server", "--port", "0", "--auth", "--store", store]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found
        yield found[0], secret
        process.terminate()


def spend(url: str, secret: str) -> None:
    """Ask until the server says that it is enough."""
    request = urllib.request.Request(f"{url}/api/runstone/v1/info", headers={"Authorization": f"Bearer {secret}"})

    def ask() -> int:
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as refusal:
            return refusal.code

    assert 429 in (ask() for _ in range(1000))


@pytest.mark.xdist_group("auth-clients")
def test_our_own_client_waits_with_what_it_logs(slow: tuple[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    url, secret = slow
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", secret)
    monkeypatch.delenv("RUNSTONE_STRICT", raising=False)
    runstone.set_tracking_uri(url)
    with runstone.start_run() as run:
        spend(url, secret)
        for step in range(500):
            runstone.log_metric("m", step, step=step)
    found: list[float] = []
    for _ in range(100):  # it waits for as long as the server says, and goes on by itself
        found = [one.value for one in runstone.Client().get_metric_history(run.info.run_id, "m")]
        if len(found) == 500:
            break
        time.sleep(0.5)
    assert found == list(range(500))
    ending.reset()


@pytest.mark.peer
@pytest.mark.xdist_group("auth-clients")
def test_the_real_client_waits_and_goes_on(slow: tuple[str, str], tmp_path: Path) -> None:
    url, secret = slow
    if not PEERS["new"]:
        pytest.skip("no Python with the new mlflow")
    code = """
import mlflow
with mlflow.start_run() as run:
    for step in range(20):
        mlflow.log_metric("m", step, step=step)
assert len(mlflow.MlflowClient().get_metric_history(run.info.run_id, "m")) == 20
"""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("RUNSTONE_", "MLFLOW_"))}
    environment |= {"MLFLOW_TRACKING_URI": url, "MLFLOW_TRACKING_TOKEN": secret, "MLFLOW_DISABLE_TELEMETRY": "true"}
    environment["GIT_PYTHON_REFRESH"] = "quiet"
    spend(url, secret)
    done = subprocess.run(
        [PEERS["new"], "-c", code], env=environment, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=100
    )
    assert done.returncode == 0, done.stderr[-3000:]
