"""Frameworks that are too large to be installed for every test run: where one is missing, its test says so and is skipped."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from flavor_cases import spark_session

import runstone
from runstone.autolog import core
from runstone.data import spark_dataset
from runstone.errors import InvalidValue, NotSupported

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(autouse=True)
def switched_off(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("RUNSTONE_CAPTURE_CONTEXT", "0")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    core.forget()
    yield
    core.forget()


def need(name: str) -> Any:
    return pytest.importorskip(name, reason=f"{name} is not installed")


def spark() -> Any:
    """A session of Spark's, one for all tests: it takes seconds to begin."""
    need("pyspark")
    if shutil.which("java") is None:
        pytest.skip("Spark needs java, which is not installed")
    return spark_session()


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


def test_transformers_from_the_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hub's cache stands for the hub: what was loaded from a commit names it, and is loaded from there again."""
    config, tokenizer = tiny(tmp_path / "tiny")
    hub = need("huggingface_hub")
    import transformers

    commit, kept = "ab" * 20, tmp_path / "cache" / "models--some--tiny"
    snapshot = kept / "snapshots" / commit
    transformers.BertForSequenceClassification(config).save_pretrained(snapshot)
    tokenizer.save_pretrained(snapshot)
    (kept / "refs").mkdir()
    (kept / "refs" / "main").write_text(commit)
    for module in (hub.constants, hub.file_download):
        monkeypatch.setattr(module, "HF_HUB_CACHE", str(tmp_path / "cache"), raising=False)
    monkeypatch.setattr(hub.constants, "HF_HUB_OFFLINE", True)
    pipeline = transformers.pipeline("text-classification", model="some/tiny", device="cpu")
    card = hub.ModelCard("---\nlicense: mit\n---\n# What it is for: größer\n")
    runstone.transformers.save_model(pipeline, tmp_path / "m", save_pretrained=False, model_card=card)
    assert not [one for name in ("model", "components") if (one := tmp_path / "m" / name).exists()]
    assert (tmp_path / "m" / "model_card.md").read_text("utf-8") == card.text
    assert (tmp_path / "m" / "model_card_data.yaml").read_text() == "license: mit\n"
    settings = runstone.models.Model.load(tmp_path / "m").flavors["transformers"]
    named = {name: settings[name] for name in settings if name.endswith(("_name", "_revision"))}
    assert named == {
        "source_model_name": "some/tiny", "source_model_revision": commit,
        "tokenizer_name": "some/tiny", "tokenizer_revision": commit,
    }  # fmt: skip
    wanted = [one["score"] for one in pipeline(["good day", "bad"])]
    found = runstone.pyfunc.load_model(tmp_path / "m").predict(["good day", "bad"])
    np.testing.assert_allclose(found["score"], wanted, rtol=1e-5)
    shutil.rmtree(kept)
    with pytest.raises(InvalidValue, match=f"some/tiny.*{commit}"):
        runstone.transformers.load_model(tmp_path / "m")
    with pytest.raises(InvalidValue, match="commit of 'some/tiny'.*save_pretrained=True"):
        runstone.transformers.save_model(pipeline, tmp_path / "other", save_pretrained=False)
    for wrong, arguments in {"ModelCard": {"model_card": "text"}, "PEFT": {"base_model_path": tmp_path}}.items():
        with pytest.raises(InvalidValue, match=wrong):
            runstone.transformers.save_model(pipeline, tmp_path / "other", **arguments)
    assert not (tmp_path / "other").exists()


def test_transformers_of_a_checkpoint(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config, tokenizer = tiny(tmp_path / "tiny")
    peft = need("peft")
    import torch
    import transformers

    for part in (transformers.BertForSequenceClassification(config), tokenizer):
        part.save_pretrained(tmp_path / "tiny")
    runstone.transformers.save_model(str(tmp_path / "tiny"), tmp_path / "m", task="text-classification", save_pretrained=False)
    assert "no repository on the hub" in capsys.readouterr().err
    plain = [one["score"] for one in runstone.transformers.load_model(tmp_path / "m")(["good", "bad"])]
    for arguments in ({"task": "text-classification", "path": tmp_path}, {"path": tmp_path / "tiny"}):
        with pytest.raises(InvalidValue, match=r"config\.json|task="):
            runstone.transformers.save_model(arguments.pop("path"), tmp_path / "other", **arguments)

    base = transformers.BertForSequenceClassification.from_pretrained(tmp_path / "tiny")
    adapter = peft.LoraConfig(task_type="SEQ_CLS", r=2, target_modules=["query"], modules_to_save=["classifier"])
    model = peft.get_peft_model(base, adapter).eval()
    for name, values in model.named_parameters():
        if "lora_B" in name or "modules_to_save" in name:
            torch.nn.init.normal_(values)
    pipeline = transformers.pipeline("text-classification", model=model, tokenizer=tokenizer, device="cpu")
    wanted = [one["score"] for one in pipeline(["good", "bad"])]
    runstone.transformers.save_model(pipeline, tmp_path / "whole")
    again = runstone.transformers.load_model(tmp_path / "whole")
    np.testing.assert_allclose([one["score"] for one in again(["good", "bad"])], wanted, rtol=1e-5)
    with again.model.disable_adapter():  # the weights below are those of before
        np.testing.assert_allclose([one["score"] for one in again(["good", "bad"])], plain, rtol=1e-5)
    model.get_base_model().save_pretrained(tmp_path / "whole" / "model")  # as MLflow writes them, under names that no model has
    again = runstone.transformers.load_model(tmp_path / "whole")
    np.testing.assert_allclose([one["score"] for one in again(["good", "bad"])], wanted, rtol=1e-5)
    runstone.transformers.save_model(pipeline, tmp_path / "alone", base_model_path=tmp_path / "tiny")
    assert "peft" in (tmp_path / "alone" / "requirements.txt").read_text()
    assert not (tmp_path / "alone" / "model").exists()
    (tmp_path / "tiny").rename(tmp_path / "moved")
    with pytest.raises(InvalidValue, match="tiny is no checkpoint"):
        runstone.transformers.load_model(tmp_path / "alone")
    again = runstone.transformers.load_model(tmp_path / "alone", base_model_path=tmp_path / "moved")
    np.testing.assert_allclose([one["score"] for one in again(["good", "bad"])], wanted, rtol=1e-5)
    with pytest.raises(InvalidValue, match="saved with one"):
        runstone.transformers.load_model(tmp_path / "whole", base_model_path=tmp_path / "moved")


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


def test_spark(tmp_path: Path) -> None:
    session = spark()
    from pyspark.ml import Pipeline
    from pyspark.ml.feature import VectorAssembler
    from pyspark.ml.regression import LinearRegression

    frame = pd.DataFrame({"a": [0.0, 1.0, 2.0, 3.0], "label": [0.0, 2.0, 4.0, 6.0]})
    assembler = VectorAssembler(inputCols=["a"], outputCol="features")
    model = Pipeline(stages=[assembler, LinearRegression(maxIter=5)]).fit(session.createDataFrame(frame))
    runstone.spark.save_model(model, tmp_path / "pipeline")
    loaded = runstone.pyfunc.load_model(tmp_path / "pipeline")
    np.testing.assert_allclose(loaded.predict(frame[["a"]]), frame["label"], atol=1e-6)
    runstone.spark.save_model(model.stages[-1], tmp_path / "line")
    assert len(runstone.spark.load_model(tmp_path / "line").stages) == 1
    lists = pd.DataFrame({"features": [[0.0], [3]]})
    np.testing.assert_allclose(runstone.pyfunc.load_model(tmp_path / "line").predict(lists), [0, 6], atol=1e-6)
    runstone.spark.save_model(assembler, tmp_path / "made")
    assert [list(one) for one in runstone.pyfunc.load_model(tmp_path / "made").predict(frame[["a"]])] == [[0], [1], [2], [3]]
    with pytest.raises(InvalidValue, match="int"):
        runstone.spark.save_model(7, tmp_path / "other")


def test_a_training_of_spark(monkeypatch: pytest.MonkeyPatch) -> None:
    session = spark()
    monkeypatch.setattr(spark_dataset, "COUNTING_MS", 600_000)
    from pyspark.ml import Pipeline
    from pyspark.ml.classification import LogisticRegression
    from pyspark.ml.evaluation import MulticlassClassificationEvaluator
    from pyspark.ml.feature import StringIndexer, VectorAssembler

    frame = pd.DataFrame(
        {"a": [0.0, 1.0, 2.0, 3.0], "id": [1, 2, 3, 4], "word": list("abab"), "said": ["no", "no", "yes", "yes"]}
    )
    rows = session.createDataFrame(frame)
    runstone.spark.autolog(log_input_examples=True)
    stages = [
        StringIndexer(inputCol="said", outputCol="label"), StringIndexer(inputCol="word", outputCol="one"),
        VectorAssembler(inputCols=["a", "one"], outputCol="features"), LogisticRegression(maxIter=5),
    ]  # fmt: skip
    model = Pipeline(stages=stages).fit(rows)
    run_id = runstone.last_active_run().info.run_id
    MulticlassClassificationEvaluator(metricName="accuracy").evaluate(model.transform(rows))
    run = runstone.get_run(run_id)
    assert (run.data.params["LogisticRegression.maxIter"], run.data.tags["estimator_name"]) == ("5", "Pipeline")
    assert set(run.data.metrics) == {"accuracy_rows"}
    told = runstone.artifacts.load_dict(f"runs:/{run_id}/metric_info.json")["accuracy_rows"]
    assert told["evaluator_class"] == "pyspark.ml.evaluation.MulticlassClassificationEvaluator"
    assert told["params"]["metricName"] == "accuracy"
    inputs = run.inputs.dataset_inputs
    assert {one.tags[0].value for one in inputs} == {"train", "eval"}
    assert [one.dataset.profile for one in inputs] == ['{"approx_count": 4}'] * 2
    place = runstone.artifacts.download_artifacts(f"runs:/{run_id}/model")
    loaded = runstone.pyfunc.load_model(place)
    assert loaded.metadata.get_input_schema().to_dict() == [
        {"type": "double", "name": "a", "required": True}, {"type": "string", "name": "word", "required": True},
    ]  # fmt: skip
    assert loaded.metadata.get_output_schema().to_dict() == [{"type": "double", "required": True}]
    example = loaded.metadata.load_input_example(place)
    assert example.columns.tolist() == ["a", "word"]
    assert loaded.predict(example) == [row.prediction for row in model.transform(rows).collect()]

    runstone.spark.autolog(log_model_allowlist=["pyspark.ml.pipeline.*", "pyspark.ml.feature.*"], log_datasets=False)
    vectors = Pipeline(stages=stages[:3]).fit(rows).transform(rows)
    assert [one.name for one in runstone.search_logged_models(output_format="list")] == ["model", "model"]
    LogisticRegression(maxIter=1).fit(vectors)
    run = runstone.last_active_run()
    assert (run.inputs.dataset_inputs, len(runstone.search_logged_models(output_format="list"))) == ([], 2)
    runstone.spark.autolog()
    LogisticRegression(maxIter=1).fit(vectors)
    loaded = runstone.pyfunc.load_model(f"runs:/{runstone.last_active_run().info.run_id}/model")
    assert loaded.metadata.get_input_schema().to_dict() == [{"type": "sparkml_vector", "name": "features", "required": True}]
    assert len(loaded.predict(pd.DataFrame({"features": [[0.0, 1.0], [3, 0]]}))) == 2


def test_data_of_spark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    session = spark()
    monkeypatch.setattr(spark_dataset, "COUNTING_MS", 600_000)
    frame = session.createDataFrame(pd.DataFrame({"a": [0.0, 1.0], "b": [[1], [2]], "c": list("xy")}))
    dataset = runstone.data.from_spark(frame, targets="a", name="two")
    again = runstone.data.from_spark(frame)
    assert (dataset.digest, dataset.profile) == (again.digest, {"approx_count": 2})
    assert [str(one.type) for one in dataset.schema.inputs] == ["DataType.double", "Array(long)", "DataType.string"]
    assert dataset.to_pyfunc().outputs.tolist() == [0, 1]
    assert runstone.data.from_spark(frame.limit(0)).profile == {"approx_count": "unknown"}
    assert runstone.data.from_spark(frame.selectExpr("cast(a as decimal(4, 2)) as a")).schema is None
    frame.select("a").write.parquet(str(tmp_path / "rows"))
    stored = runstone.data.from_spark(frame.select("a"), path=str(tmp_path / "rows"))
    with runstone.start_run() as run:
        runstone.log_input(stored)
    source = runstone.data.get_source(runstone.get_run(run.info.run_id).inputs.dataset_inputs[0])
    assert sorted(row.a for row in source.load().collect()) == [0, 1]
    for wrong, arguments in {"DataFrame": {"df": 7}, "one of path": {"df": frame, "path": "p", "sql": "s"}}.items():
        with pytest.raises(InvalidValue, match=wrong):
            runstone.data.from_spark(**arguments)
    with pytest.raises(InvalidValue, match="'z'"):
        runstone.data.from_spark(frame, targets="z")


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
