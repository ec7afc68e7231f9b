"""Grid, randomised and other search: the table of candidates, and a child run for each of the best."""

from __future__ import annotations

import time
from numbers import Number
from typing import TYPE_CHECKING, Any

import runstone
from runstone._lazy import need
from runstone.client.inputs import dataset_input
from runstone.client.surroundings import start_tags

from . import core, sklearn_training
from .core import Training

if TYPE_CHECKING:
    from .sklearn import SklearnOptions

TABLE = "cv_results.csv"


def is_search(estimator: Any) -> bool:
    """Whether it is a GridSearchCV, RandomizedSearchCV or of their kind: searches that halve, BayesSearchCV of skopt."""
    from sklearn.model_selection._search import BaseSearchCV

    return isinstance(estimator, BaseSearchCV)


def about(estimator: Any) -> dict[str, str]:
    """MLflow's tags for an estimator."""
    kind = type(estimator)
    return {"estimator_name": kind.__name__, "estimator_class": f"{kind.__module__}.{kind.__name__}"}


def finish(
    training: Training, options: SklearnOptions, search: Any, signature: Any, example: Any, model_id: str | None, dataset: Any
) -> None:
    """After the fit of a search: its best estimator, score and params, all candidates as a table, child runs."""
    best_id = None
    if options.log_models and hasattr(search, "best_estimator_"):
        params = search.best_estimator_.get_params(deep=True)
        best_id = sklearn_training.log_model(options, search.best_estimator_, "best_estimator", signature, example, params)
    if hasattr(search, "best_score_"):
        runstone.log_metrics({"best_cv_score": search.best_score_}, model_id=model_id, dataset=dataset)
    if hasattr(search, "best_params_"):
        core.log_params(options, {f"best_{key}": value for key, value in search.best_params_.items()})
    if hasattr(search, "cv_results_"):
        core.safely(options, "child runs", _children, training, options, search, dataset, best_id)
        core.safely(options, TABLE, _log_table, search.cv_results_)


def _log_table(results: dict[str, Any]) -> None:
    pandas = need("pandas", "the table of a search's candidates")
    runstone.log_text(pandas.DataFrame.from_dict(results).to_csv(index=False), TABLE)


def _best(results: dict[str, Any], most: int | None) -> list[int]:
    """Candidates by rank, at most so many; all in their order for ``None``. Of several scores the first ranks."""
    everyone = range(len(results["params"]))
    if most is None:
        return list(everyone)
    ranks = results.get("rank_test_score")
    if ranks is None:
        ranks = next(column for name, column in results.items() if name.startswith("rank_test_"))
    return sorted(everyone, key=lambda index: ranks[index])[:most]


def _children(training: Training, options: SklearnOptions, search: Any, dataset: Any, best_id: str | None) -> None:
    client, parent = runstone.MlflowClient(), training.run
    seed = search.estimator
    tags = {**start_tags(), core.TAG: training.framework, "mlflow.parentRunId": training.run_id, **about(seed)}
    common = seed.get_params(deep=not is_search(seed))
    results, ended = search.cv_results_, int(time.time() * 1000)
    best = search.best_estimator_.get_params(deep=True) if best_id is not None else {}
    for index in _best(results, options.max_tuning_runs):
        run_id = client.create_run(parent.info.experiment_id, parent.info.start_time, tags).info.run_id
        tried = results["params"][index]
        texts = {key: str(value)[: core.PARAM_CAP] for key, value in {**common, **tried}.items()}
        runstone.log_params(texts, run_id=run_id)
        row = {key: column[index] for key, column in results.items() if not key.startswith(("param", "split"))}
        figures = {key: float(value) for key, value in row.items() if isinstance(value, Number)}  # type: ignore[arg-type]
        is_best = best_id is not None and all(key in best and best[key] == value for key, value in tried.items())
        runstone.log_metrics(figures, run_id=run_id, model_id=best_id if is_best else None, dataset=dataset)
        if dataset is not None:
            client.log_inputs(run_id, [dataset_input(dataset, "train")])
        client.set_terminated(run_id, end_time=ended)
