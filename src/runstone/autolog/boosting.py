"""What XGBoost, LightGBM and CatBoost share: metrics of each iteration, early stopping, importances, data and the model."""

from __future__ import annotations

import copy
import functools
import weakref
from collections.abc import Callable, Mapping, Sequence
from types import FunctionType
from typing import TYPE_CHECKING, Any

import numpy as np

import runstone
from runstone.models import infer_signature

from . import core
from .core import Options, Prepared, Training

if TYPE_CHECKING:
    from .sklearn import SklearnOptions

EXAMPLE_ROWS = 5
#: Above this many numbers, training data is not made dense to be described.
MOST_CELLS = 20_000_000

#: Params of estimators that the data decide, where they are not given: the objective of two classes or of more.
CHOSEN = ("objective",)

#: By identity: datasets of CatBoost have no hash.
_examples: dict[int, Any] = {}


class BoostingOptions(Options, frozen=True, kw_only=True):
    """Those that models like scikit-learn's need, beside the usual ones."""

    max_tuning_runs: int | None = None
    log_post_training_metrics: bool = True
    pos_label: Any = None


class Iterations:
    """The metrics of a training's iterations, logged as they come; they are the model's, too."""

    def __init__(self, training: Training) -> None:
        self.training, self.model_id = training, training.model_to_come()
        self.seen: list[dict[str, float]] = []

    def add(self, metrics: Mapping[str, Any], step: int) -> None:
        """Log an iteration's. ``ndcg@3`` becomes ``ndcg_at_3``, as in MLflow."""
        known = {name.replace("@", "_at_"): float(value) for name, value in metrics.items()}
        self.seen.append(known)
        self.log(known, step=step)

    def stopped(self, best: int, index: int, last: int, dataset: Any = None) -> None:
        """Log where early stopping stopped, and the best iteration's metrics at the step after the last."""
        self.log({"stopped_iteration": last, "best_iteration": best}, dataset=dataset)
        if 0 <= index < len(self.seen):
            self.log(self.seen[index], step=len(self.seen), dataset=dataset)

    def log(self, metrics: dict[str, float], **at: Any) -> None:
        runstone.log_metrics(metrics, run_id=self.training.run_id, model_id=self.model_id, **at)


def log_train_params(training: Training, params: Mapping[str, Any]) -> None:
    """Log those that the estimator whose part the training is has not told: all of them, where there is none."""
    found = {name: value for name, value in params.items() if name not in training.told}
    core.log_params(training.options, found)
    training.told |= set(found)


# --- the data ----------------------------------------------------------------------------------------------------------


def remembering(framework: str, original: Callable[..., Any]) -> Callable[..., Any]:
    """The ``__init__`` of a kind of dataset, which remembers the first rows that it is given: it cannot be asked later."""

    @functools.wraps(original)
    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        if core.chosen(framework) is not None and not core.busy():
            core.safely(None, "the first rows", _keep_rows, self, args[0] if args else kwargs.get("data"))
        original(self, *args, **kwargs)

    init.__runstone_watched__ = True  # type: ignore[attr-defined]
    return init


def _keep_rows(dataset: Any, data: Any) -> None:
    rows = first_rows(data)
    if rows is not None:
        _examples[id(dataset)] = rows
        weakref.finalize(dataset, _examples.pop, id(dataset), None).atexit = False


def example_of(dataset: Any) -> Any:
    """The first rows that a dataset was made of; ``None`` where they are not known."""
    return _examples.get(id(dataset))


def first_rows(data: Any) -> Any:
    """A copy of the first rows, in the data's own type; ``None`` where it has none, as a file has not."""
    if data is None or isinstance(data, str | bytes):
        return None
    try:
        rows = data.iloc[:EXAMPLE_ROWS] if hasattr(data, "iloc") else data[:EXAMPLE_ROWS]
        return copy.deepcopy(rows.toarray() if hasattr(rows, "toarray") else rows)
    except Exception:  # any kind of data may be there; without an example the model is kept all the same
        return None


def describe(options: Options, data: Any, context: str, name: str | None = None) -> Any:
    """Log data as a dataset of the run; ``None`` for what no dataset can be made of."""
    if hasattr(data, "toarray"):
        data = data.toarray() if np.prod(data.shape) <= MOST_CELLS else None
    module = type(data).__module__.partition(".")[0]
    if isinstance(data, np.ndarray):
        dataset: Any = runstone.data.from_numpy(data, name=name)
    elif module == "pandas" and hasattr(data, "columns"):
        dataset = runstone.data.from_pandas(data, name=name)
    else:
        core.warn(options, "dataset", f"autolog: data of the type {type(data).__name__} is not described as a dataset.")
        return None
    runstone.log_input(dataset, context=context)
    return dataset


# --- the model ---------------------------------------------------------------------------------------------------------


def keep_model(
    options: Options, log_model: Callable[..., Any], model: Any, example: Any, predict: Callable[[Any], Any],
    params: Mapping[str, Any], **further: Any,
) -> None:  # fmt: skip
    """Log a model with the signature and the example that are asked for and can be had."""
    signature: Any = False
    if example is None and (options.log_model_signatures or options.log_input_examples):
        core.warn(
            options,
            "no example",
            "autolog: the training data tells nothing of its first rows, so the model is kept without signature and example. "
            "Make datasets from a frame or an array, after autolog() was called.",
        )
    elif options.log_model_signatures:
        signature = core.safely(options, "the signature", lambda: infer_signature(example, predict(copy.deepcopy(example))))
    log_model(
        model, name="model", signature=signature if signature is not None else False,
        input_example=example if options.log_input_examples else None, registered_model_name=options.registered_model_name,
        params={str(key): str(value)[: core.PARAM_CAP] for key, value in params.items()}, **further,
    )  # fmt: skip


def importance(kind: str, features: Sequence[str], values: Sequence[Any]) -> None:
    """Log features' importances, as JSON and as a figure where matplotlib is installed. Several values each: of the classes."""
    told = dict(zip(features, [np.asarray(value).tolist() for value in values], strict=True))
    runstone.log_dict(told, f"feature_importance_{kind}.json")
    try:
        from matplotlib.figure import Figure
    except ImportError:
        return
    if not told:
        return
    sizes = np.array([float(np.abs(np.asarray(value)).sum()) for value in values])
    order = np.argsort(sizes)
    figure = Figure(figsize=(6.4, 4.8 + (0.1 * len(order) if len(order) > 10 else 0)), layout="tight")
    axes = figure.add_subplot()
    axes.barh(np.arange(len(order)), sizes[order], align="center", height=0.5)
    axes.set_yticks(np.arange(len(order)), [str(features[place]) for place in order])
    axes.set_xlabel("Importance")
    axes.set_title(f"Feature Importance ({kind})")
    runstone.log_figure(figure, f"feature_importance_{kind}.png")


# --- models like scikit-learn's ------------------------------------------------------------------------------------------


def watch_estimators(framework: str, classes: Sequence[type], keep: Callable[..., str | None]) -> None:
    """Watch ``fit`` of estimators, and what is measured of them afterwards.

    Args:
        keep: logs a model, with the arguments of :func:`runstone.autolog.sklearn_training.log_model`.
    """
    from . import importing, sklearn_later

    importing.when_loaded("sklearn.metrics", sklearn_later.watch_metrics)
    for item in classes:
        if isinstance(vars(item).get("fit"), FunctionType):
            core.replace(item, "fit", lambda original: core.watched(framework, original, _fitting(keep)))
        for name in sklearn_later.PREDICTS:
            core.replace(item, name, sklearn_later.predicting)
        if hasattr(item, "score") and not hasattr(item.score, "__runstone_watched__"):  # it is scikit-learn's mixins'
            item.score = sklearn_later.scoring(item.score)


def _describe_evaluated(options: Options, told: Mapping[str, Any]) -> None:
    found = told.get("eval_set") or ()
    for pair in [found] if isinstance(found, tuple) and len(found) == 2 and hasattr(found[0], "shape") else found:
        if isinstance(pair, tuple | list) and pair:
            describe(options, pair[0], "eval")


def _fitting(keep: Callable[..., str | None]) -> core.Prepare:
    def prepare(training: Training, original: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Prepared:
        from . import sklearn_training

        estimator = args[0]
        options: SklearnOptions = training.options  # type: ignore[assignment]
        data = sklearn_training.Data.of(estimator, original, args[1:], kwargs)
        params = estimator.get_params(deep=True)
        late = {name: params.pop(name) for name in CHOSEN if name in params and not callable(params[name])}
        core.log_params(options, params)
        training.told |= set(params)
        sklearn_training.begin(training, estimator, data)
        if options.log_datasets:
            core.safely(
                options, "describing what is evaluated", _describe_evaluated, options, core.given(original, args, kwargs)
            )

        def after(_result: Any) -> None:
            core.log_params(options, {name: value for name, value in late.items() if name not in training.told})
            sklearn_training.finish(training, options, estimator, data, keep)

        return Prepared(args, kwargs, after)

    return prepare


def keeper(log_model: Callable[..., Any], **further: Callable[[Any], Any]) -> Callable[..., str | None]:
    """``keep`` for :func:`watch_estimators`, of a flavor's ``log_model``; ``further`` arguments are taken from the options."""

    def keep(
        options: Any, estimator: Any, name: str, signature: Any, example: Any, params: dict[str, Any],
        registered: str | None = None, model_id: str | None = None,
    ) -> str | None:  # fmt: skip
        def log() -> str | None:
            info = log_model(
                estimator, name=name, signature=signature if signature is not None else False, input_example=example,
                registered_model_name=registered, model_id=model_id,
                params={key: str(value)[: core.PARAM_CAP] for key, value in params.items()},
                **{key: read(options) for key, read in further.items()},
            )  # fmt: skip
            made: str | None = info.model_id
            return made

        found: str | None = core.safely(options, f"logging the {name}", log)
        return found

    return keep
