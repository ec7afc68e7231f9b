"""The real mlflow, in its own environment: it loads what we write, and we load what it writes."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import runstone.pyfunc
import runstone.sklearn
from forks import Forks
from runstone.errors import InvalidValue
from runstone.models import Model, get_model_info, infer_signature

pytestmark = pytest.mark.peer

FRAME, TARGET = load_iris(return_X_y=True, as_frame=True)
FOREST = RandomForestClassifier(5, random_state=0).fit(FRAME, TARGET)

READ = """
import json, sys, warnings
warnings.simplefilter("ignore")
import mlflow, mlflow.sklearn
from sklearn.datasets import load_iris
frame, _ = load_iris(return_X_y=True, as_frame=True)
found = {}
for path in sys.argv[1:]:
    loaded, model = mlflow.pyfunc.load_model(path), mlflow.models.Model.load(path)
    example = model.load_input_example(path)
    found[path] = {
        "pyfunc": loaded.predict(frame).tolist(),
        "sklearn": mlflow.sklearn.load_model(path).predict(frame).tolist(),
        "signature": model.signature.to_dict() if model.signature else None,
        "uuid": mlflow.models.get_model_info(path).model_uuid,
        "example": None if example is None else example.to_dict("list"),
        "requirements": open(mlflow.pyfunc.get_model_dependencies(path)).read(),
        "metadata": model.metadata,
    }
print("FOUND" + json.dumps(found))
"""

WRITE = """
import os, sys, warnings
warnings.simplefilter("ignore")
os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"  # a database of it takes seconds to make
import mlflow, mlflow.sklearn
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
frame, target = load_iris(return_X_y=True, as_frame=True)
forest = RandomForestClassifier(5, random_state=0).fit(frame, target)
logistic = LogisticRegression(max_iter=500).fit(frame, target)
trusted = ["sklearn.tree._tree.Tree"]
# else each save starts a process that imports mlflow again
known = {"pip_requirements": ["scikit-learn", "cloudpickle", "skops"]}
signature = mlflow.models.infer_signature(frame, forest.predict(frame), {"t": 0.5})
folder = sys.argv[1]
mlflow.sklearn.save_model(logistic, folder + "/default", input_example=frame.head(2), **known)
mlflow.sklearn.save_model(forest, folder + "/cloudpickle", serialization_format="cloudpickle", signature=signature, **known)
mlflow.sklearn.save_model(forest, folder + "/pickle", serialization_format="pickle", metadata={"a": [1, {"b": None}]}, **known)
mlflow.sklearn.save_model(forest, folder + "/skops", serialization_format="skops", skops_trusted_types=trusted, **known)
mlflow.sklearn.save_model(logistic, folder + "/proba", pyfunc_predict_fn="predict_proba", **known)
mlflow.set_tracking_uri("file://" + folder + "/mlruns")
os.chdir(folder)
with mlflow.start_run():
    info = mlflow.sklearn.log_model(logistic, name="model", input_example=frame.head(2), **known)
print("FOUND" + mlflow.artifacts.download_artifacts(info.model_uri))
"""


def ask(mlflow: Forks, script: tuple[str, ...], *arguments: str, cwd: Path) -> str:
    """What a script under the real mlflow prints after the word FOUND."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("RUNSTONE_", "MLFLOW_", "PYTHON"))}
    done = mlflow.run(*script, *arguments, cwd=cwd, env=clean)
    assert done.returncode == 0, done.stderr
    return done.stdout.rpartition("FOUND")[2].strip()


@pytest.mark.slow
def test_mlflow_loads_what_we_write(real_mlflow: Forks, tmp_path: Path) -> None:
    kinds: dict[str, dict[str, Any]] = {
        "cloudpickle": {"signature": infer_signature(FRAME, FOREST.predict(FRAME)), "input_example": FRAME.head(2)},
        "pickle": {"serialization_format": "pickle", "metadata": {"team": ["a", {"b": 1}]}},
        "skops": {"serialization_format": "skops", "input_example": (FRAME.head(2), {"t": 0.5})},
        "extra": {"extra_pip_requirements": ["pandas"], "conda_env": None},
    }
    pipeline = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500)).fit(FRAME, TARGET)
    for name, arguments in kinds.items():
        runstone.sklearn.save_model(FOREST, tmp_path / name, **arguments)
    runstone.sklearn.save_model(pipeline, tmp_path / "pipeline", serialization_format="skops")
    found = json.loads(ask(real_mlflow, ("-c", READ), *(str(tmp_path / name) for name in [*kinds, "pipeline"]), cwd=tmp_path))
    for path, told in found.items():
        model = runstone.sklearn.load_model(path)
        assert told["pyfunc"] == told["sklearn"] == model.predict(FRAME).tolist()
        ours = Model.load(path)
        assert told["signature"] == (ours.signature.to_dict() if ours.signature else None)
        assert told["uuid"] == ours.model_uuid
        assert told["metadata"] == ours.metadata
        example = ours.load_input_example(path)
        assert told["example"] == (None if example is None else example.to_dict("list"))
        assert "scikit-learn==" in told["requirements"]


@pytest.mark.slow
def test_we_load_what_mlflow_writes(real_mlflow: Forks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    logged = ask(real_mlflow, ("-c", WRITE), str(tmp_path), cwd=tmp_path)
    expected = FOREST.predict(FRAME)
    for name in ("cloudpickle", "pickle", "skops"):
        np.testing.assert_array_equal(runstone.pyfunc.load_model(tmp_path / name).predict(FRAME), expected)
        np.testing.assert_array_equal(runstone.sklearn.load_model(tmp_path / name).predict(FRAME), expected)
    logistic = runstone.sklearn.load_model(tmp_path / "default")
    assert runstone.pyfunc.load_model(tmp_path / "proba").predict(FRAME).shape == (150, 3)
    assert Model.load(tmp_path / "cloudpickle").signature == infer_signature(FRAME, expected, {"t": 0.5})
    assert get_model_info(str(tmp_path / "pickle")).metadata == {"a": [1, {"b": None}]}
    pd.testing.assert_frame_equal(Model.load(tmp_path / "default").load_input_example(tmp_path / "default"), FRAME.head(2))
    np.testing.assert_array_equal(runstone.pyfunc.load_model(logged).predict(FRAME), logistic.predict(FRAME))
    with pytest.raises(InvalidValue, match="petal"):
        runstone.pyfunc.load_model(logged).predict(FRAME.iloc[:, :2])
    monkeypatch.setenv("RUNSTONE_ALLOW_PICKLE", "deny")
    np.testing.assert_array_equal(runstone.sklearn.load_model(tmp_path / "skops").predict(FRAME), expected)


@pytest.mark.slow
def test_the_recorded_answers_are_still_mlflows(real_mlflow: Forks, tmp_path: Path) -> None:
    here = Path(__file__).parent
    ask(real_mlflow, (str(here / "signature_cases.py"),), str(tmp_path), cwd=tmp_path)
    for name in ("mlflow_signatures.json", "mlflow_enforcement.json"):
        assert json.loads((tmp_path / name).read_text()) == json.loads((here / name).read_text())
