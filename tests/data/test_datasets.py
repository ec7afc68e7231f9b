"""Datasets: the same fingerprints, schemas and profiles as the real mlflow, and sources that lead back to the data."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import runstone
from runstone.data.dataset import Dataset
from runstone.data.dataset_source import DatasetSource
from runstone.data.dataset_source_registry import get_dataset_source_from_json, register_dataset_source
from runstone.data.pandas_dataset import PandasDataset
from runstone.data.schema import TensorDatasetSchema
from runstone.entities import DatasetInput
from runstone.errors import InvalidUrlException, InvalidValue, NotFound, NotSupported

#: name to [digest, schema, profile], as mlflow 3.17.2 with pandas 3.1.1 and NumPy 2.4.6 says.
MLFLOW = json.loads((Path(__file__).parent / "mlflow_datasets.json").read_text())

FRAMES = {
    "ints": pd.DataFrame({"i": [1, 2, 3]}),
    "floats": pd.DataFrame({"f": [1.5, None, 2]}),
    "texts": pd.DataFrame({"s": ["a", "b", "ü"]}, dtype=object),
    "gaps": pd.DataFrame({"s": ["a", "b", None]}, dtype=object),
    "mixed": pd.DataFrame({"a": [1, 2, 3], "b": ["x", "y", "z"], "y": [0.0, 1.0, 0.0]}),
    "times": pd.DataFrame({"d": pd.to_datetime(["2020-01-01"] * 3)}),
    "bools": pd.DataFrame({"b": [True, False, True]}),
    "small": pd.DataFrame({"u": np.array([1, 2, 3], "uint8"), "f": np.array([1, 2, 3], "float32")}),
    "lists": pd.DataFrame({"o": [[1], [2, 3], [4]]}),
    "empty": pd.DataFrame({"a": []}),
    "long": pd.DataFrame({"a": np.arange(20000)}),
    "deltas": pd.DataFrame({"td": pd.to_timedelta([1, 2, 3])}),
}
ARRAYS: dict[str, Any] = {
    "matrix": np.arange(6.0).reshape(2, 3),
    "dict": {"a": np.arange(3, dtype="int32"), "b": np.array(["x", "yy"])},
    "bools": np.array([True, False]),
    "halves": np.array([1, 2], "float16"),
    "objects": np.array(["a", "b"], object),
    "long": np.arange(30000),
    "complex": np.array([1 + 2j]),
    "times": np.array(["2020-01-01"], "datetime64[ns]"),
}


@pytest.mark.parametrize("name", FRAMES)
def test_frames_are_described_as_mlflow_does(name: str) -> None:
    told = runstone.data.from_pandas(FRAMES[name], source="/tmp/x.csv").to_dict()
    assert [told["digest"], told["schema"], told["profile"]] == MLFLOW[f"frame {name}"]


@pytest.mark.parametrize("name", ARRAYS)
def test_arrays_are_described_as_mlflow_does(name: str) -> None:
    told = runstone.data.from_numpy(ARRAYS[name], source="s3://b/k").to_dict()
    assert [told["digest"], told["schema"], told["profile"]] == MLFLOW[f"array {name}"]


def test_targets_count_too() -> None:
    told = runstone.data.from_numpy(ARRAYS["matrix"], targets=np.array([1, 2]), source="http://x/y").to_dict()
    assert [told[key] for key in ("digest", "schema", "profile", "source", "source_type")] == MLFLOW["array targets"]


def test_a_dataset_tells_what_it_was_made_of() -> None:
    frame = FRAMES["mixed"]
    dataset = runstone.data.from_pandas(
        frame, "s3://bucket/x.parquet", targets="y", name="irises", digest="abc", predictions="a"
    )
    assert (dataset.name, dataset.digest, dataset.targets, dataset.predictions) == ("irises", "abc", "y", "a")
    assert dataset.df is frame
    assert isinstance(dataset, PandasDataset)
    assert isinstance(dataset, Dataset)
    assert dataset.profile == {"num_rows": 3, "num_elements": 9}
    assert [item.name for item in dataset.schema.inputs] == ["a", "b", "y"]
    pyfunc = dataset.to_pyfunc()
    assert list(pyfunc.inputs.columns) == ["a", "b"]
    assert list(pyfunc.outputs) == [0.0, 1.0, 0.0]
    assert json.loads(dataset.to_json()) == dataset.to_dict()


def test_mistakes_are_told() -> None:
    with pytest.raises(InvalidValue, match="targets column 'z'"):
        runstone.data.from_pandas(FRAMES["mixed"], targets="z")
    with pytest.raises(InvalidValue, match="predictions column 'z'"):
        runstone.data.from_pandas(FRAMES["mixed"], predictions="z")
    with pytest.raises(InvalidValue, match=r"pandas\.DataFrame"):
        runstone.data.from_pandas([1])
    with pytest.raises(InvalidValue, match="features"):
        runstone.data.from_numpy([1])
    with pytest.raises(InvalidValue, match="targets"):
        runstone.data.from_numpy(np.arange(3), targets=[1])
    with pytest.raises(InvalidValue, match="no source"):
        runstone.data.from_numpy(np.arange(3), source=3)


def test_a_schema_of_tensors_reads_itself_back() -> None:
    schema = runstone.data.from_numpy(ARRAYS["dict"], targets=np.arange(3)).schema
    assert TensorDatasetSchema.from_dict(schema.to_dict()) == schema
    with pytest.raises(InvalidValue, match="mlflow_tensorspec"):
        TensorDatasetSchema.from_dict({})


def test_polars_frames() -> None:
    pl = pytest.importorskip("polars")
    frame = pl.DataFrame(
        {"i": [1, 2], "s": ["a", None], "l": [[1.0], [2.0]], "o": [{"x": 1}, {"x": 2}]}, schema_overrides={"i": pl.Int32}
    )
    dataset = runstone.data.from_polars(frame, targets="i")
    assert json.loads(dataset.to_dict()["schema"])["mlflow_colspec"] == [
        {"type": "integer", "name": "i", "required": True},
        {"type": "string", "name": "s", "required": False},
        {"type": "array", "items": {"type": "double"}, "name": "l", "required": True},
        {"type": "object", "properties": {"x": {"type": "long", "required": True}}, "name": "o", "required": True},
    ]
    assert dataset.profile == {"num_rows": 2, "num_elements": 8}
    assert len(dataset.digest) == 8
    assert dataset.digest == runstone.data.from_polars(frame.clone()).digest
    assert dataset.digest != runstone.data.from_polars(frame.reverse()).digest
    assert dataset.to_pyfunc().outputs.to_list() == [1, 2]
    assert runstone.data.from_polars(pl.DataFrame({"t": [None]})).schema is None
    with pytest.raises(InvalidValue, match=r"polars\.DataFrame"):
        runstone.data.from_polars(FRAMES["ints"])


# --- sources ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "kind", "told"),
    [
        ("data/x.csv", "local", {"uri": "data/x.csv"}),
        (Path("/data/x.csv"), "local", {"uri": "/data/x.csv"}),
        ("file:///data/x.csv", "local", {"uri": "file:///data/x.csv"}),
        ("http://host/x.csv", "http", {"url": "http://host/x.csv"}),
        ("HTTPS://host/x.csv", "http", {"url": "HTTPS://host/x.csv"}),
        ("s3://bucket/x", "s3", {"uri": "s3://bucket/x"}),
        ("gs://bucket/x", "gs", {"uri": "gs://bucket/x"}),
    ],
)
def test_sources_are_told_apart_and_come_back(raw: Any, kind: str, told: dict[str, str]) -> None:
    dataset = runstone.data.from_numpy(np.arange(3), source=raw)
    entity = dataset._to_mlflow_entity()
    assert (entity.source_type, json.loads(entity.source)) == (kind, told)
    for again in (entity, DatasetInput(entity), dataset):
        source = runstone.data.get_source(again)
        assert type(source) is type(dataset.source)
        assert source.to_dict() == told


def test_without_a_source_it_is_the_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["train.py"])
    source = runstone.data.from_numpy(np.arange(3)).source
    assert source._get_source_type() == "code"
    assert source.to_dict()["tags"]["mlflow.source.name"] == "train.py"
    with pytest.raises(NotSupported, match=r"train\.py"):
        source.load()


def test_a_local_source_loads(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a\n1\n")
    source = runstone.data.from_numpy(np.arange(3), source=tmp_path / "x.csv").source
    assert source.load() == str(tmp_path / "x.csv")
    assert Path(source.load(str(tmp_path / "to"))).read_text() == "a\n1\n"
    with pytest.raises(NotFound):
        runstone.data.from_numpy(np.arange(3), source=tmp_path / "nope.csv").source.load()


@pytest.fixture
def web(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "web").mkdir()
    (tmp_path / "web/x y.csv").write_text("a\n1\n")

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            pass

        def do_GET(self) -> None:
            if self.path.startswith("/named"):
                self.send_response(200)
                self.send_header("Content-Disposition", f'attachment; filename="{self.path[7:]}"')
                self.end_headers()
            else:
                super().do_GET()

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path / "web")))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_source_on_the_web_loads(web: str, tmp_path: Path) -> None:
    source = runstone.data.from_numpy(np.arange(3), source=f"{web}/x%20y.csv").source
    place = source.load(str(tmp_path / "to"))
    assert place == str(tmp_path / "to/x y.csv")
    assert Path(place).read_text() == "a\n1\n"
    assert Path(runstone.data.from_numpy(np.arange(3), source=f"{web}/named?good.csv").source.load()).name == "good.csv"


def test_a_source_on_the_web_that_fails(web: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidUrlException, match="404"):
        runstone.data.from_numpy(np.arange(3), source=f"{web}/nope").source.load(str(tmp_path))
    with pytest.raises(InvalidValue, match="which is a path"):
        runstone.data.from_numpy(np.arange(3), source=f"{web}/named?../../evil").source.load(str(tmp_path / "deep"))


def test_a_source_of_ones_own() -> None:
    class Shelf(DatasetSource):
        def __init__(self, number: int) -> None:
            self.number = number

        @staticmethod
        def _get_source_type() -> str:
            return "shelf"

        @staticmethod
        def _can_resolve(raw_source: Any) -> bool:
            return isinstance(raw_source, str) and raw_source.startswith("shelf:")

        @classmethod
        def _resolve(cls, raw_source: Any) -> Shelf:
            return cls(int(raw_source[6:]))

        def to_dict(self) -> dict[Any, Any]:
            return {"number": self.number}

        @classmethod
        def from_dict(cls, source_dict: dict[Any, Any]) -> Shelf:
            return cls(source_dict["number"])

    register_dataset_source(Shelf)
    dataset = runstone.data.from_numpy(np.arange(3), source="shelf:7")
    assert isinstance(dataset.source, Shelf)
    assert runstone.data.get_source(dataset._to_mlflow_entity()).to_dict() == {"number": 7}


def test_a_source_of_an_unknown_kind() -> None:
    with pytest.raises(NotFound, match="'moon'"):
        get_dataset_source_from_json("{}", "moon")
    with pytest.raises(InvalidValue, match="get_source takes"):
        runstone.data.get_source(3)


# --- inputs of a run ----------------------------------------------------------------------------------------------------


def test_inputs_of_a_run(tmp_path: Path) -> None:
    runstone.set_tracking_uri(tmp_path / "runs")
    runstone.set_experiment("inputs")
    train = runstone.data.from_pandas(FRAMES["mixed"], "x.csv", name="train")
    with runstone.start_run() as run:
        runstone.log_input(train, context="training", tags={"split": "a"})
        runstone.log_inputs([runstone.data.from_numpy(np.arange(3), "y.npy"), None], ["test", None], [None, None])
    found = {one.dataset.name: one for one in runstone.get_run(run.info.run_id).inputs.dataset_inputs}
    assert found["train"].dataset == train._to_mlflow_entity()
    assert {tag.key: tag.value for tag in found["train"].tags} == {"mlflow.data.context": "training", "split": "a"}
    assert [tag.value for tag in found["dataset"].tags] == ["test"]
    assert runstone.data.get_source(found["train"]).to_dict() == {"uri": "x.csv"}


def test_inputs_of_a_run_by_id(tmp_path: Path) -> None:
    client = runstone.MlflowClient(str(tmp_path / "runs"))
    run = client.create_run("0")
    entity = runstone.data.from_numpy(np.arange(3), "y.npy")._to_mlflow_entity()
    client.log_inputs(run.info.run_id, [DatasetInput(entity)])
    assert client.get_run(run.info.run_id).inputs.dataset_inputs == [DatasetInput(entity)]
    with pytest.raises(InvalidValue, match="DatasetInput"):
        client.log_inputs(run.info.run_id, [entity])  # type: ignore[list-item]


def test_inputs_that_are_no_datasets(tmp_path: Path) -> None:
    runstone.set_tracking_uri(tmp_path / "runs")
    runstone.set_experiment("inputs")
    with runstone.start_run():
        with pytest.raises(InvalidValue, match="no dataset"):
            runstone.log_input(FRAMES["ints"])
        with pytest.raises(InvalidValue, match="1 entries for 2"):
            runstone.log_inputs([None, None], ["one"])
