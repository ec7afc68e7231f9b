"""What is logged of one training of scikit-learn: data, model, metrics, figures."""

from __future__ import annotations

import copy
import inspect
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import sklearn
import sklearn.base
from msgspec import Struct
from sklearn import metrics as sk

import runstone
from runstone.client.checks import number
from runstone.models import infer_signature

from . import core, later, sklearn_figures, sklearn_search
from .core import Options, Training

if TYPE_CHECKING:
    from .sklearn import SklearnOptions

PREFIX = "training_"
#: Rows of the training data that a model's example has, and its signature is inferred from.
EXAMPLE_ROWS = 5
PAGE = '<!DOCTYPE html>\n<html lang="en"><head><meta charset="UTF-8"/></head>\n<body>\n{}\n</body></html>\n'


class Data(Struct, frozen=True):
    """What a fit was given. ``x`` and ``y`` as they were: copies where the estimator may write into them."""

    x: Any = None
    y: Any = None
    weight: Any = None

    @classmethod
    def of(cls, estimator: Any, original: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Data:
        """The first two arguments and ``sample_weight``, whatever the first two are called."""
        names = list(inspect.signature(getattr(estimator, "fit", original)).parameters)
        given = {**dict(zip(names, args, strict=False)), **kwargs}
        x, y = (given.get(name) for name in (*names, "", "")[:2])
        weight = given.get("sample_weight") if "sample_weight" in names else None
        if any(value is False for key, value in estimator.get_params().items() if key.rpartition("__")[2].startswith("copy")):
            x, y = copy.deepcopy(x), copy.deepcopy(y)
        return cls(x, y, weight)


def is_search(estimator: Any) -> bool:
    return sklearn_search.is_search(estimator)


def begin(training: Training, estimator: Any, data: Data) -> None:
    """Before the fit: the estimator's name, and the data."""
    runstone.set_tags(sklearn_search.about(estimator))
    if training.options.log_datasets:
        dataset = dataset_of(training.options, data.x, data.y)
        if dataset is not None:
            runstone.log_input(dataset, context="train")


def finish(
    training: Training, options: SklearnOptions, estimator: Any, data: Data, keep: Callable[..., str | None] | None = None
) -> None:
    """After the fit: model, metrics, figures, the estimator's diagram, and a search's candidates.

    Args:
        keep: logs the model, as :func:`log_model` does, which is used if there is none.
    """
    with _undisturbed():
        signature, example = _example(options, estimator, data)
        model_id = None
        if options.log_models:
            params = estimator.get_params(deep=not is_search(estimator))
            params |= {f"best_{key}": value for key, value in getattr(estimator, "best_params_", {}).items()}
            model_id = (keep or log_model)(
                options, estimator, "model", signature, example, params, options.registered_model_name, training.model_id
            )
        # named for its metrics also where log_datasets is off, as in MLflow
        dataset = dataset_of(options, data.x, data.y, tell=False)
        found = core.safely(options, "training metrics", _measure, options, estimator, data) or {}
        if found:
            runstone.log_metrics(found, model_id=model_id, dataset=dataset)
        elif data.y is None:
            core.warn(options, "no labels", "autolog: training metrics need labels, and the fit was given none. (Said once.)")
        core.safely(options, "estimator.html", _log_diagram, estimator)
        if is_search(estimator):
            sklearn_search.finish(training, options, estimator, signature, example, model_id, dataset)
    if options.log_post_training_metrics:
        later.remember(estimator, training.framework, training.run_id, model_id)


# --- the data ----------------------------------------------------------------------------------------------------------


def dataset_of(options: Options, x: Any, y: Any = None, tell: bool = True) -> Any:
    """A dataset of the features (and targets, beside arrays); ``None`` for what no dataset can be made of."""
    try:
        if hasattr(x, "toarray"):
            x, y = x.toarray(), y.toarray() if hasattr(y, "toarray") else y
        kind = type(x).__module__.partition(".")[0]
        if isinstance(x, np.ndarray):
            return runstone.data.from_numpy(x, targets=None if y is None else np.asarray(y))
        if kind == "pandas" and hasattr(x, "columns"):
            return runstone.data.from_pandas(x)
        if kind == "polars" and hasattr(x, "columns"):
            return runstone.data.from_polars(x)
    except Exception as problem:
        core.warn(options, "dataset", f"autolog: the data could not be described: {problem}")
        return None
    if tell:
        core.warn(options, f"dataset {kind}", f"autolog: data of the type {type(x).__name__} is not described as a dataset.")
    return None


def _example(options: Options, estimator: Any, data: Data) -> tuple[Any, Any]:
    """The signature and the example, each where it is asked for and can be had."""
    if not options.log_models or not (options.log_input_examples or options.log_model_signatures):
        return None, None
    try:
        example = copy.deepcopy(data.x[:EXAMPLE_ROWS])
    except Exception as problem:
        core.warn(options, "example", f"autolog: no input example could be taken from the training data: {problem}")
        return None, None
    signature = None
    if options.log_model_signatures:
        try:
            call = estimator.predict if hasattr(estimator, "predict") else estimator.transform
            signature = infer_signature(example, call(copy.deepcopy(example)))
        except Exception as problem:
            core.warn(options, "signature", f"autolog: the model's signature could not be inferred: {problem}")
    if not options.log_input_examples:
        return signature, None
    return signature, example.toarray() if hasattr(example, "toarray") else example  # a sparse one cannot be written


def log_model(
    options: SklearnOptions, estimator: Any, name: str, signature: Any, example: Any, params: dict[str, Any],
    registered: str | None = None, model_id: str | None = None,
) -> str | None:  # fmt: skip
    """Log it below the active run; its id as a logged model, ``None`` where it could not be kept."""

    def log() -> str | None:
        info = runstone.sklearn.log_model(
            estimator, name=name, signature=signature if signature is not None else False, input_example=example,
            serialization_format=options.serialization_format, registered_model_name=registered, model_id=model_id,
            params={key: str(value)[: core.PARAM_CAP] for key, value in params.items()},
        )  # fmt: skip
        made: str | None = info.model_id
        return made

    found: str | None = core.safely(options, f"logging the {name}", log)
    return found


# --- metrics -----------------------------------------------------------------------------------------------------------


def _measure(options: SklearnOptions, estimator: Any, data: Data) -> dict[str, float]:
    """Training metrics, by MLflow's names; those that cannot be had are left out, with one warning each."""
    if data.y is None:
        return {}
    found: dict[str, float] = {}
    predicted = probable = None
    try:
        if sklearn.base.is_classifier(estimator):
            predicted = estimator.predict(data.x)
            probable = estimator.predict_proba(data.x) if hasattr(estimator, "predict_proba") else None
            found = _keep(options, _of_classifier(options, data, predicted, probable))
        elif sklearn.base.is_regressor(estimator):
            predicted = estimator.predict(data.x)
            found = _keep(options, _of_regressor(data, predicted))
    except Exception as problem:
        core.warn(options, "predict", f"autolog: no training metrics of {type(estimator).__name__}: {problem}")
    if hasattr(estimator, "score"):
        score = _known_score(estimator, found)
        found |= _keep(options, {"score": lambda: _score(estimator, data) if score is None else score})
    if predicted is not None and sklearn.base.is_classifier(estimator):
        core.safely(options, "figures", sklearn_figures.log, PREFIX, estimator, data, predicted, probable)
    return {f"{PREFIX}{key}": value for key, value in found.items()}


def _known_score(estimator: Any, found: Mapping[str, float]) -> float | None:
    """The score, where the estimator's is the ordinary one: accuracy, or r²."""
    raw = inspect.unwrap(inspect.getattr_static(type(estimator), "score"))
    if raw is inspect.unwrap(inspect.getattr_static(sklearn.base.ClassifierMixin, "score")):
        return found.get("accuracy_score")
    if raw is inspect.unwrap(inspect.getattr_static(sklearn.base.RegressorMixin, "score")):
        return found.get("r2_score")
    return None


def _score(estimator: Any, data: Data) -> float:
    weighted = "sample_weight" in inspect.signature(estimator.score).parameters
    return float(estimator.score(data.x, data.y, data.weight) if weighted else estimator.score(data.x, data.y))


def _keep(options: Options, calls: Mapping[str, Callable[[], Any]]) -> dict[str, float]:
    found = {}
    for name, call in calls.items():
        try:
            found[name] = number(name, call())
        except Exception as problem:
            core.warn(options, name, f"autolog: the metric {PREFIX}{name} is left out: {problem}")
    return found


def _of_classifier(options: SklearnOptions, data: Data, predicted: Any, probable: Any) -> dict[str, Callable[[], Any]]:
    y, weight = data.y, data.weight
    average = "weighted" if options.pos_label is None else "binary"
    averaged = {"pos_label": options.pos_label, "sample_weight": weight, "average": average}
    calls: dict[str, Callable[[], Any]] = {
        "precision_score": lambda: sk.precision_score(y, predicted, **averaged),
        "recall_score": lambda: sk.recall_score(y, predicted, **averaged),
        "f1_score": lambda: sk.f1_score(y, predicted, **averaged),
        "accuracy_score": lambda: sk.accuracy_score(y, predicted, sample_weight=weight),
    }
    if probable is not None:
        calls["log_loss"] = lambda: sk.log_loss(y, probable, sample_weight=weight)
        calls["roc_auc"] = lambda: sk.roc_auc_score(
            y,
            probable[:, 1] if len(probable[0]) == 2 else probable,
            average="weighted",
            sample_weight=weight,
            multi_class="ovo",
        )
    return calls


def _of_regressor(data: Data, predicted: Any) -> dict[str, Callable[[], Any]]:
    y, weight = data.y, data.weight
    squared = _once(lambda: sk.mean_squared_error(y, predicted, sample_weight=weight))
    return {
        "mean_squared_error": squared,
        "mean_absolute_error": lambda: sk.mean_absolute_error(y, predicted, sample_weight=weight),
        "r2_score": lambda: sk.r2_score(y, predicted, sample_weight=weight),
        "root_mean_squared_error": lambda: np.sqrt(squared()),
    }


def _once(call: Callable[[], float]) -> Callable[[], float]:
    """``call``, made once."""
    known: list[float] = []

    def once() -> float:
        if not known:
            known.append(call())
        return known[0]

    return once


def _log_diagram(estimator: Any) -> None:
    from sklearn.utils import estimator_html_repr

    runstone.log_text(PAGE.format(estimator_html_repr(estimator)), "estimator.html")


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Metrics warn of what the training has nothing to do with, and some estimators draw lots when they predict: neither is
    felt outside."""
    state = np.random.get_state()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        np.random.set_state(state)
