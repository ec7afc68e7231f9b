"""A training script that does one thing for each line it reads: ``start NAME``, ``loss STEP VALUE``, ``end``. Run as a
script with the folder of the store; it answers each line with ``ok``."""

from __future__ import annotations

import sys

import runstone


def obey(words: list[str]) -> None:
    match words:
        case ["start", experiment, name]:
            runstone.set_experiment(experiment)
            runstone.start_run(run_name=name)
        case ["loss", step, value]:
            runstone.log_metric("loss", float(value), step=int(step))
        case ["param", key, value]:
            runstone.log_param(key, value)
        case ["end"]:
            runstone.end_run()
    runstone.flush()


def main(folder: str) -> None:
    runstone.set_tracking_uri(folder)
    for line in sys.stdin:
        obey(line.split())
        print("ok", flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
