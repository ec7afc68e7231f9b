"""Data whose signature is inferred, and data that is held against a signature.

What the real mlflow says about each is kept in ``mlflow_signatures.json`` and ``mlflow_enforcement.json``. Run as a script
under a Python that has mlflow to make them again.
"""

from __future__ import annotations

import datetime
import json
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

WHEN = pd.Timestamp("2024-01-15 10:30:00")


def inference_cases() -> dict[str, Callable[[], Any]]:
    """Name to a function that makes the data."""
    frame = pd.DataFrame
    return {
        "frame floats": lambda: frame({"a": [1.0, 2.0], "b": [3.0, 4.5]}),
        "frame float32": lambda: frame({"a": np.array([1.0, 2.0], dtype="float32")}),
        "frame float16": lambda: frame({"a": np.array([1.0, 2.0], dtype="float16")}),
        "frame ints": lambda: frame({"a": [1, 2]}),
        "frame int32": lambda: frame({"a": np.array([1, 2], dtype="int32")}),
        "frame int8": lambda: frame({"a": np.array([1, 2], dtype="int8")}),
        "frame uint8": lambda: frame({"a": np.array([1, 2], dtype="uint8")}),
        "frame uint32": lambda: frame({"a": np.array([1, 2], dtype="uint32")}),
        "frame uint64": lambda: frame({"a": np.array([1, 2], dtype="uint64")}),
        "frame booleans": lambda: frame({"a": [True, False]}),
        "frame strings": lambda: frame({"a": ["x", "y"]}),
        "frame strings with a gap": lambda: frame({"a": ["x", None]}),
        "frame floats with a gap": lambda: frame({"a": [1.0, np.nan]}),
        "frame objects that are ints": lambda: frame({"a": np.array([1, 2], dtype=object)}),
        "frame objects that are ints with a gap": lambda: frame({"a": np.array([1, None], dtype=object)}),
        "frame objects that are mixed": lambda: frame({"a": np.array([1, "x"], dtype=object)}),
        "frame objects that are floats": lambda: frame({"a": np.array([1.5, 2.5], dtype=object)}),
        "frame objects that are booleans": lambda: frame({"a": np.array([True, False], dtype=object)}),
        "frame bytes": lambda: frame({"a": [b"x", b"y"]}),
        "frame dates": lambda: frame({"a": [WHEN, WHEN]}),
        "frame of date objects": lambda: frame({"a": [datetime.date(2024, 1, 15)]}),
        "frame zoned dates": lambda: frame({"a": [WHEN.tz_localize("UTC")]}),
        "frame timedelta": lambda: frame({"a": [pd.Timedelta(seconds=1)]}),
        "frame category": lambda: frame({"a": pd.Series(["x", "y"], dtype="category")}),
        "frame nullable ints": lambda: frame({"a": pd.array([1, 2], dtype="Int64")}),
        "frame nullable ints with a gap": lambda: frame({"a": pd.array([1, None], dtype="Int64")}),
        "frame nullable floats": lambda: frame({"a": pd.array([1.0, None], dtype="Float64")}),
        "frame nullable booleans": lambda: frame({"a": pd.array([True, None], dtype="boolean")}),
        "frame string dtype": lambda: frame({"a": pd.array(["x", "y"], dtype="string")}),
        "frame of lists": lambda: frame({"a": [[1, 2], [3]]}),
        "frame of lists with a gap": lambda: frame({"a": [[1, 2], None]}),
        "frame of text lists": lambda: frame({"a": [["x"], ["y", "z"]]}),
        "frame of dicts": lambda: frame({"a": [{"b": 1}, {"b": 2, "c": "x"}]}),
        "frame of nested dicts": lambda: frame({"a": [{"b": {"c": [1.5]}}]}),
        "frame of arrays": lambda: frame({"a": [np.array([1.0, 2.0]), np.array([3.0, 4.0])]}),
        "frame all gaps": lambda: frame({"a": [None, None]}),
        "frame numbered columns": lambda: frame([[1.0, 2.0]]),
        "frame empty": lambda: frame({"a": pd.Series([], dtype="float64")}),
        "frame empty objects": lambda: frame({"a": pd.Series([], dtype=object)}),
        "series floats": lambda: pd.Series([1.0, 2.0]),
        "series named": lambda: pd.Series([1, 2], name="target"),
        "series strings": lambda: pd.Series(["x", "y"]),
        "series with a gap": lambda: pd.Series(["x", None], name="t"),
        "array floats": lambda: np.zeros((3, 4)),
        "array ints": lambda: np.array([1, 2]),
        "array int32": lambda: np.array([1, 2], dtype="int32"),
        "array booleans": lambda: np.array([True]),
        "array strings": lambda: np.array(["xy", "z"]),
        "array bytes": lambda: np.array([b"xy"]),
        "array objects": lambda: np.array(["xy", 1], dtype=object),
        "array dates": lambda: np.array(["2024-01-15"], dtype="datetime64[ns]"),
        "array images": lambda: np.zeros((2, 28, 28, 1), dtype="uint8"),
        "array scalar": lambda: np.array(1.0),
        "array empty": lambda: np.zeros((0, 3)),
        "dict of arrays": lambda: {"x": np.zeros((2, 3)), "y": np.zeros(2, dtype="int64")},
        "dict of lists": lambda: {"x": [1, 2], "y": ["a", "b"]},
        "dict of scalars": lambda: {"x": 1, "y": "a", "z": 1.5, "w": True, "v": b"q"},
        "dict of dicts": lambda: {"x": {"y": 1}},
        "dict with None": lambda: {"x": None, "y": 1},
        "dict empty": dict,
        "list of numbers": lambda: [1, 2, 3],
        "list of floats": lambda: [1.0, 2.0],
        "list of texts": lambda: ["a", "b"],
        "list mixed": lambda: [1, "a"],
        "list of int and float": lambda: [1, 1.5],
        "list of lists": lambda: [[1, 2], [3, 4]],
        "list of dicts": lambda: [{"a": 1}, {"a": 2, "b": "x"}],
        "list of dicts that disagree": lambda: [{"a": 1}, {"a": "x"}],
        "list of dicts of lists": lambda: [{"a": [1.5]}, {"a": [2.5, 3.5]}],
        "list of arrays": lambda: [np.zeros(3), np.zeros(3)],
        "list of dates": lambda: [datetime.datetime(2024, 1, 15)],
        "list empty": list,
        "scalar int": lambda: 1,
        "scalar float": lambda: 1.5,
        "scalar text": lambda: "hello",
        "scalar boolean": lambda: True,
        "scalar bytes": lambda: b"q",
        "scalar numpy": lambda: np.float32(1.5),
        "scalar date": lambda: datetime.datetime(2024, 1, 15),
        "none": lambda: None,
        "object": object,
        "tuple": lambda: (1, 2),
        "set": lambda: {1, 2},
    }


def param_cases() -> dict[str, Any]:
    return {
        "numbers": {"a": 1, "b": 1.5, "c": True, "d": "x"},
        "lists": {"a": [1, 2], "b": ["x"], "c": [1.5]},
        "arrays": {"a": np.array([1, 2])},
        "numpy scalars": {"a": np.float32(1.5), "b": np.int64(3)},
        "date": {"a": datetime.datetime(2024, 1, 15)},
        "dict": {"a": {"x": 1}},
        "empty": {},
        "empty list": {"a": []},
        "nested list": {"a": [[1]]},
        "none": {"a": None},
        "not a dict": [1],
    }


def enforcement_columns() -> dict[str, Any]:
    """Name to one column of values, for a frame."""
    return {
        "int64": np.array([1, 2], dtype="int64"),
        "int32": np.array([1, 2], dtype="int32"),
        "int8": np.array([1, 2], dtype="int8"),
        "uint8": np.array([1, 2], dtype="uint8"),
        "uint32": np.array([1, 2], dtype="uint32"),
        "uint64": np.array([1, 2], dtype="uint64"),
        "float64": np.array([1.5, 2.5]),
        "float64 whole": np.array([1.0, 2.0]),
        "float64 gap": np.array([1.0, np.nan]),
        "float64 zeros": np.array([0.0, 1.0]),
        "float32": np.array([1.5, 2.5], dtype="float32"),
        "bool": np.array([True, False]),
        "object ints": np.array([1, 2], dtype=object),
        "object floats": np.array([1.5, 2.5], dtype=object),
        "object bools": np.array([True, False], dtype=object),
        "object bools gap": np.array([True, None], dtype=object),
        "object texts": np.array(["x", "y"], dtype=object),
        "object texts gap": np.array(["x", None], dtype=object),
        "object number texts": np.array(["1", "2"], dtype=object),
        "object bytes": np.array([b"x", b"y"], dtype=object),
        "object gaps": np.array([None, None], dtype=object),
        "object mixed": np.array([1, "x"], dtype=object),
        "texts": pd.Series(["x", "y"]),
        "string dtype": pd.array(["x", "y"], dtype="string"),
        "Int64": pd.array([1, 2], dtype="Int64"),
        "Int64 gap": pd.array([1, None], dtype="Int64"),
        "Int32": pd.array([1, 2], dtype="Int32"),
        "Float64": pd.array([1.5, 2.5], dtype="Float64"),
        "Float64 gap": pd.array([1.5, None], dtype="Float64"),
        "boolean": pd.array([True, False], dtype="boolean"),
        "boolean gap": pd.array([True, None], dtype="boolean"),
        "dates": pd.Series([WHEN, WHEN]),
        "date objects": np.array([datetime.date(2024, 1, 15), None], dtype=object),
        "zoned dates": pd.Series([WHEN.tz_localize("UTC")] * 2),
        "date texts": pd.Series(["2024-01-15", "2024-01-16"]),
        "category texts": pd.Series(["x", "y"], dtype="category"),
        "category ints": pd.Series([1, 2], dtype="category"),
        "lists": pd.Series([[1, 2], [3]]),
    }


TYPES = ("boolean", "integer", "long", "float", "double", "string", "binary", "datetime")


def table_inputs() -> dict[str, Callable[[], Any]]:
    """Inputs held against the signature of two required doubles ``a`` and ``b``."""
    frame = pd.DataFrame
    return {
        "right": lambda: frame({"a": [1.0], "b": [2.0]}),
        "other order": lambda: frame({"b": [2.0], "a": [1.0]}),
        "extra": lambda: frame({"a": [1.0], "b": [2.0], "c": [3.0]}),
        "missing": lambda: frame({"a": [1.0]}),
        "missing and extra": lambda: frame({"a": [1.0], "z": [1.0]}),
        "numbered": lambda: frame([[1.0, 2.0]]),
        "dict of scalars": lambda: {"a": 1.0, "b": 2.0},
        "dict of lists": lambda: {"a": [1.0], "b": [2.0]},
        "dict of arrays": lambda: {"a": np.array([1.0]), "b": np.array([2.0])},
        "dict missing": lambda: {"a": [1.0]},
        "records": lambda: [{"a": 1.0, "b": 2.0}, {"a": 3.0, "b": 4.0}],
        "list of lists": lambda: [[1.0, 2.0]],
        "array": lambda: np.array([[1.0, 2.0]]),
        "wide array": lambda: np.array([[1.0, 2.0, 3.0]]),
        "array one row": lambda: np.array([1.0, 2.0]),
        "series": lambda: pd.Series({"a": 1.0, "b": 2.0}),
        "text": lambda: "x",
        "none": lambda: None,
        "empty": lambda: frame({"a": [], "b": []}),
    }


def tensor_inputs() -> dict[str, Callable[[], Any]]:
    """Inputs held against the unnamed tensor ``float64 (-1, 2)``."""
    return {
        "right": lambda: np.array([[1.0, 2.0]]),
        "float32": lambda: np.array([[1.0, 2.0]], dtype="float32"),
        "ints": lambda: np.array([[1, 2]]),
        "wrong width": lambda: np.array([[1.0, 2.0, 3.0]]),
        "one axis": lambda: np.array([1.0, 2.0]),
        "frame": lambda: pd.DataFrame([[1.0, 2.0]]),
        "named frame": lambda: pd.DataFrame({"x": [1.0], "y": [2.0]}),
        "frame of ints": lambda: pd.DataFrame([[1, 2]]),
        "frame too wide": lambda: pd.DataFrame([[1.0, 2.0, 3.0]]),
        "list": lambda: [[1.0, 2.0]],
        "dict": lambda: {"x": [1.0]},
        "series": lambda: pd.Series([1.0, 2.0]),
    }


def told(action: Callable[[], Any]) -> Any:
    """What the action gives as plain data, or ``"error"``."""
    try:
        return action()
    except Exception:  # any refusal is the finding
        return "error"


def inferred(infer: Callable[..., Any]) -> dict[str, Any]:
    """Every case's signature as its dict, inputs only."""
    found: dict[str, Any] = {}
    for name, make in inference_cases().items():
        found[name] = told(lambda make=make: infer(make()).to_dict()["inputs"])
    for name, params in param_cases().items():
        found[f"params {name}"] = told(lambda params=params: infer(None, None, params).to_dict()["params"])
    return {name: json.loads(value) if isinstance(value, str) and value != "error" else value for name, value in found.items()}


def plain(value: Any) -> Any:
    """A prediction's input as the model saw it: container, dtypes and values."""
    if isinstance(value, pd.DataFrame):
        return {"frame": {str(name): [family(value[name].dtype), shown(value[name])] for name in value.columns}}
    if isinstance(value, np.ndarray):
        return {"array": [str(value.dtype), value.tolist()]}
    return {type(value).__name__: repr(value)}


def family(dtype: Any) -> str:
    """The dtype, without the words in which versions of pandas differ."""
    name = str(dtype)
    return "text" if name in ("str", "object", "string") else name.split("[")[0] if name.startswith("datetime64") else name


def shown(values: Any) -> list[str]:
    return ["gap" if value is None or value != value or value is pd.NA else repr(value) for value in values.tolist()]


def enforced(enforce: Callable[[Any, Any], Any], parse: Callable[[str], Any]) -> dict[str, Any]:
    """For each declared type and column: what arrives at the model."""
    found: dict[str, Any] = {}
    for declared in TYPES:
        schema = parse(json.dumps([{"type": declared, "name": "a", "required": True}]))
        for name, column in enforcement_columns().items():
            frame = pd.DataFrame({"a": column})
            found[f"{declared} <- {name}"] = told(lambda frame=frame, schema=schema: plain(enforce(frame, schema)))
    doubles = parse(json.dumps([{"type": "double", "name": name, "required": True} for name in "ab"]))
    for name, make in table_inputs().items():
        found[f"table <- {name}"] = told(lambda make=make: plain(enforce(make(), doubles)))
    unnamed = parse(json.dumps([{"type": "double", "required": True}, {"type": "double", "required": True}]))
    for name, make in table_inputs().items():
        found[f"unnamed <- {name}"] = told(lambda make=make: plain(enforce(make(), unnamed)))
    optional = parse(
        json.dumps([{"type": "double", "name": "a", "required": True}, {"type": "double", "name": "b", "required": False}])
    )
    for name, make in table_inputs().items():
        found[f"optional <- {name}"] = told(lambda make=make: plain(enforce(make(), optional)))
    tensor = parse(json.dumps([{"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1, 2]}}]))
    for name, make in tensor_inputs().items():
        found[f"tensor <- {name}"] = told(lambda make=make: plain(enforce(make(), tensor)))
    return found


def main() -> None:
    from mlflow.models import infer_signature
    from mlflow.models.utils import _enforce_schema
    from mlflow.types import Schema

    here = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        (here / "mlflow_signatures.json").write_text(json.dumps(inferred(infer_signature), indent=1, sort_keys=True) + "\n")
        found = enforced(lambda data, schema: _enforce_schema(data, schema), Schema.from_json)
        (here / "mlflow_enforcement.json").write_text(json.dumps(found, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
