"""Logging from several threads and processes at once."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import runstone
from runstone.client.children import Children
from runstone.errors import StoreUnavailable
from runstone.journal.recovery import Recovery

pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork.*:DeprecationWarning")


def in_threads(count: int, work: Callable[[int], None]) -> None:
    errors: list[BaseException] = []

    def guarded(number: int) -> None:
        try:
            work(number)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors


def counts(run_id: str) -> dict[str, int]:
    return {key: summary.count for key, summary in runstone.get_run(run_id).data.summaries.items()}


def test_eight_threads_log_to_one_run() -> None:
    def work(number: int) -> None:
        for step in range(2000):
            runstone.log_metric(f"t{number}", step, step)
            runstone.log_metric("shared", number, step)
        runstone.log_param(f"p{number}", number)

    with runstone.start_run() as run:
        in_threads(8, work)
    assert counts(run.info.run_id) == {"shared": 16_000, **{f"t{number}": 2000 for number in range(8)}}
    assert len(runstone.get_run(run.info.run_id).data.params) == 8


def test_threads_with_runs_of_their_own_keep_them_apart() -> None:
    ids: dict[int, str] = {}

    def work(number: int) -> None:
        with runstone.start_run(run_name=f"r{number}") as run:
            ids[number] = run.info.run_id
            for step in range(500):
                runstone.log_metric("m", number, step)

    with runstone.start_run() as outer:
        in_threads(6, work)
        runstone.log_metric("outer", 1)
    assert counts(outer.info.run_id) == {"outer": 1}
    for number, run_id in ids.items():
        run = runstone.get_run(run_id)
        assert counts(run_id) == {"m": 500}
        assert run.data.metrics == {"m": number}
        assert run.info.status == "FINISHED"
        assert run.info.parent_run_id is None


def test_a_nested_run_in_a_thread_is_a_child_of_the_visible_one() -> None:
    children: list[str] = []

    def work(number: int) -> None:
        with runstone.start_run(nested=True) as run:
            children.append(run.info.run_id)

    with runstone.start_run() as outer:
        in_threads(3, work)
    assert {runstone.get_run(child).info.parent_run_id for child in children} == {outer.info.run_id}


def test_a_thread_follows_the_run_of_the_main_thread() -> None:
    turns = [threading.Event() for _ in range(4)]
    done = [threading.Event() for _ in range(4)]

    def work() -> None:
        for number in range(4):
            turns[number].wait()
            runstone.log_metric("m", number)
            done[number].set()

    def take_turn(number: int) -> None:
        turns[number].set()
        assert done[number].wait(10)

    thread = threading.Thread(target=work)
    thread.start()
    with runstone.start_run() as first:
        take_turn(0)
        with runstone.start_run(nested=True) as inner:
            take_turn(1)
        take_turn(2)
    with runstone.start_run() as second:
        take_turn(3)
    thread.join()
    history = runstone.MlflowClient().get_metric_history
    assert [point.value for point in history(first.info.run_id, "m")] == [0, 2]
    assert [point.value for point in history(inner.info.run_id, "m")] == [1]
    assert [point.value for point in history(second.info.run_id, "m")] == [3]


def test_threads_that_log_with_no_run_share_the_one_that_is_started() -> None:
    in_threads(8, lambda number: runstone.log_metric("m", number))
    runs = runstone.search_runs(output_format="list")
    assert len(runs) == 1
    assert counts(runs[0].info.run_id) == {"m": 8}
    assert runstone.active_run() is not None
    runstone.end_run()
    assert runstone.active_run() is None


def test_the_same_param_from_many_threads_has_one_winner() -> None:
    outcomes: list[str] = []

    def work(number: int) -> None:
        try:
            runstone.log_param("p", number)
            outcomes.append(str(number))
        except runstone.MlflowException:
            pass

    with runstone.start_run() as run:
        in_threads(8, work)
    assert len(outcomes) == 1
    assert runstone.get_run(run.info.run_id).data.params == {"p": outcomes[0]}


def test_a_forked_child_logs_into_the_same_run_and_does_not_end_it() -> None:
    with runstone.start_run() as run:
        runstone.log_metric("both", 0)
        child = os.fork()
        if child == 0:
            status = 1
            try:
                for step in range(1, 501):
                    runstone.log_metric("both", step, step)
                    runstone.log_metric("child", step, step)
                runstone.log_param("from", "child")
                runstone.end_run()
                assert runstone.active_run() is None
                status = 0 if runstone.flush(30) else 2
            finally:
                os._exit(status)
        runstone.log_metric("parent", 1)
        assert os.waitpid(child, 0)[1] == 0
        found = runstone.get_run(run.info.run_id)
        assert found.info.status == "RUNNING"
        assert found.data.params == {"from": "child"}
        assert counts(run.info.run_id) == {"both": 501, "child": 500, "parent": 1}
    assert runstone.get_run(run.info.run_id).info.status == "FINISHED"


def test_what_a_forked_child_left_unshipped_is_brought_in_by_the_parents_end() -> None:
    with runstone.start_run() as run:
        child = os.fork()
        if child == 0:
            for step in range(100):
                runstone.log_metric("child", step, step)
            os._exit(0)
        os.waitpid(child, 0)
    here = runstone.client.session.session()
    assert here.close(30)
    assert counts(run.info.run_id) == {"child": 100}
    assert runstone.get_run(run.info.run_id).info.status == "FINISHED"


def _left(run_id: str) -> list[str]:
    """Journals of the run that lie there."""
    folder = runstone.client.session.session().root / run_id
    return [entry.name for entry in folder.iterdir()] if folder.is_dir() else []


@pytest.mark.parametrize("how", ["os._exit", "SIGKILL"])
def test_what_a_child_left_without_a_word_is_brought_in_while_its_parent_goes_on(how: str) -> None:
    store = runstone.client.session.session().store
    with runstone.start_run() as run:
        runstone.log_metric("parent", 1)
        child = os.fork()
        if child == 0:
            for step in range(100):
                runstone.log_metric("child", step, step)
            runstone.flush(30)  # some of it the child stores itself
            for step in range(100, 200):
                runstone.log_metric("child", step, step)
            runstone.log_param("from", "child")
            if how == "SIGKILL":
                os.kill(os.getpid(), signal.SIGKILL)
            os._exit(0)
        os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)  # dead, and nobody has collected it
        give_up = time.monotonic() + 20
        while len(_left(run.info.run_id)) != 1 and time.monotonic() < give_up:
            time.sleep(0.02)
        # the store itself: no read of this process's API has brought it there
        found = store.get_run(run.info.run_id)
        assert {key: one.count for key, one in found.data.summaries.items()} == {"child": 200, "parent": 1}
        assert (found.info.status, found.data.params) == ("RUNNING", {"from": "child"})
        os.waitpid(child, 0)
    assert runstone.get_run(run.info.run_id).info.status == "FINISHED"


def test_who_reads_sees_what_a_child_left_that_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    here = runstone.client.session.session()
    monkeypatch.setattr(here.shipper, "_on_look", None)  # nobody looks but the reader
    with runstone.start_run() as outer:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            inner = runstone.start_run(nested=True)
            runstone.log_metric("m", 1)
            os.write(writing, inner.info.run_id.encode())
            os._exit(0)
        os.waitpid(child, 0)
        inner = os.read(reading, 100).decode()
        os.close(reading)
        os.close(writing)
        found = runstone.get_run(inner)
        assert (found.info.status, found.data.metrics) == ("CRASHED", {"m": 1})  # its own run, which nobody will end
        assert runstone.get_run(outer.info.run_id).info.status == "RUNNING"


def test_an_empty_journal_of_a_dead_child_is_not_worth_a_word(capsys: pytest.CaptureFixture[str]) -> None:
    os.environ["RUNSTONE_QUIET"] = "0"
    here = runstone.client.session.session()
    here._say_recovered(Recovery(journals=2, crashed={}))
    assert capsys.readouterr().err == ""
    here._say_recovered(Recovery(journals=2, points=5))
    assert "0 records and 5 points" in capsys.readouterr().err


def test_a_child_that_is_gone_before_its_parent_comes_to_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    def late() -> int:
        time.sleep(0.3)  # as on a busy machine
        return time.time_ns() // 1_000_000

    monkeypatch.setattr("runstone.client.children.now_ms", late)
    with runstone.start_run() as run:
        runstone.log_metric("parent", 1)
        child = os.fork()
        if child == 0:
            runstone.log_metric("child", 1)
            os._exit(0)
        os.waitpid(child, 0)
        assert runstone.get_run(run.info.run_id).data.metrics == {"child": 1, "parent": 1}


def test_a_journal_that_cannot_be_brought_in_is_not_tried_at_each_look(monkeypatch: pytest.MonkeyPatch) -> None:
    tries = []

    def fail(*arguments: object, **named: object) -> None:
        tries.append(named)
        raise StoreUnavailable("away")

    monkeypatch.setattr("runstone.client.children.recover", fail)
    children = Children([Path.cwd()], lambda: None, print)  # type: ignore[arg-type, return-value]
    children.look()
    assert tries == []  # nobody has forked
    children.forking()
    for _ in range(50):
        children.look()
    assert len(tries) == 1


def _log_some(number: int) -> int:
    for step in range(50):
        runstone.log_metric(f"w{number}", step, step)
    return number


def test_a_pool_of_forked_workers() -> None:
    with runstone.start_run() as run:
        context = multiprocessing.get_context("fork")
        with context.Pool(3) as pool:
            assert sorted(pool.map(_log_some, range(6))) == list(range(6))
            pool.close()
            pool.join()
    runstone.client.session.session().close(30)
    assert counts(run.info.run_id) == {f"w{number}": 50 for number in range(6)}


WORKERS = """
import multiprocessing, sys
from concurrent.futures import ProcessPoolExecutor
import runstone

runstone.set_experiment("workers")

def work(number):
    with runstone.start_run(nested=True):
        runstone.log_param("number", number)
        for step in range(100):
            runstone.log_metric("m", step, step=step)

if __name__ == "__main__":
    with runstone.start_run(), ProcessPoolExecutor(3, multiprocessing.get_context(sys.argv[1])) as pool:
        list(pool.map(work, range(9)))
"""


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_workers_that_make_runs_end_without_alarm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str) -> None:
    """Each worker's last run is ended before its shipper is; and what siblings made is not said to have been made before."""
    monkeypatch.delenv("RUNSTONE_QUIET", raising=False)
    script = tmp_path / "workers.py"
    script.write_text(WORKERS)
    ended = subprocess.run([sys.executable, script, method], check=True, capture_output=True, text=True)
    (told,) = ended.stderr.splitlines()  # once, by the parent
    assert " is kept in " in told
    found = runstone.search_runs(experiment_names=["workers"], output_format="list")
    assert sorted(run.info.status for run in found) == ["FINISHED"] * 10
    assert sorted(run.data.params["number"] for run in found if run.data.params) == [str(number) for number in range(9)]


def test_a_forked_child_may_have_runs_of_its_own() -> None:
    with runstone.start_run() as outer:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            with runstone.start_run(nested=True) as run:
                runstone.log_metric("m", 1)
            runstone.flush(30)
            os.write(writing, run.info.run_id.encode())
            os._exit(0)
        os.waitpid(child, 0)
        inner = os.read(reading, 100).decode()
        os.close(reading)
        os.close(writing)
        runstone.log_metric("outer", 1)
    found = runstone.get_run(inner)
    assert (found.info.status, found.info.parent_run_id, found.data.metrics) == ("FINISHED", outer.info.run_id, {"m": 1})
    assert counts(outer.info.run_id) == {"outer": 1}


def test_several_processes_log_to_one_run_by_its_id() -> None:
    script = (
        "import sys, runstone\n"
        "with runstone.start_run(run_id=sys.argv[1]):\n"
        "    for step in range(200): runstone.log_metric('m' + sys.argv[2], step, step)\n"
        "    runstone.log_param('p' + sys.argv[2], 1)\n"
    )
    with runstone.start_run() as run:
        processes = [
            subprocess.Popen([sys.executable, "-c", script, run.info.run_id, str(number)], stderr=subprocess.PIPE)
            for number in range(3)
        ]
        for process in processes:
            _, err = process.communicate(timeout=60)
            assert (process.returncode, err) == (0, b"")
    assert counts(run.info.run_id) == {f"m{number}": 200 for number in range(3)}
    assert len(runstone.get_run(run.info.run_id).data.params) == 3


def test_a_journal_in_which_nothing_was_written_keeps_nobody_waiting() -> None:
    client = runstone.MlflowClient()
    run_id = client.create_run("0").info.run_id
    here = runstone.client.session.session()
    here.log(run_id)
    assert here.flush(20)
    assert here.close(20)
    assert list(here.root.rglob("*.seg")) == []
