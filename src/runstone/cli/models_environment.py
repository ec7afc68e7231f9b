"""``--env-manager`` of the commands that run a model, and ``models prepare-env``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import click

from .shell import json_done_option, store_option

if TYPE_CHECKING:
    from runstone.environments import Environment

LOCAL = "local"
MANAGERS = (LOCAL, "uv", "virtualenv", "conda")

model_option = click.option("-m", "--model-uri", required=True, metavar="URI", help="A folder, runs:/…, models:/….")
_manager = click.option(
    "--env-manager", type=click.Choice(MANAGERS), default=LOCAL, show_default=True,
    help="local: the packages that are here; the others make the environment that the model asks for, once.",
)  # fmt: skip
_install = click.option("--install-mlflow", is_flag=True, help="Add mlflow to that environment, for code that imports it.")


def environment_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--env-manager``, ``--install-mlflow`` and mlflow's old ``--no-conda``."""
    old = click.option("--no-conda", is_flag=True, expose_value=False, hidden=True, help="What is the default here.")
    return old(_manager(_install(command)))


def made(uri: str, manager: str, install_mlflow: bool = False, override: str = "", store: str = "") -> Environment:
    """The model's environment; its build is told on stderr. Raises: as :func:`runstone.scoring.environment.prepared`."""
    from runstone import settings
    from runstone.scoring import environment

    from .opening import store_uri

    if store:
        settings.TRACKING_URI.set(store_uri(store))
    further = ["mlflow"] if install_mlflow else []
    return environment.prepared(
        uri, manager, lambda line: click.echo(line, err=True), environment.overriding(override), further
    )


def go_on(made_environment: Environment, words: Iterable[object], store: str = "", **variables: str) -> None:
    """Run these words of ``runstone`` there, with the same store, in place of this process."""
    from runstone.scoring import environment

    from .opening import store_uri

    further = {**variables, **({"RUNSTONE_TRACKING_URI": store_uri(store)} if store else {})}
    environment.become(made_environment, map(str, words), further)


@click.command("prepare-env")
@model_option
@click.option(
    "--env-manager", type=click.Choice(MANAGERS), default="uv", show_default=True, help="What makes it; local: nothing to do."
)
@_install
@json_done_option
@store_option
def prepare(model_uri: str, env_manager: str, install_mlflow: bool, store: str) -> None:
    """Make the environment that a model asks for, so that serving it with the same --env-manager begins at once."""
    from .output import done

    found = made(model_uri, env_manager, install_mlflow, store=store) if env_manager != LOCAL else None
    python = str(found.python) if found is not None else None
    said = f"The environment is ready: {python}" if python else "Nothing to do: --env-manager local uses what is here."
    done(said, env_manager=env_manager, python=python, folder=str(found.folder) if found is not None else None)
