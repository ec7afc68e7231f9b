"""What killing a server under REST load takes: at random moments it, or its PostgreSQL, gets SIGKILL and comes back.

    python benchmarks/rest_kills.py [--moments 100] [--writers 4] [--victims server postgresql]

Writers speak MLflow's REST interface and repeat what was not acknowledged. At the end every acknowledged write is looked for in
the store: points, params, tags, experiments. It ends with 1 if anything is lost or doubled.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from runstone import connect
from runstone.testing.postgres_server import serving_postgres
from runstone.testing.rest_load import writing
from runstone.testing.server_process import ServerProcess


def row(victim: str, database: str, moments: int, writers: int) -> bool:
    """Kill so often, and print one row; whether all went well."""
    began = time.perf_counter()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        os.environ["RUNSTONE_JOURNAL_DIR"] = str(folder / "journals")
        postgres = stack.enter_context(serving_postgres(safe=True)) if database == "postgresql" else None
        uri = postgres.new_store() if postgres else str(folder / "store")
        server = ServerProcess(uri, folder / "log")
        stack.callback(server.stop)
        with writing(server.url, writers) as load:
            for _ in range(moments):
                time.sleep(random.uniform(0.05, 0.8))
                dying = postgres if victim == "postgresql" and postgres else server
                dying.kill()
                dying.start()
            time.sleep(0.5)
        server.stop()
        verdict = load.verdict(connect.open_store(uri))
        connect.close_all()
        trouble = ", ".join(f"{name} × {count}" for name, count in load.trouble.most_common())
    seconds = time.perf_counter() - began
    figures = f"{moments:>8}{verdict.logged:>14,}{verdict.lost:>7}{verdict.doubled:>9}{seconds:>9.0f}"
    print(f"{victim + ' over ' + database:<28}{figures}   {trouble}", flush=True)
    return not (verdict.lost or verdict.doubled)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--moments", type=int, default=100)
    parser.add_argument("--writers", type=int, default=4)
    parser.add_argument("--victims", nargs="+", default=["server", "postgresql"], choices=["server", "postgresql"])
    given = parser.parse_args()
    print(f"{'killed':<28}{'moments':>8}{'acknowledged':>14}{'lost':>7}{'doubled':>9}{'seconds':>9}   trouble that writers met")
    good = []
    if "server" in given.victims:
        good += [row("server", kind, given.moments, given.writers) for kind in ("sqlite", "postgresql")]
    if "postgresql" in given.victims:
        good.append(row("postgresql", "postgresql", given.moments, given.writers))
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
