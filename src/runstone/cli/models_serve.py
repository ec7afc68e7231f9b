"""``runstone models serve`` and ``models predict``: a model behind HTTP, or once on a file."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import click

from .models_engine import Engine, engine_options
from .models_environment import LOCAL, environment_options, go_on, made, model_option
from .shell import note_json, store_option

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from runstone.scoring.holder import Holder

#: How the parent tells a worker what to serve.
_VARIABLE = "_RUNSTONE_SCORING_WORKER"
#: The model that the parent loaded, in workers that were forked from it.
_shared: Holder | None = None
#: Seconds between looks whether an alias has moved.
FOLLOW = 5.0


@click.command("serve")
@model_option
@click.option("-h", "--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("-p", "--port", type=click.IntRange(0, 65535), default=5000, show_default=True, help="0: any free one.")
@click.option(
    "-w",
    "--workers",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    envvar="MLFLOW_MODELS_WORKERS",
    help="Processes that answer.",
)
@click.option("-t", "--timeout", type=click.FloatRange(0, min_open=True), default=None, help="Seconds that an answer may take.")
@click.option("--follow-alias", is_flag=True, help="Serve the version that the alias in URI names, also when it moves.")
@click.option("--follow-every", type=click.FloatRange(0, min_open=True), default=FOLLOW, show_default=True, help="Seconds.")
@click.option(
    "--batch-rows",
    type=click.IntRange(0),
    default=None,
    metavar="ROWS",
    help="Predict requests that wait together, up to so many rows; 0: never. Default: 4096 for trees, never for others.",
)
@engine_options
@environment_options
@store_option
def serve(
    model_uri: str, host: str, port: int, workers: int, timeout: float | None, follow_alias: bool, follow_every: float,
    batch_rows: int | None, engine: Engine, env_manager: str, install_mlflow: bool, store: str,
) -> None:  # fmt: skip
    """Answer /invocations in MLflow's scoring protocol, until Ctrl-C or SIGTERM."""
    if engine.ray and env_manager != LOCAL:
        raise engine.refused(env_manager)
    if env_manager != LOCAL:
        follow = ["--follow-alias", "--follow-every", follow_every] if follow_alias else []
        joined = ["--batch-rows", batch_rows] if batch_rows is not None else []
        limit = ["--timeout", timeout] if timeout is not None else []
        words = ["-m", model_uri, "-h", host, "-p", port, "-w", workers, *joined, *limit, *follow]
        go_on(made(model_uri, env_manager, install_mlflow, store=store), ["models", "serve", *words], store)
    from runstone import settings
    from runstone.scoring.app import create
    from runstone.server import listen

    from .opening import store_uri

    if store:
        settings.TRACKING_URI.set(store_uri(store))
    if timeout is not None:
        settings.SCORING_SECONDS.set(timeout)
    taken = engine.ray and port  # by Ray's own proxies, which may be there already
    address = listen.Address(host, port if taken else listen.free_port(host, port))
    every = follow_every if follow_alias else None

    def ready() -> None:
        click.echo(f"{model_uri} answers at {address.url()}/invocations", err=True)

    if engine.ray:
        engine.serve(model_uri, every, batch_rows, workers, address)
        listen.leave()
    elif workers == 1:
        listen.serve(create(model_uri, every, batch_rows), address, ready)
        listen.leave()
    else:
        _with_workers({"uri": model_uri, "every": every, "rows": batch_rows}, address, workers, ready)


def _with_workers(told: dict[str, object], address: object, workers: int, ready: object) -> None:
    import gc
    import tempfile
    import threading
    from typing import Any, cast

    from granian import Granian

    from runstone.scoring.holder import check_alias, to_share

    from .workers import _when_listening

    global _shared
    uri, where = cast(Any, told["uri"]), cast(Any, address)
    if told["every"] is not None:
        check_alias(uri)
    _shared = to_share(uri)
    gc.freeze()  # what is shared stays so: looking for garbage writes into every object
    with tempfile.TemporaryDirectory(prefix="runstone-counts-") as counts:
        os.environ[_VARIABLE] = json.dumps({**told, "parent": os.getpid(), "counts": counts})
        parent = Granian(
            "runstone.cli.models_serve:app", workers=workers, factory=True, workers_kill_timeout=5,
            respawn_failed_workers=True, respawn_interval=0.5, **where.options(),
        )  # fmt: skip
        threading.Thread(target=_when_listening, args=(where, cast(Any, ready)), daemon=True).start()
        parent.serve()


def app() -> Starlette:
    """A worker's app, as its parent described it."""
    import threading
    from pathlib import Path

    from runstone.errors import RunstoneError
    from runstone.scoring.app import create

    from .workers import _end_with

    given = json.loads(os.environ[_VARIABLE])
    threading.Thread(target=_end_with, args=(given["parent"],), daemon=True).start()
    try:
        return create(given["uri"], given["every"], given["rows"], _shared, Path(given["counts"]))
    except RunstoneError as wrong:
        click.echo(f"Error: {wrong}", err=True)
        os._exit(1)  # the parent ends, too


@click.command("predict")
@model_option
@click.option(
    "-i",
    "--input-path",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, allow_dash=True),
    default="-",
    help="The request; standard input if not given.",
)
@click.option("-o", "--output-path", metavar="FILE", default="-", help="The answer; standard output if not given.")
@click.option(
    "-t", "--content-type", type=click.Choice(["json", "csv"]), default="json", show_default=True, help="Of the input."
)
@click.option("--json", is_flag=True, expose_value=False, is_eager=True, callback=note_json, help="Errors as JSON too.")
@click.option(
    "-r",
    "--pip-requirements-override",
    "override",
    metavar="x==y,z==a",
    default="",
    help="Requirements instead of the model's, in an environment made for it.",
)
@click.option("--env", "variables", metavar="KEY=VALUE", multiple=True, help="A variable for the model; again for more.")
@environment_options
@store_option
def predict(
    model_uri: str, input_path: str, output_path: str, content_type: str, override: str, variables: tuple[str, ...],
    env_manager: str, install_mlflow: bool, store: str,
) -> None:  # fmt: skip
    """Predict for a file, as /invocations would."""
    from runstone.errors import InvalidValue

    given = dict(one.partition("=")[::2] for one in variables)
    if wrong := [one for one in variables if not one.partition("=")[0] or "=" not in one]:
        raise InvalidValue(f"--env {wrong[0]!r} is no variable; NAME=value is one.")
    if env_manager != LOCAL:
        words = ["-m", model_uri, "-i", input_path, "-o", output_path, "-t", content_type]
        go_on(made(model_uri, env_manager, install_mlflow, override, store), ["models", "predict", *words], store, **given)
    from runstone import settings
    from runstone.models.pyfunc import load_model
    from runstone.scoring import parse

    from .opening import store_uri

    if override:
        raise InvalidValue("--pip-requirements-override is for an environment made for the model: add --env-manager uv.")
    os.environ.update(given)
    if store:
        settings.TRACKING_URI.set(store_uri(store))
    model = load_model(model_uri)
    kind = parse.CSV if content_type == "csv" else parse.JSON
    with click.open_file(input_path, "rb") as asked:
        data, params, bare = parse.read(asked.read(), kind, model.metadata)
    told = parse.written(model.predict(data, params), bare) + b"\n"  # before what is there is overwritten
    try:
        with click.open_file(output_path, "wb") as answer:
            answer.write(told)
    except OSError as cause:
        raise InvalidValue(f"The predictions cannot be written to {output_path!r}: {cause.strerror}.") from cause
