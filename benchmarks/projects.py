"""What a project's run costs: over the command by hand, beside `mlflow run`; identity at start_run; the diff of two runs.

    python benchmarks/projects.py [--repeat 7] [--peers PYTHON]

``--peers`` names a Python that has mlflow. The project is a line of Python in the environment that runs it (`local` for
both), so what is measured is the tool. Times are medians; rows are interleaved, so that a busy machine meets all of them.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import runstone
from runstone.client.session import session
from runstone.contracts import Batch
from runstone.projects.evidence import changed, evidence
from runstone.records import Document, Params

HAND, OURS, THEIRS = "python step.py, by hand", "runstone run", "mlflow run"
#: Commands: one that is over before anything else could be loaded, and one that works for a second.
STEPS = {"a command that does nothing": "print('done')\n", "a command of a second": "import time\ntime.sleep(1)\n"}


def took(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def command(words: list[str], folder: Path, variables: dict[str, str] | None = None) -> Callable[[], object]:
    env = {**os.environ, **(variables or {})}
    return lambda: subprocess.run(words, cwd=folder, env=env, check=True, capture_output=True)


def whole_runs(folder: Path, peers: str | None, repeat: int) -> None:
    project = folder / "project"
    project.mkdir()
    (project / "step.py").write_text("")
    (project / "MLproject").write_text('name: p\nentry_points: {main: {command: "python step.py"}}\n')
    for git in (["init"], ["add", "."], ["-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-m", "one"]):
        subprocess.run(["git", *git], cwd=project, check=True, capture_output=True)
    ways = {
        HAND: command([sys.executable, "step.py"], project),
        OURS: command(
            [sys.executable, "-m", "runstone", "run", ".", "--env-manager", "local", "--store", str(folder / "ours")], project
        ),
    }
    if peers:
        bin_folder = Path(peers).parent
        ways[THEIRS] = command(
            [str(bin_folder / "mlflow"), "run", ".", "--env-manager", "local"],
            project,
            {"PATH": f"{bin_folder}:{os.environ['PATH']}", "MLFLOW_TRACKING_URI": f"sqlite:///{folder}/theirs.db"},
        )
    for kind, step in STEPS.items():
        (project / "step.py").write_text(step)
        print(f"{kind}:\n")
        compare(ways, repeat)


def compare(ways: dict[str, Callable[[], object]], repeat: int) -> None:
    times: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(repeat + 1):
        for name, way in ways.items():
            seconds = took(way)
            if turn:  # the first makes the stores
                times[name].append(seconds)
    hand = statistics.median(times[HAND])
    over = {name: statistics.median(found) - hand for name, found in times.items()}
    for name, found in times.items():
        print(f"| {name} | {statistics.median(found):.3f} s | {'' if name == HAND else f'{over[name]:.3f} s over'} |")
    said = [f"over the command by hand: {over[OURS]:.3f} s (target ≤ 0.4 s)"]
    if THEIRS in ways:
        said.append(f"`mlflow run` costs {over[THEIRS] / over[OURS]:.1f} × that (target ≥ 5 ×)")
    print(f"\n{'; '.join(said)}\n")


def at_start(folder: Path, repeat: int) -> None:
    """With and without the gathering of identity, git and packages, on the thread that calls."""
    os.chdir(folder / "project")
    times: dict[str, list[float]] = {"1": [], "0": []}
    for turn in range(2 * repeat + 2):
        chosen = "10"[turn % 2]
        os.environ["RUNSTONE_CAPTURE_CONTEXT"] = chosen
        seconds = took(runstone.start_run)
        time.sleep(0.3)  # what is gathered aside is not part of the next
        runstone.end_run()
        if turn > 1:
            times[chosen].append(seconds)
    whole, bare = (1e3 * statistics.median(times[chosen]) for chosen in "10")
    print(f"| start_run | {whole:.2f} ms, {bare:.2f} ms without identity, git and packages (target: ≤ 5 ms more) |")


def differences(repeat: int) -> None:
    """Two runs with 1,000 params, of which ten differ, and 500 packages, of which five do."""
    ids = []
    for run in range(2):
        with runstone.start_run() as begun:
            params = {f"param_{n}": str(n if n % 100 else n + run) for n in range(1000)}
            runstone.log_metrics({f"m{n}": n + run for n in range(20)})
        run_id = begun.info.run_id
        packages = "\n".join(f"package-{n}=={n}.{run if n % 100 == 0 else 0}" for n in range(500))
        session().flush(60)
        session().store.write(Batch([Params(run_id, params), Document(run_id, "packages", "text/plain", packages)]))
        ids.append(run_id)
    times = [took(lambda: changed(evidence(ids[0]), evidence(ids[1]))) for _ in range(repeat + 1)][1:]
    print(f"| diff of two runs, 1,000 params, 500 packages | {1e3 * statistics.median(times):.1f} ms (target ≤ 100 ms) |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=7)
    parser.add_argument("--peers", help="a Python that has mlflow")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        whole_runs(folder, options.peers, options.repeat)
        runstone.set_tracking_uri(str(folder / "inner"))
        at_start(folder, options.repeat)
        differences(options.repeat)


if __name__ == "__main__":
    main()
