"""Models of one's own: classes, functions, files of code, loader modules; loaded here and by the real mlflow, and back."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import runstone
from forks import Forks
from runstone.client.notices import forget
from runstone.errors import AlreadyExists, InvalidValue, NotFound, PermissionDenied
from runstone.models import Model, infer_signature
from runstone.pyfunc import PythonModel, load_model, save_model

FRAME = pd.DataFrame({"x": [1.0, 2.0]})
CODE = """
import json
from runstone.models import ModelConfig, set_model
from runstone.pyfunc import PythonModel

class Scaled(PythonModel):
    def load_context(self, context):
        self.factor = context.model_config["factor"]
    def predict(self, context, model_input, params=None):
        return (model_input["x"] * self.factor).tolist()

assert ModelConfig(development_config={"factor": 9}).get("factor")
set_model(Scaled())
"""


def local_classes() -> dict[str, Any]:
    """Defined within a function, so that they are pickled whole, as those of a script are."""

    class Word(PythonModel):
        def load_context(self, context: Any) -> None:
            self.word = Path(context.artifacts["word"]).read_text()

        def predict(self, context: Any, model_input: Any, params: dict[str, Any] | None = None) -> Any:
            return [self.word * (params or {}).get("times", 1) for _ in range(len(model_input))]

    class Short(PythonModel):
        def predict(self, model_input: list[str]) -> list[str]:
            return [one.upper() for one in model_input]

        def predict_stream(self, context: Any, model_input: Any, params: Any = None) -> Iterator[Any]:
            yield from model_input

    class Holds(PythonModel):
        def __init__(self) -> None:
            self.file = sys.stdout.buffer

    class Arrays(PythonModel):
        def predict(self, context: Any, model_input: Any, params: Any = None) -> Any:
            import sklearn.utils  # what it needs when it predicts

            return sklearn.utils.check_array(np.asarray(model_input)).sum(axis=1)

    return {"Word": Word, "Short": Short, "Holds": Holds, "Arrays": Arrays}


@pytest.fixture
def word(tmp_path: Path) -> str:
    file = tmp_path / "word.txt"
    file.write_text("hi")
    return str(file)


def test_artifacts_and_params(tmp_path: Path, word: str) -> None:
    signature = infer_signature(FRAME, ["hi"], params={"times": 1})
    artifacts = {"word": word, "again": word}
    model = local_classes()["Word"]()
    save_model(tmp_path / "m", python_model=model, artifacts=artifacts, signature=signature, pip_requirements=[])
    Path(word).unlink()
    loaded = load_model(str(tmp_path / "m"))
    assert loaded.predict(FRAME) == ["hi", "hi"]
    assert loaded.predict(FRAME, params={"times": 2}) == ["hihi", "hihi"]
    with pytest.raises(InvalidValue, match="'x'"):
        loaded.predict(pd.DataFrame({"y": [1.0]}))
    kept = Model.load(tmp_path / "m").flavors["python_function"]["artifacts"]
    assert kept["word"] == {"path": "artifacts/word.txt", "uri": word}
    assert kept["again"]["path"] == "artifacts/1/word.txt"
    with pytest.raises(AlreadyExists):
        save_model(tmp_path / "m", python_model=model)


def test_type_hints_are_the_signature(tmp_path: Path) -> None:
    save_model(tmp_path / "m", python_model=local_classes()["Short"](), pip_requirements=[], streamable=True)
    loaded = load_model(str(tmp_path / "m"))
    assert json.loads(loaded.metadata.signature.to_dict()["inputs"]) == [{"type": "string", "required": True}]
    for data in (["a", "b"], pd.Series(["a", "b"]), pd.DataFrame({"t": ["a", "b"]}), np.array(["a", "b"])):
        assert loaded.predict(data) == ["A", "B"]
    with pytest.raises(InvalidValue, match=r"\[1\] is a str; it got 2"):
        loaded.predict(["a", 2])
    with pytest.raises(InvalidValue, match="takes a list"):
        loaded.predict("a")


def test_a_function_and_a_run(tmp_path: Path) -> None:
    with runstone.start_run() as run:
        info = runstone.pyfunc.log_model(
            name="f", python_model=lambda model_input: model_input["x"] * 2, input_example=FRAME, registered_model_name="twice"
        )
    assert info.signature is not None
    assert runstone.pyfunc.load_model(f"runs:/{run.info.run_id}/f").predict(FRAME).tolist() == [2.0, 4.0]
    assert runstone.pyfunc.load_model("models:/twice/1").predict(FRAME).tolist() == [2.0, 4.0]
    assert runstone.get_logged_model(info.model_id).name == "f"


def test_requirements_are_what_it_imports(tmp_path: Path) -> None:
    save_model(tmp_path / "m", python_model=local_classes()["Arrays"](), input_example=FRAME)
    names = [line.partition("==")[0] for line in (tmp_path / "m" / "requirements.txt").read_text().split()]
    assert names == ["cloudpickle", "numpy", "scikit-learn"]


def test_files_of_code(tmp_path: Path) -> None:
    code = tmp_path / "scaled.py"
    code.write_text(CODE)
    save_model(tmp_path / "m", python_model=str(code), model_config={"factor": 3}, pip_requirements=[])
    code.unlink()
    assert load_model(str(tmp_path / "m")).predict(FRAME) == [3.0, 6.0]
    loaded = load_model(str(tmp_path / "m"), model_config={"factor": 10})
    assert (loaded.predict(FRAME), loaded.model_config) == ([10.0, 20.0], {"factor": 3})
    (tmp_path / "none.py").write_text("x = 1\n")
    with pytest.raises(InvalidValue, match="set_model"):
        save_model(tmp_path / "n", python_model=tmp_path / "none.py")
    with pytest.raises(NotFound, match="gone.py"):
        save_model(tmp_path / "n", python_model=tmp_path / "gone.py")
    assert not (tmp_path / "n").exists()


def test_loader_modules_and_code_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "my_loader.py").write_text(
        "import pathlib\nclass M:\n    def __init__(self, path): self.n = int(pathlib.Path(path).read_text())\n"
        "    def predict(self, data): return [self.n] * len(data)\n\ndef _load_pyfunc(path): return M(path)\n"
    )
    (tmp_path / "n.txt").write_text("7")
    monkeypatch.syspath_prepend(str(tmp_path))
    path = tmp_path / "m"
    save_model(path, loader_module="my_loader", data_path=tmp_path / "n.txt", code_paths=[str(tmp_path / "my_loader.py")])
    monkeypatch.undo()
    assert load_model(str(path)).predict([0, 0]) == [7, 7]
    assert Model.load(path).flavors["python_function"]["data"] == "data/n.txt"


def test_what_cannot_be_a_model(tmp_path: Path) -> None:
    classes = local_classes()
    for wrong, words in (
        ({}, "one of the two"),
        ({"python_model": classes["Word"]}, "give an instance"),
        ({"python_model": 3}, "it got int"),
        ({"python_model": classes["Holds"]()}, "load_context"),
        ({"loader_module": "x", "artifacts": {"a": "b"}}, "go with python_model"),
        ({"python_model": lambda model_input: 1, "signature": 3}, "ModelSignature"),
    ):
        with pytest.raises(InvalidValue, match=words):
            save_model(tmp_path / "m", **wrong)
        assert not (tmp_path / "m").exists()
    save_model(tmp_path / "m", python_model=lambda model_input: 1, pip_requirements=[])
    os.environ["RUNSTONE_ALLOW_PICKLE"] = "deny"
    with pytest.raises(PermissionDenied):
        load_model(str(tmp_path / "m"))


PEER_LOADS = """
import json, sys, warnings
warnings.simplefilter("ignore")
import mlflow, pandas as pd
assert "runstone" not in sys.modules
frame = pd.DataFrame({"x": [1.0, 2.0]})
found = {
    "word": mlflow.pyfunc.load_model("word").predict(frame, params={"times": 2}),
    "short": mlflow.pyfunc.load_model("short").predict(["a", "b"]),
    "function": mlflow.pyfunc.load_model("function").predict(frame).tolist(),
}

class Theirs(mlflow.pyfunc.PythonModel):
    def load_context(self, context):
        with open(context.artifacts["word"]) as file:
            self.word = file.read()
    def predict(self, context, model_input, params=None): return [self.word] * len(model_input)
class Hinted(mlflow.pyfunc.PythonModel):
    def predict(self, model_input: list[str], params=None) -> list[str]: return [one.upper() for one in model_input]
open("w.txt", "w").write("theirs")
mlflow.pyfunc.save_model("a", python_model=Theirs(), artifacts={"word": "w.txt"}, pip_requirements=["pandas"])
mlflow.pyfunc.save_model("b", python_model=Hinted(), pip_requirements=["pandas"])
mlflow.pyfunc.save_model("c", python_model=lambda model_input: len(model_input), pip_requirements=["pandas"])
signature = mlflow.models.infer_signature(frame.assign(a=[[1.0]] * 2, o=[{"p": 1}] * 2), params={"times": 1})
for name, known in (("d", signature), ("e", mlflow.models.infer_signature(frame.to_numpy(), frame.to_numpy()))):
    mlflow.pyfunc.save_model(name, python_model=lambda model_input: 2, signature=known, pip_requirements=["pandas"])
print("FOUND" + json.dumps(found))
"""


@pytest.mark.peer
def test_the_real_mlflow_loads_ours_and_we_load_its(real_mlflow: Forks, tmp_path: Path, word: str) -> None:
    classes = local_classes()
    signature = infer_signature(FRAME, ["hi"], params={"times": 1})
    extra: dict[str, Any] = {"pip_requirements": []}
    save_model(tmp_path / "word", python_model=classes["Word"](), artifacts={"word": word}, signature=signature, **extra)
    save_model(tmp_path / "short", python_model=classes["Short"](), **extra)
    save_model(tmp_path / "function", python_model=lambda model_input: model_input["x"] * 2, **extra)
    done = real_mlflow.run("-c", PEER_LOADS, cwd=tmp_path, env=os.environ)
    assert "FOUND" in done.stdout, done.stderr[-3000:]
    told = json.loads(done.stdout.partition("FOUND")[2])
    assert told == {"word": ["hihi", "hihi"], "short": ["A", "B"], "function": [2.0, 4.0]}
    forget()
    assert load_model(str(tmp_path / "a")).predict(FRAME) == ["theirs", "theirs"]
    assert load_model(str(tmp_path / "b")).predict(["a"]) == ["A"]
    with pytest.raises(InvalidValue, match="is a str"):
        load_model(str(tmp_path / "b")).predict([1])
    assert load_model(str(tmp_path / "c")).predict(FRAME) == 2
    assert load_model(str(tmp_path / "d")).predict(FRAME.assign(a=[[1.0]] * 2, o=[{"p": 1}] * 2)) == 2
    assert load_model(str(tmp_path / "e")).predict(np.ones((2, 1))) == 2
