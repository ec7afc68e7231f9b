"""What surrounds a project's run: its code and packages, not those of the process that watches over it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct

from runstone.client import git, host, packages, sources
from runstone.client.attended import Attended
from runstone.client.gathering import identity_tags, own_sources


class Surroundings(Struct, frozen=True):
    """``documents`` are (name, media type, text), as a run of a script has them."""

    tags: dict[str, str]
    documents: list[tuple[str, str, str]]


def look(folder: Path, command: str, python: Path, package_folders: list[str] | None, image: str = "") -> Surroundings:
    """What is to be known.

    Args:
        folder: the project's.
        command: as a person would type it.
        python: the environment's interpreter.
        package_folders: the folders of its packages; ``None`` for those of this process.
        image: ``name==id`` of the container's image, in which all packages are; the folders say nothing then.
    """
    code = git.state(folder)
    files = own_sources(code, folder, sources.below(folder) if code.commit is None or code.untracked else [])
    listed = f"{image}\n" if image else packages.installed(package_folders)
    facts = host.facts() | {
        "working_dir": str(folder),
        "code_folder": str(folder),
        "command": command,
        "executable": str(python),
    }
    if code.top:
        facts["git"] = {"folder": code.top, "dirty": code.dirty, "untracked": list(code.untracked)}
    if code.notes:
        facts["notes"] = list(code.notes)
    tags = {
        "mlflow.source.git.commit": code.commit,
        "mlflow.source.git.branch": code.branch,
        "mlflow.source.git.repoURL": code.remote,
        "mlflow.source.git.dirty": None if code.commit is None else str(code.dirty).lower(),
        **identity_tags(code, files, facts, listed),
    }
    documents = [
        ("host", "application/json", json.dumps(facts, ensure_ascii=False, indent=1, default=str)),
        ("packages", "text/plain", listed),
        ("git.diff", "text/x-diff", code.diff),
        ("sources", "application/json", json.dumps(files, ensure_ascii=False) if files else ""),
    ]
    return Surroundings({key: value for key, value in tags.items() if value}, [one for one in documents if one[2]])


def write(found: Surroundings, run: Attended) -> None:
    """Write it to the run; tags that it has stay."""
    run.tags({key: value for key, value in found.tags.items() if key not in run.run.data.tags})
    for name, media_type, text in found.documents:
        run.document(name, media_type, text)


@contextmanager
def gathering(
    folder: Path, command: str, python: Path, package_folders: list[str] | None, run: Attended, image: str = ""
) -> Iterator[None]:
    """Look from a thread, and write what was found; it is there when the block ends. Arguments as for :func:`look`."""

    def gather() -> None:
        found = look(folder, command, python, package_folders, image)
        write(found, run)
        run.say_if_equal(found.tags)

    thread = threading.Thread(target=gather, name="runstone-project-surroundings", daemon=True)
    thread.start()
    try:
        yield
    finally:
        thread.join(git.PATIENCE)
