"""What makes a run this run and no other, in five layers, from what was recorded of it.

* **code**: the commit and what differs from it, and files of the run that git does not have;
* **config**: params other than seeds, and the command line after the interpreter;
* **environment**: Python, packages, system and kind of hardware;
* **data**: digests of the datasets, with what each was used for;
* **seed**: params that are called like one.

A digest is 16 hexadecimal digits of SHA-256; empty where nothing is known of a layer. Equal digests mean the same layer.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct, structs

from runstone.entities import Run

#: Tags that runs begin with, so that equal ones are found by an index: digests, and the command as text.
CODE_TAG, ENVIRONMENT_TAG, COMMAND_TAG = "runstone.code", "runstone.environment", "runstone.command"
#: Longest command that is kept as a tag, characters.
COMMAND_CAP = 2000

_SEED = re.compile(r"(?:^|[._/\s-])(?:(?:random|global|rng|torch|numpy|np)[._-]?)?(?:seed|random_state|rng)$", re.IGNORECASE)
#: Facts of the document ``host`` that tell hardware and system apart, and not one machine from its twin.
_HARDWARE = ("os", "implementation", "cpu", "cpu_count", "gpus")


class Identity(Struct, frozen=True):
    """A digest for each layer."""

    code: str
    config: str
    environment: str
    data: str
    seed: str

    @property
    def digest(self) -> str:
        """Of all five."""
        return digest(*structs.astuple(self))

    @property
    def known(self) -> bool:
        """Whether enough is known to say that an equal run is the same: code and environment."""
        return bool(self.code and self.environment)


LAYERS: tuple[str, ...] = Identity.__struct_fields__


def digest(*parts: str) -> str:
    """Of texts in order; ("a", "b") and ("ab",) differ."""
    text = "".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def is_seed(param: str) -> bool:
    """Whether a param's name says that it seeds a generator of random numbers."""
    return _SEED.search(param) is not None


def code_digest(commit: str | None, diff: str, sources: Mapping[str, str]) -> str:
    """Of a commit, the difference from it, and files that git does not have (path to SHA-256). Empty where all are."""
    if not commit and not sources:
        return ""
    return digest(commit or "", diff, *(f"{path} {sha}" for path, sha in sorted(sources.items())))


def environment_digest(host: Mapping[str, Any], packages: str) -> str:
    """Of the document ``host`` and the list of packages. Empty where there is no list."""
    if not packages:
        return ""
    python = str(host.get("python", ""))
    return digest(python, *(json.dumps(host.get(name), sort_keys=True) for name in _HARDWARE), packages)


def command_text(host: Mapping[str, Any]) -> str:
    """The command line without the interpreter's place, as one text."""
    command = host.get("command") or ""
    if isinstance(command, str):
        return command
    words = [str(word) for word in command]
    if words and re.search(r"(^|/)(python|pypy)[\d.]*$", words[0]):
        words[0] = "python"
    return " ".join(words)


def config_digest(params: Mapping[str, str], command: str) -> str:
    return digest(command, *(f"{key}={value}" for key, value in sorted(params.items()) if not is_seed(key)))


def data_digest(datasets: Sequence[tuple[str, str, str]]) -> str:
    """Of datasets (name, digest, what for); empty for none."""
    return digest(*("\0".join(one) for one in sorted(datasets))) if datasets else ""


def seed_digest(params: Mapping[str, str]) -> str:
    seeds = [f"{key}={value}" for key, value in sorted(params.items()) if is_seed(key)]
    return digest(*seeds) if seeds else ""


def identity(run: Run, documents: Mapping[str, str]) -> Identity:
    """Of a stored run.

    Args:
        run: with params, tags and inputs.
        documents: its documents by name: ``host``, ``packages``, ``git.diff``, ``sources``.
    """
    host = host_of(documents)
    shas = {path: one["sha256"] for path, one in sources_of(documents).items()}
    return Identity(
        code_digest(run.data.tags.get("mlflow.source.git.commit"), documents.get("git.diff", ""), shas),
        config_digest(run.data.params, command_text(host)),
        environment_digest(host, documents.get("packages", "")),
        data_digest(datasets_of(run)),
        seed_digest(run.data.params),
    )


def datasets_of(run: Run) -> list[tuple[str, str, str]]:
    """(name, digest, what for) of each dataset."""
    return [
        (one.dataset.name, one.dataset.digest, next((tag.value for tag in one.tags if tag.key == "mlflow.data.context"), ""))
        for one in run.inputs.dataset_inputs
    ]


def host_of(documents: Mapping[str, str]) -> dict[str, Any]:
    """The facts of the document ``host``."""
    return _object(documents.get("host", ""))


def sources_of(documents: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Files of the run that git does not have, by path: ``sha256``, and ``text`` where it was kept."""
    return {
        path: one for path, one in _object(documents.get("sources", "")).items() if isinstance(one, dict) and "sha256" in one
    }


def packages_of(documents: Mapping[str, str]) -> dict[str, str]:
    """Name to version."""
    lines = (line.partition("==") for line in documents.get("packages", "").splitlines())
    return {name: version for name, equals, version in lines if equals}


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text) if text else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
