"""``runstone runs create``, ``delete`` and ``restore``."""

from __future__ import annotations

import click

from .shell import json_done_option, json_option, named, store_option

_ENDED = ["RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"]


@click.command("create")
@click.option("-x", "--experiment-id", default="", help="Id of the experiment.")
@click.option("-n", "--experiment-name", "--experiment", "experiment", default="", help="Its name instead (or id).")
@click.option("--run-name", default="", help="Default: a pleasant one.")
@click.option("--description", default="", help="Text of the tag mlflow.note.content.")
@click.option("-t", "--tags", multiple=True, metavar="KEY=VALUE", help="May be given again.")
@click.option(
    "-s", "--status", type=click.Choice(_ENDED, case_sensitive=False), default="FINISHED", show_default=True, help="Its state."
)
@click.option("--parent-run-id", default="", help="Nest it under this run.")
@json_option
@store_option
def create(
    experiment_id: str, experiment: str, run_name: str, description: str, tags: tuple[str, ...], status: str,
    parent_run_id: str, as_json: bool, store: str,
) -> None:  # fmt: skip
    """Make a run, for work that happens elsewhere; print its id."""
    from runstone.client import Client
    from runstone.contracts import Batch
    from runstone.records import RunChanged

    from .opening import find_experiment, milliseconds, open_for_reading, run_id, store_uri
    from .output import print_json, safe

    if bool(experiment_id) == bool(experiment):
        raise click.UsageError("Give either --experiment-id or --experiment-name.")
    opened = open_for_reading(store, make=True)
    found = opened.get_experiment(experiment_id) if experiment_id else find_experiment(opened, experiment)
    given = _pairs(tags)
    if description:
        given["mlflow.note.content"] = description
    if parent_run_id:
        given["mlflow.parentRunId"] = run_id(opened, parent_run_id)
    made = Client(store_uri(store)).create_run(found.experiment_id, tags=given, run_name=run_name or None)
    wanted = status.upper()
    if wanted != "RUNNING":
        now = milliseconds()
        ended = now if wanted in ("FINISHED", "FAILED", "KILLED") else None
        opened.write(Batch([RunChanged(made.info.run_id, now, status=wanted, end_time=ended)]))
    run = opened.get_run(made.info.run_id)
    if as_json:
        print_json(run.to_dictionary())
    else:
        click.echo(f"Created run {run.info.run_id} '{safe(run.info.run_name or '')}' in experiment {found.experiment_id}.")


_which = named("runs", "-r", "--run-id", many=True, help="Its id, or the beginning; may be repeated, or stand alone.")


@click.command("delete")
@_which
@json_done_option
@store_option
def delete(runs: tuple[str, ...], store: str) -> None:
    """Move runs to the trash. `runstone gc` empties the trash."""
    from .output import done

    whole = _mark(runs, store, deleted=True)
    again = " ".join(one[:8] for one in whole[:3]) + " …" * (len(whole) > 3)
    done(f"{_have(whole)} been deleted; `runstone runs restore {again}` brings {_them(whole)} back.", **_facts(whole))


@click.command("restore")
@_which
@json_done_option
@store_option
def restore(runs: tuple[str, ...], store: str) -> None:
    """Bring runs back from the trash."""
    from .output import done

    whole = _mark(runs, store, deleted=False)
    done(f"{_have(whole)} been restored.", **_facts(whole))


def _mark(runs: tuple[str, ...], store: str, deleted: bool) -> list[str]:
    """All of them, or none."""
    from runstone.contracts import Batch
    from runstone.records import RunChanged

    from .opening import milliseconds, open_for_reading, run_id

    opened = open_for_reading(store)
    whole = list(dict.fromkeys(run_id(opened, one) for one in runs))
    opened.write(Batch([RunChanged(one, milliseconds(), deleted=deleted) for one in whole]))
    return whole


def _have(whole: list[str]) -> str:
    return f"Run {whole[0]} has" if len(whole) == 1 else f"{len(whole)} runs have"


def _them(whole: list[str]) -> str:
    return "it" if len(whole) == 1 else "them"


def _facts(whole: list[str]) -> dict[str, object]:
    return {"run_id": whole[0]} if len(whole) == 1 else {"run_ids": whole}


def _pairs(tags: tuple[str, ...]) -> dict[str, str]:
    pairs = {}
    for tag in tags:
        key, sign, value = tag.partition("=")
        if not sign or not key:
            raise click.UsageError(f"--tags {tag!r} is not KEY=VALUE.")
        pairs[key] = value
    return pairs
