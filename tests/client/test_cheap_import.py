"""Opening the front door loads nothing but the door."""

from __future__ import annotations

import json
import subprocess
import sys

#: All that ``import runstone`` may load beyond what Python itself has loaded by then.
DOOR = {"runstone", "runstone._lazy", "runstone.version"}
#: What ``start_run`` and logging may not load into a process that has no use for it.
HEAVY = {
    "pandas",
    "starlette",
    "urllib3",
    "click",
    "rich",
    "psutil",
    "matplotlib",
    "PIL",
    "yaml",
    "sklearn",
    "alembic",
    "granian",
}


def modules_after(code: str) -> set[str]:
    script = f"import json, sys\n{code}\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_import_loads_the_door_and_the_standard_library_only() -> None:
    loaded = modules_after("import runstone") - modules_after("")
    ours = {name for name in loaded if name.split(".")[0] == "runstone"}
    assert ours == DOOR
    assert {name.split(".")[0] for name in loaded - ours} <= set(sys.stdlib_module_names)
    assert len(loaded) < 40


def test_a_run_loads_nothing_heavy() -> None:
    loaded = {
        name.split(".")[0]
        for name in modules_after(
            "import os; os.environ['RUNSTONE_QUIET'] = '1'; os.environ['RUNSTONE_CAPTURE_CONTEXT'] = '0'\n"
            "import runstone\n"
            "with runstone.start_run(): runstone.log_metric('m', 1); runstone.log_params({'p': 1})"
        )
    }
    assert not loaded & (HEAVY - {"alembic"})


def test_a_server_answers_before_it_loads_what_few_requests_need() -> None:
    loaded = {
        name.split(".")[0] for name in modules_after("import runstone.server.app, runstone.server.listen, runstone.store.sql")
    }
    assert not loaded & {"numpy", "yaml", "alembic", "pandas", "urllib3", "rich", "psutil"}
