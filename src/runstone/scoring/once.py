"""One request to a model without a server: MLflow's ``models.predict`` and what belongs to it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from runstone import settings
from runstone.errors import InvalidValue, RunstoneError
from runstone.models.example import Example
from runstone.models.frames import is_frame
from runstone.models.pyfunc import load_model

from . import environment, parse


def predict(
    model_uri: str,
    input_data: Any = None,
    input_path: str | os.PathLike[str] | None = None,
    content_type: str = "json",
    output_path: str | os.PathLike[str] | None = None,
    env_manager: str = "virtualenv",
    install_mlflow: bool = False,
    pip_requirements_override: Sequence[str] | None = None,
    extra_envs: Mapping[str, str] | None = None,
) -> None:
    """Predict once in an environment made for the model: whether it would work where it is served.

    Args:
        model_uri: any model URI.
        input_data: DataFrame, array, list or dict, or a request's text.
        input_path: a file with the request, in place of it.
        content_type: of the file or text, ``json`` or ``csv``.
        output_path: where the answer goes; printed if None.
        env_manager: ``virtualenv``, ``uv``, ``conda``; ``local``: the packages that are here, in a process of its own.
        install_mlflow: add mlflow to the environment, for code that imports it.
        pip_requirements_override: requirements instead of the model's for the same packages.
        extra_envs: variables for the model.

    Raises:
        InvalidValue: both inputs or none, or what the environment cannot be made of.
        RunstoneError: the model failed there; the message is the end of what it said.
    """
    if (input_data is None) == (input_path is None):
        raise InvalidValue("Give input_data or input_path: one of the two holds the request.")
    kind = content_type.rpartition("/")[2]
    if kind not in ("json", "csv"):
        raise InvalidValue(f"content_type={content_type!r} is not spoken here; 'json' and 'csv' are.")
    override = environment.overriding(",".join(pip_requirements_override or ()))
    python, variables = sys.executable, dict(os.environ)
    if env_manager != "local":
        further = ["mlflow"] if install_mlflow else []
        made = environment.prepared(model_uri, env_manager, lambda line: None, override, further)
        base = {name: value for name, value in variables.items() if name != "PYTHONPATH"}
        python, variables = str(made.python), made.variables(base)
    elif override:
        raise InvalidValue("pip_requirements_override is for an environment made for the model: env_manager='uv'.")
    variables |= {"RUNSTONE_TRACKING_URI": settings.TRACKING_URI.get(), **(extra_envs or {})}
    with tempfile.TemporaryDirectory(prefix="runstone-predict-") as folder:
        asked = Path(folder, "request") if input_path is None else Path(input_path)
        if input_path is None:
            asked.write_text(_text(input_data, kind), "utf-8")
        answer = Path(folder, "answer") if output_path is None else Path(output_path)
        words = ["models", "predict", "-m", os.fspath(model_uri), "-i", str(asked), "-o", str(answer), "-t", kind]
        done = subprocess.run([python, "-m", "runstone.cli.main", *words], env=variables, capture_output=True, text=True)
        if done.returncode:
            raise RunstoneError(f"The model {model_uri} does not predict there: {done.stderr.strip()[-2000:]}")
        if output_path is None:
            print(answer.read_text("utf-8"), end="")


def _text(data: Any, kind: str) -> str:
    if isinstance(data, str):
        return data
    if kind == "csv":
        if not is_frame(data):
            raise InvalidValue(f"A table as CSV is a DataFrame or its text; it got {type(data).__name__}.")
        return str(data.to_csv(index=False))
    if isinstance(data, Mapping) and any(name in data for name in parse.FORMATS):
        return json.dumps(data)
    return convert_input_example_to_serving_input(data)


def convert_input_example_to_serving_input(input_example: Any) -> str:
    """The body of a request to ``/invocations`` with this data, or this pair of data and params."""
    return json.dumps(Example(input_example).request())


def validate_serving_input(model_uri: str, serving_input: str | Mapping[str, Any]) -> Any:
    """What the model predicts for a request's body, in this process. Raises InvalidValue, and what the model raises."""
    if not isinstance(serving_input, str | Mapping):
        raise InvalidValue(f"serving_input is a request's body, as text or a dict, not {type(serving_input).__name__}.")
    body = serving_input if isinstance(serving_input, str) else json.dumps(serving_input)
    model = load_model(model_uri)
    data, params, _ = parse.read(body.encode(), parse.JSON, model.metadata)
    return model.predict(data, params)
