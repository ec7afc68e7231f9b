"""Datasets of TensorFlow and of Hugging Face, where they are installed (``make flavors``), described as mlflow does."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import runstone
from runstone.data.huggingface_dataset_source import HuggingFaceDatasetSource
from runstone.errors import InvalidValue

#: name to [digest, schema, profile], as mlflow 3.17.2 with TensorFlow 2.21 and datasets 5.2 says.
MLFLOW = json.loads((Path(__file__).parent / "mlflow_datasets.json").read_text())
pytestmark = pytest.mark.filterwarnings("ignore")


def described(dataset: Any) -> list[Any]:
    told = dataset.to_dict()
    return [told["digest"], told["schema"], told["profile"]]


def test_tensors_and_pipelines_of_tensorflow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "TF_CPP_MIN_LOG_LEVEL", "3")
    tf = pytest.importorskip("tensorflow", reason="tensorflow is not installed (pip install tensorflow-cpu)")
    of = tf.data.Dataset.from_tensor_slices
    cases = {
        "tensor": (tf.constant(np.arange(6.0).reshape(2, 3)), None),
        "tensors": (tf.constant([[1, 2], [3, 4]]), tf.constant([1, 0])),
        "text": (tf.constant(["a", "b"]), None),
        "rows": (of(np.arange(6.0, dtype="float32").reshape(2, 3)), None),
        "both": (of(np.arange(6).reshape(2, 3)), of(np.array([[1], [2]]))),
        "dict": (of({"b": np.arange(4.0).reshape(2, 2), "a": np.ones((2, 1), "int32")}), None),
        "tuple": (of((np.arange(4.0).reshape(2, 2), np.ones((2, 1)))), None),
        "scalars": (of([1, 2, 3]), None),
        "batched": (of((np.arange(40.0).reshape(20, 2), np.arange(20))).batch(8), None),
        "texts": (of([["a"], ["bb"]]), None),
        "filtered": (tf.data.Dataset.range(10).filter(lambda one: one > 3).batch(2), None),
        "long": (tf.data.Dataset.from_tensors(np.arange(30000)), None),
    }
    make = runstone.data.from_tensorflow
    found = {name: described(make(features, "/tmp/x", targets)) for name, (features, targets) in cases.items()}
    assert found == {name: MLFLOW[f"tensorflow {name}"] for name in cases}

    pyfunc = make(*(cases["tensors"][0], "x.npy"), targets=cases["tensors"][1]).to_pyfunc()
    assert (pyfunc.inputs.tolist(), pyfunc.outputs.tolist()) == ([[1, 2], [3, 4]], [1, 0])
    assert make(of(np.zeros((0, 2)))).schema is None
    endless = of([1]).repeat()
    assert make(endless, digest="d").profile == {"features_cardinality": -1}
    for wrong, told in (((endless,), "no end"), (([1],), "features"), ((of([1]), None, tf.constant([1])), "targets")):
        with pytest.raises(InvalidValue, match=told):
            make(*wrong)


def test_datasets_of_hugging_face(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "HF_HUB_OFFLINE", "1")
    datasets = pytest.importorskip("datasets", reason="datasets is not installed (pip install datasets)")
    cases = {
        "texts": {"text": ["a", "b", "ü"], "label": [0, 1, 0]},
        "gaps": {"s": ["a", None], "f": [1.5, None]},
        "lists": {"tokens": [[1, 2], [3]], "t": ["x", "y"]},
        "nested": {"d": [{"a": 1}, {"a": 2}]},
        "long": {"a": list(range(12000))},
    }
    make = runstone.data.from_huggingface
    found = {name: described(make(datasets.Dataset.from_dict(columns), source="x.csv")) for name, columns in cases.items()}
    assert found == {name: MLFLOW[f"huggingface {name}"] for name in cases}

    rows = datasets.Dataset.from_dict(cases["texts"])
    parts = make(rows, targets="label", name="reviews").to_pyfunc()
    assert (list(parts.inputs.columns), parts.outputs.tolist()) == (["text"], [0, 1, 0])
    for wrong, told in ((([1],), "list"), ((rows, None, "z"), "'z'")):
        with pytest.raises(InvalidValue, match=told):
            make(*wrong)

    (tmp_path / "rows.csv").write_text("a,b\n1,x\n")
    made = make(rows, path="csv", data_files=str(tmp_path / "rows.csv"))
    source = runstone.data.get_source(made._to_mlflow_entity())
    assert isinstance(source, HuggingFaceDatasetSource)
    assert source.load(cache_dir=str(tmp_path / "cache"))["train"].to_dict() == {"a": [1], "b": ["x"]}


def test_a_source_of_hugging_face_reads_itself_back() -> None:
    source = HuggingFaceDatasetSource("me/mine", "small", split="train", revision="main")
    assert source._get_source_type() == "hugging_face"
    assert HuggingFaceDatasetSource.from_dict(source.to_dict()).to_dict() == source.to_dict()
    told = {"path": "me/mine", "config_name": None, "data_dir": None, "data_files": None, "split": "None", "revision": None}
    assert HuggingFaceDatasetSource("me/mine").to_dict() == told  # as MLflow writes it
    assert HuggingFaceDatasetSource.from_dict(told).split is None
    with pytest.raises(InvalidValue, match="split"):
        source.load(split="test")
