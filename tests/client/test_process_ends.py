"""How a run ends when its process does: by itself, by an exception, by a signal, without a word."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

import runstone


class Script:
    """A script in a process of its own, logging to the test's store."""

    def __init__(self, text: str, **environment: str) -> None:
        path = Path("train.py")
        path.write_text("import os, signal, sys, time, runstone\n" + textwrap.dedent(text), encoding="utf-8")
        self.process = subprocess.Popen(
            [sys.executable, str(path)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "RUNSTONE_CAPTURE_CONTEXT": "0", **environment},
        )

    def wait_for(self, word: str) -> None:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if line.strip() != word:
            pytest.fail(f"{line!r} instead of {word!r}: {self.process.communicate(timeout=30)}")

    def end(self) -> tuple[int, str]:
        _, err = self.process.communicate(timeout=60)
        return self.process.returncode, err


def only_run() -> runstone.entities.Run:
    (run,) = runstone.search_runs(search_all_experiments=True, output_format="list")
    return run


def document(run_id: str, name: str) -> str:
    store = runstone.client.session.session().fresh_store()
    return next((one.text for one in store.documents(run_id) if one.name == name), "")


def test_a_script_that_simply_ends_finishes_its_run() -> None:
    code, err = Script("runstone.start_run(); runstone.log_metric('m', 1.5)").end()
    assert (code, err) == (0, "")
    run = only_run()
    assert (run.info.status, run.data.metrics) == ("FINISHED", {"m": 1.5})
    assert runstone.get_experiment(run.info.experiment_id).name == "train"
    assert run.data.tags["mlflow.source.name"] == "train.py"


@pytest.mark.parametrize("form", ["with runstone.start_run():\n    {}", "runstone.start_run()\n{}"])
def test_an_exception_that_nobody_catches_fails_it(form: str) -> None:
    code, err = Script(form.format("runstone.log_metric('m', 1); raise ValueError('no such column')")).end()
    assert code == 1
    assert err.count("ValueError: no such column") == 1
    run = only_run()
    assert (run.info.status, run.info.cause) == ("FAILED", "ValueError: no such column")
    assert run.data.metrics == {"m": 1}
    assert "train.py" in document(run.info.run_id, "traceback")


def test_an_exit_code_fails_it() -> None:
    code, _ = Script("with runstone.start_run():\n    sys.exit(3)").end()
    assert code == 3
    assert (only_run().info.status, only_run().info.cause) == ("FAILED", "exit code 3")


@pytest.mark.parametrize(
    ("words", "code", "ending"),
    [
        ("sys.exit(3)", 3, ("FAILED", "exit code 3")),
        ("sys.exit('no data')", 1, ("FAILED", "exit code 1: no data")),
        ("sys.exit()", 0, ("FINISHED", None)),
        ("try: sys.exit(3)\nexcept SystemExit: pass", 0, ("FINISHED", None)),
        ("import threading; t = threading.Thread(target=lambda: sys.exit(3)); t.start(); t.join()", 0, ("FINISHED", None)),
        ("def deep():\n    sys.exit(4)\ndeep()", 4, ("FAILED", "exit code 4")),
        ("exit(3)", 3, ("FAILED", "exit code 3")),
        ("quit(5)", 5, ("FAILED", "exit code 5")),
        ("quit()", 0, ("FINISHED", None)),
        ("assert 'Ctrl-D' in repr(exit)\ntry: exit(3)\nexcept SystemExit: pass", 0, ("FINISHED", None)),
        ("sys.exit = lambda code: os._exit(0) if code else None\nrunstone.end_run()", 0, ("FINISHED", None)),
    ],
)
def test_an_exit_code_outside_a_block_counts_too(words: str, code: int, ending: tuple[str, str | None]) -> None:
    returned, _ = Script(f"runstone.start_run()\nrunstone.log_metric('m', 1)\n{words}").end()
    assert returned == code
    assert (only_run().info.status, only_run().info.cause) == ending


def test_who_asks_for_the_active_run_after_its_block_is_told_where_it_is() -> None:
    """The lecture's first snippet: an error with MLflow too."""
    lines = "with runstone.start_run():\n    pass\nprint(runstone.active_run().info.run_id)"
    code, err = Script(lines, RUNSTONE_QUIET="0").end()
    assert code == 1
    assert "AttributeError: 'NoneType' object has no attribute 'info'" in err
    assert f"Its id is {only_run().info.run_id}" in err.splitlines()[-1]
    assert only_run().info.status == "FINISHED"


@pytest.mark.parametrize("form", ["with runstone.start_run():\n    {}", "runstone.start_run()\n{}"])
def test_sigterm_kills_it(form: str) -> None:
    script = Script(
        form.format("runstone.log_metric('m', 1); print('ready', flush=True); [time.sleep(0.05) for _ in range(1200)]")
    )
    script.wait_for("ready")
    script.process.send_signal(signal.SIGTERM)
    code, err = script.end()
    assert (code, err) == (143, "")
    run = only_run()
    assert (run.info.status, run.info.cause) == ("KILLED", "signal 15 (SIGTERM)")
    assert run.data.metrics == {"m": 1}


def test_a_terminal_that_is_closed_kills_it() -> None:
    script = Script("runstone.start_run(); print('ready', flush=True); [time.sleep(0.05) for _ in range(1200)]")
    script.wait_for("ready")
    script.process.send_signal(signal.SIGHUP)
    assert script.end() == (129, "")
    assert (only_run().info.status, only_run().info.cause) == ("KILLED", "signal 1 (SIGHUP)")


def test_under_nohup_a_run_outlives_its_terminal() -> None:
    script = Script(
        """
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does before it starts a program
        runstone.start_run()
        os.kill(os.getpid(), signal.SIGHUP)
        runstone.log_metric('m', 1)
        """
    )
    assert script.end() == (0, "")
    assert (only_run().info.status, only_run().data.metrics) == ("FINISHED", {"m": 1})


@pytest.mark.parametrize("form", ["with runstone.start_run():\n    {}", "runstone.start_run()\n{}"])
def test_ctrl_c_kills_it(form: str) -> None:
    script = Script(form.format("print('ready', flush=True); [time.sleep(0.05) for _ in range(1200)]"))
    script.wait_for("ready")
    script.process.send_signal(signal.SIGINT)
    code, err = script.end()
    assert code == -signal.SIGINT
    assert "KeyboardInterrupt" in err
    assert (only_run().info.status, only_run().info.cause) == ("KILLED", "interrupted (Ctrl-C)")


def test_sigterm_without_a_run_is_as_if_nobody_listened() -> None:
    script = Script(
        "with runstone.start_run(): pass\nrunstone.flush(); print('ready', flush=True); [time.sleep(0.05) for _ in range(1200)]"
    )
    script.wait_for("ready")
    script.process.send_signal(signal.SIGTERM)
    assert script.end()[0] == -signal.SIGTERM
    assert only_run().info.status == "FINISHED"


def test_sigterm_after_the_run_still_ships_it() -> None:
    script = Script(
        "with runstone.start_run(): runstone.log_metric('m', 1)\nprint('ready', flush=True)\n"
        "[time.sleep(0.05) for _ in range(1200)]"
    )
    script.wait_for("ready")
    script.process.send_signal(signal.SIGTERM)
    script.end()
    assert (only_run().info.status, only_run().data.metrics) == ("FINISHED", {"m": 1})


def test_a_handler_of_the_program_is_left_alone() -> None:
    script = Script(
        """
        def mine(number, frame):
            runstone.log_metric('seen', number); runstone.end_run('KILLED'); sys.exit(5)
        signal.signal(signal.SIGTERM, mine)
        runstone.start_run()
        print('ready', flush=True); [time.sleep(0.05) for _ in range(1200)]
        """
    )
    script.wait_for("ready")
    script.process.send_signal(signal.SIGTERM)
    assert script.end()[0] == 5
    assert only_run().data.metrics == {"seen": 15}


def test_sigkill_loses_nothing_and_the_next_run_tells(capsys: pytest.CaptureFixture[str]) -> None:
    script = Script(
        """
        runstone.start_run(run_name='victim')
        for step in range(1000): runstone.log_metric('m', step, step)
        print('ready', flush=True)
        for step in range(60_000): time.sleep(0.001), runstone.log_metric('more', step)  # so that some are always on their way
        """
    )
    script.wait_for("ready")
    script.process.kill()
    script.end()
    os.environ["RUNSTONE_QUIET"] = "0"
    with runstone.start_run(run_name="next"):
        pass
    here = runstone.client.session.session()
    assert here.close(30)
    assert "earlier processes had left behind" in capsys.readouterr().err
    runs = {run.info.run_name: run for run in runstone.search_runs(search_all_experiments=True, output_format="list")}
    victim = runs["victim"]
    assert victim.info.status == "CRASHED"
    assert victim.info.cause
    assert runstone.get_run(victim.info.run_id).data.summaries["m"].count == 1000


def test_a_segmentation_fault_is_told_as_the_cause() -> None:
    script = Script("import ctypes\nrunstone.start_run()\nrunstone.log_metric('m', 1)\nctypes.string_at(0)")
    assert script.end()[0] == -signal.SIGSEGV
    with runstone.start_run():
        pass
    runstone.client.session.session().close(30)
    (victim,) = [
        run for run in runstone.search_runs(search_all_experiments=True, output_format="list") if run.info.status != "FINISHED"
    ]
    assert victim.info.status == "CRASHED"
    assert "segmentation fault" in victim.info.cause


def test_a_thread_that_fails_fails_the_run_it_began() -> None:
    Script(
        """
        import threading
        def work():
            runstone.start_run(run_name='of-thread'); raise RuntimeError('in thread')
        runstone.start_run(run_name='of-main')
        thread = threading.Thread(target=work); thread.start(); thread.join()
        """
    ).end()
    found = {
        run.info.run_name: (run.info.status, run.info.cause)
        for run in runstone.search_runs(search_all_experiments=True, output_format="list")
    }
    assert found == {"of-thread": ("FAILED", "RuntimeError: in thread"), "of-main": ("FINISHED", None)}


@pytest.mark.parametrize("how", ["os.kill(os.getpid(), signal.SIGTERM); time.sleep(20)", "raise ValueError('no')"])
def test_threads_that_outlive_the_run_begin_none_of_their_own(how: str) -> None:
    """Nobody would end them: a script with threads that log left up to three runs behind."""
    _, err = Script(
        f"""
        import atexit, threading
        done = [0]
        def work():
            while True:
                runstone.log_metric('m', 1.0, done[0]); done[0] += 1
        def still_there():  # the thread is called while the process ends, and once more after that
            before = done[0]
            while done[0] < before + 3: time.sleep(0.001)
        atexit.register(still_there)
        with runstone.start_run():
            threading.Thread(target=work, daemon=True, name='loader').start()
            still_there()
            atexit.register(still_there)
            {how}
        """,
        RUNSTONE_STRICT="0",
    ).end()
    only_run()
    runstone.client.session.session()._recover()  # what lies in journals still
    run = only_run()
    assert run.info.status == {"os": "KILLED", "ra": "FAILED"}[how[:2]]
    assert "could not be recorded" in err
    assert "of log_metric" in err or "thread 'loader'" in err


def test_a_worker_given_the_run_by_the_environment_logs_into_it() -> None:
    with runstone.start_run() as run:
        code, _ = Script(
            "with runstone.start_run(): runstone.log_metric('worker', 2)",
            RUNSTONE_RUN_ID=run.info.run_id,
            RUNSTONE_TRACKING_URI=runstone.get_tracking_uri(),
        ).end()
        assert code == 0
        runstone.log_metric("main", 1)
    assert only_run().data.metrics == {"main": 1, "worker": 2}
    assert only_run().info.status == "FINISHED"


def test_a_run_is_running_while_its_process_lives() -> None:
    script = Script(
        "runstone.start_run(); runstone.flush(); print('ready', flush=True); [time.sleep(0.05) for _ in range(1200)]"
    )
    script.wait_for("ready")
    try:
        store = runstone.client.session.session().store
        store.sweep(time.time_ns() // 1_000_000 + 3_600_000)
        assert only_run().info.status == "RUNNING"
    finally:
        script.process.kill()
        script.end()


@pytest.mark.parametrize("last", ["os._exit(7)", "os.kill(os.getpid(), signal.SIGKILL)"])
def test_a_run_that_died_before_it_was_shipped_is_found_by_who_only_searches(last: str) -> None:
    runstone.search_runs(search_all_experiments=True)  # has looked before: nothing was there
    runstone.client.session.session()._looked = 0.0
    text = f"""
        from runstone.journal.shipper import Shipper
        Shipper.add = lambda *_: None  # too slow for this run
        runstone.start_run()
        for step in range(100):
            runstone.log_metric("m", step, step)
        {last}
    """
    Script(text).end()
    run = only_run()
    assert (run.info.status, run.data.metrics) == ("CRASHED", {"m": 99.0})
    assert run.info.cause
    assert len(runstone.MlflowClient().get_metric_history(run.info.run_id, "m")) == 100


def test_a_function_at_exit_that_comes_after_ours_begins_no_run() -> None:
    text = """
        import atexit
        atexit._clear()  # ours is registered by the first run, so this one comes after it
        atexit.register(lambda: runstone.log_metric("late", 1))
        runstone.start_run()
    """
    code, err = Script(text, RUNSTONE_STRICT="0").end()
    assert code == 0
    assert "log_metric could not be recorded: the process is ending" in err
    assert only_run().info.status == "FINISHED"


def test_a_closed_standard_error_is_no_trouble() -> None:
    code, _ = Script("os.close(2); runstone.start_run(); runstone.log_metric('m', 1)", RUNSTONE_QUIET="0").end()
    assert code == 0
    assert only_run().data.metrics == {"m": 1.0}
