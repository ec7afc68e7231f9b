"""A project whose environment has the real mlflow: its script logs to the same run, through a server made for it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from making import SCRIPT

import runstone
from runstone import projects
from runstone.client.session import session
from runstone.environments import of_python_env
from runstone.projects.reproduce import in_words, plan, reproduce

PEER = os.environ.get("RUNSTONE_PEER_PYTHON", "")

pytestmark = [pytest.mark.peer, pytest.mark.skipif(not PEER, reason="RUNSTONE_PEER_PYTHON names no Python with mlflow")]


def test_a_script_with_the_real_mlflow_shares_the_run_and_is_got_back(
    project: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = project(train__py=SCRIPT, python_env__yaml="dependencies: [mlflow]\n")
    # the environment that this asks for, made before: the one that the tests have of the real mlflow
    monkeypatch.setenv("RUNSTONE_ENV_DIR", str(tmp_path / "envs"))
    made = tmp_path / "envs" / of_python_env(folder / "python_env.yaml").key("uv")
    made.mkdir(parents=True)
    peer = Path(PEER).parents[1]
    for name in ("bin", "lib"):
        (made / name).symlink_to(peer / name)
    shutil.copy(peer / "pyvenv.cfg", made)
    (made / "runstone-environment.json").write_text("{}", "utf-8")

    done = projects.run(str(folder), "train.py", parameters={"n": 3})
    run = runstone.get_run(done.run_id)
    assert run.info.status == "FINISHED"
    assert run.data.metrics == {"answer": 42.0}
    assert run.data.params == {"n": "3", "seen": "--n 3"}
    told = "".join(piece.text for piece in session().fresh_store().console(done.run_id))
    assert "127.0.0.1" not in told  # nobody answers there when the run is over
    assert plan(done.run_id).remarks == []
    verdict = reproduce(done.run_id)  # in the environment that is still there, and with a server again
    assert (verdict.status, verdict.layers) == ("reproduced", []), in_words(verdict)
