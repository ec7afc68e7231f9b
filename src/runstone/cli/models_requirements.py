"""``runstone models update-pip-requirements``: what a saved model asks pip for, changed afterwards."""

from __future__ import annotations

import click

from .models_environment import model_option
from .shell import json_done_option, store_option


@click.command("update-pip-requirements")
@model_option
@click.argument("operation", type=click.Choice(["add", "remove"]))
@click.argument("requirements", nargs=-1, required=True, metavar="REQUIREMENT…")
@json_done_option
@store_option
def update(model_uri: str, operation: str, requirements: tuple[str, ...], store: str) -> None:
    """Add packages to a model's requirements.txt and conda.yaml, or remove some.

    What is added takes the place of the same package; what is removed is named without its version. Registered versions stay
    as they are: URI is a folder, runs:/… or models:/<model id>.
    """
    from runstone import settings
    from runstone.models import update_model_requirements

    from .opening import store_uri
    from .output import done, safe

    if store:
        settings.TRACKING_URI.set(store_uri(store))
    lines = update_model_requirements(model_uri, operation, requirements)
    done(f"{safe(model_uri)} asks for {safe(', '.join(lines)) or 'nothing'} now.", model_uri=model_uri, requirements=lines)
