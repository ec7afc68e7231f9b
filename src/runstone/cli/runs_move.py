"""``runstone runs move``."""

from __future__ import annotations

import click

from .shell import fail, json_done_option, named, store_option


@click.command("move")
@named("runs", "-r", "--run-id", many=True, help="Its id, or the beginning; may be repeated, or stand alone.")
@click.option("-x", "--experiment-id", default="", help="Id of the experiment to move to.")
@click.option("-n", "--experiment-name", "--experiment", "experiment", default="", help="Its name instead (or id).")
@json_done_option
@store_option
def move(runs: tuple[str, ...], experiment_id: str, experiment: str, store: str) -> None:
    """Move runs to another experiment, nested runs with their parents. Files stay where they are and are found as before."""
    from runstone.contracts import Batch
    from runstone.nesting import nested_runs
    from runstone.records import RunChanged

    from .opening import find_experiment, milliseconds, open_for_reading, run_id
    from .output import done, safe

    if bool(experiment_id) == bool(experiment):
        raise click.UsageError("Give either --experiment-id or --experiment-name.")
    opened = open_for_reading(store)
    target = opened.get_experiment(experiment_id) if experiment_id else find_experiment(opened, experiment)
    whole = list(dict.fromkeys(run_id(opened, one) for one in runs))
    infos = [opened.get_run(one, metrics=False).info for one in whole]
    trashed = [info.run_id for info in infos if info.lifecycle_stage == "deleted"]
    if trashed:
        fail(f"Run {trashed[0]} is in the trash. `runstone runs restore {trashed[0]}` first.")
    nested = nested_runs(opened, whole)
    moving = [one for one in [*whole, *nested] if opened.get_run(one, metrics=False).info.experiment_id != target.experiment_id]
    if moving:
        opened.write(Batch([RunChanged(one, milliseconds(), experiment_id=target.experiment_id) for one in moving]))
    what = f"Moved {len(moving)} run{'s' * (len(moving) != 1)} to experiment {target.experiment_id} '{safe(target.name)}'."
    done(what, run_ids=moving, experiment_id=target.experiment_id)
