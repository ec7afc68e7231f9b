"""What of a saved model may be changed afterwards: its requirements and its signature."""

from __future__ import annotations

import os
import re
import tempfile
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import runstone
from runstone.client.places import meant
from runstone.client.session import session
from runstone.entities.model_uris import is_model_uri, parse_model_uri
from runstone.errors import InvalidValue, NotFound

from . import environment, yaml_text
from .environment import CONDA, REQUIREMENTS
from .locate import local_folder, split_run_uri
from .manifest import FILE_NAME, Model
from .signature import ModelSignature

OPERATIONS = ("add", "remove")

Put = Callable[[str, str], None]


def set_signature(model_uri: str | os.PathLike[str], signature: ModelSignature) -> None:
    """Give a saved model another signature.

    Args:
        model_uri: a folder, ``file:…``, ``runs:/<run_id>/<path>`` or ``models:/<model id>``.

    Raises:
        NotFound: there is no model.
        InvalidValue: no signature, or a version of a registered model, which stays as it was registered.
    """
    if not isinstance(signature, ModelSignature):
        raise InvalidValue(f"signature is a ModelSignature; it got {type(signature).__name__}. infer_signature makes one.")
    with _changing(model_uri) as (folder, put):
        manifest = Model.load(folder / FILE_NAME)
        manifest.signature = signature
        put(FILE_NAME, manifest.to_yaml())


def update_model_requirements(model_uri: str | os.PathLike[str], operation: str, requirement_list: Iterable[str]) -> list[str]:
    """Add packages to what a saved model asks for, or remove some: in its ``requirements.txt`` and ``conda.yaml``.

    Args:
        model_uri: as for :func:`set_signature`.
        operation: ``add``, which takes the place of what is asked for of the same package, or ``remove``, where versions do not
            matter and packages that are not there are left out.
        requirement_list: lines such as ``pandas==2.2`` or ``scikit-learn``.

    Returns: all lines that the model asks for now.

    Raises:
        NotFound: there is no model.
        InvalidValue: another operation, a line that is no package, or a version of a registered model.
    """
    if operation not in OPERATIONS:
        raise InvalidValue(f"operation={operation!r} is unknown; there are {' and '.join(OPERATIONS)}.")
    given = [requirement_list] if isinstance(requirement_list, str) else [str(one).strip() for one in requirement_list]
    for line in given:
        if environment.name_of(line) is None:
            raise InvalidValue(f"{line!r} is no requirement; a package's name, or name==version, is one.")
    with _changing(model_uri) as (folder, put):
        files = {file: (folder / file).read_text("utf-8") for file in (REQUIREMENTS, CONDA) if (folder / file).is_file()}
        if not files:
            raise InvalidValue(f"The model at {os.fspath(model_uri)!r} has neither {REQUIREMENTS} nor {CONDA} to change.")
        lines: list[str] = []
        if CONDA in files:
            conda = yaml_text.loads(files[CONDA])
            lines = environment.change_conda(conda, lambda lines: _changed(lines, operation, given))
            put(CONDA, yaml_text.dumps(conda, sort_keys=False))
        if REQUIREMENTS in files:
            lines = _changed(files[REQUIREMENTS].splitlines(), operation, given)
            put(REQUIREMENTS, "".join(f"{line}\n" for line in lines))
    return lines


def _changed(lines: list[str], operation: str, given: list[str]) -> list[str]:
    """Comments, options, paths and URLs stay."""
    names = {environment.name_of(line) for line in given}
    kept = [line for line in lines if _asked_for(line) not in names]
    return [*kept, *given] if operation == "add" else kept


def _asked_for(line: str) -> str:
    """The package of a line that is there already, whatever it says; empty for none."""
    with suppress(InvalidValue):
        return environment.name_of(re.split(r"\s+(?:#|--)", line)[0].strip()) or ""
    return ""


@contextmanager
def _changing(model_uri: str | os.PathLike[str]) -> Iterator[tuple[Path, Put]]:
    """The model's folder to read, and what writes a file of it, whole or not at all."""
    uri = os.fspath(model_uri)
    if is_model_uri(uri) and not parse_model_uri(uri).model_id:
        raise InvalidValue(
            f"{uri!r} is a registered model, which stays as it was registered. Change the run's or the logged model, "
            "or a folder, and register that."
        )
    run_id, place = "", uri
    if uri.startswith("runs:"):
        run_id, path = split_run_uri(uri)
        place = meant(session(), run_id, path)
    folder = local_folder(uri)
    if not (folder / FILE_NAME).is_file():
        raise NotFound(f"There is no model in {uri!r}: it has no {FILE_NAME} file.")
    with tempfile.TemporaryDirectory(prefix="runstone-model-") as temporary:

        def put(name: str, text: str) -> None:
            draft = Path(temporary, name)
            draft.write_text(text, "utf-8")
            if run_id and not is_model_uri(place):
                runstone.MlflowClient().log_artifact(run_id, os.fspath(draft), place)
            elif is_model_uri(place):
                runstone.MlflowClient().log_model_artifact(parse_model_uri(place).model_id, draft)
            else:
                beside = folder / f".{name}.{uuid.uuid4().hex[:8]}"
                beside.write_text(text, "utf-8")
                beside.replace(folder / name)

        yield folder, put
