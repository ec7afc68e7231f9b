"""Frameworks that are too large to be installed for every test run: where one is missing, its test says so and is skipped."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import runstone
from runstone.autolog import core
from runstone.errors import InvalidValue, NotSupported

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.slow]


@pytest.fixture(autouse=True)
def switched_off(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("RUNSTONE_CAPTURE_CONTEXT", "0")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    core.forget()
    yield
    core.forget()


def need(name: str) -> Any:
    return pytest.importorskip(name, reason=f"{name} is not installed")


def test_spacy(tmp_path: Path) -> None:
    spacy = need("spacy")
    pipeline = spacy.blank("en")
    for label in ("good", "bad"):
        (pipeline.get_pipe("textcat") if "textcat" in pipeline.pipe_names else pipeline.add_pipe("textcat")).add_label(label)
    pipeline.initialize()
    frame = pd.DataFrame({"text": ["a fine day", "rain"]})
    runstone.spacy.save_model(pipeline, tmp_path / "m")
    found = runstone.pyfunc.load_model(tmp_path / "m").predict(frame)["predictions"]
    assert [one == pipeline(text).cats for one, text in zip(found, frame["text"], strict=True)] == [True, True]
    runstone.spacy.save_model(spacy.blank("en"), tmp_path / "blank")
    assert runstone.spacy.load_model(tmp_path / "blank")("two words")[1].text == "words"
    with pytest.raises(InvalidValue, match="python_function"):
        runstone.pyfunc.load_model(tmp_path / "blank")
    with pytest.raises(InvalidValue, match="int"):
        runstone.spacy.save_model(7, tmp_path / "other")


def test_prophet(tmp_path: Path) -> None:
    prophet = need("prophet")
    days = pd.DataFrame({"ds": pd.date_range("2026-01-01", periods=40), "y": np.arange(40.0)})
    model = prophet.Prophet(yearly_seasonality=False, uncertainty_samples=0).fit(days)
    runstone.prophet.save_model(model, tmp_path / "m")
    later = model.make_future_dataframe(3)
    found = runstone.pyfunc.load_model(tmp_path / "m").predict(later)
    np.testing.assert_allclose(found["yhat"], model.predict(later)["yhat"])
    with pytest.raises(InvalidValue, match="int"):
        runstone.prophet.save_model(7, tmp_path / "other")


def tiny(folder: Path) -> tuple[Any, Any]:
    """A BERT of a few hundred numbers, and its tokenizer."""
    transformers = need("transformers")
    need("torch")
    folder.mkdir()
    (folder / "vocab.txt").write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "good", "bad", "day"]))
    config = transformers.BertConfig(
        vocab_size=8, hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8, max_position_embeddings=16
    )
    tokenizer = transformers.BertTokenizer(str(folder / "vocab.txt"))
    return config, tokenizer


def test_transformers(tmp_path: Path) -> None:
    config, tokenizer = tiny(tmp_path / "tiny")
    import transformers

    model = transformers.BertForSequenceClassification(config).eval()
    pipeline = transformers.pipeline("text-classification", model=model, tokenizer=tokenizer, device="cpu")
    runstone.transformers.save_model(pipeline, tmp_path / "m")
    wanted = pipeline(["good day", "bad"])
    again = runstone.transformers.load_model(tmp_path / "m", device="cpu")
    assert [one["label"] for one in again(["good day", "bad"])] == [one["label"] for one in wanted]
    found = runstone.pyfunc.load_model(tmp_path / "m").predict(["good day", "bad"])
    np.testing.assert_allclose(found["score"], [one["score"] for one in wanted], rtol=1e-5)
    assert set(runstone.transformers.load_model(tmp_path / "m", return_type="components")) == {"task", "model", "tokenizer"}
    for template in ("no place", "{prompt.__class__}", "{prompt} {other}", 7):
        with pytest.raises(InvalidValue, match="prompt_template"):
            runstone.transformers.save_model(pipeline, tmp_path / "t", prompt_template=template)
    with pytest.raises(InvalidValue, match="task="):
        runstone.transformers.save_model({"model": model, "tokenizer": tokenizer}, tmp_path / "parts")
    manifest = tmp_path / "m" / "MLmodel"
    manifest.write_text(manifest.read_text().replace("    task:", "    inference_task: llm/v1/chat\n    task:"))
    with pytest.raises(NotSupported, match="llm/v1/chat"):
        runstone.pyfunc.load_model(tmp_path / "m")
    manifest.write_text(manifest.read_text().replace("BertForSequenceClassification", "NoSuchModel"))
    with pytest.raises(InvalidValue, match="NoSuchModel"):
        runstone.transformers.load_model(tmp_path / "m")


def test_a_training_of_transformers(tmp_path: Path) -> None:
    config, tokenizer = tiny(tmp_path / "tiny")
    need("accelerate")
    import torch
    import transformers

    rows = [
        {**tokenizer(text, padding="max_length", max_length=6), "labels": label} for text, label in [("good", 0), ("bad", 1)]
    ]

    def train() -> Any:
        transformers.set_seed(0)
        model = transformers.BertForSequenceClassification(config)
        arguments = transformers.TrainingArguments(
            output_dir=str(tmp_path / "out"), max_steps=4, logging_steps=2, report_to=[], use_cpu=True, save_strategy="no",
            disable_tqdm=True, seed=0,
        )  # fmt: skip
        trainer = transformers.Trainer(model=model, args=arguments, train_dataset=rows)
        trainer.train()
        return model

    plain = train()
    runstone.transformers.autolog(log_models=True)
    model = train()
    for ours, theirs in zip(model.parameters(), plain.parameters(), strict=True):
        assert torch.equal(ours, theirs)
    run = runstone.last_active_run()
    assert (run.data.params["max_steps"], run.data.params["hidden_size"]) == ("4", "8")
    points = runstone.MlflowClient().get_metric_history(run.info.run_id, "loss")
    assert [point.step for point in points] == [2, 4]
    assert {item.path for item in runstone.MlflowClient().list_artifacts(run.info.run_id)} == {"model"}


def test_sentence_transformers(tmp_path: Path) -> None:
    need("sentence_transformers")
    config, tokenizer = tiny(tmp_path / "tiny")
    import transformers
    from sentence_transformers import SentenceTransformer, models

    transformers.BertModel(config).save_pretrained(tmp_path / "tiny")
    tokenizer.save_pretrained(tmp_path / "tiny")
    words = models.Transformer(str(tmp_path / "tiny"))
    model = SentenceTransformer(modules=[words, models.Pooling(8)], device="cpu")
    runstone.sentence_transformers.save_model(model, tmp_path / "m")
    wanted = model.encode(["good day", "bad"])
    loaded = runstone.pyfunc.load_model(tmp_path / "m")
    np.testing.assert_allclose(loaded.predict(["good day", "bad"]), wanted, rtol=1e-4)
    np.testing.assert_allclose(runstone.sentence_transformers.load_model(tmp_path / "m").encode("bad"), wanted[1], rtol=1e-4)
    with pytest.raises(InvalidValue, match="llm/v1/embeddings"):
        runstone.sentence_transformers.save_model(model, tmp_path / "other", task="llm/v1/chat")
    with pytest.raises(InvalidValue, match="int"):
        runstone.sentence_transformers.save_model(7, tmp_path / "other")


def test_spark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    need("pyspark")
    if shutil.which("java") is None:
        pytest.skip("Spark needs java, which is not installed")
    from pyspark.ml import Pipeline
    from pyspark.ml.feature import VectorAssembler
    from pyspark.ml.regression import LinearRegression
    from pyspark.sql import SparkSession

    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    settings = {"spark.ui.enabled": "false", "spark.sql.shuffle.partitions": "1", "spark.driver.bindAddress": "127.0.0.1"}
    builder = SparkSession.builder.master("local[1]")
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    try:
        frame = pd.DataFrame({"a": [0.0, 1.0, 2.0, 3.0], "label": [0.0, 2.0, 4.0, 6.0]})
        stages = [VectorAssembler(inputCols=["a"], outputCol="features"), LinearRegression(maxIter=5)]
        runstone.spark.autolog(log_input_examples=True, log_model_signatures=False)
        assert "log_input_examples." in capsys.readouterr().err
        model = Pipeline(stages=stages).fit(session.createDataFrame(frame))
        run = runstone.last_active_run()
        assert (run.data.params["LinearRegression.maxIter"], run.data.tags["estimator_name"]) == ("5", "Pipeline")
        loaded = runstone.pyfunc.load_model(f"runs:/{run.info.run_id}/model")
        np.testing.assert_allclose(loaded.predict(frame[["a"]]), frame["label"], atol=1e-6)
        runstone.spark.save_model(model.stages[-1], tmp_path / "m")
        assert len(runstone.spark.load_model(tmp_path / "m").stages) == 1
        with pytest.raises(InvalidValue, match="int"):
            runstone.spark.save_model(7, tmp_path / "other")
    finally:
        session.stop()


def test_tensorflow(tmp_path: Path) -> None:
    tf = need("tensorflow")
    rows = np.ones((4, 3), np.float32)
    model = tf.keras.Sequential([tf.keras.Input((3,)), tf.keras.layers.Dense(1)])
    model.compile(loss="mse")
    runstone.tensorflow.save_model(model, tmp_path / "keras")
    np.testing.assert_allclose(runstone.pyfunc.load_model(tmp_path / "keras").predict(rows), model.predict(rows, verbose=0))

    class Double(tf.Module):  # type: ignore[misc, name-defined]
        @tf.function(input_signature=[tf.TensorSpec([None, 3])])  # type: ignore[untyped-decorator, unused-ignore]
        def __call__(self, given: Any) -> Any:
            return given * 2

    runstone.tensorflow.save_model(Double(), tmp_path / "module")
    np.testing.assert_allclose(runstone.pyfunc.load_model(tmp_path / "module").predict(rows), rows * 2)
    runstone.tensorflow.autolog(log_models=False)
    model.fit(rows, rows[:, :1], epochs=2, verbose=0)
    points = runstone.MlflowClient().get_metric_history(runstone.last_active_run().info.run_id, "loss")
    assert [point.step for point in points] == [0, 1]
    with pytest.raises(InvalidValue, match="int"):
        runstone.tensorflow.save_model(7, tmp_path / "other")
