"""A model over Spark's columns, beside what the real mlflow predicts there with the same model."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cloudpickle
import numpy as np
import pandas as pd
import pytest

import runstone
from runstone.environments import build
from runstone.errors import InvalidValue, NotFound, NotSupported
from runstone.models import ModelSignature, infer_signature
from runstone.models.schema import Schema, TensorSpec

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.slow, pytest.mark.timeout(600)]
DATA = pd.DataFrame({"a": [1.0, 2.0, 3.0, 4.0], "b": [5.0, 6.0, 7.0, 8.0], "word": ["x", "y", "x", "z"]})


@pytest.fixture(scope="module")
def session() -> Any:
    pytest.importorskip("pyspark", reason="pyspark is not installed")
    if shutil.which("java") is None:
        pytest.skip("Spark needs java, which is not installed")
    from pyspark.sql import SparkSession

    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    settings = {
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.sql.execution.arrow.maxRecordsPerBatch": "2",  # several batches for one worker
    }
    builder = SparkSession.builder.master("local[1]")
    for name, value in settings.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


@pytest.fixture(scope="module", autouse=True)
def carried() -> Iterator[None]:
    """Workers know nothing of this file: models take along what they use of it."""
    here = sys.modules[__name__]
    cloudpickle.register_pickle_by_value(here)
    yield
    cloudpickle.unregister_pickle_by_value(here)


@pytest.fixture
def frame(session: Any) -> Any:
    return session.createDataFrame(DATA).repartition(1)


def saved(path: Path, predict: Callable[..., Any], signature: Any = None, **more: Any) -> str:
    runstone.pyfunc.save_model(path, python_model=predict, signature=signature, **more)
    return str(path)


def values(frame: Any, column: Any) -> list[Any]:
    return [row.asDict(recursive=True)["y"] for row in frame.select(column.alias("y")).collect()]


def total(data: pd.DataFrame) -> Any:
    return data["a"] + 10 * data["b"]


def positions(data: pd.DataFrame) -> Any:
    return [f"{list(data.columns)} {row}" for row in data.to_numpy().tolist()]


def both(data: pd.DataFrame) -> Any:
    return pd.DataFrame({"sum": data["a"] + data["b"], "whole": data["a"].astype("int64"), "shown": data["a"].astype(str)})


def matrix(data: pd.DataFrame) -> Any:
    return data[["a", "b"]].to_numpy()


def nested(data: pd.DataFrame) -> Any:
    return [[[one, one], [two, one]] for one, two in zip(data["a"], data["b"], strict=True)]


INPUTS = infer_signature(DATA[["a", "b"]]).inputs
NUMBERS = ModelSignature(inputs=INPUTS)
#: what is predicted with, its signature, the columns, spark_udf's own arguments
LIKE_MLFLOW: dict[str, tuple[Any, Any, Any, dict[str, Any]]] = {
    "columns": (total, infer_signature(DATA[["a", "b"]], pd.Series([1.0])), ("a", "b"), {}),
    "the signature's columns": (total, infer_signature(DATA[["a", "b"]], pd.Series([1.0])), (), {}),
    "a struct": (total, NUMBERS, "struct", {"result_type": "double"}),
    "a struct without a signature": (total, None, "struct", {}),
    "positions": (positions, None, ("a", "word"), {"result_type": "string"}),
    "more columns": (positions, NUMBERS, ("a", "b", "word"), {"result_type": "string"}),
    "float": (total, NUMBERS, (), {"result_type": "float"}),
    "text of numbers": (total, NUMBERS, (), {"result_type": "string"}),
    "the first that fits": (both, NUMBERS, (), {"result_type": "long"}),
    "bool": (lambda data: data["a"] > 2, NUMBERS, (), {"result_type": "bool"}),
    "int": (lambda data: data["a"].astype("int32").to_numpy(), NUMBERS, (), {"result_type": "int"}),
    "an array": (matrix, NUMBERS, (), {"result_type": "array<double>"}),
    "an array of texts": (matrix, NUMBERS, (), {"result_type": "array<string>"}),
    "an array of what fits": (both, NUMBERS, (), {"result_type": "array<float>"}),
    "arrays of arrays": (nested, NUMBERS, (), {"result_type": "array<array<double>>"}),
    "several outputs": (both, infer_signature(DATA[["a", "b"]], both(DATA)), (), {}),
    "fields": (both, NUMBERS, (), {"result_type": "whole long, sum double"}),
    "a tensor": (
        lambda data: data["a"].to_numpy(),
        ModelSignature(inputs=INPUTS, outputs=Schema([TensorSpec(np.dtype("float64"), (-1,))])),
        (),
        {},
    ),
}


@pytest.mark.parametrize("case", list(LIKE_MLFLOW))
def test_predicts_what_mlflow_predicts(case: str, session: Any, frame: Any, tmp_path: Path) -> None:
    functions = pytest.importorskip("pyspark.sql.functions")
    mlflow = pytest.importorskip("mlflow", reason="mlflow is not installed here")
    predict, signature, given, options = LIKE_MLFLOW[case]
    uri = saved(tmp_path / "m", predict, signature)
    columns = (functions.struct("a", "b", "word"),) if given == "struct" else given
    ours = runstone.pyfunc.spark_udf(session, uri, **options)(*columns)
    theirs = mlflow.pyfunc.spark_udf(session, uri, **options)(*columns)
    kinds = [frame.select(one.alias("y")).schema["y"].dataType.simpleString() for one in (ours, theirs)]
    assert kinds[0] == kinds[1]
    assert values(frame, ours) == values(frame, theirs)


def counted(data: pd.DataFrame) -> Any:
    return [float(len(data))] * len(data)


class Loads(runstone.pyfunc.PythonModel):
    def load_context(self, context: Any) -> None:
        with open(context.model_config["log"], "a") as file:
            file.write(f"{os.getpid()}\n")

    def predict(self, context: Any, model_input: Any, params: Any = None) -> Any:
        return [f"{params['times'] * one} {os.environ.get('SAID')}" for one in model_input["a"]]


def test_a_worker_loads_the_model_once(session: Any, frame: Any, tmp_path: Path) -> None:
    """For all batches of all queries; with params, settings and variables, in SQL too."""
    uri = saved(
        tmp_path / "m", Loads(), infer_signature(DATA[["a"]], params={"times": 2}), model_config={"log": str(tmp_path / "log")}
    )
    udf = runstone.pyfunc.spark_udf(session, uri, "string", params={"times": 3}, extra_env={"SAID": "hello"})
    wanted = ["3.0 hello", "6.0 hello", "9.0 hello", "12.0 hello"]
    assert values(frame, udf()) == values(frame, udf("a")) == wanted
    session.udf.register("predicted", udf)
    frame.createOrReplaceTempView("rows")
    assert [row[0] for row in session.sql("select predicted(a) from rows").collect()] == wanted
    loads = (tmp_path / "log").read_text().split()
    assert len(loads) == len(set(loads)), "a process loaded it twice"
    assert udf.metadata.signature.params.to_dict()[0]["name"] == "times"
    other = runstone.pyfunc.spark_udf(session, uri, "string", model_config={"log": str(tmp_path / "other")})
    assert values(frame, other())[0] == "2.0 None"
    assert (tmp_path / "other").exists()


def test_more_than_mlflow_gives(session: Any, frame: Any, tmp_path: Path) -> None:
    """A row of a two-dimensional tensor, lists of any length, objects, gaps; tensors from one column or from several."""
    from pyspark.sql import functions

    grid = ModelSignature(inputs=INPUTS, outputs=Schema([TensorSpec(np.dtype("float64"), (-1, 2))]))
    made = runstone.pyfunc.spark_udf(session, saved(tmp_path / "grid", matrix, grid))
    assert values(frame, made())[0] == [1.0, 5.0]
    lists = saved(tmp_path / "lists", lambda data: [list(range(int(one))) for one in data["a"]], NUMBERS)
    assert values(frame, runstone.pyfunc.spark_udf(session, lists, "array<int>")()) == [[0], [0, 1], [0, 1, 2], [0, 1, 2, 3]]
    found = lambda data: [{"name": "n", "at": [{"x": one}]} for one in data["a"]]  # noqa: E731
    objects = saved(tmp_path / "objects", found, infer_signature(DATA[["a", "b"]], found(DATA)))
    assert values(frame, runstone.pyfunc.spark_udf(session, objects)())[1] == {"at": [{"x": 2.0}], "name": "n"}
    maps = saved(tmp_path / "maps", lambda data: [{"x": one} for one in data["a"]], NUMBERS)
    assert values(frame, runstone.pyfunc.spark_udf(session, maps, "map<string, double>")())[1] == {"x": 2.0}
    gaps = saved(tmp_path / "gaps", lambda data: [None if one > 2 else int(one) for one in data["a"]], NUMBERS)
    assert values(frame, runstone.pyfunc.spark_udf(session, gaps, "string")())[3] is None
    tensor = ModelSignature(inputs=Schema([TensorSpec(np.dtype("float32"), (-1, 2, 1))]))
    shapes = saved(tmp_path / "shapes", lambda data: [f"{data.shape[1:]} {data.dtype} {one.sum()}" for one in data], tensor)
    shaped = runstone.pyfunc.spark_udf(session, shapes, "string")
    wanted = ["(2, 1) float32 6.0", "(2, 1) float32 8.0"]
    for columns in ((functions.array("a", "b"),), ("a", "b"), (functions.struct("a", "b"),)):
        assert values(frame, shaped(*columns))[:2] == wanted
    dotted = saved(tmp_path / "dots", lambda data: data["a.b"], infer_signature(pd.DataFrame({"a.b": [1.0]})))
    assert values(frame.withColumnRenamed("a", "a.b"), runstone.pyfunc.spark_udf(session, dotted)())[2] == 3.0


def test_what_does_not_work_is_said(session: Any, frame: Any, tmp_path: Path) -> None:
    from pyspark.sql import functions

    uri = saved(tmp_path / "m", total, NUMBERS)
    make = runstone.pyfunc.spark_udf
    for options in (
        {"result_type": "no such type"},
        {"result_type": "decimal(3, 1)"},
        {"result_type": "map<int, int>"},
        {"result_type": 7},
    ):
        with pytest.raises(InvalidValue, match=r"result_type=.* array<double>"):
            make(session, uri, **options)
    with pytest.raises(InvalidValue, match=r"'other' is no environment manager.*uv"):
        make(session, uri, env_manager="other")
    with pytest.raises(NotSupported, match="Databricks"):
        make(session, uri, prebuilt_env_uri="dbfs:/env.tar.gz")
    with pytest.raises(InvalidValue, match="takes no params.*times"):
        make(session, uri, params={"times": 3})
    with pytest.raises(InvalidValue, match="SparkSession; it got int"):
        make(7, uri)
    with pytest.raises(NotFound):
        make(session, tmp_path / "nothing")
    three = saved(tmp_path / "three", total, infer_signature(DATA))
    with pytest.raises(InvalidValue, match=r"got 2: \['word'\] are missing"):
        make(session, three)("a", "b")
    with pytest.raises(Exception, match=r"got 1: \['b'\] are missing"):
        values(frame, make(session, uri)("a"))
    with pytest.raises(Exception, match=r"needs columns \['b'\]"):
        values(frame, make(session, uri)(functions.struct("a", "word")))
    with pytest.raises(InvalidValue, match="names no columns"):
        make(session, saved(tmp_path / "free", total))()
    with pytest.raises(Exception, match="nothing that is int.*float64"):
        values(frame, make(session, uri, "int")())
    with pytest.raises(Exception, match="gives no.*other"):
        values(frame, make(session, uri, "other double")())
    with pytest.raises(Exception, match="1 predictions for 2 rows"):
        values(frame, make(session, saved(tmp_path / "one", lambda data: [1.0], NUMBERS))())


def test_in_an_environment_of_the_models_own(session: Any, frame: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment is this one by another name; each worker has one process in it, with the types that the model gave."""

    def make(_wants: Any, folder: Path, _tell: Any) -> None:
        (folder / "bin").mkdir(parents=True)
        python = folder / "bin" / "python"
        python.write_text(f'#!/bin/sh\nexport MADE=yes\nexec {shlex.quote(sys.executable)} "$@"\n')
        python.chmod(0o755)

    def where(data: pd.DataFrame) -> Any:
        print("said on the way")
        return [f"{os.environ.get('MADE')} {os.environ.get('SAID')} {os.getpid()}" for _ in data["a"]]

    monkeypatch.setenv("RUNSTONE_ENV_DIR", str(tmp_path / "envs"))
    monkeypatch.setitem(build._BUILD, "uv", make)
    udf = runstone.pyfunc.spark_udf
    said = udf(session, saved(tmp_path / "where", where, NUMBERS), "string", env_manager="uv", extra_env={"SAID": "hello"})
    found = values(frame, said())
    assert len(found) == 4
    assert len(set(found)) == 1
    assert found[0].startswith("yes hello ")
    for name in ("int", "several outputs", "an array", "the first that fits", "fields", "bool", "a tensor"):
        predict, signature, given, options = LIKE_MLFLOW[name]
        uri = saved(tmp_path / name.replace(" ", "_"), predict, signature)
        own, here = udf(session, uri, env_manager="uv", **options), udf(session, uri, **options)
        assert values(frame, own(*given)) == values(frame, here(*given)), name
    times = saved(
        tmp_path / "times", Loads(), infer_signature(DATA[["a"]], params={"times": 2}), model_config={"log": os.devnull}
    )
    own = udf(session, times, "string", env_manager="uv", params={"times": 3})
    assert values(frame, own())[:1] == ["3.0 None"]
    failing = saved(tmp_path / "failing", lambda data: 1 / 0, NUMBERS)
    with pytest.raises(Exception, match="ZeroDivisionError"):
        values(frame, udf(session, failing, env_manager="uv")())


APART = """
import os, sys, runstone
from pyspark.sql import SparkSession
session = (SparkSession.builder.master("local-cluster[1,1,1024]").config("spark.ui.enabled", "false")
    .config("spark.driver.bindAddress", "127.0.0.1").config("spark.driver.host", "127.0.0.1").getOrCreate())
frame = session.createDataFrame([(1.0, 5.0), (2.0, 6.0)], ["a", "b"])
udf = runstone.pyfunc.spark_udf(session, sys.argv[1], "double")
os.rename(sys.argv[1], sys.argv[1] + ".away")
print([row[0] for row in frame.select(udf()).collect()])
session.stop()
"""


def test_executors_get_the_model_from_spark(session: Any, tmp_path: Path) -> None:
    """Executors of their own, and the model's folder is no longer where it was."""
    uri = saved(tmp_path / "m", total, NUMBERS)
    script = tmp_path / "apart.py"
    script.write_text(APART)
    variables = {**os.environ, "PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1"}
    done = subprocess.run([sys.executable, str(script), uri], env=variables, capture_output=True, text=True, cwd=tmp_path)
    assert done.stdout.strip() == "[51.0, 62.0]", done.stderr[-3000:]


def test_the_page_works(session: Any, capsys: pytest.CaptureFixture[str]) -> None:
    page = (Path(__file__).parents[2] / "docs" / "models.md").read_text("utf-8")
    (block,) = (block for block in re.findall(r"```python\n(.*?)```", page, re.DOTALL) if "spark_udf" in block)
    exec(compile(block, "docs", "exec"), {"__name__": "docs"})
    assert "|species|" in capsys.readouterr().out


def test_a_model_with_hints_gets_their_type(session: Any, frame: Any, tmp_path: Path) -> None:
    class Shout(runstone.pyfunc.PythonModel):
        def predict(self, model_input: list[str]) -> list[str]:
            return [one.upper() for one in model_input]

    runstone.pyfunc.save_model(tmp_path / "m", python_model=Shout())
    assert values(frame, runstone.pyfunc.spark_udf(session, tmp_path / "m")("word")) == ["X", "Y", "X", "Z"]


def test_workers_keep_to_the_policy_of_the_driver(
    session: Any, frame: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uri = saved(tmp_path / "m", total, NUMBERS)
    udf = runstone.pyfunc.spark_udf(session, uri)
    monkeypatch.setenv("RUNSTONE_ALLOW_PICKLE", "deny")  # the workers were begun without it
    with pytest.raises(Exception, match="RUNSTONE_ALLOW_PICKLE=deny"):
        values(frame, runstone.pyfunc.spark_udf(session, uri)())
    assert values(frame, udf())[0] == 51.0, "what was made before is as it was promised"
