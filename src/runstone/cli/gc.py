"""``runstone gc``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from .shell import fail, json_option, store_option

if TYPE_CHECKING:
    from runstone.contracts import Store
    from runstone.entities import Experiment, RunInfo

_UNITS = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1_000}


@click.command("gc")
@click.option("--older-than", default="", metavar="1d2h3m4s", help="Only what was deleted at least this long ago.")
@click.option("--run-ids", default="", help="Only these deleted runs, with commas.")
@click.option("--experiment-ids", default="", help="Only these deleted experiments and all their runs, with commas.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@click.option("--dry-run", is_flag=True, help="Say what would be removed and remove nothing.")
@json_option
@store_option
def gc(older_than: str, run_ids: str, experiment_ids: str, yes: bool, dry_run: bool, as_json: bool, store: str) -> None:
    """Remove deleted runs and experiments for ever: rows and artifacts. Runs that registered models are made of stay."""
    import shutil

    from runstone import connect
    from runstone.removal import remove, spared

    from .gc_models import unused_copies
    from .opening import milliseconds, open_for_reading
    from .output import note, print_json

    before = milliseconds() - _span(older_than) if older_than else None
    opened = open_for_reading(store)
    runs, experiments = _chosen(opened, _split(run_ids), _split(experiment_ids), before)
    runs, experiments, words = spared(opened, runs, experiments)
    for line in words:
        note(line)
    what = f"{_count(runs, 'run')} and {_count(experiments, 'experiment')}"
    answer: dict[str, object] = {
        "runs": [info.run_id for info in runs],
        "experiments": [one.experiment_id for one in experiments],
        "removed": not dry_run,
    }
    copies = [] if run_ids or experiment_ids else unused_copies(opened)
    if copies:
        what += f" and {len(copies)} folder{'s' * (len(copies) != 1)} of deleted model versions"
        answer["folders"] = [str(one) for one in copies]
    if dry_run or not (runs or experiments or copies):
        _tell(
            as_json, answer, f"{what} would be removed." if dry_run else "Nothing to remove: the trash has nothing that fits."
        )
        return
    if not yes:
        click.confirm(f"Remove {what} with all artifacts for ever?", abort=True, err=True)
    kept = remove(opened, connect.open_artifacts, runs, experiments, milliseconds())
    for folder in copies:
        shutil.rmtree(folder)
    for line in kept:
        note(line)
    if as_json:
        print_json({**answer, "kept": kept})
    else:
        click.echo(f"Removed {what}.")


def _chosen(
    store: Store, run_ids: list[str], experiment_ids: list[str], before: int | None
) -> tuple[list[RunInfo], list[Experiment]]:
    """Deleted runs and experiments that fit, each run once."""
    from runstone.entities import ViewType
    from runstone.removal import all_runs

    from .opening import all_experiments

    experiments = [] if run_ids and not experiment_ids else all_experiments(store, ViewType.DELETED_ONLY)
    if experiment_ids:
        experiments = [one for one in experiments if one.experiment_id in experiment_ids]
        missing = sorted(set(experiment_ids) - {one.experiment_id for one in experiments})
        if missing:
            fail(f"Experiment {missing[0]} is not in the trash. Only deleted experiments can be removed.")
    experiments = [one for one in experiments if before is None or (one.last_update_time or 0) <= before]
    runs = {info.run_id: info for one in experiments for info in all_runs(store, [one.experiment_id], ViewType.ALL)}
    for run_id in run_ids:
        info = store.get_run(run_id).info
        if info.lifecycle_stage != "deleted":
            fail(f"Run {run_id} is not in the trash. Only deleted runs can be removed.")
        if before is None or _deleted_by(info, before):
            runs[run_id] = info
    if not run_ids and not experiment_ids:
        everywhere = [one.experiment_id for one in all_experiments(store, ViewType.ALL)]
        fitting = [
            info for info in all_runs(store, everywhere, ViewType.DELETED_ONLY) if before is None or _deleted_by(info, before)
        ]
        runs.update({info.run_id: info for info in fitting})
    return list(runs.values()), experiments


def _deleted_by(info: RunInfo, before: int) -> bool:
    return info.deleted_time is not None and info.deleted_time <= before


def _span(text: str) -> int:
    """Milliseconds of ``1d2h3m4s``; parts may be left out, figures may have a fraction."""
    if not re.fullmatch(r"(\d+(\.\d+)?[dhms])+", text):
        raise click.UsageError(f"--older-than {text!r} is no span of time like 30d, 12h or 1d2h3m4s.")
    return int(sum(float(number) * _UNITS[unit] for number, unit in re.findall(r"([\d.]+)([dhms])", text)))


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _count(things: list[RunInfo] | list[Experiment], name: str) -> str:
    return f"{len(things)} {name}{'s' * (len(things) != 1)}"


def _tell(as_json: bool, answer: dict[str, object], text: str) -> None:
    from .output import print_json

    if as_json:
        print_json(answer)
    else:
        click.echo(text)
