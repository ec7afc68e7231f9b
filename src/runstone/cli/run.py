"""``runstone run``: run a project."""

from __future__ import annotations

import json
from typing import Any

import click

from .shell import fail, json_option


@click.command("run")
@click.argument("uri")
@click.option(
    "-e", "--entry-point", metavar="NAME", default="main", show_default=True, help="Entry point, or a .py or .sh file."
)
@click.option("-v", "--version", metavar="VERSION", default=None, help="Commit, branch or tag of a git project.")
@click.option("-P", "--param-list", metavar="NAME=VALUE", multiple=True, help="A parameter; others become --name value.")
@click.option("-A", "--docker-args", metavar="NAME[=VALUE]", multiple=True, help="An option for docker run.")
@click.option(
    "--experiment-name", envvar=["RUNSTONE_EXPERIMENT_NAME", "MLFLOW_EXPERIMENT_NAME"], help="Made if it is not there."
)
@click.option("--experiment-id", envvar=["RUNSTONE_EXPERIMENT_ID", "MLFLOW_EXPERIMENT_ID"], help="Or by its id.")
@click.option("-b", "--backend", metavar="BACKEND", default="local", show_default=True, help="Where it runs.")
@click.option("-c", "--backend-config", metavar="FILE", default=None, help="JSON, or a file that ends in .json.")
@click.option(
    "--env-manager",
    type=click.Choice(["local", "uv", "virtualenv", "conda"]),
    default=None,
    help="What makes the environment; default: chosen by what the project asks for.",
)
@click.option("--storage-dir", envvar="MLFLOW_TMP_DIR", default=None, help="Where files for path parameters are brought to.")
@click.option("--run-id", metavar="RUN_ID", default=None, help="Go on in this run instead of beginning one.")
@click.option("--run-name", metavar="NAME", default=None, help="The run's name.")
@click.option("--build-image", is_flag=True, help="Build an image with the project's files (docker projects).")
@click.option(
    "--store", "--tracking-uri", "store", metavar="URI", default="",
    help="Where the run is kept; default RUNSTONE_TRACKING_URI, else the folder .runstone here.",
)  # fmt: skip
@json_option
def run(
    uri: str, entry_point: str, version: str | None, param_list: tuple[str, ...], docker_args: tuple[str, ...],
    experiment_name: str | None, experiment_id: str | None, backend: str, backend_config: str | None,
    env_manager: str | None, storage_dir: str | None, run_id: str | None, run_name: str | None, build_image: bool,
    store: str, as_json: bool,
) -> None:  # fmt: skip
    """Run a project: a folder, or a git repository, with an MLproject file or just scripts.

    \b
    runstone run . -P alpha=0.5
    runstone run https://github.com/me/project -v main -e train
    runstone run examples#forest --env-manager uv

    The exit code is 0 when the run finished, else 1.
    """
    import runstone
    from runstone import projects
    from runstone.errors import ExecutionException

    if store:
        runstone.set_tracking_uri(store)
    if experiment_name and experiment_id:
        raise click.UsageError("Specify only one of 'experiment-name' or 'experiment-id' options.")
    try:
        done = projects.run(
            uri,
            entry_point,
            version,
            _pairs(param_list, "P"),
            _pairs(docker_args, "A"),
            experiment_name,
            experiment_id,
            backend,
            _config(backend_config),
            storage_dir,
            run_id=run_id,
            run_name=run_name,
            env_manager=env_manager,
            build_image=build_image,
        )
    except ExecutionException as error:
        fail(error.message)
    if as_json:
        click.echo(json.dumps({"run_id": done.run_id, "status": done.get_status()}))
    else:
        click.echo(f"Run (ID '{done.run_id}') succeeded", err=True)


def _pairs(given: tuple[str, ...], option: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not name or (not equals and option == "P"):
            raise click.UsageError(f"Invalid format for -{option} parameter: {text!r}. Use -{option} name=value.")
        if name in found:
            raise click.UsageError(f"Repeated parameter: {name!r}")
        found[name] = value if equals else True
    return found


def _config(given: str | None) -> Any:
    if given is None or given.endswith(".json"):
        return given
    try:
        return json.loads(given)
    except ValueError as cause:
        raise click.UsageError(f"Invalid backend config JSON. Parse error: {cause}") from cause
