"""``runstone experiments``: mlflow's commands and options, plus names wherever an id is asked for."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .shell import fail, json_done_option, json_option, named, store_option

if TYPE_CHECKING:
    from runstone.entities import Experiment

_which = named("experiment", "-x", "--experiment-id", "--experiment", help="Its id or name; may also stand alone.")
_VIEWS = click.Choice(["active_only", "deleted_only", "all"])


@click.group()
def experiments() -> None:
    """List, make, rename, delete and restore experiments."""


@experiments.command("create")
@named("name", "-n", "--experiment-name", "--name", help="A name that no experiment has; may also stand alone.")
@click.option("-l", "--artifact-location", default="", help="Where its artifacts go; default below the store's folder.")
@json_option
@store_option
def create(name: str, artifact_location: str, as_json: bool, store: str) -> None:
    """Make an experiment and print its id."""
    from runstone import connect
    from runstone.contracts import Batch
    from runstone.records import ExperimentCreated

    from .opening import find_experiment, milliseconds, open_for_reading
    from .output import print_json, safe

    place = connect.artifact_location(artifact_location)
    opened = open_for_reading(store, make=True)
    opened.write(Batch([ExperimentCreated(name, artifact_location=place, time=milliseconds())]))
    made = find_experiment(opened, name)
    if as_json:
        print_json(made)
    else:
        click.echo(f"Created experiment '{safe(name)}' with id {made.experiment_id}")


@experiments.command("search")
@click.option("-v", "--view", type=_VIEWS, default="active_only", show_default=True, help="Also those in the trash?")
@json_option
@store_option
def search(view: str, as_json: bool, store: str) -> None:
    """List experiments, with their runs counted."""
    from runstone.contracts import RunQuery
    from runstone.entities import ViewType

    from .opening import all_experiments, open_for_reading
    from .output import moment, print_json, print_table

    opened = open_for_reading(store)
    found = all_experiments(opened, ViewType.from_string(view))
    counts = [opened.count_runs(RunQuery(experiment_ids=(one.experiment_id,))) for one in found]
    if as_json:
        print_json([{**_plain(one), "runs": count} for one, count in zip(found, counts, strict=True)])
        return
    rows = [
        (one.experiment_id, one.name, count, one.lifecycle_stage, moment(one.last_update_time), one.artifact_location)
        for one, count in zip(found, counts, strict=True)
    ]
    print_table(["Id", "Name", "Runs", "Stage", "Last update", "Artifacts"], rows, right=["Id", "Runs"])


experiments.add_command(search, "list")


@experiments.command("get")
@_which
@json_option
@store_option
def get(experiment: str, as_json: bool, store: str) -> None:
    """Show one experiment."""
    from .opening import find_experiment, open_for_reading
    from .output import moment, print_json, print_table

    found = find_experiment(open_for_reading(store), experiment)
    if as_json:
        print_json(_plain(found))
        return
    rows: list[tuple[str, object]] = [
        ("Id", found.experiment_id),
        ("Name", found.name),
        ("Stage", found.lifecycle_stage),
        ("Artifacts", found.artifact_location),
        ("Created", moment(found.creation_time)),
        ("Last update", moment(found.last_update_time)),
        *((f"Tag {key}", value) for key, value in sorted(found.tags.items())),
    ]
    print_table(["", ""], rows)


@experiments.command("delete")
@_which
@json_done_option
@store_option
def delete(experiment: str, store: str) -> None:
    """Move an experiment to the trash, with its runs. `runstone gc` empties the trash."""
    from .output import done

    found = _change(store, experiment, deleted=True)
    done(
        f"Experiment {_named(found)} has been deleted; `runstone experiments restore {found.experiment_id}` brings it back.",
        **_facts(found),
    )


@experiments.command("restore")
@_which
@json_done_option
@store_option
def restore(experiment: str, store: str) -> None:
    """Bring an experiment back from the trash."""
    from .output import done

    found = _change(store, experiment, deleted=False)
    done(f"Experiment {_named(found)} has been restored.", **_facts(found))


@experiments.command("rename")
@_which
@click.option("-n", "--new-name", required=True, help="A name that no experiment has.")
@json_done_option
@store_option
def rename(experiment: str, new_name: str, store: str) -> None:
    """Give an experiment another name."""
    from .output import done, safe

    found = _change(store, experiment, name=new_name)
    done(
        f"Experiment {_named(found)} has been renamed to '{safe(new_name)}'.", experiment_id=found.experiment_id, name=new_name
    )


@experiments.command("csv")
@_which
@click.option("-o", "--filename", type=click.Path(path_type=Path), default=None, help="File to write; default: print.")
@store_option
def export_csv(experiment: str, filename: Path | None, store: str) -> None:
    """Write the runs of an experiment as CSV: one row a run, params, last metrics and tags as columns."""
    from .opening import find_experiment, open_for_reading
    from .output import note

    opened = open_for_reading(store)
    found = find_experiment(opened, experiment)
    text, count = _csv(opened, found.experiment_id)
    if filename is None:
        click.echo(text, nl=False)
        return
    try:
        filename.write_text(text, encoding="utf-8", newline="")
    except OSError as cause:
        fail(f"Cannot write {str(filename)!r}: {cause.strerror}.")
    note(f"{count} runs of experiment {found.experiment_id} are in {filename}.")


def _change(store: str, text: str, name: str | None = None, deleted: bool | None = None) -> Experiment:
    """Write one change of an experiment; it, as it was before."""
    from runstone.contracts import Batch
    from runstone.records import ExperimentChanged

    from .opening import find_experiment, milliseconds, open_for_reading

    opened = open_for_reading(store)
    found = find_experiment(opened, text)
    opened.write(Batch([ExperimentChanged(found.experiment_id, milliseconds(), name, deleted)]))
    return found


def _named(experiment: Experiment) -> str:
    from .output import safe

    return f"{experiment.experiment_id} '{safe(experiment.name)}'"


def _facts(experiment: Experiment) -> dict[str, object]:
    return {"experiment_id": experiment.experiment_id, "name": experiment.name}


def _csv(store, experiment_id: str) -> tuple[str, int]:  # type: ignore[no-untyped-def]
    """The table as text, and its number of runs."""
    from runstone.contracts import RunQuery

    keys = {
        kind: [info.key for info in store.keys(kind, [experiment_id], limit=100_000)] for kind in ("params", "metrics", "tags")
    }
    columns = [f"{kind}.{key}" for kind, names in keys.items() for key in sorted(names)]
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["run_id", "experiment_id", "status", "start_time", "end_time", "run_name", "user_id", *columns])
    offset, count = 0, 0
    while True:
        found = store.table(RunQuery(experiment_ids=(experiment_id,), limit=1000, offset=offset), columns)
        for place, run_id in enumerate(found.run_ids):
            row = [run_id, found.experiment_ids[place], found.status[place], found.start[place], found.end[place]]
            writer.writerow([*row, found.names[place], found.users[place], *(values[place] for values in found.values)])
        count += len(found.run_ids)
        offset += 1000
        if offset >= found.matched:
            return out.getvalue(), count


def _plain(experiment: Experiment) -> dict[str, object]:
    """MLflow's fields of an experiment."""
    from msgspec import structs

    return {key: value for key, value in structs.asdict(experiment).items() if value is not None}
