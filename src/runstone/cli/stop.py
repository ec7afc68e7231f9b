"""``runstone stop``: ask whoever watches over a run to end it."""

from __future__ import annotations

import time
from collections.abc import Mapping

import click

from .shell import fail, json_option, store_option


@click.command("stop")
@click.argument("run")
@click.option("--wait", metavar="SECONDS", type=float, default=30.0, show_default=True, help="How long to wait for its end.")
@json_option
@store_option
def stop(run: str, wait: float, as_json: bool, store: str) -> None:
    """End a project's run: SIGTERM to its process, SIGKILL ten seconds later. RUN is an id or the beginning of one."""
    from runstone.client.attended import STOP_TAG
    from runstone.client.surroundings import user
    from runstone.contracts import Batch
    from runstone.records import Tags

    from .opening import find_run, open_for_reading
    from .output import note, print_json

    opened = open_for_reading(store)
    found = find_run(opened, run)
    run_id = found.info.run_id
    if found.info.status not in ("RUNNING", "SCHEDULED"):
        fail(f"Run {run_id} is not running: it is {found.info.status}.{_left(found.data.tags)}")
    if found.data.tags.get("mlflow.source.type") != "PROJECT":
        fail(f"Run {run_id} was not started by `runstone run`, so nobody here watches over its process. End that process.")
    opened.write(Batch([Tags(run_id, {STOP_TAG: user()})]))
    give_up = time.monotonic() + wait
    while (status := opened.get_run(run_id).info.status) in ("RUNNING", "SCHEDULED") and time.monotonic() < give_up:
        time.sleep(0.1)
    if as_json:
        print_json({"run_id": run_id, "status": status})
    elif status in ("RUNNING", "SCHEDULED"):
        fail(f"Run {run_id} was asked to stop and still runs after {wait:g} s.")
    else:
        note(f"Run {run_id} is {status}.")


def _left(tags: Mapping[str, str]) -> str:
    """What is to be said of a job elsewhere that nobody saw end, because its watcher did."""
    from runstone.projects.backends.following import JOB_ID, JOB_STATE, OVER

    if JOB_ID not in tags or tags.get(JOB_STATE, OVER) == OVER:
        return ""
    where, job = tags.get("mlflow.project.backend", "its back end"), tags[JOB_ID]
    way = f"end it by {where} itself, or take it up again by `runstone follow`"
    return f" Whoever watched over its job was killed first: job {job} may go on, {way}."
