"""Training code that logs to a server: it is there, it is away, it misbehaves. Nothing is lost, nobody waits."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import runstone
from runstone import connect
from runstone.contracts import Batch, Store
from runstone.errors import FilterError, InvalidValue, NotFound, NotSupported, ParamChanged, PermissionDenied, StoreUnavailable
from runstone.records import (
    ExperimentChanged,
    ExperimentCreated,
    LoggedModelCreated,
    ModelVersionCreated,
    RunStarted,
    TraceStarted,
)
from runstone.remote.store import open_remote
from runstone.testing.served import ServedStores

SCRIPT = """
import runstone as mlflow
mlflow.set_experiment("churn")
with mlflow.start_run() as run:
    mlflow.log_param("a", 1)
    for step in range(5):
        mlflow.log_metric("loss", 1 / (step + 1), step=step)
    mlflow.log_text("hello", "notes/one.txt")
print(run.info.run_id)
"""


@pytest.fixture
def behind(tmp_path: Path) -> Iterator[Store]:
    store = connect.open_store(str(tmp_path / "behind"))
    yield store
    connect.close_all()


@pytest.fixture
def server(served: ServedStores, behind: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    root = connect.artifact_root(tmp_path / "behind").as_uri()
    url = served.add(behind, artifact_destination=root)
    runstone.set_tracking_uri(url)
    return url


def wait_until(true: Callable[[], object], seconds: float = 30) -> None:
    give_up = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < give_up
        time.sleep(0.05)


def script(tmp_path: Path, uri: str, text: str = SCRIPT, **env: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "RUNSTONE_TRACKING_URI": uri, "XDG_CACHE_HOME": str(tmp_path / "cache"), **env}
    for name in ("RUNSTONE_STRICT", "RUNSTONE_QUIET"):
        environment.pop(name, None)
    command = [sys.executable, "-c", textwrap.dedent(text)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=100)


# --- it is there ------------------------------------------------------------------------------------------------------------


def test_the_whole_client_works_over_http(server: str, behind: Store) -> None:
    runstone.set_experiment("remote")
    with runstone.start_run(run_name="far") as run:
        runstone.log_params({"a": 1})
        for step in range(1000):
            runstone.log_metric("loss", 1 / (step + 1), step=step)
        runstone.log_text("hello", "notes/one.txt")
        runstone.log_metric("nan", float("nan"))
    found = runstone.get_run(run.info.run_id)
    assert found.info.status == "FINISHED"
    assert found.data.params == {"a": "1"}
    assert found.data.metrics["loss"] == 0.001
    assert str(found.info.artifact_uri).startswith("mlflow-artifacts:/")
    assert runstone.artifacts.load_text(f"runs:/{run.info.run_id}/notes/one.txt") == "hello"
    assert len(runstone.MlflowClient().get_metric_history(run.info.run_id, "loss")) == 1000
    (hit,) = runstone.search_runs(experiment_names=["remote"], filter_string="metrics.loss < 0.5", output_format="list")
    assert hit.info.run_id == run.info.run_id
    assert behind.get_run(run.info.run_id).data.summaries["loss"].count == 1000
    client = runstone.MlflowClient()
    client.create_registered_model("m")
    version = client.create_model_version("m", f"runs:/{run.info.run_id}/notes", run.info.run_id)
    client.set_registered_model_alias("m", "champion", version.version)
    assert runstone.artifacts.load_text("models:/m@champion/one.txt") == "hello"


def test_errors_arrive_as_themselves(server: str) -> None:
    remote = open_remote(server)
    with pytest.raises(NotFound, match="gone"):
        remote.get_run("gone")
    with pytest.raises(FilterError) as caught:
        runstone.search_runs(search_all_experiments=True, filter_string="metrics.a >> 1")
    assert (caught.value.text, caught.value.start) == ("metrics.a >> 1", 10)
    with runstone.start_run() as run:
        runstone.log_param("a", 1)
    runstone.flush()
    runstone.client.ending.reset()  # type: ignore[attr-defined]
    runstone.set_tracking_uri(server)
    with pytest.raises(ParamChanged), runstone.start_run(run_id=run.info.run_id):
        runstone.log_param("a", 2)


@pytest.mark.parametrize(
    "location", ["file:///etc", "s3://other/bucket", "mlflow-artifacts:/../../etc", "read-only+file:///etc"]
)
def test_no_place_outside_may_be_named(server: str, location: str) -> None:
    remote = open_remote(server)
    for record in (
        ExperimentCreated("e", artifact_location=location),
        LoggedModelCreated(f"m-{'1' * 32}", "0", "m", 1, artifact_location=location),
        TraceStarted("tr-1", "0", 1, artifact_location=location),
        ModelVersionCreated("k", "m", 1, location, location=location),
    ):
        with pytest.raises((InvalidValue, NotFound)):
            remote.write(Batch([record]))
    remote.write(Batch([ExperimentChanged("0", 1, artifact_location=location)]))
    assert remote.get_experiment("0").artifact_location == "mlflow-artifacts:/0"
    remote.write(Batch([RunStarted("r" * 32, "0", 1, "r", artifact_uri=location)]))
    assert str(remote.get_run("r" * 32).info.artifact_uri).startswith("mlflow-artifacts:/0/")


def test_no_field_that_names_a_place_is_forgotten() -> None:
    """A record with a new one must be looked at before a client may send it."""
    from runstone import records
    from runstone.server.routes.remote import _WITH_PLACES

    named = {"artifact_location", "artifact_uri", "location", "source"}
    every = [one for one in vars(records).values() if isinstance(one, type) and issubclass(one, records._Record)]
    assert {one for one in every if named & set(one.__struct_fields__)} == set(_WITH_PLACES)


def test_messages_that_are_none_are_refused(server: str) -> None:
    import urllib3

    from runstone.wire_store import MEDIA_TYPE

    bomb = __import__("runstone.wire_store", fromlist=["zstd"]).zstd.compress(bytes(300 << 20))
    for path, body, status in (
        ("/ingest", b"nonsense", 400),
        ("/ingest", bomb, 400),
        ("/store/get_run", b"\xc1", 400),
        ("/store/purge_the_world", b"\x90", 404),
    ):
        answer = urllib3.request(
            "POST", f"{server}/api/runstone/v1{path}", body=body, headers={"Content-Type": MEDIA_TYPE}, timeout=60.0
        )
        assert (answer.status, "error_code" in answer.json()) == (status, True), path
    answer = urllib3.request("POST", f"{server}/api/runstone/v1/ingest", body=b"{}", headers={"Content-Type": "text/plain"})
    assert answer.status == 400


# --- it is away -------------------------------------------------------------------------------------------------------------


def test_a_run_made_while_it_is_away_arrives_with_its_true_times(tmp_path: Path, server: str, behind: Store) -> None:
    nowhere = server.replace("/s", "/away")  # what the same server does not know: 500 for everything
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{free.getsockname()[1]}"
    before = time.time_ns() // 1_000_000
    done = script(tmp_path, nowhere)
    after = time.time_ns() // 1_000_000
    assert done.returncode == 0, done.stderr
    assert len(re.findall("could not be stored yet", done.stderr)) == 1
    assert f"runstone sync --backend-store-uri {nowhere}" in done.stderr
    run_id = done.stdout.strip()
    # the same journals, once the server answers: they lie under its address
    journals, waiting = connect.journal_root(nowhere), connect.journal_root(server)
    for folder in (journals, journals.with_name(journals.name + "-files")):
        os.rename(folder, folder.with_name(folder.name.replace(journals.name, waiting.name)))
    synced = subprocess.run(
        [sys.executable, "-m", "runstone.cli.main", "sync", "--store", server], capture_output=True, text=True, check=False
    )
    assert "Shipped" in synced.stdout, synced.stderr
    assert "Brought 1 artifact" in synced.stdout
    run = behind.get_run(run_id)
    assert (run.info.status, run.data.summaries["loss"].count) == ("FINISHED", 5)
    assert before <= (run.info.start_time or 0) <= (run.info.end_time or 0) <= after
    assert behind.get_experiment(run.info.experiment_id).name == "churn"
    assert runstone.artifacts.load_text(f"runs:/{run_id}/notes/one.txt") == "hello"


def test_offline_asks_nobody_until_sync(tmp_path: Path, server: str, behind: Store) -> None:
    done = script(tmp_path, server, RUNSTONE_OFFLINE="1")
    assert done.returncode == 0, done.stderr
    assert behind.find_experiment("churn") is None
    subprocess.run([sys.executable, "-m", "runstone.cli.main", "sync", "--store", server], check=True, capture_output=True)
    assert behind.get_run(done.stdout.strip()).data.summaries["loss"].count == 5


def test_reads_say_in_one_error_that_it_is_away() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(StoreUnavailable, match=re.escape(f"{address} cannot be reached")):
        open_remote(address).get_run("x")


# --- it misbehaves ----------------------------------------------------------------------------------------------------------


class Misbehaving:
    """A server that gives each request the next of these answers, bytes or "hang", and the last one for ever."""

    def __init__(self, *answers: bytes | str) -> None:
        self._answers, self.asked = list(answers), 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._open: list[socket.socket] = []
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self._open.append(connection)
            connection.recv(1 << 20)
            answer = self._answers[min(self.asked, len(self._answers) - 1)]
            self.asked += 1
            if isinstance(answer, bytes):
                connection.sendall(answer)
                connection.close()

    def close(self) -> None:
        for one in (self._socket, *self._open):
            one.close()


def http(status: str, body: str = "{}", *headers: str) -> bytes:
    lines = [
        f"HTTP/1.1 {status}",
        f"Content-Length: {len(body)}",
        "Content-Type: application/json",
        "Connection: close",
        *headers,
    ]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


@pytest.fixture
def misbehaving() -> Iterator[Callable[..., Misbehaving]]:
    made: list[Misbehaving] = []

    def make(*answers: bytes | str) -> Misbehaving:
        made.append(Misbehaving(*answers))
        return made[-1]

    yield make
    for one in made:
        one.close()


def test_one_that_hangs_is_given_up_and_left_alone(
    misbehaving: Callable[..., Misbehaving], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNSTONE_HTTP_TIMEOUT", "0.2")
    hanging = misbehaving("hang")
    remote = open_remote(hanging.url)
    for _ in range(5):
        with pytest.raises(StoreUnavailable):
            remote.find_experiment("x")
    assert hanging.asked <= 3


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (http("401 Unauthorized"), PermissionDenied, "401"),
        (http("403 Forbidden", '{"error_code": "PERMISSION_DENIED", "message": "not you"}'), PermissionDenied, "not you"),
        (http("404 Not Found", "<html>"), NotSupported, "no Runstone server"),
        (http("200 OK", "{}"), NotSupported, "no Runstone server"),
        (http("503 Busy", '{"error_code": "TEMPORARILY_UNAVAILABLE", "message": "later"}'), StoreUnavailable, "later"),
    ],
)
def test_what_it_answers_becomes_one_clear_error(
    misbehaving: Callable[..., Misbehaving], answer: bytes, kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind, match=words):
        open_remote(misbehaving(answer).url).get_run("x")


def test_it_is_left_alone_for_as_long_as_it_asks(
    misbehaving: Callable[..., Misbehaving], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNSTONE_BUSY_SECONDS", "5")
    busy = misbehaving(http("429 Too Many Requests", "{}", "Retry-After: 7"))
    with pytest.raises(StoreUnavailable) as caught:
        open_remote(busy.url).write(Batch([ExperimentCreated("e")]))
    assert getattr(caught.value, "retry_after", None) == 7.0
    assert busy.asked == 1  # in the time that there is, it may not be asked again


def test_a_password_in_the_address_is_used_and_not_shown(misbehaving: Callable[..., Misbehaving]) -> None:
    url = misbehaving(http("401 Unauthorized")).url.replace("http://", "http://me:secret@")
    assert "secret" not in connect.shown(url)
    with pytest.raises(PermissionDenied) as caught:
        connect.open_store(url).get_run("x")
    assert "secret" not in caught.value.message
    connect.close_all()
