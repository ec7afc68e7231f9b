"""What `pip install runstone` brings: packages and megabytes, in a fresh environment.

    python benchmarks/install_size.py [--peers PYTHON]

Sizes are those of the files as installed; "with bytecode" adds what Python compiles on first import.
``--peers`` names a Python that has mlflow, wandb and tensorboardX: what each of them needs there is added up.
"""

from __future__ import annotations

import argparse
import compileall
import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from peers import TRACKERS, ask

ROOT = Path(__file__).parents[1]
PACKAGES, MEGABYTES = 30, 120


def size(folder: Path, bytecode: bool) -> float:
    """Megabytes (10^6) of the files below ``folder``."""
    total = 0
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink() and (bytecode or path.suffix != ".pyc"):
            total += os.path.getsize(path)
    return total / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", help="a Python that has mlflow, wandb and tensorboardX")
    peers = parser.parse_args().peers
    with tempfile.TemporaryDirectory() as place:
        venv.create(place, with_pip=False)
        python = Path(place, "bin", "python")
        subprocess.run([sys.executable, "-m", "uv", "pip", "install", "-q", "--python", python, ROOT], check=True)
        listed = subprocess.run(
            [sys.executable, "-m", "uv", "pip", "list", "-q", "--python", python, "--format", "freeze"],
            check=True,
            capture_output=True,
            text=True,
        ).stdout.split()
        site = next(Path(place, "lib").glob("python*/site-packages"))
        plain = size(site, bytecode=False)
        compileall.compile_dir(site, quiet=2)
        print(f"{'packages':24}{len(listed):>10}   limit {PACKAGES}")
        print(f"{'MB installed':24}{plain:>10.1f}   limit {MEGABYTES}")
        print(f"{'MB with bytecode':24}{size(site, bytecode=True):>10.1f}")
    for tracker in TRACKERS:
        found = ask(peers, "size", tracker, 0)
        if found:
            print(f"{tracker:24}{found['packages']:>10.0f} packages{found['MB']:>10.1f} MB")


if __name__ == "__main__":
    main()
