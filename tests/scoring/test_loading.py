"""What a server loads: pandas only when something needs it, a model once for all the processes that answer."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import cloudpickle
import numpy as np
import pytest
from scoring_requests import JSON, ask
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier

import runstone
from runstone.scoring import holder, loading
from runstone.server.listen import free_port

#: Loads a forest that takes arrays and answers for one, then for a table; tells each time whether pandas was loaded, and rich.
SERVE = """
import sys
from runstone.scoring.app import create
from runstone.scoring.parse import JSON, read, written

model = create(sys.argv[1]).state.pulse.model
for body in (b'{"inputs": [[0.5, 0.5]]}', b'{"dataframe_split": {"data": [[0.5, 0.5]]}}'):
    asked = read(body, JSON, model.metadata)
    print(written(model.predict(asked.data, asked.params)).decode(), "pandas" in sys.modules, "rich" in sys.modules)
"""


class Noted(DummyClassifier):  # type: ignore[misc]
    """Writes down each process that loads it."""

    def __setstate__(self, state: dict[str, Any]) -> None:
        with open(state["file"], "a") as file:
            file.write(f"{os.getpid()}\n")
        super().__setstate__(state)


class Threaded(DummyClassifier):  # type: ignore[misc]
    """Begins a thread when loaded, as frameworks with a runtime of their own do."""

    def __setstate__(self, state: dict[str, Any]) -> None:
        threading.Thread(target=time.sleep, args=(5,), daemon=True).start()
        super().__setstate__(state)


def test_pandas_is_not_loaded_for_arrays(tmp_path: Path) -> None:
    x, y = np.random.default_rng(0).normal(size=(20, 2)), np.arange(20) % 2
    runstone.sklearn.save_model(RandomForestClassifier(3, random_state=0).fit(x, y), tmp_path / "m", input_example=x)
    done = subprocess.run([sys.executable, "-c", SERVE, str(tmp_path / "m")], capture_output=True, text=True, check=False)
    first, second = [line.split(" ") for line in done.stdout.splitlines()]
    assert first[0] == second[0], done.stderr
    assert (first[1:], second[1:]) == (["False", "False"], ["True", "False"])


def test_rich_is_loaded_by_no_server_and_can_be_afterwards(tmp_path: Path) -> None:
    pytest.importorskip("rich")
    x, y = np.random.default_rng(0).normal(size=(20, 2)), np.arange(20) % 2
    runstone.sklearn.save_model(RandomForestClassifier(3, random_state=0).fit(x, y), tmp_path / "m")
    code = "import sys; from runstone.scoring.loading import load; load(sys.argv[1], alone=True)"
    code += "; assert 'rich' not in sys.modules, 'loaded'; import rich.progress"
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "m")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_workers_share_one_model(tmp_path: Path) -> None:
    file, model = tmp_path / "loaded", Noted(strategy="constant", constant=1).fit([[0.0], [0.0]], [0, 1])
    model.file = str(file)
    cloudpickle.register_pickle_by_value(sys.modules[__name__])
    runstone.sklearn.save_model(model, tmp_path / "m")
    cloudpickle.unregister_pickle_by_value(sys.modules[__name__])
    file.unlink(missing_ok=True)
    port = free_port("127.0.0.1", 0)
    command = [sys.executable, "-m", "runstone.cli.main", "models", "serve", "-m", str(tmp_path / "m"), "-p", str(port)]
    serving = subprocess.Popen([*command, "-w", "2"], stderr=subprocess.PIPE, text=True)
    try:
        assert serving.stderr is not None
        while " answers at " not in (line := serving.stderr.readline()):
            assert line, "it ended"
        body = json.dumps({"inputs": [[1.0]]}).encode()
        assert ask(f"http://127.0.0.1:{port}/invocations", body, JSON) == (200, '{"predictions":[1]}')
    finally:
        serving.send_signal(signal.SIGTERM)
        serving.communicate(timeout=30)
    assert serving.returncode == 0
    assert file.read_text().split() == [str(serving.pid)]


@pytest.mark.skipif(not os.path.exists("/proc/self/task"), reason="nothing tells how many threads there are")
def test_what_begins_threads_is_not_shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(multiprocessing, "set_start_method", lambda method, force: told.append(method))
    kinds = {"calm": DummyClassifier, "threaded": Threaded}
    for name, kind in kinds.items():
        runstone.sklearn.save_model(kind(strategy="constant", constant=1).fit([[0.0], [0.0]], [0, 1]), tmp_path / name)
    assert holder.to_share(str(tmp_path / "calm")) is not None
    assert told == []
    assert loading.load_to_share(str(tmp_path / "threaded")) is None
    assert told == ["spawn"]


def test_other_frameworks_are_loaded_by_each_worker(tmp_path: Path) -> None:
    runstone.pyfunc.save_model(tmp_path / "m", python_model=lambda model_input: model_input, pip_requirements=[])
    assert loading.load_to_share(str(tmp_path / "m")) is None
