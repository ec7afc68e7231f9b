"""Console capture in real processes, and in this one as under a notebook."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from runstone.client.console import Capture
from runstone.records import Console, Record

START = """
import json, os, subprocess, sys, threading
from runstone.client.console import Capture
log = open(os.environ["LOG"], "a", buffering=1)
def append(record):
    log.write(json.dumps([record.run_id, record.stream, record.text]) + "\\n")
capture = Capture("r", append)
capture.start()
"""


def run(tmp_path: Path, body: str, **kwargs: Any) -> tuple[subprocess.CompletedProcess[str], list[list[str]]]:
    """Run a script that captures; what it showed, and the pieces that were kept."""
    log = tmp_path / "log"
    done = subprocess.run(
        [sys.executable, "-c", START + textwrap.dedent(body)],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "LOG": str(log)},
        **kwargs,
    )
    return done, [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []


def kept(pieces: list[list[str]], stream: str, run_id: str = "r") -> str:
    return "".join(text for run, name, text in pieces if (run, name) == (run_id, stream))


def test_prints_children_and_c_are_shown_and_kept(tmp_path: Path) -> None:
    done, pieces = run(
        tmp_path,
        """
        import ctypes
        print("from python ü", flush=True)
        subprocess.run(["echo", "from a child"])
        ctypes.CDLL(None).puts(b"from C")
        os.write(2, b"raw error\\n")
        print("error text", file=sys.stderr)
        capture.stop()
        print("after")
        """,
    )
    assert done.stdout == "from python ü\nfrom a child\nfrom C\nafter\n"
    assert done.stderr == "raw error\nerror text\n"
    assert kept(pieces, "stdout") == "from python ü\nfrom a child\nfrom C\n"
    assert kept(pieces, "stderr") == "raw error\nerror text\n"


def test_an_uncaught_exception_is_shown_and_kept(tmp_path: Path) -> None:
    done, pieces = run(
        tmp_path,
        """
        import atexit
        atexit.register(capture.stop)
        print("working")
        raise RuntimeError("it broke")
        """,
    )
    assert done.returncode == 1
    assert "RuntimeError: it broke" in done.stderr
    assert "RuntimeError: it broke" in kept(pieces, "stderr")


@pytest.mark.parametrize("end", ["os.abort()", "os.kill(os.getpid(), 9)", "os._exit(3)", "ctypes.string_at(0)"])
def test_the_last_words_of_a_process_that_dies_are_shown(tmp_path: Path, end: str) -> None:
    done, _ = run(
        tmp_path,
        f"""
        import ctypes, resource
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        os.write(2, b"last words" * 100)
        {end}
        """,
    )
    assert done.returncode != 0
    assert "last words" * 100 in done.stderr


def test_a_thread_that_keeps_the_interpreter_to_itself_does_not_block_on_what_it_prints(tmp_path: Path) -> None:
    """A C function that prints more than any pipe holds, without ever giving up the interpreter lock."""
    done, pieces = run(
        tmp_path,
        """
        import ctypes
        libc = ctypes.PyDLL(None)  # calls made through it keep the lock
        block = b"y" * 65535 + b"\\n"
        for _ in range(64):
            assert libc.write(1, block, len(block)) == len(block)
        capture.stop()
        """,
    )
    assert done.returncode == 0
    assert len(done.stdout) == 64 * 65536
    assert kept(pieces, "stdout") == done.stdout


def test_order_holds_for_many_threads(tmp_path: Path) -> None:
    done, pieces = run(
        tmp_path,
        """
        def talk(name):
            for number in range(500):
                os.write(1, f"{name} {number}\\n".encode())
        threads = [threading.Thread(target=talk, args=(name,)) for name in "abcd"]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        capture.stop()
        """,
    )
    assert kept(pieces, "stdout") == done.stdout
    for name in "abcd":
        mine = [line for line in done.stdout.splitlines() if line.startswith(name)]
        assert mine == [f"{name} {number}" for number in range(500)]


def test_nested_captures_go_to_the_innermost(tmp_path: Path) -> None:
    _, pieces = run(
        tmp_path,
        """
        print("outer 1", end=" ")
        inner = Capture("inner", append)
        inner.start()
        print("inner")
        inner.stop()
        print("outer 2")
        capture.stop()
        """,
    )
    assert kept(pieces, "stdout") == "outer 1 outer 2\n"
    assert kept(pieces, "stdout", "inner") == "inner\n"


def test_captures_may_end_in_any_order(tmp_path: Path) -> None:
    done, pieces = run(
        tmp_path,
        """
        inner = Capture("inner", append)
        inner.start()
        print("one")
        capture.stop()
        print("two")
        inner.stop()
        print("three")
        """,
    )
    assert kept(pieces, "stdout") == ""
    assert kept(pieces, "stdout", "inner") == "one\ntwo\n"
    assert done.stdout == "one\ntwo\nthree\n"


def test_descriptors_are_restored_and_none_is_left(tmp_path: Path) -> None:
    done, _ = run(
        tmp_path,
        """
        capture.stop()
        before = sorted(os.listdir("/proc/self/fd")), os.fstat(1).st_ino, os.fstat(2).st_ino
        for _ in range(3):
            again = Capture("again", append)
            again.start()
            print("x")
            again.stop()
        after = sorted(os.listdir("/proc/self/fd")), os.fstat(1).st_ino, os.fstat(2).st_ino
        print(before == after, threading.active_count())
        """,
    )
    assert done.stdout == "x\nx\nx\nTrue 1\n"


def test_a_forked_child_prints_on_and_ends_nothing(tmp_path: Path) -> None:
    done, pieces = run(
        tmp_path,
        """
        child = os.fork()
        if child == 0:
            print("child")
            capture.stop()
            print("child still")
            sys.stdout.flush()
            os._exit(0)
        os.waitpid(child, 0)
        print("parent")
        capture.stop()
        """,
    )
    assert done.stdout == "child\nchild still\nparent\n"
    assert kept(pieces, "stdout") == done.stdout


def test_a_pump_that_is_killed_does_not_take_the_training_with_it(tmp_path: Path) -> None:
    done, _ = run(
        tmp_path,
        """
        import psutil, time
        psutil.Process().children()[0].kill()
        while psutil.Process().children() and psutil.Process().children()[0].status() != "zombie":
            time.sleep(0.01)
        while threading.active_count() > 1:
            time.sleep(0.01)
        print("training goes on")
        capture.stop()
        """,
    )
    assert (done.returncode, done.stdout) == (0, "training goes on\n")


def test_a_reader_that_goes_away_is_felt_as_ever(tmp_path: Path) -> None:
    """``train.py | head -1``: the next writes fail, as they do without capture."""
    script = START + "\nwhile True:\n    print('line ' * 100, flush=True)\n"
    env = {**os.environ, "LOG": str(tmp_path / "log")}
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr is not None
        assert b"BrokenPipeError" in process.stderr.read()
        assert process.wait(30) != 0


def test_ctrl_c_is_for_the_training_alone(tmp_path: Path) -> None:
    done, pieces = run(
        tmp_path,
        """
        import signal
        try:
            os.killpg(os.getpgid(0), signal.SIGINT)
            threading.Event().wait(10)
        except KeyboardInterrupt:
            print("interrupted")
        capture.stop()
        """,
        start_new_session=True,
    )
    assert done.stdout == "interrupted\n"
    assert kept(pieces, "stdout") == "interrupted\n"


def test_a_journal_that_refuses_does_not_silence_the_terminal(tmp_path: Path) -> None:
    done, _ = run(
        tmp_path,
        """
        capture.stop()
        def refuse(record):
            raise OSError("full")
        other = Capture("other", refuse)
        other.start()
        print("shown 1", flush=True)
        print("shown 2")
        other.stop()
        """,
    )
    assert done.stdout == "shown 1\nshown 2\n"
    assert done.stderr == ""


def test_a_terminal_is_still_a_terminal_to_python(tmp_path: Path) -> None:
    """Run under a pseudo terminal; colours and bars depend on the answer."""
    parent, child = os.openpty()
    script = START + "\nprint(sys.stdout.isatty())\ncapture.stop()\nprint('isatty' in vars(sys.stdout), sys.stdout.isatty())\n"
    env = {**os.environ, "LOG": str(tmp_path / "log")}
    process = subprocess.Popen([sys.executable, "-c", script], stdout=child, stderr=child, stdin=subprocess.DEVNULL, env=env)
    assert process.wait(30) == 0
    os.close(child)
    assert os.read(parent, 1000).decode().split() == ["True", "False", "True"]
    os.close(parent)


def test_python_streams_serve_where_descriptors_are_taken(capsys: pytest.CaptureFixture[str]) -> None:
    """Here pytest has replaced ``sys.stdout``, as notebooks do."""
    before = sys.stdout, sys.stderr
    records: list[Record] = []
    capture = Capture("r", records.append)
    capture.start()
    print("to stdout")
    print("to stderr", file=sys.stderr)
    sys.stdout.writelines(["a\n", "b\n"])
    assert sys.stdout.encoding
    capture.stop()
    print("after")
    assert (sys.stdout, sys.stderr) == before
    assert capsys.readouterr() == ("to stdout\na\nb\nafter\n", "to stderr\n")
    found = [record for record in records if isinstance(record, Console)]
    assert "".join(record.text for record in found if record.stream == "stdout") == "to stdout\na\nb\n"
    assert "".join(record.text for record in found if record.stream == "stderr") == "to stderr\n"


def test_a_stream_wrapped_meanwhile_is_left_alone(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    records: list[Record] = []
    capture = Capture("r", records.append)
    capture.start()

    class Wrapper:
        def __init__(self, under: Any) -> None:
            self.under = under

        def write(self, text: str) -> int:
            return int(self.under.write(text.upper()))

        def flush(self) -> None:
            self.under.flush()

    tee = sys.stdout
    sys.stdout = wrapper = Wrapper(tee)
    capture.stop()
    assert sys.stdout is wrapper
    print("still works")
    sys.stdout = tee.under  # type: ignore[attr-defined]
    assert capsys.readouterr().out == "STILL WORKS\n"
    assert records == []
