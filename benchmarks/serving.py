"""``models serve`` of a 100-tree forest: rows a second and waiting times at 16 connections, and what it takes to be ready:
seconds, and seconds of processor time, which a busy machine changes less.

    python benchmarks/serving.py [--peers PYTHON] [--seconds 5]

All serve the same model folder, one worker each, one after the other; the same clients ask for one row and for 1,000 rows.
Requests that wait are joined, as they are for trees; "not joined" is --batch-rows 0.
"""

from __future__ import annotations

import argparse
import http.client
import json
import math
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

CONNECTIONS = 16


def save(folder: Path) -> None:
    from sklearn.datasets import make_classification
    from sklearn.ensemble import RandomForestClassifier

    import runstone

    x, y = make_classification(n_samples=1000, n_features=20, random_state=42)
    runstone.sklearn.save_model(RandomForestClassifier(random_state=0).fit(x, y), folder, input_example=x[:2])


def measure(command: list[str], seconds: float) -> dict[str, float]:
    """Seconds until ready; for each size rows a second, and the median and 99th percentile of an answer in milliseconds."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    begun = time.perf_counter()
    path = f"{Path(command[0]).parent}{os.pathsep}{os.environ.get('PATH', '')}"  # mlflow starts a program of its own there
    quiet = {**os.environ, "PATH": path, "RUNSTONE_QUIET": "1", "MLFLOW_DISABLE_TELEMETRY": "true"}
    server = subprocess.Popen(
        [*command, "-p", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=quiet, start_new_session=True
    )
    try:
        while not _answers(port):
            time.sleep(0.01)
        found = {"ready": time.perf_counter() - begun, "its work": _busy(server.pid)}
        for rows in (1, 1000):
            found |= {f"{key}, {rows}": value for key, value in _load(port, rows, seconds).items()}
        return found
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(30)


def _busy(pid: int) -> float:
    """Seconds of processor time of a process and of its children, where Linux tells; else NaN."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return math.nan
    return sum(map(int, words[11:13])) / os.sysconf("SC_CLK_TCK") + sum(_busy(int(child)) for child in children)


def _alone(folder: Path) -> tuple[float, float]:
    """Seconds of a process that loads the model and nothing else, and its processor time."""
    begun, before = time.perf_counter(), os.times()
    code = "import pickle, sys; pickle.load(open(sys.argv[1], 'rb'))"
    subprocess.run([sys.executable, "-c", code, str(folder / "model.pkl")], check=True)
    after = os.times()
    busy = after.children_user - before.children_user + after.children_system - before.children_system
    return time.perf_counter() - begun, busy


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/ping")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _load(port: int, rows: int, seconds: float) -> dict[str, float]:
    body = json.dumps({"inputs": [[0.5] * 20] * rows})
    times: list[float] = []
    end = time.perf_counter() + seconds

    def client() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        while (begun := time.perf_counter()) < end:
            connection.request("POST", "/invocations", body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            text = answer.read()
            if answer.status != 200:
                raise RuntimeError(text)
            times.append(time.perf_counter() - begun)

    threads = [threading.Thread(target=client) for _ in range(CONNECTIONS)]
    begun = time.perf_counter()
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    took = time.perf_counter() - begun
    ordered = sorted(times)
    return {
        "rows/s": rows * len(times) / took,
        "p50 ms": 1000 * statistics.median(times),
        "p99 ms": 1000 * ordered[int(0.99 * (len(ordered) - 1))],
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", help="a Python that has mlflow")
    parser.add_argument("--seconds", type=float, default=5.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary, "model")
        save(folder)
        ours = [sys.executable, "-m", "runstone.cli.main", "models", "serve", "-m", str(folder)]
        commands = {"runstone": ours, "not joined": [*ours, "--batch-rows", "0"]}
        if options.peers:
            serve = ["models", "serve", "-m", str(folder), "--env-manager", "local", "-w", "1"]
            commands["mlflow"] = [options.peers, "-m", "mlflow", *serve]
        found = {name: measure(command, options.seconds) for name, command in commands.items()}
        alone = [_alone(folder) for _ in range(3)]
    columns = list(found["runstone"])
    print(f"{'':10}" + "".join(f"{column:>16}" for column in columns))
    for name, told in found.items():
        print(f"{name:10}" + "".join(f"{told[column]:16,.2f}" for column in columns))
    took, busy = (statistics.median(one) for one in zip(*alone, strict=True))
    print(f"a bare Python that unpickles the model takes {took:.2f} s, {busy:.2f} s of them work")
    print(f"runstone was ready in {found['runstone']['ready']:.2f} s (target: at most 1.5)")
    for name in ("runstone", "not joined") if "mlflow" in found else ():
        ratios = [found[name][f"rows/s, {rows}"] / found["mlflow"][f"rows/s, {rows}"] for rows in (1, 1000)]
        print(f"{name}, rows/s over mlflow's: {ratios[0]:.1f} for one row, {ratios[1]:.1f} for 1,000 (target: at least 3)")
        late = [found["mlflow"][f"p99 ms, {rows}"] / found[name][f"p99 ms, {rows}"] for rows in (1, 1000)]
        print(f"{name}, mlflow's p99 over ours: {late[0]:.1f} for one row, {late[1]:.1f} for 1,000")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
