"""Models of every flavor that both libraries have; saved and read alike by ``runstone`` and ``mlflow``, which it never names.

As a script it is one library's half: ``python flavor_cases.py LIBRARY OURS THEIRS FLAVOR …`` saves the models that this Python
has the framework for below THEIRS, then prints what it reads in OURS and THEIRS.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import shutil
import sys
import traceback
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

FRAME = pd.DataFrame(np.random.default_rng(0).normal(size=(40, 3)), columns=["a", "b", "c"])
TARGET = (FRAME["a"] + 0.5 * FRAME["b"] > 0).astype(int)
ARRAY = FRAME.to_numpy().astype(np.float32)
TEXTS = pd.DataFrame({"text": ["good day", "bad", "bad day"]})


class Made(NamedTuple):
    """What a case saves.

    Attributes:
        model: for ``save_model``.
        data: for ``predict``, and its first rows are the input example.
        own: predictions of the framework's own model for the data.
        arguments: further ones of ``save_model``.
        loading: arguments of ``load_model``.
        signed: save it with a signature and no example: ``mlflow.keras.save_model`` writes that before it makes the folder.
    """

    model: Any
    data: Any
    own: Callable[[Any, Any], Any]
    arguments: dict[str, Any] = {}
    loading: dict[str, Any] = {}
    signed: bool = False


class Case(NamedTuple):
    """A model's flavor, the modules that it needs, and what makes it; called with an empty folder for its files."""

    flavor: str
    needs: tuple[str, ...]
    make: Callable[[Path], Made]

    @property
    def missing(self) -> str | None:
        """What this Python lacks to run it."""
        lacking = next((name for name in self.needs if importlib.util.find_spec(name) is None), None)
        return "java" if lacking is None and "pyspark" in self.needs and shutil.which("java") is None else lacking


def catboost_classes(_: Path) -> Made:
    import catboost

    model = catboost.CatBoostClassifier(iterations=3, depth=2, verbose=False, thread_count=1, allow_writing_files=False)
    return Made(model.fit(FRAME, TARGET), FRAME, lambda model, data: model.predict(data))


def catboost_ranks(_: Path) -> Made:
    import catboost

    model = catboost.CatBoost({"iterations": 3, "depth": 2, "verbose": False, "thread_count": 1, "allow_writing_files": False})
    model.fit(FRAME, TARGET)
    return Made(model, FRAME, lambda model, data: model.predict(data), {"format": "json"})


def statsmodels_line(_: Path) -> Made:
    from statsmodels.regression.linear_model import OLS

    return Made(OLS(TARGET, FRAME).fit(), FRAME, lambda model, data: model.predict(data))


def statsmodels_series(_: Path) -> Made:
    from statsmodels.tsa.arima.model import ARIMA

    ends = pd.DataFrame({"start": [40], "end": [44]})
    return Made(ARIMA(FRAME["a"].to_numpy(), order=(1, 0, 0)).fit(), ends, lambda model, _: model.predict(start=40, end=44))


def onnx_graph() -> Any:
    from onnx import TensorProto, helper

    given = helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, 3])
    result = helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, 1])
    weights = helper.make_tensor("w", TensorProto.FLOAT, [3, 1], [1.0, 2.0, 3.0])
    graph = helper.make_graph([helper.make_node("MatMul", ["x", "w"], ["y"])], "line", [given], [result], [weights])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=9)


def onnx_frame(_: Path) -> Made:
    return Made(onnx_graph(), FRAME, onnx_own)


def onnx_array(_: Path) -> Made:
    return Made(onnx_graph(), ARRAY, onnx_own, {"onnx_session_options": {"intra_op_num_threads": 1}})


def onnx_own(model: Any, data: Any) -> Any:
    from onnx.reference import ReferenceEvaluator

    return ReferenceEvaluator(model).run(None, {"x": np.asarray(data, dtype=np.float32)})


def torch_layers() -> Any:
    import torch

    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.ReLU(), torch.nn.Dropout(0.5), torch.nn.Linear(4, 2)).eval()


def torch_own(model: Any, data: Any) -> Any:
    import torch

    with torch.no_grad():
        return model(torch.from_numpy(np.asarray(data, dtype=np.float32))).numpy()


def torch_pickle(_: Path) -> Made:
    return Made(torch_layers(), ARRAY, torch_own, {"serialization_format": "pickle"})


def torch_frame(_: Path) -> Made:
    return Made(torch_layers(), FRAME, torch_own, {"serialization_format": "pickle"})


def torch_script(_: Path) -> Made:
    import torch

    return Made(torch.jit.script(torch_layers()), ARRAY, torch_own, {"serialization_format": "pickle"})


def torch_graph(_: Path) -> Made:
    return Made(torch_layers(), ARRAY, torch_own, {"serialization_format": "pt2"})


def torch_default(_: Path) -> Made:
    return Made(torch_layers(), ARRAY, torch_own)


def keras_layers() -> Any:
    import keras

    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4, activation="relu"), keras.layers.Dense(2)])
    model.compile(optimizer="adam", loss="mse")
    return model


def keras_own(model: Any, data: Any) -> Any:
    return model.predict(np.asarray(data), verbose=0)


def keras_array(_: Path) -> Made:
    return Made(keras_layers(), ARRAY, keras_own, signed=True)


def keras_example(_: Path) -> Made:
    return Made(keras_layers(), ARRAY, keras_own)


def keras_exported(_: Path) -> Made:
    def own(model: Any, data: Any) -> Any:
        return np.asarray((getattr(model, "serve", None) or model)(data))

    return Made(keras_layers(), ARRAY, own, {"save_exported_model": True}, signed=True)


def tensorflow_module(_: Path) -> Made:
    import tensorflow as tf

    class Double(tf.Module):  # type: ignore[misc, name-defined, unused-ignore]
        @tf.function(input_signature=[tf.TensorSpec([None, 3], tf.float32)])  # type: ignore[untyped-decorator, unused-ignore]
        def __call__(self, given: Any) -> Any:
            return given * 2

    return Made(Double(), ARRAY, lambda model, data: model(tf.constant(data)).numpy())


def forecast(_: Path) -> Made:
    import prophet

    days = pd.DataFrame({"ds": pd.date_range("2026-01-01", periods=40), "y": np.arange(40.0)})
    model = prophet.Prophet(yearly_seasonality=False, uncertainty_samples=0).fit(days)
    return Made(model, pd.DataFrame({"ds": pd.date_range("2026-02-05", periods=4)}), lambda model, data: model.predict(data))


def spacy_labels(_: Path) -> Made:
    import spacy

    pipeline = spacy.blank("en")
    textcat = pipeline.add_pipe("textcat")
    for label in ("good", "bad"):
        textcat.add_label(label)
    pipeline.initialize()
    return Made(pipeline, TEXTS, lambda model, data: [model(text).cats for text in data["text"]])


def words(folder: Path) -> tuple[dict[str, int], Any]:
    """The sizes of a model of a few hundred numbers, and a tokenizer for it."""
    import transformers

    (folder / "vocab.txt").write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "good", "bad", "day"]))
    sizes = {"vocab_size": 8, "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1, "intermediate_size": 8}
    return sizes, transformers.BertTokenizer(str(folder / "vocab.txt"))


def transformers_labels(folder: Path) -> Made:
    import torch
    import transformers

    torch.manual_seed(0)
    sizes, tokenizer = words(folder)
    model = transformers.BertForSequenceClassification(transformers.BertConfig(**sizes, max_position_embeddings=16)).eval()
    pipeline = transformers.pipeline("text-classification", model=model, tokenizer=tokenizer, device="cpu")
    return Made(pipeline, TEXTS["text"].tolist(), lambda model, data: model(data), loading={"device": "cpu"})


def transformers_writes(folder: Path) -> Made:
    import torch
    import transformers

    torch.manual_seed(0)
    _, tokenizer = words(folder)
    config = transformers.GPT2Config(
        vocab_size=8, n_embd=8, n_layer=1, n_head=1, n_positions=32, pad_token_id=0, bos_token_id=2, eos_token_id=3
    )
    pipeline = transformers.pipeline(
        "text-generation", model=transformers.GPT2LMHeadModel(config).eval(), tokenizer=tokenizer, device="cpu"
    )
    settings = {"max_new_tokens": 4, "do_sample": False}
    return Made(
        pipeline, TEXTS["text"].tolist(), lambda model, data: model(data, **settings), {"model_config": {**settings}},
        {"device": "cpu"},
    )  # fmt: skip


def transformers_prompt(folder: Path) -> Made:
    made = transformers_writes(folder)
    asked = {**made.arguments, "prompt_template": "good {prompt} bad"}
    return Made(made.model, TEXTS, lambda model, data: made.own(model, data["text"].tolist()), asked, made.loading)


def transformers_fills(folder: Path) -> Made:
    import torch
    import transformers

    torch.manual_seed(0)
    sizes, tokenizer = words(folder)
    model = transformers.BertForMaskedLM(transformers.BertConfig(**sizes, max_position_embeddings=16)).eval()
    pipeline = transformers.pipeline("fill-mask", model=model, tokenizer=tokenizer, device="cpu")
    return Made(pipeline, ["good [MASK]", "bad [MASK]"], lambda model, data: model(data), loading={"device": "cpu"})


def adapted(folder: Path) -> Any:
    """A pipeline of a model with an adapter; its checkpoint stays in the folder."""
    import peft
    import torch
    import transformers

    torch.manual_seed(0)
    sizes, tokenizer = words(folder)
    config = transformers.BertConfig(**sizes, max_position_embeddings=16)
    transformers.BertForSequenceClassification(config).save_pretrained(folder)
    base = transformers.BertForSequenceClassification.from_pretrained(str(folder))
    model = peft.get_peft_model(base, peft.LoraConfig(task_type="SEQ_CLS", r=2, target_modules=["query", "value"])).eval()
    for name, values in model.named_parameters():
        if "lora_B" in name:  # zeros, so that an adapter of before any training does nothing
            torch.nn.init.normal_(values)
    return transformers.pipeline("text-classification", model=model, tokenizer=tokenizer, device="cpu")


def transformers_adapter(folder: Path) -> Made:
    """Without the weights below: mlflow reads no longer what it wrote of those."""
    arguments = {"base_model_path": str(folder)}
    return Made(adapted(folder), TEXTS["text"].tolist(), lambda model, data: model(data), arguments, {"device": "cpu"})


def transformers_card(folder: Path) -> Made:
    from huggingface_hub import ModelCard

    made = transformers_labels(folder)
    return made._replace(arguments={"model_card": ModelCard("---\nlicense: mit\ntags: [tiny]\n---\n# What it is for\n")})


def transformers_features(folder: Path) -> Made:
    import torch
    import transformers

    torch.manual_seed(0)
    sizes, tokenizer = words(folder)
    model = transformers.BertModel(transformers.BertConfig(**sizes, max_position_embeddings=16)).eval()
    pipeline = transformers.pipeline("feature-extraction", model=model, tokenizer=tokenizer, device="cpu")
    return Made(pipeline, ["good day"], lambda model, data: model(data), loading={"device": "cpu"})


def transformers_entities(folder: Path) -> Made:
    import torch
    import transformers

    torch.manual_seed(0)
    sizes, tokenizer = words(folder)
    model = transformers.BertForTokenClassification(transformers.BertConfig(**sizes, max_position_embeddings=16)).eval()
    pipeline = transformers.pipeline("token-classification", model=model, tokenizer=tokenizer, device="cpu")
    return Made(pipeline, ["good day", "bad"], lambda model, data: model(data), loading={"device": "cpu"})


def transformers_any_label(folder: Path) -> Made:
    import torch
    import transformers

    torch.manual_seed(0)
    sizes, tokenizer = words(folder)
    names = {"id2label": {0: "entailment", 1: "other"}, "label2id": {"entailment": 0, "other": 1}}
    config = transformers.BertConfig(**sizes, **names, max_position_embeddings=16)
    model = transformers.BertForSequenceClassification(config).eval()
    pipeline = transformers.pipeline("zero-shot-classification", model=model, tokenizer=tokenizer, device="cpu")
    asked = {"sequences": "good day", "candidate_labels": '["good", "bad"]', "hypothesis_template": "day {}"}
    labels = {"candidate_labels": ["good", "bad"]}
    # its default signature; an example is a dict, of which no first rows are
    return Made(pipeline, asked, lambda model, data: model(**{**data, **labels}), {"input_example": None}, {"device": "cpu"})


def sentence_vectors(folder: Path) -> Made:
    import torch
    import transformers
    from sentence_transformers import SentenceTransformer, models

    torch.manual_seed(0)
    sizes, tokenizer = words(folder)
    transformers.BertModel(transformers.BertConfig(**sizes, max_position_embeddings=16)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    model = SentenceTransformer(modules=[models.Transformer(str(folder)), models.Pooling(8)], device="cpu")
    return Made(model, TEXTS["text"].tolist(), lambda model, data: model.encode(data))


def sentence_answers(folder: Path) -> Made:
    texts = TEXTS.rename(columns={"text": "input"})
    own = lambda model, data: model.encode(data["input"].tolist())  # noqa: E731
    return Made(sentence_vectors(folder).model, texts, own, {"task": "llm/v1/embeddings"})


def spark_session() -> Any:
    from pyspark.sql import SparkSession

    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    settings = {"spark.ui.enabled": "false", "spark.sql.shuffle.partitions": "1", "spark.driver.bindAddress": "127.0.0.1"}
    builder = SparkSession.builder.master("local[1]")
    for name, value in settings.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def spark_line(_: Path) -> Made:
    from pyspark.ml import Pipeline
    from pyspark.ml.feature import VectorAssembler
    from pyspark.ml.regression import LinearRegression

    session = spark_session()
    stages = [VectorAssembler(inputCols=["a", "b", "c"], outputCol="features"), LinearRegression(labelCol="y", maxIter=5)]
    model = Pipeline(stages=stages).fit(session.createDataFrame(FRAME.assign(y=TARGET)))

    def own(model: Any, data: Any) -> Any:
        return [row.prediction for row in model.transform(session.createDataFrame(data)).select("prediction").collect()]

    return Made(model, FRAME, own)


CASES: dict[str, Case] = {
    "catboost classes": Case("catboost", ("catboost",), catboost_classes),
    "catboost json": Case("catboost", ("catboost",), catboost_ranks),
    "statsmodels line": Case("statsmodels", ("statsmodels",), statsmodels_line),
    "statsmodels series": Case("statsmodels", ("statsmodels",), statsmodels_series),
    "onnx frame": Case("onnx", ("onnx", "onnxruntime"), onnx_frame),
    "onnx array": Case("onnx", ("onnx", "onnxruntime"), onnx_array),
    "pytorch pickle": Case("pytorch", ("torch",), torch_pickle),
    "pytorch frame": Case("pytorch", ("torch",), torch_frame),
    "pytorch script": Case("pytorch", ("torch",), torch_script),
    "pytorch graph": Case("pytorch", ("torch",), torch_graph),
    "pytorch default": Case("pytorch", ("torch",), torch_default),
    "keras array": Case("keras", ("keras", "tensorflow"), keras_array),
    "keras exported": Case("keras", ("keras", "tensorflow"), keras_exported),
    "tensorflow keras": Case("tensorflow", ("tensorflow",), keras_example),
    "tensorflow module": Case("tensorflow", ("tensorflow",), tensorflow_module),
    "prophet": Case("prophet", ("prophet",), forecast),
    "spacy": Case("spacy", ("spacy",), spacy_labels),
    "transformers labels": Case("transformers", ("transformers", "torch"), transformers_labels),
    "transformers writes": Case("transformers", ("transformers", "torch"), transformers_writes),
    "transformers prompt": Case("transformers", ("transformers", "torch"), transformers_prompt),
    "transformers fills": Case("transformers", ("transformers", "torch"), transformers_fills),
    "transformers adapter": Case("transformers", ("transformers", "torch", "peft"), transformers_adapter),
    "transformers card": Case("transformers", ("transformers", "torch"), transformers_card),
    "transformers features": Case("transformers", ("transformers", "torch"), transformers_features),
    "transformers entities": Case("transformers", ("transformers", "torch"), transformers_entities),
    "transformers any label": Case("transformers", ("transformers", "torch"), transformers_any_label),
    "sentence_transformers": Case("sentence_transformers", ("sentence_transformers", "torch"), sentence_vectors),
    "sentence_transformers task": Case("sentence_transformers", ("sentence_transformers", "torch"), sentence_answers),
    "spark": Case("spark", ("pyspark",), spark_line),
}


def plain(value: Any) -> Any:
    """Predictions as JSON can hold them, with the kind of container that they came in."""
    if isinstance(value, pd.DataFrame):
        return {"frame": {str(name): plain(column.tolist()) for name, column in value.items()}}
    if isinstance(value, pd.Series):
        return {"series": plain(value.tolist())}
    if isinstance(value, np.ndarray):
        return {"array": plain(value.tolist()), "shape": list(value.shape)}
    if isinstance(value, Mapping):
        return {str(name): plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    return float(f"{value:.5g}") if isinstance(value, float) else value


def save(library: str, case: Case, folder: Path, scratch: Path) -> tuple[Made, Any]:
    """Save the case's model with a library; what was saved, and its own predictions."""
    scratch.mkdir(parents=True)
    made = case.make(scratch)
    flavor = importlib.import_module(f"{library}.{case.flavor}")
    original = made.own(made.model, made.data)
    rows = None if isinstance(made.data, dict) else made.data[:2]
    known = {"path": str(folder), "input_example": rows, **made.arguments}
    if made.signed:
        infer = importlib.import_module(f"{library}.models").infer_signature
        known |= {"signature": infer(made.data, original), "input_example": None}
    # requirements that are given spare mlflow a process that imports the framework again
    several = case.flavor == "transformers"  # whose defaults depend on the model, and on packages that it does not need
    known["pip_requirements"] = list(case.needs) if several else flavor.get_default_pip_requirements()
    flavor.save_model(made.model, **known)
    return made, plain(original)


def read(library: str, case: Case, folder: Path, made: Made) -> dict[str, Any]:
    """What a library finds in a folder."""
    flavor = importlib.import_module(f"{library}.{case.flavor}")
    manifest = importlib.import_module(f"{library}.models").Model.load(str(folder))
    pyfunc = importlib.import_module(f"{library}.pyfunc")
    return {
        "model": plain(made.own(flavor.load_model(str(folder), **made.loading), made.data)),
        "pyfunc": plain(pyfunc.load_model(str(folder)).predict(made.data)),
        "signature": manifest.signature.to_dict() if manifest.signature else None,
        "example": plain(manifest.load_input_example(str(folder))),
        "requirements": (folder / "requirements.txt").read_text().split(),
        "flavors": {name: sorted(settings) for name, settings in manifest.flavors.items()},
    }


def attempt(action: Callable[..., Any], *arguments: Any) -> Any:
    """Its result, or the error with its traceback: one flavor that fails leaves the others."""
    try:
        return action(*arguments)
    except Exception:
        return traceback.format_exc()


def save_all(library: str, folder: Path, flavors: list[str]) -> dict[str, Any]:
    """Save the flavors' cases with a library; each case's model and its own predictions, or what is missing, or an error."""
    saved: dict[str, Any] = {}
    for name, case in CASES.items():
        if case.flavor in flavors:
            scratch = folder / "scratch" / name
            saved[name] = {"missing": case.missing} if case.missing else attempt(save, library, case, folder / name, scratch)
    return saved


def read_all(library: str, saved: dict[str, Any], folder: Path) -> dict[str, Any]:
    """What a library finds in a folder of models of those cases that it has saved itself."""
    made = {name: one[0] for name, one in saved.items() if isinstance(one, tuple) and (folder / name / "MLmodel").is_file()}
    return {name: attempt(read, library, CASES[name], folder / name, one) for name, one in made.items()}


def half(library: str, ours: Path, theirs: Path, flavors: list[str]) -> dict[str, Any]:
    """Save with the library below ``theirs``, then read both folders with it."""
    saved = save_all(library, theirs, flavors)
    plainly = {name: one[1] if isinstance(one, tuple) else one for name, one in saved.items()}
    return {"saved": plainly, "theirs": read_all(library, saved, theirs), "ours": read_all(library, saved, ours)}


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    library, ours, theirs, *flavors = sys.argv[1:]
    print("FOUND" + json.dumps(half(library, Path(ours), Path(theirs), flavors)))
