"""``runstone models``: registered models and their versions. A version is ``name/3``, ``name/Production`` or ``name@alias``."""

from __future__ import annotations

import click

from . import (
    models_environment,
    models_history,
    models_image,
    models_promote,
    models_requirements,
    models_reviews,
    models_scan,
    models_serve,
)
from .shell import json_done_option, json_option, store_option
from .version_named import version_named

_version = click.argument("version", metavar="NAME/VERSION")
_reason = click.option("--reason", default="", help="Why, for the model's history.")


@click.group()
def models() -> None:
    """List, show, register, promote and serve models."""


models.add_command(models_promote.promote)
models.add_command(models_scan.scan)
models.add_command(models_history.history)
models.add_command(models_serve.serve)
models.add_command(models_serve.predict)
models.add_command(models_environment.prepare)
models.add_command(models_requirements.update)
models.add_command(models_image.generate)
models.add_command(models_image.build)
models.add_command(models_image.manifest)
for _command in models_reviews.COMMANDS:
    models.add_command(_command)


@models.command("list")
@click.option("-f", "--filter", "filter_string", default="", help="Such as \"name LIKE 'churn%' AND tags.team = 'blue'\".")
@json_option
@store_option
def list_models(filter_string: str, as_json: bool, store: str) -> None:
    """List registered models, by name."""
    from runstone.client.paging import all_pages
    from runstone.contracts import RegistryQuery

    from .opening import open_for_reading
    from .output import moment, print_json, print_table

    opened = open_for_reading(store)
    found = all_pages(
        lambda count, token: opened.search_registered_models(
            RegistryQuery(filter=filter_string, limit=count, page_token=token)
        ),
        None,
    )
    if as_json:
        print_json(found)
        return
    rows = []
    for one in found:
        latest = {version.current_stage: version.version for version in one.latest_versions or ()}
        newest = max(map(int, latest.values()), default=None)
        aliases = ", ".join(f"{alias}: {version}" for alias, version in one.aliases.items())
        rows.append((one.name, newest, latest.get("Production"), aliases or None, moment(one.last_updated_timestamp)))
    print_table(["Name", "Latest", "Production", "Aliases", "Last update"], rows, right=["Latest", "Production"])


@models.command("describe")
@click.argument("name")
@json_option
@store_option
def describe(name: str, as_json: bool, store: str) -> None:
    """Show a registered model and its versions, the newest first."""
    from runstone.client.paging import all_pages
    from runstone.contracts import RegistryQuery
    from runstone.query.printer import quoted

    from .opening import open_for_reading
    from .output import moment, print_json, print_table

    opened = open_for_reading(store)
    found = opened.get_registered_model(name)
    wanted = f"name = {quoted(name)}"
    versions = all_pages(
        lambda count, token: opened.search_model_versions(
            RegistryQuery(filter=wanted, order_by=("version_number DESC",), limit=count, page_token=token)
        ),
        None,
    )
    if as_json:
        print_json({"registered_model": found, "versions": versions})
        return
    about: list[tuple[str, object]] = [("Name", found.name), ("Description", found.description or None)]
    about += [(f"Tag {key}", value) for key, value in sorted(found.tags.items())]
    print_table(["", ""], about)
    rows = [
        (
            one.version,
            one.current_stage,
            ", ".join(one.aliases or ()) or None,
            one.run_id,
            moment(one.creation_timestamp),
            one.source,
        )
        for one in versions
    ]
    print_table(["Version", "Stage", "Aliases", "Run", "Created", "Source"], rows, right=["Version"])


@models.command("register")
@click.argument("model_uri", metavar="URI")
@click.argument("name")
@json_option
@store_option
def register(model_uri: str, name: str, as_json: bool, store: str) -> None:
    """Make the model at URI (runs:/<run id>/<path>, a folder, models:/…) the next version of NAME."""
    from runstone.client import MlflowClient
    from runstone.client.register import register as register_in

    from .opening import store_uri
    from .output import print_json, safe

    made = register_in(MlflowClient(store_uri(store)), model_uri, name)
    if as_json:
        print_json(made)
    else:
        click.echo(
            f"Registered '{safe(made.name)}' version {made.version}; it loads from models:/{safe(made.name)}/{made.version}"
        )


@models.command("transition")
@_version
@click.argument("stage")
@click.option("--archive-existing", is_flag=True, help="Archive what was in that stage.")
@_reason
@json_done_option
@store_option
def transition(version: str, stage: str, archive_existing: bool, reason: str, store: str) -> None:
    """Move a version to a stage: None, Staging, Production or Archived."""
    from runstone.client.surroundings import user
    from runstone.contracts import Batch
    from runstone.records import ModelVersionChanged

    from .opening import milliseconds, open_for_reading
    from .output import done, safe

    opened = open_for_reading(store)
    found = version_named(opened, version)
    change = ModelVersionChanged(found.name, int(found.version), milliseconds(), stage, archive_existing)
    opened.write(Batch([change], by=user(), reason=reason))
    moved = opened.get_model_version(found.name, int(found.version))
    said = f"'{safe(moved.name)}' version {moved.version} is in {moved.current_stage}."
    done(said, name=moved.name, version=moved.version, current_stage=moved.current_stage)


@models.command("set-alias")
@_version
@click.argument("alias")
@_reason
@json_done_option
@store_option
def set_alias(version: str, alias: str, reason: str, store: str) -> None:
    """Let ALIAS stand for a version, whatever it stood for before."""
    from runstone.client.surroundings import user
    from runstone.contracts import Batch
    from runstone.records import RegisteredModelChanged

    from .opening import milliseconds, open_for_reading
    from .output import done, safe

    opened = open_for_reading(store)
    found = version_named(opened, version)
    change = RegisteredModelChanged(found.name, milliseconds(), aliases={alias: int(found.version)})
    opened.write(Batch([change], by=user(), reason=reason))
    said = f"'{safe(found.name)}@{safe(alias)}' is version {found.version}."
    done(said, name=found.name, alias=alias, version=found.version)
