"""``runstone.models.predict``: one request in an environment made for the model, and what examples become as requests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import runstone
import runstone.pyfunc
from runstone.errors import InvalidValue, NotSupported, RunstoneError
from runstone.models import Model, convert_input_example_to_serving_input, infer_signature, predict, validate_serving_input

FRAME = pd.DataFrame({"x": [1.5, 2.0], "raw": [b"hi", b"you"]})


@pytest.fixture
def model(tmp_path: Path) -> str:
    place = tmp_path / "model"
    runstone.pyfunc.save_model(
        place,
        python_model=lambda model_input: [x + len(raw) for x, raw in model_input.to_numpy()],
        input_example=FRAME,
        pip_requirements=["cloudpickle"],
    )
    return str(place)


def test_an_example_is_a_request_that_the_model_takes(model: str) -> None:
    asked = Model.load(model).get_serving_input(model)
    assert asked is not None
    assert validate_serving_input(model, asked) == [3.5, 5.0]
    assert json.loads(convert_input_example_to_serving_input(FRAME)) == json.loads(asked)
    told = json.loads(convert_input_example_to_serving_input((FRAME[["x"]], {"times": 2})))
    assert told == {"dataframe_split": {"columns": ["x"], "data": [[1.5], [2.0]]}, "params": {"times": 2}}


def test_predicting_once(model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    predict(model, FRAME, env_manager="local")
    assert json.loads(capsys.readouterr().out) == {"predictions": [3.5, 5.0]}
    (tmp_path / "in.json").write_text(convert_input_example_to_serving_input(FRAME))
    predict(model, input_path=tmp_path / "in.json", output_path=tmp_path / "out.json", env_manager="local")
    assert json.loads((tmp_path / "out.json").read_text()) == {"predictions": [3.5, 5.0]}
    with pytest.raises(RunstoneError, match="'raw'"):
        predict(model, {"dataframe_records": [{"x": 1.0}]}, env_manager="local")
    for given in ({}, {"input_data": 1, "input_path": "x"}, {"input_data": 1, "content_type": "xml"}):
        with pytest.raises(InvalidValue):
            predict(model, env_manager="local", **given)


class Words(runstone.pyfunc.PythonModel):
    def predict(self, context: Any, model_input: Any, params: Any = None) -> Any:
        return list(model_input["x"])

    def predict_stream(self, context: Any, model_input: Any, params: Any = None) -> Any:
        yield from model_input["x"]


def test_what_a_loaded_model_has(tmp_path: Path) -> None:
    frame = FRAME[["x"]]
    runstone.pyfunc.save_model(
        tmp_path / "m", python_model=Words(), signature=infer_signature(frame), streamable=True, pip_requirements=[]
    )
    loaded = runstone.pyfunc.load_model(str(tmp_path / "m"))
    assert type(loaded.unwrap_python_model()).__name__ == "Words"
    assert list(loaded.predict_stream(frame)) == [1.5, 2.0]
    assert loaded.model_id is None
    with pytest.raises(InvalidValue, match="'x'"):
        loaded.predict_stream(pd.DataFrame({"y": [1.0]}))
    from_run = runstone.pyfunc.log_model(name="m", python_model=Words(), pip_requirements=[])
    again = runstone.pyfunc.load_model(from_run.model_uri)
    assert again.model_id == from_run.model_id
    with pytest.raises(NotSupported, match="streamable=True"):
        again.predict_stream(frame)
