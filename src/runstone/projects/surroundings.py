"""What surrounds a project's run: its code and packages, not those of the process that watches over it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runstone.client import git, host, packages
from runstone.client.attended import Attended


@contextmanager
def gathering(folder: Path, command: str, python: Path, package_folders: list[str] | None, run: Attended) -> Iterator[None]:
    """Write the same tags and documents that a run of a script has, from a thread; they are there when the block ends.

    Args:
        folder: the project's.
        command: as a person would type it.
        python: the environment's interpreter.
        package_folders: the folders of its packages; ``None`` for those of this process.
    """

    def gather() -> None:
        code = git.state(folder)
        tags = {
            "mlflow.source.git.commit": code.commit,
            "mlflow.source.git.branch": code.branch,
            "mlflow.source.git.repoURL": code.remote,
            "mlflow.source.git.dirty": None if code.commit is None else str(code.dirty).lower(),
        }
        run.tags({key: value for key, value in tags.items() if value and key not in run.run.data.tags})
        facts = host.facts() | {"working_dir": str(folder), "command": command, "executable": str(python)}
        if code.top:
            facts["git"] = {"folder": code.top, "dirty": code.dirty, "untracked": list(code.untracked)}
        if code.notes:
            facts["notes"] = list(code.notes)
        run.document("host", "application/json", json.dumps(facts, ensure_ascii=False, indent=1, default=str))
        run.document("packages", "text/plain", packages.installed(package_folders))
        if code.diff:
            run.document("git.diff", "text/x-diff", code.diff)

    thread = threading.Thread(target=gather, name="runstone-project-surroundings", daemon=True)
    thread.start()
    try:
        yield
    finally:
        thread.join(git.PATIENCE)
