"""What `runstone run` loads: each heavy module is a part of the time that a project's run costs over its command."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from runstone.projects.environment import own_requirement

HEAVY = {
    "difflib",
    "numpy",
    "packaging",
    "alembic",
    "rich",
    "urllib3",
    "starlette",
    "granian",
    "psutil",
    "unittest",
    "sqlalchemy",
    "asyncio",
}

CALL = """
import json, os, sys
os.getloadavg = lambda: ({load}, 0.0, 0.0)
from runstone.cli.start import main
try:
    main()
finally:
    print(json.dumps(sorted(name for name in sys.modules if "." not in name)), file=sys.stderr)
"""


@pytest.mark.parametrize("load", [0.0, 99.0], ids=["a processor is free", "none is"])
def test_a_run_of_a_ready_project_loads_nothing_heavy(load: float, project: Callable[..., Path], store: str) -> None:
    folder = project(MLproject='name: p\nentry_points: {main: {command: "echo done"}}\n')
    for _ in range(2):  # the first makes the store
        words = [sys.executable, "-c", CALL.format(load=load), "run", str(folder), "--store", store]
        done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout == "done\n"
    assert HEAVY & set(json.loads(done.stderr.splitlines()[-1])) == set()


AT_FORK = """
import atexit, gc, os, sys
atexit.register(lambda: print(gc.get_freeze_count() > 0, file=sys.stderr))
forked = os.fork
os.fork = lambda: (print("click" in sys.modules, file=sys.stderr), forked())[1]
from runstone.cli.start import main
main()
"""


def test_the_store_begins_to_load_before_the_options_are_read_and_what_is_left_is_not_looked_through_at_the_end(
    project: Callable[..., Path], store: str
) -> None:
    folder = project(MLproject='name: p\nentry_points: {main: {command: "echo done"}}\n')
    words = [sys.executable, "-c", AT_FORK, "run", str(folder), "--store", store]
    said = subprocess.run(words, capture_output=True, text=True, check=True).stderr.splitlines()
    assert (said[0], said[-1]) == ("False", "True")


def test_a_store_in_a_file_loads_no_other_databases_language() -> None:
    code = "import sys; from runstone import connect; connect.load(); print('sqlalchemy.dialects.postgresql' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


def test_requirements_of_other_packages_are_not_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("packaging.requirements.Requirement", None)  # loading it is a tenth of what a run costs
    line = "numpy>=2; python_version > '3'"
    assert own_requirement(line) == line
