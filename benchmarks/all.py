"""Every benchmark, one after the other, each printing one table: the figures of the README.

    python benchmarks/all.py --peers PYTHON --fml PROGRAM   (a Python that has mlflow, wandb and tensorboardX; fasttrackml's)

Run it on an idle machine. Each figure is a ratio to a peer or to a limit measured in the same run.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
#: In the order of the README's table; every question of it. What counts losses and takes most of an hour comes last.
SCRIPTS = (
    "logging_speed.py",
    "ingest.py",
    "history.py",
    "runs_per_second.py",
    "search.py",
    "reading_http.py",
    "server_speed.py",
    "server_speed.py --store postgresql",
    "install_size.py",
    "artifacts.py",
    "models.py",
    "autolog.py",
    "serving.py",
    "projects.py",
    "ui.py",
    "kills.py",
)
#: Those that measure Runstone alone.
ALONE = ("kills.py",)


def program(text: str) -> str:
    """A program's path from anywhere: the scripts start it in folders of their own."""
    return os.path.abspath(text) if os.path.dirname(text) else text


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", type=program, help="a Python that has mlflow, wandb and tensorboardX")
    parser.add_argument("--fml", type=program, help="the program of fasttrackml")
    options = parser.parse_args()
    failed = []
    for script in SCRIPTS:
        print(f"\n=== {script}", flush=True)
        name, *how = script.split()
        if options.peers and name not in ALONE:
            how += ["--peers", options.peers]
        if options.fml and name == "server_speed.py":
            how += ["--fml", options.fml]
        if subprocess.run([sys.executable, str(HERE / name), *how], check=False).returncode:
            failed.append(script)
    if failed:
        print(f"\nfailed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
