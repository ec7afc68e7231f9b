"""``runstone follow``: watch over a job whose watcher is gone."""

from __future__ import annotations

import click

from .shell import json_option, store_option


@click.command("follow")
@click.argument("run")
@json_option
@store_option
def follow(run: str, as_json: bool, store: str) -> None:
    """Take up the job of a project's run again, where whoever watched over it was killed. RUN is an id or the beginning of one.

    What the job printed meanwhile is brought in, and its end ends the run. The exit code is 0 when the run finished, else 1.
    """
    import runstone
    from runstone import projects

    from .opening import find_run, open_for_reading, store_uri
    from .output import note, print_json

    uri = store_uri(store)
    run_id = find_run(open_for_reading(uri), run).info.run_id
    runstone.set_tracking_uri(uri)
    done = projects.follow(run_id)
    if as_json:
        print_json({"run_id": run_id, "status": done.get_status()})
    else:
        note(f"Run {run_id} is {done.get_status()}{f': {done.cause}' if done.cause else ''}.")
    if done.get_status() != "FINISHED":
        raise SystemExit(1)
