"""A folder that an image serving a model is built from: a Dockerfile, the model, its requirements and this Runstone.

The image runs as a user without rights, listens on port 8080, and has the model where SageMaker expects it.
"""

from __future__ import annotations

import json
import platform
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from msgspec import Struct

from runstone.environments import MANAGERS, build, engine, wheel
from runstone.errors import AlreadyExists, ExecutionException, InvalidValue
from runstone.models.locate import local_folder
from runstone.models.manifest import Model
from runstone.models.pyfunc import FLAVOR_NAME

from .environment import NEEDED, united, wanted

PORT, USER = 8080, 10001
#: Where the model is in the image.
PLACE = "/opt/ml/model"
CONDA_BASE = "condaforge/miniforge3:24.11.3-2"
_HEALTH = f"import urllib.request as r; r.urlopen('http://127.0.0.1:{PORT}/ping', timeout=2)"


class Wish(Struct, frozen=True):
    """What the image is made with.

    Args:
        manager: ``local`` and ``virtualenv`` install with pip, ``uv`` with uv, ``conda`` makes the model's conda environment.
        base: the image it begins with; chosen by the model's Python if empty.
        java: install a Java runtime; ``None``: for models of Spark.
        mlflow: install mlflow, for code that imports it.
    """

    manager: str = build.LOCAL
    base: str = ""
    java: bool | None = None
    mlflow: bool = False


def write(folder: Path, uri: str | None, wish: Wish) -> Path:
    """Fill a folder; the path of its Dockerfile.

    Args:
        folder: nothing, or empty.
        uri: any model URI; ``None`` for an image that gets its model by a mount at ``/opt/ml/model``, and makes the environment
            that it asks for when it starts.

    Raises: AlreadyExists; NotFound, InvalidValue for what is no model; NotSupported where it names no environment.
    """
    if folder.exists() and any(folder.iterdir()):
        raise AlreadyExists(f"The folder {str(folder)!r} is not empty; name another, or empty it.")
    folder.mkdir(parents=True, exist_ok=True)
    if uri is None:
        own = wheel(folder).name
        lines = [*_head(wish, wish.base or _python(platform.python_version()), []), "WORKDIR /opt/ml"]
        lines += [
            f"COPY {own} ./",
            f"RUN pip install --no-cache-dir uv pandas ./{own}",
            "ENV RUNSTONE_ENV_DIR=/home/runstone/environments",
        ]
        more = ["--env-manager", "uv", *(["--install-mlflow"] if wish.mlflow else [])]
        return _written(folder, [*lines, *_tail(more)])
    shutil.copytree(local_folder(uri), folder / "model", ignore=shutil.ignore_patterns("__pycache__"))
    own = wheel(folder).name
    lines = _with_conda(folder, own, wish) if wish.manager == build.CONDA else _with_pip(folder, own, wish)
    return _written(folder, [*lines, *_tail([])])


def build_image(name: str, uri: str | None, wish: Wish) -> None:
    """Build an image with docker or podman, whose words go to stderr.

    Raises: NotSupported, ExecutionException: no engine is here, none answers, or it cannot build; and what :func:`write` does.
    """
    with tempfile.TemporaryDirectory(prefix="runstone-image-") as temporary:
        folder = Path(temporary, "context")
        without = f"the folder for it can be written without: generate-dockerfile {folder}"
        command = [engine(f"Building an image needs a container engine ({without})"), "build", "--tag", name, str(folder)]
        write(folder, uri, wish)
        ended = subprocess.run(command, stdout=2, check=False)  # what it says is no answer of ours
    if ended.returncode:
        raise ExecutionException(f"{Path(command[0]).name} build ended with {ended.returncode}; its last lines say why.")


def build_docker(
    model_uri: str | None = None,
    name: str = "runstone-model",
    env_manager: str = build.VIRTUALENV,
    mlflow_home: str | None = None,
    install_java: bool | None = None,
    install_mlflow: bool = False,
    base_image: str | None = None,
) -> None:
    """Build an image that serves a model at port 8080, without root's rights, with docker or podman.

    Args:
        model_uri: a folder, ``runs:/…`` or ``models:/…``; without one the model is mounted at ``/opt/ml/model``.
        name: of the image.
        env_manager: ``local`` and ``virtualenv`` install with pip, ``uv`` with uv, ``conda`` makes a conda environment.
        mlflow_home: not needed: images get this very Runstone.
        install_java: a Java runtime; by default for models of Spark.
        install_mlflow: for code that imports mlflow.
        base_image: what the image begins with; by default Python's of the model's version.

    Raises: NotFound, InvalidValue for what is no model; NotSupported, ExecutionException where no engine is, or it fails.
    """
    if env_manager not in MANAGERS:
        raise InvalidValue(f"env_manager={env_manager!r} is none of {', '.join(MANAGERS)}.")
    build_image(name, model_uri, Wish(env_manager, base_image or "", install_java, install_mlflow))


def _with_pip(folder: Path, own: str, wish: Wish) -> list[str]:
    model = folder / "model"
    found = wanted(model, build.UV)
    more = [*NEEDED, *(["mlflow"] if wish.mlflow else [])]
    inner = united(more, [_inside(line, model) for line in found.lines])
    (folder / "requirements.txt").write_text("\n".join(inner) + "\n", "utf-8")
    (folder / "constraints.txt").write_text("\n".join(found.constraints) + "\n", "utf-8")
    packages = ["libgomp1"] if any(re.match(r"lightgbm\b", line, re.IGNORECASE) for line in inner) else []
    lines = [*_head(wish, wish.base or _python(found.python or _told(model)), packages, model), "WORKDIR /opt/ml"]
    lines += [f"COPY {own} requirements.txt constraints.txt ./"]
    copy = ["COPY model model"]
    if any(PLACE in line for line in inner):
        lines, copy = lines + copy, []  # some of its packages are among its files
    fast = wish.manager == build.UV
    pip = "uv pip install --system --no-cache" if fast else "pip install --no-cache-dir"
    first = "pip install --no-cache-dir uv && " if fast else ""
    return [*lines, f"RUN {first}{pip} -r requirements.txt -c constraints.txt ./{own}", *copy]


def _with_conda(folder: Path, own: str, wish: Wish) -> list[str]:
    model = folder / "model"
    found = wanted(model, build.CONDA)
    assert found.conda is not None
    lines = [*_head(wish, wish.base or CONDA_BASE, [], model), "WORKDIR /opt/ml", "COPY model model", f"COPY {own} ./"]
    more = " ".join(["", *NEEDED, *(["mlflow"] if wish.mlflow else [])])
    lines += [
        f"RUN conda env create -q -p /opt/env -f model/{found.conda.relative_to(model)} && conda clean -afy",
        f"RUN /opt/env/bin/python -m pip install --no-cache-dir ./{own}{more}",
        "ENV PATH=/opt/env/bin:$PATH",
    ]
    return lines


def _head(wish: Wish, base: str, packages: list[str], model: Path | None = None) -> list[str]:
    spark = model is not None and "spark" in Model.load(model).flavors
    if spark if wish.java is None else wish.java:
        packages = [*packages, "default-jre-headless"]
    lines = ["# Serves a model: docker build -t NAME . && docker run --rm -p 8080:8080 NAME", f"FROM {base}"]
    if packages:
        names = " ".join(packages)
        lines.append(
            f"RUN apt-get update && apt-get install --yes --no-install-recommends {names} && rm -rf /var/lib/apt/lists/*"
        )
    user = f"RUN groupadd --gid {USER} runstone && useradd --uid {USER} --gid {USER} --create-home runstone"
    return [*lines, "ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1", user]


def _tail(more: list[str]) -> list[str]:
    words = ["runstone", "models", "serve", "-m", PLACE, "-h", "0.0.0.0", "-p", str(PORT), *more]
    return [
        f"USER {USER}:{USER}",
        f"EXPOSE {PORT}",
        f"HEALTHCHECK --interval=10s --timeout=3s --start-period=120s CMD {json.dumps(['python', '-c', _HEALTH])}",
        f"ENTRYPOINT {json.dumps(words)}",
    ]


def _written(folder: Path, lines: list[str]) -> Path:
    file = folder / "Dockerfile"
    file.write_text("\n".join(lines) + "\n", "utf-8")
    return file


def _python(version: str) -> str:
    found = re.fullmatch(r"(\d+\.\d+)(\.\d+\w*)?", version)
    if found is None:
        raise InvalidValue(
            f"The model names the Python {version!r}, which is no version; --base-image names an image with one."
        )
    return f"python:{found.group(1)}-slim"


def _told(model: Path) -> str:
    python: dict[str, Any] = Model.load(model).flavors.get(FLAVOR_NAME) or {}
    return str(python.get("python_version") or platform.python_version())


def _inside(line: str, model: Path) -> str:
    """A requirement as it is in the image. Raises InvalidValue: it is a file that the model does not have."""
    option, _, rest = line.rpartition(" ") if line.startswith("-e ") else ("", "", line)
    if not rest.startswith("/"):
        return line
    place = Path(rest)
    if not place.is_relative_to(model.resolve()):
        raise InvalidValue(f"The requirement {line!r} is outside of the model, so an image cannot have it.")
    return f"{option} {PLACE}/{place.relative_to(model.resolve()).as_posix()}".strip()
