"""Trainings of frameworks that are too large for every run, under the real mlflow and under ours.

Run as a program, ``heavy_autolog_cases.py FOLDER CASE …`` runs them under the real mlflow and prints what was logged, as JSON.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import warnings
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np
import pandas as pd

X = np.random.default_rng(0).normal(size=(32, 3)).astype(np.float32)
Y = (X[:, :1] > 0).astype(np.float32)
CASES: dict[str, tuple[tuple[str, ...], Callable[[Any], None]]] = {}


def case(*needs: str) -> Callable[[Callable[[Any], None]], Callable[[Any], None]]:
    """A training under the package that it gets, and the modules that it needs."""

    def keep(function: Callable[[Any], None]) -> Callable[[Any], None]:
        CASES[function.__name__] = needs, function
        return function

    return keep


def missing(name: str) -> str | None:
    """What this Python lacks to run a case."""
    needs, _ = CASES[name]
    lacking = next((one for one in needs if find_spec(one) is None), None)
    return "java" if lacking is None and "pyspark" in needs and shutil.which("java") is None else lacking


def layers() -> Any:
    import keras

    keras.backend.clear_session()  # else the optimizer's name counts those that other tests made
    keras.utils.set_random_seed(0)
    return keras.Sequential([keras.Input((3,)), keras.layers.Dense(4, activation="relu"), keras.layers.Dense(1)])


@case("keras", "tensorflow")
def keras_epochs(mlflow: Any) -> None:
    mlflow.keras.autolog()
    model = layers()
    model.compile(optimizer="adam", loss="mse", metrics=["mae"])
    model.fit(X, Y, epochs=2, batch_size=8, validation_data=(X[:8], Y[:8]), verbose=0)
    mlflow.keras.autolog(disable=True)


@case("keras", "tensorflow")
def keras_steps(mlflow: Any) -> None:
    mlflow.keras.autolog(log_every_epoch=False, log_every_n_steps=2, log_models=False)
    model = layers()
    model.compile(optimizer="sgd", loss="mse")
    model.fit(X, Y, epochs=2, batch_size=8, verbose=0)
    mlflow.keras.autolog(disable=True)


@case("tensorflow")
def tensorflow_epochs(mlflow: Any) -> None:
    mlflow.tensorflow.autolog()
    model = layers()
    model.compile(optimizer="adam", loss="mse")
    model.fit(X, Y, epochs=2, batch_size=8, verbose=0)
    mlflow.tensorflow.autolog(disable=True)


@case("lightning", "torch")
def lightning_epochs(mlflow: Any) -> None:
    import torch
    from lightning import pytorch as lightning

    class Line(lightning.LightningModule):  # type: ignore[misc, name-defined, unused-ignore]
        def __init__(self) -> None:
            super().__init__()
            self.layer = torch.nn.Linear(3, 1)

        def forward(self, x: Any) -> Any:
            return self.layer(x)

        def training_step(self, batch: Any, _index: int) -> Any:
            loss = ((self(batch[0]) - batch[1]) ** 2).mean()
            self.log("train_loss", loss, on_epoch=True)
            return loss

        def validation_step(self, batch: Any, _index: int) -> None:
            self.log("val_loss", ((self(batch[0]) - batch[1]) ** 2).mean())

        def configure_optimizers(self) -> Any:
            return torch.optim.Adam(self.parameters(), lr=0.1)

    mlflow.pytorch.autolog(checkpoint=True)
    torch.manual_seed(0)
    rows = torch.utils.data.TensorDataset(torch.from_numpy(X), torch.from_numpy(Y))
    quiet = {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False, "enable_model_summary": False}
    trainer = lightning.Trainer(max_epochs=2, accelerator="cpu", **quiet)
    trainer.fit(Line(), torch.utils.data.DataLoader(rows, batch_size=8), torch.utils.data.DataLoader(rows, batch_size=8))
    mlflow.pytorch.autolog(disable=True)


@case("transformers", "torch", "accelerate")
def transformers_trainer(mlflow: Any) -> None:
    import transformers

    transformers.set_seed(0)
    config = transformers.BertConfig(
        vocab_size=8, hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8, max_position_embeddings=16
    )
    mlflow.transformers.autolog()
    rows = [{"input_ids": [2, word, 3], "attention_mask": [1, 1, 1], "labels": label} for word, label in ((5, 0), (6, 1))]
    reporting = ["mlflow"] if mlflow.__name__ == "mlflow" else []
    arguments = transformers.TrainingArguments(
        output_dir="out", max_steps=4, logging_steps=2, report_to=reporting, use_cpu=True, save_strategy="no",
        disable_tqdm=True,
    )  # fmt: skip
    transformers.Trainer(transformers.BertForSequenceClassification(config), arguments, train_dataset=rows).train()
    mlflow.end_run()
    mlflow.transformers.autolog(disable=True)


@case("pyspark")
def spark_pipeline(mlflow: Any) -> None:
    from pyspark.ml import Pipeline
    from pyspark.ml.feature import VectorAssembler
    from pyspark.ml.regression import LinearRegression

    rows = spark_rows()
    mlflow.pyspark.ml.autolog()
    stages = [VectorAssembler(inputCols=["a"], outputCol="features"), LinearRegression(maxIter=5)]
    Pipeline(stages=stages).fit(rows)
    mlflow.pyspark.ml.autolog(disable=True)


@case("pyspark")
def spark_afterwards(mlflow: Any) -> None:
    from pyspark.ml.evaluation import RegressionEvaluator
    from pyspark.ml.feature import VectorAssembler
    from pyspark.ml.regression import LinearRegression

    rows = spark_rows()
    rows = VectorAssembler(inputCols=["a"], outputCol="features").transform(rows)
    few = rows.limit(3)
    mlflow.pyspark.ml.autolog()
    model = LinearRegression(maxIter=5, regParam=0.5).fit(rows)
    judge = RegressionEvaluator()
    found = model.transform(few)
    judge.evaluate(found)
    judge.evaluate(found, {judge.metricName: "mae"})
    judge.evaluate(model.transform(rows))
    mlflow.pyspark.ml.autolog(disable=True)


@case("pyspark")
def spark_search(mlflow: Any) -> None:
    from pyspark.ml.evaluation import RegressionEvaluator
    from pyspark.ml.feature import VectorAssembler
    from pyspark.ml.regression import LinearRegression
    from pyspark.ml.tuning import CrossValidator, ParamGridBuilder

    rows = spark_rows()
    mlflow.pyspark.ml.autolog(log_models=False)
    line = LinearRegression()
    grid = ParamGridBuilder().addGrid(line.maxIter, [1, 2]).build()
    rows = VectorAssembler(inputCols=["a"], outputCol="features").transform(rows)
    CrossValidator(estimator=line, estimatorParamMaps=grid, evaluator=RegressionEvaluator(), numFolds=2, seed=0).fit(rows)
    mlflow.pyspark.ml.autolog(disable=True)


def spark_rows() -> Any:
    from pyspark.sql import SparkSession

    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    settings = {"spark.ui.enabled": "false", "spark.sql.shuffle.partitions": "1", "spark.driver.bindAddress": "127.0.0.1"}
    builder = SparkSession.builder.master("local[1]")
    for name, value in settings.items():
        builder = builder.config(name, value)
    rows = [(float(one), 2.0 * one) for one in range(12)]
    return builder.getOrCreate().createDataFrame(pd.DataFrame(rows, columns=["a", "label"]))


@case("statsmodels")
def statsmodels_line(mlflow: Any) -> None:
    from statsmodels.regression.linear_model import OLS

    mlflow.statsmodels.autolog()
    OLS(Y[:, 0].astype(float), X.astype(float)).fit()
    mlflow.statsmodels.autolog(disable=True)


def logged(mlflow: Any, names: list[str]) -> dict[str, Any]:
    """What each case logs, by run."""
    found: dict[str, Any] = {}
    client = mlflow.MlflowClient()
    for name in names:
        if lacking := missing(name):
            found[name] = {"missing": lacking}
            continue
        experiment = mlflow.set_experiment(name)
        CASES[name][1](mlflow)
        found[name] = [_told(mlflow, client, run.info.run_id) for run in client.search_runs([experiment.experiment_id])]
    return found


def _told(mlflow: Any, client: Any, run_id: str) -> dict[str, Any]:
    run = client.get_run(run_id)
    tags = {key for key in run.data.tags if not key.startswith(("mlflow.", "runstone.", "git."))}
    return {
        "child": "mlflow.parentRunId" in run.data.tags,
        "params": dict(run.data.params),
        "metrics": {name: _points(client, run_id, name) for name in run.data.metrics},
        "tags": sorted(tags),
        "files": sorted(one.path for folder in ("", "checkpoints") for one in client.list_artifacts(run_id, folder)),
        "signature": _signature(mlflow, run_id),
        "data": sorted(tag.value for one in run.inputs.dataset_inputs for tag in one.tags),
    }


def _signature(mlflow: Any, run_id: str) -> Any:
    """Of the run's model; ``None`` where it has none."""
    try:
        found = mlflow.models.get_model_info(f"runs:/{run_id}/model").signature
    except mlflow.MlflowException:
        return None
    return None if found is None else found.to_dict()


def _points(client: Any, run_id: str, name: str) -> list[Any]:
    return sorted([one.step, float(f"{one.value:.5g}")] for one in client.get_metric_history(run_id, name))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    folder, *names = sys.argv[1:]
    import mlflow

    mlflow.set_tracking_uri(f"file://{folder}/mlruns")
    # it starts another Python that imports mlflow, for each model; nothing here is about what it guesses
    mlflow.models.infer_pip_requirements = lambda *_, fallback=None, **__: fallback or []
    print("FOUND" + json.dumps(logged(mlflow, names or list(CASES)), sort_keys=True, default=str))
