"""Following a job that runs elsewhere, without a cluster: all that it printed arrives, and its end is told as it is."""

from __future__ import annotations

from collections import Counter
from typing import Any, ClassVar

import pytest
from click.testing import CliRunner

import runstone
from runstone.cli.main import cli
from runstone.errors import ExecutionException
from runstone.projects.backends import following
from runstone.projects.backends.following import OVER, RUNNING, SILENCE, Followed, Heard, Hearing, State


class Run:
    """What a run is told by the one who follows its job."""

    def __init__(self) -> None:
        self.told: dict[str, str] = {}
        self.text = b""
        self.run_id, self.lines = "a" * 32, Counter[str]()

    def tags(self, tags: dict[str, str]) -> None:
        self.told |= tags

    def heard(self, stream: str, data: bytes) -> None:
        self.text += data

    def watches(self, what: str) -> None: ...

    def write(self) -> None: ...

    def runs(self) -> None: ...

    def waits(self) -> None: ...

    def stop_asked(self) -> str | None:
        return None


class Played:
    job_id, every, hear_every = "7", 0.05, 0.0
    place: ClassVar[dict[str, Any]] = {}

    def __init__(self, phase: str, pieces: list[bytes]) -> None:
        self._phase, self._pieces = phase, pieces
        self.discarded = False

    def state(self) -> State:
        return State(self._phase)

    def printed(self) -> list[tuple[str, bytes]]:
        return [("stdout", self._pieces.pop(0))] if self._pieces else []

    def terminate(self) -> None: ...

    def kill(self) -> None: ...

    def discard(self) -> None:
        self.discarded = True


@pytest.fixture(autouse=True)
def grace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "GRACE", 0.01)


def watch(job: Any, run: Any, why: str | None = None) -> tuple[str, str | None]:
    return Followed(job).watch(run, lambda: why)


def test_all_that_a_job_printed_is_heard_before_its_logs_go() -> None:
    run, job = Run(), Played(OVER, [b"one\n", b"two\n", b"three\n"])
    assert watch(job, run) == ("FINISHED", None)
    assert run.text == b"one\ntwo\nthree\n"
    assert job.discarded


def test_a_job_that_does_not_end_is_not_said_to_be_finished_and_keeps_its_files() -> None:
    run, job = Run(), Played(RUNNING, [])
    assert watch(job, run, "cancelled") == ("KILLED", "cancelled")
    assert run.told["runstone.job.state"] == RUNNING
    assert not job.discarded


def test_a_cluster_that_fails_once_is_told_again_to_end_the_job() -> None:
    class Deaf(Played):
        asked = 0

        def terminate(self) -> None:
            self.asked += 1
            if self.asked == 1:
                raise ExecutionException("scancel: Unable to contact slurm controller")
            self._phase = OVER

    run, job = Run(), Deaf(RUNNING, [])
    assert watch(job, run, "cancelled") == ("KILLED", "cancelled")
    assert job.asked == 2
    assert run.told["runstone.job.state"] == OVER


def test_a_silent_log_is_asked_for_ever_later_and_a_busy_one_often() -> None:
    hearing, now, times = Hearing(1.0), 0.0, []
    while now < 40:
        if hearing.due(now):
            times.append(now)
            hearing.asked(now, came=now > 30)
        now += 0.1
    gaps = [b - a for a, b in zip(times, times[1:], strict=False)]
    assert gaps[0] == pytest.approx(1.5, abs=0.11)
    assert max(gaps) == pytest.approx(SILENCE, abs=0.11)
    assert gaps[-1] == pytest.approx(1.0, abs=0.11)


@pytest.mark.parametrize(
    ("kept", "log", "new"),
    [
        ("note\none\ntw", b"one\ntwo\nthree\n", b"o\nthree\n"),
        ("note\n", b"one\n", b"one\n"),
        ("note\none\n", b"one\n", b""),
        ("note\none\n 10%", b"one\n 10%\r 20%\r 30%", b"\r 20%\r 30%"),
        ("note\none\n 20%", b"one\n 10%\r 20%\r 30%", b"\r 10%\r 20%\r 30%"),
        ("note\n\u00e9", "\u00e9\u00e9\n".encode(), "\u00e9\n".encode()),
    ],
)
def test_what_an_earlier_watcher_heard_is_left_out(kept: str, log: bytes, new: bytes) -> None:
    for size in (len(log),) if b"\r" in log else (1, 2, len(log)):
        heard = Heard({"stdout": kept}, {"stdout": 1})
        pieces = [log[start : start + size] for start in range(0, len(log), size)]
        found = b"".join(heard.new("stdout", piece) for piece in pieces)
        assert found == new


def test_a_job_that_outlived_its_watcher_is_named_when_its_run_is_to_stop(store: str) -> None:
    for state, said in (("running", "job 17 may go on, end it by slurm itself"), (OVER, "it is FAILED.\n")):
        tags = {"mlflow.project.backend": "slurm", "runstone.job.id": "17", "runstone.job.state": state}
        run_id = runstone.MlflowClient().create_run("0", tags=tags).info.run_id
        runstone.MlflowClient().set_terminated(run_id, "FAILED")
        done = CliRunner().invoke(cli, ["stop", run_id, "--store", store])
        assert (done.exit_code, said in done.output) == (1, True), done.output
