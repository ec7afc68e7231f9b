"""A model in a process of its own, whose environment may have other packages: data and predictions go through its pipes.

Each request and each answer is a line of JSON. Types that JSON does not have are told beside the values. The process ends when
its standard input does, and so with whoever began it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import weakref
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from runstone.environments import Environment
from runstone.errors import RunstoneError
from runstone.models.example import Example
from runstone.models.frames import is_frame, is_series, pandas
from runstone.models.pyfunc import load_model

from . import parse

#: Kinds of NumPy's types that are made again on the other side.
_KINDS = "iufb"


class Beside:
    """Predicts as the model does. Raises RunstoneError with what the model raised, or that its process is gone."""

    def __init__(self, environment: Environment, folder: Path, config: Mapping[str, Any]) -> None:
        base = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        words = [str(environment.python), "-m", "runstone.scoring.beside", str(folder), json.dumps(dict(config))]
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment.variables(base))
        weakref.finalize(self, self.process.kill)
        self._answer()  # that the model is loaded

    def predict(self, data: Any, params: Mapping[str, Any] | None = None) -> Any:
        request = Example(data).request() | ({"params": dict(params)} if params else {})
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(request, default=str).encode() + b"\n")
        self.process.stdin.flush()
        return _read(self._answer())

    def _answer(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            code = self.process.wait()
            raise RunstoneError(f"The model's process ended, with exit code {code}; the worker's log has what it said.")
        told: dict[str, Any] = json.loads(line)
        if "error" in told:
            raise RunstoneError(told["error"])
        return told


def _read(told: Mapping[str, Any]) -> Any:
    values, kinds = told["predictions"], told["kinds"]
    if isinstance(kinds, dict):
        table = pandas().DataFrame(values, columns=list(kinds))
        return table.astype({name: kind for name, kind in kinds.items() if kind})
    return np.asarray(values, dtype=kinds) if kinds else values


def _told(found: Any) -> dict[str, Any]:
    """Predictions, and the types that they have to be given again: of each column, or of all."""
    kinds: Any = None
    if is_frame(found):
        found = found.set_axis([str(name) for name in found.columns], axis=1)
        kinds = {name: _kind(kind) for name, kind in found.dtypes.items()}
    elif is_series(found):
        found, kinds = found.to_numpy(), _kind(found.dtype)
    elif isinstance(found, np.ndarray):
        kinds = _kind(found.dtype)
    return {"predictions": json.loads(parse.written(found, bare=True)), "kinds": kinds}


def _kind(dtype: Any) -> str:
    return str(dtype) if isinstance(dtype, np.dtype) and dtype.kind in _KINDS else ""


def main(folder: str, config: str) -> None:
    """Answer each line of standard input. What the model prints goes to standard error."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def say(told: Mapping[str, Any]) -> None:
        answers.write(json.dumps(told) + "\n")
        answers.flush()

    try:
        model = load_model(folder, suppress_warnings=True, model_config=json.loads(config) or None)
    except Exception as problem:
        say({"error": f"The model cannot be loaded in its environment: {type(problem).__name__}: {problem}"})
        return
    say({})
    for line in sys.stdin:
        try:
            data, params, _ = parse.read(line.encode(), parse.JSON, model.metadata)
            say(_told(model.predict(data, params)))
        except Exception as problem:
            say({"error": f"{type(problem).__name__}: {problem}"})


if __name__ == "__main__":
    main(*sys.argv[1:])
