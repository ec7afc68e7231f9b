"""The command of a project with a ``docker_env``."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from runstone.client.secrets import MASK, masked
from runstone.environments import engine
from runstone.errors import ExecutionException, InvalidValue

from .command import Command

#: Where the project's folder is seen inside, as with MLflow.
WORKDIR = "/mlflow/projects/code/"
#: MLflow's tags of the image.
IMAGE_URI, IMAGE_ID = "mlflow.docker.image.uri", "mlflow.docker.image.id"
#: Tag of the options that the run's container was started with (`-A`): a JSON object, ``true`` for a flag.
OPTIONS = "runstone.docker.args"
#: Variables of a run that the container must see.
_NAMES = ("RUN_ID", "EXPERIMENT_ID", "TRACKING_URI", "RUN_CONTEXT", "TRACKING_USERNAME", "TRACKING_PASSWORD", "TRACKING_TOKEN")
_PASSED = [f"{family}_{name}" for family in ("RUNSTONE", "MLFLOW") for name in _NAMES] + [
    "PYTHONUNBUFFERED",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT",
]
#: Beginnings of the variables by which object stores are reached, passed on where the run's artifacts lie in one.
_CLOUD = ("AWS_", "AZURE_", "GOOGLE_", "MLFLOW_S3_")
_WANTED = "This project asks for docker_env"


class Image(Struct, frozen=True):
    """``runs`` is what to call it now: the id where the name may mean another's a moment later."""

    name: str
    id: str
    runs: str

    @property
    def as_package(self) -> str:
        """As the only line of a list of packages: it holds all of them."""
        return f"{self.name}=={self.id or 'unknown'}"


def described(image: Image, options: Mapping[str, Any]) -> dict[str, str]:
    """Tags of a run in a container: its image, and the options of ``docker run``, secrets masked."""
    tags = {IMAGE_URI: image.name}
    if image.id:
        tags[IMAGE_ID] = image.id
    if options:
        tags[OPTIONS] = json.dumps({name: _without_secret(name, value) for name, value in options.items()}, ensure_ascii=False)
    return tags


def _without_secret(name: str, value: Any) -> Any:
    if value is True:
        return True
    whole, inner = masked([f"{name}={value}"])[0].removeprefix(f"{name}="), masked([str(value)])[0]
    return whole if inner == str(value) else inner


def options_of(tags: Mapping[str, str]) -> dict[str, Any]:
    """The options that the run with these tags was given; none where the tag is not ours."""
    try:
        found = json.loads(tags.get(OPTIONS, "{}"))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def as_given(options: Mapping[str, Any]) -> str:
    """As a person types them: ``-A gpus=all -A t``."""
    return " ".join(f"-A {name}" if value is True else f"-A {name}={value}" for name, value in options.items())


def hidden(options: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the options whose secrets were masked, so that they cannot be given again."""
    return {name: value for name, value in options.items() if MASK in str(value)}


class Container(Struct, frozen=True):
    """``arguments`` start it, ``ending`` ends it whatever becomes of the program that started it."""

    arguments: list[str]
    ending: tuple[str, ...]


def has_network(options: Mapping[str, Any]) -> bool:
    """Whether the container was given a network of its own, from which a server on this machine's loopback is not seen."""
    return any(name in options for name in ("network", "net"))


def container(
    spec: Mapping[str, Any],
    image: Image,
    folder: Path,
    command: Command,
    options: Mapping[str, Any],
    variables: Mapping[str, str],
    artifacts: str = "",
) -> Container:
    """The container of a run. Values of secret variables are taken from the environment, not put on the command line.

    Args:
        spec: the ``docker_env`` entry: ``volumes``, ``environment``.
        image: the image.
        folder: the project's.
        options: further options of ``docker run``; ``True`` means a flag.
        variables: of the process that runs ``docker``.
        artifacts: URI of the folder of the run's artifacts.

    Raises: NotSupported where no docker is installed; ExecutionException where no engine answers.
    """
    docker, name = engine(_WANTED), f"runstone-{uuid.uuid4().hex[:12]}"
    arguments = [docker, "run", "--rm", "--name", name, "--volume", f"{folder}:{WORKDIR}", "--workdir", WORKDIR]
    if Path(docker).name == "docker" and "init" not in options:
        arguments += ["--init"]  # a first process hears no SIGTERM that it does not ask for
    store = variables.get("RUNSTONE_TRACKING_URI", "")
    if "://127.0.0.1:" in store and not has_network(options):
        arguments += ["--network", "host"]  # the server for the run listens on this machine's loopback alone
    arguments += [part for one in _mounts(store, artifacts) for part in ("--volume", f"{one}:{one}")]
    cloud = _CLOUD if urlsplit(artifacts).scheme not in ("", "file") else ()
    names = [one for one in _PASSED if one in variables]
    names += [one for one in sorted(variables) if cloud and one.startswith(cloud)]
    arguments += [part for one in (*names, *command.variables) for part in ("--env", one)]
    for one in spec.get("environment") or ():
        arguments += ["--env", one if isinstance(one, str) else f"{one[0]}={one[1]}"]
    for volume in spec.get("volumes") or ():
        arguments += ["--volume", volume]
    return Container([*arguments, *_options(options), image.runs, "bash", "-c", command.text], (docker, "kill", name))


def _mounts(store: str, artifacts: str) -> list[Path]:
    """Folders of this machine that the run writes to, seen under the same path inside: an embedded store, the experiment's
    artifacts. They are made first: the engine would make them for root alone."""
    found = []
    if not urlsplit(store).netloc and store:
        place = Path(store.removeprefix("sqlite:///"))
        found.append(place.parent if store.startswith("sqlite:") else place)
    parts = urlsplit(artifacts)
    if artifacts and parts.scheme in ("", "file"):
        found.append(Path(unquote(parts.path)).parent.parent)  # models that are logged lie beside the run's own
    for one in found:
        one.mkdir(parents=True, exist_ok=True)
    return [one for one in found if not any(one != other and other in one.parents for other in found)]


def image(spec: Mapping[str, Any], folder: Path, name: str, build_image: bool, tell: Callable[[str], object]) -> Image:
    """The image to run: the project's own, fetched if it is not there, or one made of the project's files on top of it.

    Raises: NotSupported where no docker is installed; ExecutionException where no engine answers, or with its last words.
    """
    if build_image:
        made = build(spec, folder, name, tell)
        return Image(_built(name), made, made)
    docker, wanted = engine(_WANTED), str(spec["image"])
    found = _id(docker, wanted)
    if not found:
        _follow([docker, "pull", wanted], tell, f"The image {wanted} could not be fetched")
        found = _id(docker, wanted)
    return Image(wanted, found, wanted)


def same_image(
    tags: Mapping[str, str], spec: Mapping[str, Any], folder: Path, name: str, tell: Callable[[str], object]
) -> Image:
    """The image that the run with these tags had, if it is still here, else the one that its description gives now.

    Raises: as :func:`image`.
    """
    called, known = tags[IMAGE_URI], tags.get(IMAGE_ID, "")
    if known and _id(engine(_WANTED), known):
        return Image(called, known, known)
    return image(spec, folder, name, called == _built(name), tell)


def _id(docker: str, name: str) -> str:
    """Empty where there is no such image."""
    asked = [docker, "image", "inspect", "--format", "{{.Id}}", name]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    return "" if done.returncode else done.stdout.strip()


def _options(options: Mapping[str, Any]) -> list[str]:
    found = []
    for name, value in options.items():
        if not name.replace("-", "").isalnum():
            raise InvalidValue(f"{name!r} is no option of docker run; give it without dashes, such as gpus=all.")
        dashes = "-" if len(name) == 1 else "--"
        found += [f"{dashes}{name}"] if value is True else [f"{dashes}{name}", str(value)]
    return found


def build(spec: Mapping[str, Any], folder: Path, name: str, tell: Callable[[str], object] = lambda line: None) -> str:
    """Make an image of the project's files on top of its own; its id. Raises ExecutionException, NotSupported."""
    docker = engine(_WANTED)
    text = f"FROM {spec['image']}\nCOPY . {WORKDIR}\nWORKDIR {WORKDIR}\n"
    with tempfile.TemporaryDirectory(prefix="runstone-image-") as place:
        noted = Path(place, "id")  # the name may mean another's image a moment later
        command = [docker, "build", "-t", _built(name), "--iidfile", str(noted), "-f", "-", os.fspath(folder)]
        _follow(command, tell, f"The image for {folder} could not be built", text)
        return noted.read_text("utf-8").strip()


def _built(name: str) -> str:
    """What the image of a project with this name is called."""
    plain = "".join(char if char.isascii() and char.isalnum() else "-" for char in name.lower()).strip("-")
    return f"{plain or 'project'}:runstone"


def _follow(command: list[str], tell: Callable[[str], object], failed: str, text: str = "") -> None:
    """Run it, telling each line; ``text`` is its input. Raises ExecutionException with ``failed`` and its last words."""
    said: list[str] = []
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        with contextlib.suppress(BrokenPipeError), process.stdin as onto:  # it ended before it read: its words say why
            onto.write(text)
        for line in process.stdout:
            said = [*said[-30:], line.rstrip()]
            tell(line.rstrip())
    if process.returncode:
        raise ExecutionException(f"{failed}: " + "\n".join(said)[-2000:].strip())


def push(image: str, target: str) -> str:
    """Push an image under another name; that name. Raises ExecutionException."""
    docker = shutil.which("docker") or shutil.which("podman") or "docker"
    for command in ([docker, "tag", image, target], [docker, "push", target]):
        done = subprocess.run(command, text=True, capture_output=True, check=False)
        if done.returncode:
            raise ExecutionException(f"{' '.join(command[:2])} {target}: {done.stderr.strip()[-2000:]}")
    return target
