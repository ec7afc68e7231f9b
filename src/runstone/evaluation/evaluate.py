"""``evaluate``: predict, compare with the targets, log what was found to the active run."""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from msgspec import Struct

import runstone
from runstone._lazy import need
from runstone.errors import InvalidValue, NotSupported
from runstone.models.pyfunc import PyFuncModel, load_model

from . import classifier, explain, regressor
from . import slices as sliced
from .artifacts import JsonEvaluationArtifact, Shelf
from .figures import Figures
from .given import EvaluationDataset, of_data
from .metric import EvaluationMetric
from .result import EvaluationResult
from .thresholds import MetricThreshold, validate_evaluation_results

DEFAULT, CLASSIFIER, REGRESSOR = "default", "classifier", "regressor"
TABLE, SLICES = "eval_results_table", "slice_metrics"
#: MLflow's tag that says which data models were evaluated on.
DATASETS = "mlflow.datasets"


class _Answers(Struct):
    predictions: Any
    probabilities: Any = None
    known: Any = None
    others: Any = None
    score: Callable[[Any, Any, Any], Any] | None = None


def evaluate(
    model: Any = None,
    data: Any = None,
    *,
    model_type: str | None = None,
    targets: Any = None,
    predictions: str | None = None,
    dataset_path: str | None = None,
    feature_names: Sequence[str] | None = None,
    evaluators: str | Sequence[str] | None = None,
    evaluator_config: Mapping[str, Any] | None = None,
    extra_metrics: Sequence[EvaluationMetric] | None = None,
    custom_artifacts: Sequence[Callable[..., Any]] | None = None,
    env_manager: str = "local",
    model_config: Mapping[str, Any] | None = None,
    inference_params: Mapping[str, Any] | None = None,
    model_id: str | None = None,
    slices: Sequence[str] | None = None,
    baseline: Any = None,
    validation_thresholds: Mapping[str, MetricThreshold] | None = None,
) -> EvaluationResult:
    """Evaluate a model, or predictions that are part of the data, and log metrics and pictures to the active run (a new one,
    ended afterwards, where there is none).

    Args:
        model: a model URI, a loaded model, a function of the features, a fitted estimator, or None for static predictions.
        data: a pandas or polars frame, an array, a list of rows, or a ``runstone.data`` Dataset.
        model_type: ``classifier``, ``regressor``, or None for ``extra_metrics`` alone.
        targets: the column of the targets, or their values; a Dataset says its own.
        predictions: the column of the predictions; with a model, that of its output.
        feature_names: the columns that the model gets, if not all others.
        evaluators: None and ``default`` mean the one for ``model_type``.
        evaluator_config: ``pos_label``, ``label_list``, ``average``, ``sample_weights``, ``metric_prefix``, ``col_mapping``,
            ``max_classes_for_multiclass_roc_pr``, ``calibration_n_bins``, ``log_model_explainability``,
            ``explainability_nsamples``.
        extra_metrics: what ``make_metric`` made.
        custom_artifacts: functions ``(eval_df, builtin_metrics, artifacts_dir)`` that give a dict of name to artifact.
        model_config: settings that the model is loaded with.
        model_id: the logged model that gets the metrics; the model's own if None.
        slices: columns: the same metrics for each of their values, as ``accuracy_score/sex: female`` and in a table.
        baseline: another model (or a result): evaluated on the same data, not logged; it becomes ``result.baseline``.
        validation_thresholds: held against the result, and the baseline's, once all is logged.

    Raises:
        InvalidValue: arguments that do not fit each other or the data.
        NotSupported: an environment other than this one.
        ModelValidationFailedException: the thresholds are not met.
    """
    if data is None:
        raise InvalidValue("The data argument cannot be None.")
    if inference_params is not None:
        raise InvalidValue(
            "inference_params is for models behind MLflow's deployments (endpoints:/…), which are not served here."
        )
    if env_manager != "local":
        raise NotSupported(
            f"evaluate(env_manager={env_manager!r}) is not offered: models are evaluated in this environment (local)."
        )
    config = _config(evaluators, evaluator_config, model_type)
    mapping = config.get("col_mapping") or {}
    targets = mapping.get(targets, targets) if isinstance(targets, str) else targets
    predictions = mapping.get(predictions, predictions) if isinstance(predictions, str) else predictions
    _check(model, data, model_type, targets, predictions, extra_metrics)
    loaded = _model(model, model_config)
    given = of_data(data, targets, predictions, model is not None, dataset_path, feature_names)
    if model_type is not None and not given.has_targets:
        raise InvalidValue(f"The targets argument must be specified for {model_type} models; a Dataset names its own targets.")
    own = loaded.metadata.model_id if isinstance(loaded, PyFuncModel) else None
    if model_id is not None and own is not None and model_id != own:
        raise InvalidValue(f"model_id={model_id!r} contradicts the model's own, {own!r}; leave it out.")
    other = _baseline(baseline, given, model_type, config, extra_metrics)
    with contextlib.ExitStack() as stack:
        run = runstone.active_run() or stack.enter_context(runstone.start_run())
        shelf = Shelf(Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="runstone-evaluate-"))), _prefix(config))
        logged_id = model_id or own or runstone.get_active_model_id()
        runstone.log_input(given.dataset, context=shelf.prefix or None)
        figures, answers = _figures(loaded, given, model_type, config, extra_metrics, predictions)
        metrics = figures.numbers(shelf.prefix)
        if slices is not None:
            table, more = _slices(given, answers, model_type, config, slices)
            metrics |= {shelf.prefix + name: value for name, value in more.items()}
            _put_table(shelf, SLICES, table)
        runstone.log_metrics({name: float(value) for name, value in metrics.items()}, model_id=logged_id, dataset=given.dataset)
        if logged_id is not None:
            told = [{"name": given.name, "hash": given.digest, "model": logged_id}]
            runstone.set_tag(DATASETS, json.dumps(told))
        if model_type == CLASSIFIER:
            kinds = classifier.classes(given.labels_data, answers.predictions, answers.known, config)
            classifier.log(shelf, given.labels_data, answers.predictions, answers.probabilities, kinds, config)
        elif model_type == REGRESSOR:
            regressor.log(shelf, given.labels_data, answers.predictions)
        explain.log(shelf, loaded, given.features_data, feature_names or _names(given.features_data), config)
        shelf.call(custom_artifacts, figures.frame(), figures.numbers())
        if columns := figures.per_row():
            _put_table(shelf, TABLE, _rows(given, answers, columns))
        result = EvaluationResult(metrics, shelf.kept, run.info.run_id, other)
    if validation_thresholds is not None:
        validate_evaluation_results(validation_thresholds, result)
    return result


# --- inside ------------------------------------------------------------------------------------------------------------


def _names(features: Any) -> list[Any]:
    if hasattr(features, "columns"):
        return list(features.columns)
    return [f"feature_{one + 1}" for one in range(np.shape(features)[1] if np.ndim(features) > 1 else 1)]


def _prefix(config: Mapping[str, Any]) -> str:
    return str(config.get("metric_prefix") or "")


def list_evaluators() -> list[str]:
    """What ``evaluators=`` of :func:`evaluate` may name: ``default``, and the ``model_type``."""
    return [DEFAULT, CLASSIFIER, REGRESSOR]


def _config(evaluators: Any, config: Any, model_type: str | None) -> Mapping[str, Any]:
    """The settings, also where they are given by evaluator. Raises InvalidValue."""
    if model_type not in (None, CLASSIFIER, REGRESSOR):
        raise InvalidValue(f"model_type={model_type!r} is not evaluated here; 'classifier', 'regressor' and None are.")
    names = [evaluators] if isinstance(evaluators, str) else list(evaluators or ())
    unknown = [name for name in names if name not in (DEFAULT, model_type)]
    if unknown:
        raise InvalidValue(f"There is no evaluator {unknown} for model_type={model_type!r}; 'default' works, and None.")
    if config is None:
        return {}
    if not isinstance(config, Mapping):
        raise InvalidValue(f"evaluator_config is a dict; it got {type(config).__name__}.")
    for name in (model_type, "default"):
        if name is not None and isinstance(config.get(name), Mapping):
            return dict(config[name])
    return config


def _check(model: Any, data: Any, model_type: str | None, targets: Any, predictions: Any, extra: Any) -> None:
    from_dataset = hasattr(data, "to_pyfunc")
    if from_dataset and (targets is not None or (model is None and predictions is not None)):
        raise InvalidValue(
            "data is a Dataset, which names its own targets and predictions; leave targets= and predictions= out."
        )
    if from_dataset and model is not None and getattr(data, "predictions", None) is not None:
        raise InvalidValue("The Dataset has a column of predictions, and there is a model; give one of the two.")
    if model is None and predictions is None and getattr(data, "predictions", None) is None:
        raise InvalidValue("Either a model or predictions must be specified: model=…, or predictions= with their column.")
    if model_type is None and not extra:
        raise InvalidValue("The extra_metrics argument must be specified where model_type is None.")


def _model(model: Any, config: Any) -> Any:
    if isinstance(model, str):
        if model.startswith("endpoints:"):
            raise NotSupported(f"{model!r} is a model behind MLflow's deployments, which are not evaluated here.")
        return load_model(model, model_config=config)
    if config:
        raise InvalidValue("model_config= is for a model named by its URI; load a model with the settings it is to have.")
    if model is None or isinstance(model, PyFuncModel) or callable(getattr(model, "predict", None)) or callable(model):
        return model
    raise InvalidValue(f"model is a URI, a loaded model, a function, an estimator or None; it got {type(model).__name__}.")


def _figures(
    model: Any, given: EvaluationDataset, kind: str | None, config: Mapping[str, Any], extra: Any, column: str | None
) -> tuple[Figures, _Answers]:
    answers = _answers(model, given, column)
    figures = Figures(given, answers.predictions, answers.others, config, [column])
    labels = given.labels_data
    if answers.score is not None and kind is not None:
        with contextlib.suppress(Exception):  # an estimator that cannot score these data is evaluated all the same
            figures.add({"score": answers.score(given.features_data, labels, config.get("sample_weights"))})
    if kind == CLASSIFIER:
        kinds = classifier.classes(labels, answers.predictions, answers.known, config)
        figures.add(classifier.numbers(labels, answers.predictions, answers.probabilities, kinds, config))
    elif kind == REGRESSOR:
        figures.add(regressor.numbers(labels, answers.predictions, config))
    figures.compute(extra or ())
    return figures, answers


def _answers(model: Any, given: EvaluationDataset, column: str | None) -> _Answers:
    """What the model predicts; an estimator of scikit-learn's kind is asked itself, for its probabilities."""
    pandas = need("pandas", "evaluate")
    if model is None:
        return _Answers(pandas.Series(np.asarray(given.predictions_data)))
    raw = model.get_raw_model() if isinstance(model, PyFuncModel) else model
    estimator = all(callable(getattr(raw, name, None)) for name in ("predict", "fit", "get_params"))
    features = given.features_data.copy()
    if estimator:
        found = raw.predict(features)
    elif isinstance(model, PyFuncModel) or not callable(model):
        found = model.predict(features)
    else:
        found = model(features)
    predictions, others = _split(found, column)
    if len(predictions) != len(features):
        raise InvalidValue(f"The model gave {len(predictions)} predictions for {len(features)} rows.")
    answers = _Answers(predictions, others=others)
    if estimator and callable(getattr(raw, "predict_proba", None)):
        answers.probabilities = np.asarray(raw.predict_proba(given.features_data.copy()))
        answers.known = getattr(raw, "classes_", None)
    if estimator and callable(getattr(raw, "score", None)):
        answers.score = lambda x, y, weights: raw.score(x, y) if weights is None else raw.score(x, y, sample_weight=weights)
    return answers


def _split(found: Any, column: str | None) -> tuple[Any, Any]:
    """Predictions as a Series, and the other columns. Raises InvalidValue where it is not clear which is which."""
    pandas = need("pandas", "evaluate")
    if isinstance(found, Mapping) or (isinstance(found, list) and found and isinstance(found[0], Mapping)):
        found = pandas.DataFrame(found)
    if hasattr(found, "columns"):
        names = list(found.columns)
        if column is None and len(names) > 1:
            raise InvalidValue(f"The model's output has the columns {names}; predictions= says which are the predictions.")
        chosen = names[0] if column is None else column
        if chosen not in names:
            raise InvalidValue(f"The model's output has no column {chosen!r}; it has {names}.")
        rest = [name for name in names if name != chosen]
        return found[chosen].reset_index(drop=True), found[rest].reset_index(drop=True) if rest else None
    array = np.asarray(found)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        raise InvalidValue(f"The model gave an array of the shape {array.shape}; one prediction for each row is asked for.")
    return pandas.Series(array), None


def _slices(
    given: EvaluationDataset, answers: _Answers, kind: str | None, config: Mapping[str, Any], columns: Sequence[str]
) -> tuple[Any, dict[str, float]]:
    if kind is None:
        raise InvalidValue("slices= is for classifiers and regressors.")
    labels, weights = given.labels_data, config.get("sample_weights")
    kinds = classifier.classes(labels, answers.predictions, answers.known, config) if kind == CLASSIFIER else None

    def numbers(keep: Any) -> dict[str, Any]:
        own = {**config, **({} if weights is None else {"sample_weights": np.asarray(weights)[keep]})}
        truth, guess = np.asarray(labels)[keep], answers.predictions.to_numpy()[keep]
        if kinds is None:
            return regressor.numbers(truth, guess, own)
        chances = None if answers.probabilities is None else answers.probabilities[keep]
        return classifier.numbers(truth, guess, chances, kinds, own)

    return sliced.table(given.frame, columns, numbers)


def _baseline(baseline: Any, given: EvaluationDataset, kind: str | None, config: Any, extra: Any) -> EvaluationResult | None:
    if baseline is None or isinstance(baseline, EvaluationResult):
        return baseline
    figures, _ = _figures(_model(baseline, None), given, kind, config, extra, None)
    return EvaluationResult(figures.numbers(_prefix(config)), {}, "")


def _rows(given: EvaluationDataset, answers: _Answers, columns: Mapping[str, Any]) -> Any:
    frame = need("pandas", "evaluate").DataFrame() if given.frame is None else given.frame.copy()
    if given.has_targets:
        frame[given.targets_name or "target"] = given.labels_data
    frame[given.predictions_name or "outputs"] = np.asarray(answers.predictions)
    for name, values in columns.items():
        frame[name] = list(values)
    return frame


def _put_table(shelf: Shelf, name: str, frame: Any) -> None:
    """By ``log_table``, so that the run's page shows it and ``load_table`` puts those of several runs together."""
    file = f"{shelf.prefix}{name}.json"
    runstone.log_table(frame, file)
    told = {"columns": [str(one) for one in frame.columns], "data": json.loads(frame.to_json(orient="values"))}
    shelf.kept[name] = JsonEvaluationArtifact(runstone.get_artifact_uri(file), told)
