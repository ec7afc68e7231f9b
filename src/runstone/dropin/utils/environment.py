"""``mlflow.utils.environment``: the one function of it that scripts call, its underscore notwithstanding."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from runstone.models.environment import conda_of
from runstone.models.yaml_text import dumps


def _mlflow_conda_env(
    path: str | os.PathLike[str] | None = None,
    additional_conda_deps: Sequence[str] | None = None,
    additional_pip_deps: Sequence[str] | None = None,
    additional_conda_channels: Sequence[str] | None = None,
    install_mlflow: bool = True,
) -> dict[str, Any] | None:
    """A conda environment for ``conda_env=``, written to ``path`` if there is one, else given back.

    ``install_mlflow`` is taken and asks for nothing: models need neither mlflow nor runstone to be loaded by either.
    """
    made = conda_of(list(additional_pip_deps or ()), additional_conda_deps or (), additional_conda_channels or ())
    if path is None:
        return made
    Path(path).write_text(dumps(made, sort_keys=False), encoding="utf-8")
    return None
