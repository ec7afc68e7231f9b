"""``runstone find-same``: runs that are the same as one."""

from __future__ import annotations

import click

from .shell import json_option, store_option


@click.command("find-same")
@click.argument("run")
@click.option("--except-seed", is_flag=True, help="Runs that differ only in their seed count as the same.")
@json_option
@store_option
def find_same(run: str, except_seed: bool, as_json: bool, store: str) -> None:
    """Runs with the same code, config, environment, data and seed as RUN, in all experiments. Exit code 1 if there is none."""
    import runstone
    from runstone.client import same
    from runstone.client.session import session
    from runstone.entities import ViewType
    from runstone.projects.evidence import evidence

    from .opening import all_experiments, open_for_reading, run_id
    from .output import moment, note, print_json, print_table

    if store:
        runstone.set_tracking_uri(store)
    opened = open_for_reading(store)
    mine = evidence(run_id(opened, run))
    layers = ("code", "config", "environment", "data") + (() if except_seed else ("seed",))
    wanted = [getattr(mine.identity, name) for name in layers]
    tags: dict[str, str | None] = dict(mine.run.data.tags)
    if except_seed:
        tags.pop("runstone.command", None)
    where = [one.experiment_id for one in all_experiments(opened, ViewType.ACTIVE_ONLY)]
    found = []
    for one in same.candidates(session(), tags, where):
        if one.info.run_id != mine.run.info.run_id:
            theirs = evidence(one.info.run_id).identity
            if [getattr(theirs, name) for name in layers] == wanted:
                found.append(one)
    if as_json:
        print_json([one.info for one in found])
    elif found:
        heads = ["Id", "Name", "Experiment", "Status", "Started"]
        print_table(
            heads,
            [[i.run_id[:8], i.run_name, i.experiment_id, i.status, moment(i.start_time)] for i in (one.info for one in found)],
        )
    elif not mine.identity.known:
        note(f"Too little was recorded of run {mine.run.info.run_id} (code or environment) to tell what is the same.")
    else:
        note("No other run is the same.")
    if not found:
        raise SystemExit(1)
