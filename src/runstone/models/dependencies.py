"""What a model needs, told on its own: the file that lists it, or a list found anew."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from runstone.client.checks import check_seconds, check_texts, shown
from runstone.client.notices import warn_once
from runstone.errors import ExecutionException, InvalidValue, NotFound

from . import imports
from .environment import CONDA, REQUIREMENTS, pinned, pip_lines
from .locate import local_folder

FORMATS = ("pip", "conda")


def get_model_dependencies(model_uri: str | os.PathLike[str], format: Literal["pip", "conda"] = "pip") -> str:
    """The local path of a file that says what a model needs.

    Args:
        model_uri: a folder, ``runs:/…`` or ``models:/…``.
        format: ``pip`` for requirements, to be installed by ``pip install -r``; of a model that has no ``requirements.txt``,
            the pip part of its ``conda.yaml`` in a new file. ``conda`` for ``conda.yaml``.

    Raises: NotFound where there is no model, or it names no environment; InvalidValue for another format.
    """
    if format not in FORMATS:
        raise InvalidValue(f"format={format!r} is neither 'pip' nor 'conda'.")
    folder = local_folder(model_uri)
    file = folder / (REQUIREMENTS if format == "pip" else CONDA)
    if file.is_file():
        return str(file)
    if format == "conda" or not (folder / CONDA).is_file():
        raise NotFound(f"The model {os.fspath(model_uri)!r} has no {file.name}, so it does not say what it needs.")
    made = Path(tempfile.mkdtemp(prefix="runstone-"), REQUIREMENTS)
    made.write_text("".join(f"{line}\n" for line in pip_lines(folder / CONDA)), "utf-8")
    return str(made)


def infer_pip_requirements(
    model_uri: str | os.PathLike[str],
    flavor: str,
    fallback: Sequence[str] | None = None,
    timeout: float | None = None,
    extra_env_vars: Mapping[str, str] | None = None,
) -> list[str]:
    """Packages that a saved model imports, with the versions that are installed here: it is loaded in a fresh process.

    Args:
        model_uri: a folder, ``runs:/…`` or ``models:/…``.
        flavor: of MLflow's; the model is loaded as what it is, whatever flavor is named.
        fallback: what is returned, with a warning, where it cannot be loaded.
        timeout: seconds that loading may take; 300 if ``None``.
        extra_env_vars: set in that process.

    Raises: NotFound where there is no model; ExecutionException where it cannot be loaded and there is no ``fallback``.
    """
    further = extra_env_vars or {}
    if not isinstance(further, Mapping) or not all(isinstance(one, str) for pair in further.items() for one in pair):
        raise InvalidValue(f"extra_env_vars must be a dict of texts, such as {{'HF_HOME': '/models'}}, not {shown(further)}.")
    check_seconds(timeout, "timeout")
    check_texts(fallback, "fallback", "['scikit-learn']")
    answer = imports.found(local_folder(model_uri), False, timeout or imports.LIMIT, further)
    if not answer.problem:
        return pinned(answer.distributions)
    said = f"what the model {os.fspath(model_uri)!r} imports could not be found out in a fresh process: {answer.problem}"
    if fallback is None:
        raise ExecutionException(f"{said[0].upper()}{said[1:]}")
    warn_once(f"imports of {model_uri}", f"{said}; it is taken to need {', '.join(fallback) or 'nothing'}.")
    return list(fallback)
