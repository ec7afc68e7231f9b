"""What SIGKILL takes: a script that logs is killed, the store brought up to date, and every call that returned is looked for.

    python benchmarks/kills.py [--moments 500] [--whole 5]

``--moments`` random moments are spread over scripts of one thread, of threads on two runs, and of threads and forks on two
runs. ``--whole`` scripts kill themselves right after the last of 10,000 calls. It ends with 1 if anything is lost, doubled or
unsound, and keeps the folder then.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from runstone.testing.crash import Verdict
from runstone.testing.kills import SHAPES, killed_at_random, killed_by_itself, verdict_after_recovery

CALLS = 10_000


def whole(folder: Path) -> Verdict:
    killed_by_itself(folder, CALLS)
    return verdict_after_recovery(folder)


def row(name: str, kill: Callable[[Path, int], Verdict], seeds: Iterable[int]) -> bool:
    """Print one; whether all went well."""
    logged = lost = doubled = unsound = count = 0
    for seed in seeds:
        folder = Path(tempfile.mkdtemp(prefix="kills-"))
        count += 1
        try:
            verdict = kill(folder, seed)
        except AssertionError as cause:
            unsound += 1
            print(f"  seed {seed}: {cause} in {folder}", file=sys.stderr)
            continue
        logged, lost, doubled = logged + verdict.logged, lost + verdict.lost, doubled + verdict.doubled
        if verdict.lost or verdict.doubled:
            print(f"  seed {seed}: {verdict} in {folder}", file=sys.stderr)
        else:
            shutil.rmtree(folder)
    print(f"{name:<44}{count:>7}{logged:>16,}{lost:>8}{doubled:>9}{unsound:>9}", flush=True)
    return not (lost or doubled or unsound)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--moments", type=int, default=500)
    parser.add_argument("--whole", type=int, default=5, help="scripts killed after their last call")
    given = parser.parse_args()
    began = time.perf_counter()
    print(f"{'killed':<44}{'times':>7}{'calls returned':>16}{'lost':>8}{'doubled':>9}{'unsound':>9}")
    good = []
    for number, (name, shape) in enumerate(SHAPES.items()):
        seeds = range(number, given.moments, len(SHAPES))
        good.append(row(f"at random: {name}", lambda folder, seed: killed_at_random(folder, shape, seed), seeds))  # noqa: B023
    good.append(row(f"right after the last of {CALLS:,} calls", lambda folder, _: whole(folder), range(given.whole)))
    print(f"{time.perf_counter() - began:.0f} s")
    return 0 if all(good) else 1


if __name__ == "__main__":
    raise SystemExit(main())
