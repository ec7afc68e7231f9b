"""``runstone models generate-dockerfile``, ``build-docker`` and ``manifest``: a model for other machines."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .models_environment import LOCAL, MANAGERS, model_option
from .shell import json_done_option, json_option, store_option

if TYPE_CHECKING:
    from runstone.scoring.image import Wish


def _image_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that both commands have; MLflow's first."""
    for option in (
        click.option("-m", "--model-uri", metavar="URI", help="The model; without one, it is mounted at /opt/ml/model."),
        click.option(
            "--env-manager", type=click.Choice(MANAGERS), default=LOCAL, show_default=True,
            help="local and virtualenv: pip; uv; conda: the model's conda.yaml.",
        ),
        click.option("--install-java", type=bool, default=None, metavar="BOOLEAN", help="A Java runtime; default: for Spark."),
        click.option("--install-mlflow", is_flag=True, help="Add mlflow, for code that imports it."),
        click.option("--base-image", metavar="IMAGE", default="", help="What it begins with; default: python:<version>-slim."),
        click.option("--mlflow-home", hidden=True, expose_value=False, help="Not needed: images get this very Runstone."),
    ):  # fmt: skip
        command = option(command)
    return command


def _wish(store: str, env_manager: str, install_java: bool | None, install_mlflow: bool, base_image: str) -> Wish:
    from runstone import settings
    from runstone.scoring.image import Wish

    from .opening import store_uri

    if store:
        settings.TRACKING_URI.set(store_uri(store))
    return Wish(env_manager, base_image, install_java, install_mlflow)


@click.command("generate-dockerfile")
@_image_options
@click.option(
    "-d", "--output-directory", metavar="FOLDER", default="mlflow-dockerfile", show_default=True, help="New, or empty."
)
@json_done_option
@store_option
def generate(model_uri: str | None, output_directory: str, store: str, **wished: Any) -> None:
    """Write a folder that docker builds an image from, which serves the model at port 8080 without root's rights."""
    from runstone.scoring import image

    from .output import done

    file = image.write(Path(output_directory), model_uri, _wish(store, **wished))
    done(f"Wrote {file}. Build it with: docker build -t NAME {output_directory}", dockerfile=str(file))


@click.command("build-docker")
@_image_options
@click.option("-n", "--name", metavar="NAME", default="runstone-model", show_default=True, help="Of the image.")
@json_done_option
@store_option
def build(model_uri: str | None, name: str, store: str, **wished: Any) -> None:
    """Build an image that serves the model at port 8080, without root's rights, with docker or podman."""
    from runstone.scoring import image

    from .output import done

    image.build_image(name, model_uri, _wish(store, **wished))
    done(f"Built the image {name}. Serve with: docker run --rm -p 8080:8080 {name}", image=name)


@click.command("manifest")
@model_option
@click.option(
    "--kind", type=click.Choice(["kserve", "mlserver"]), default="kserve", show_default=True, help="For which server."
)
@click.option("-n", "--name", metavar="NAME", default="model", show_default=True, help="Of the service.")
@click.option(
    "--image", metavar="IMAGE", default="", help="One that build-docker made; default: KServe's runtime for MLflow models."
)
@click.option("--storage-uri", metavar="URI", default="", help="Where the server fetches the model; default: where it is.")
@click.option("--replicas", type=click.IntRange(0), default=1, show_default=True, help="Fewest pods (KServe).")
@click.option("-o", "--output", metavar="FILE", default="-", help="Standard output if not given.")
@json_option
@store_option
def manifest(
    model_uri: str, kind: str, name: str, image: str, storage_uri: str, replicas: int, output: str, as_json: bool, store: str
) -> None:
    """Write the manifest with which KServe or MLServer serves the model."""
    import yaml

    from runstone.scoring import manifests

    from .output import print_json

    _wish(store, LOCAL, None, False, "")
    if kind == manifests.MLSERVER:
        text = manifests.mlserver(name, model_uri, storage_uri)
    else:
        text = manifests.kserve(name, model_uri, image, storage_uri, replicas)
    if output != "-":
        Path(output).write_text(text, "utf-8")
    if as_json:
        print_json(yaml.safe_load(text))
    elif output == "-":
        click.echo(text, nl=False)
    else:
        click.echo(f"Wrote {output}.")
