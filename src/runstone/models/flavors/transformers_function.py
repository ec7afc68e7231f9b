"""Transformers' pipelines as python_function: what each task takes and gives.

texts                one for each input: what was generated, the answer, the token for the mask, the entities joined by commas
classifications      a frame of ``label`` and ``score``; zero-shot: a row for each ``sequence`` and label
feature-extraction   an array, tokens × features, for one text; a list of arrays for several, where MLflow gives the first alone
other tasks          what the pipeline gives
"""

from __future__ import annotations

import json
import re
import string
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from runstone.errors import InvalidValue
from runstone.models.datatypes import DataType
from runstone.models.frames import is_frame, pandas
from runstone.models.schema import ColSpec, Schema, TensorSpec
from runstone.models.signature import ModelSignature

TEXTS = {
    "text-generation": "generated_text",
    "text2text-generation": "generated_text",
    "summarization": "summary_text",
    "translation": "translation_text",
    "automatic-speech-recognition": "text",
}
CLASSIFICATIONS = ("text-classification", "image-classification", "audio-classification")
ENTITIES = ("entity_group", "entity")
#: The manifest's metadata has a template under this name; tasks that take prompts put each text into it.
TEMPLATE = "prompt_template"
PROMPTED = ("text-generation", "text2text-generation", "summarization", "fill-mask", "feature-extraction")


def check_template(template: Any) -> None:
    """Raises InvalidValue unless it is a text with one place, ``{prompt}``."""
    try:
        places = [one[1:] for one in string.Formatter().parse(template) if one[1] is not None]
    except (TypeError, ValueError):
        places = []
    if places != [("prompt", "", None)]:
        raise InvalidValue(f"prompt_template is a text with {{prompt}} in it, once, and no other place; it got {template!r}.")


def kind_of(task: str) -> str:
    """The task without the languages in ``translation_en_to_de``, and by its own name."""
    name = "translation" if task.startswith("translation") else task
    return {"sentiment-analysis": "text-classification", "ner": "token-classification"}.get(name, name)


def signature_of(task: str) -> ModelSignature | None:
    """What a pipeline takes and gives where no example shows it, as in MLflow; ``None`` for tasks that MLflow does not know."""
    kind = kind_of(task)
    text, sound = Schema([ColSpec(DataType.string)]), Schema([ColSpec(DataType.binary)])
    label, score = ColSpec(DataType.string, "label"), ColSpec(DataType.double, "score")
    told: dict[str, tuple[Schema, Schema]] = {
        **dict.fromkeys([*TEXTS, "token-classification", "fill-mask"], (text, text)),
        **dict.fromkeys(CLASSIFICATIONS, (text, Schema([label, score]))),
        "automatic-speech-recognition": (sound, text),
        "audio-classification": (sound, Schema([score, label])),
        "question-answering": (_texts("question", "context"), text),
        "table-question-answering": (_texts("query", "table"), text),
        "zero-shot-classification": (
            _texts("sequences", "candidate_labels", "hypothesis_template"),
            Schema([*_texts("sequence", "labels").inputs, ColSpec(DataType.double, "scores")]),
        ),
        "feature-extraction": (text, Schema([TensorSpec(np.dtype("float64"), (-1,), "double")])),
    }
    return ModelSignature(*told[kind]) if kind in told else None


def _texts(*names: str) -> Schema:
    return Schema([ColSpec(DataType.string, name) for name in names])


def predict(pipeline: Any, data: Any, arguments: Mapping[str, Any], template: str | None = None) -> Any:
    """Call a pipeline.

    Args:
        data: a text, a list of texts or dicts, or a frame, of which one column is one input for each row.
        arguments: for the call; ``collapse_whitespace`` is for the texts that it gives.
        template: checked by :func:`check_template`.

    Raises:
        InvalidValue: the data lacks what the task needs.
    """
    given = dict(arguments)
    given.pop("include_prompt", None)  # of MLflow, for one family of models whose class Transformers never had
    collapse = given.pop("collapse_whitespace", False)
    kind = kind_of(pipeline.task)
    call = _CALLS.get(kind)
    if call is not None:
        return call(pipeline, data, given)
    inputs = _inputs(data)
    if template is not None and kind in PROMPTED:
        inputs = [template.format(prompt=one) for one in inputs]
    found = pipeline(inputs, **given)
    if kind in CLASSIFICATIONS:
        return pandas().DataFrame(found)
    if kind == "token-classification":
        return [_entities(one) for one in found]
    if kind == "fill-mask":
        return [_best(one)["token_str"].strip() for one in found]
    if kind == "feature-extraction":
        arrays = [np.array(one[0]) for one in found]
        return arrays[0] if len(arrays) == 1 else arrays
    if kind in TEXTS:
        texts = [one[TEXTS[kind]] for one in _flat(found)]
        return [re.sub(r"\s+", " ", text).strip() if collapse else text.strip() for text in texts]
    return found


def _inputs(data: Any) -> list[Any]:
    if is_frame(data):
        rows = data.to_dict("records")
        return [next(iter(row.values())) for row in rows] if len(data.columns) == 1 else rows
    inputs = data.tolist() if hasattr(data, "tolist") else data
    return [inputs] if isinstance(inputs, str | bytes | Mapping) else list(inputs)


def _flat(found: Any) -> list[dict[str, Any]]:
    """Several results for one input come as a list in the list."""
    return [item for one in found for item in (one if isinstance(one, list) else [one])]


def _best(found: Any) -> Any:
    """The first of one text's tokens; of its first mask where it has several."""
    return _best(found[0]) if isinstance(found, list) else found


def _entities(found: list[dict[str, Any]]) -> str:
    return ",".join(one[next(name for name in ENTITIES if name in one)] for one in found)


def _rows(data: Any, *needed: str) -> list[dict[str, Any]]:
    """A dict for each question; columns of a dict of lists are rows."""
    rows: list[Any] = data.to_dict("records") if is_frame(data) else [data] if isinstance(data, Mapping) else list(data)
    for row in rows:
        if not isinstance(row, Mapping) or not set(needed) <= set(row):
            raise InvalidValue(f"Each input of this task is a dict with {' and '.join(needed)}; it got {row!r}.")
    return rows


def _told(value: Any) -> Any:
    """A list or dict, which may be told as JSON: a column holds texts."""
    if not isinstance(value, str):
        return value.tolist() if hasattr(value, "tolist") else value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _zero_shot(pipeline: Any, data: Any, arguments: dict[str, Any]) -> Any:
    found = []
    for row in _rows(data, "sequences", "candidate_labels"):
        asked = {**row, "candidate_labels": _told(row["candidate_labels"])}
        found.extend(_flat([pipeline(**asked, **arguments)]))
    told = [(one["sequence"], *pair) for one in found for pair in zip(one["labels"], one["scores"], strict=True)]
    return pandas().DataFrame(told, columns=["sequence", "labels", "scores"])


def _of_table(pipeline: Any, data: Any, arguments: dict[str, Any]) -> list[str]:
    return [
        one["answer"].strip()
        for row in _rows(data, "query", "table")
        for one in _flat([pipeline(table=_told(row["table"]), query=_told(row["query"]), **arguments)])
    ]


def _of_text(pipeline: Any, data: Any, arguments: dict[str, Any]) -> list[str]:
    rows = _rows(data, "question", "context")
    return [pipeline(question=row["question"], context=row["context"], **arguments)["answer"].strip() for row in rows]


#: Tasks whose inputs have parts.
_CALLS: dict[str, Callable[[Any, Any, dict[str, Any]], Any]] = {
    "zero-shot-classification": _zero_shot,
    "table-question-answering": _of_table,
    "question-answering": _of_text,
}
