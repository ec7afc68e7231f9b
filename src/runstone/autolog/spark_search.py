"""Spark ML's searches: a child run for each candidate, the table of all, the best."""

from __future__ import annotations

import json
import time
from typing import Any

import runstone
from runstone._lazy import need
from runstone.client.surroundings import start_tags

from . import core, spark_stages
from .core import Options, Training


def finish(training: Training, options: Options, search: Any, model: Any) -> None:
    """After the fit of a search; metrics are the evaluator's, ``avg_`` and ``std_`` of a cross-validation."""
    names = spark_stages.names_of(search)
    tried, figures = spark_stages.tried_by(search, names), _figures(search, model)
    first = next(iter(figures.values()))
    pick = max if search.getEvaluator().isLargerBetter() else min
    best = tried[pick(range(len(first)), key=lambda place: first[place])]
    core.safely(options, "child runs", _children, training, search, names, figures)
    core.safely(options, "search_results.csv", _log_table, tried, figures)
    runstone.log_dict(best, "best_parameters.json")
    core.log_params(options, {f"best_{name}": value for name, value in best.items()})


def _figures(search: Any, model: Any) -> dict[str, list[float]]:
    metric = search.getEvaluator().getMetricName()
    if not hasattr(model, "avgMetrics"):
        return {metric: list(map(float, model.validationMetrics))}
    found = {f"avg_{metric}": model.avgMetrics, f"std_{metric}": getattr(model, "stdMetrics", None)}
    return {name: list(map(float, values)) for name, values in found.items() if values}


def _children(training: Training, search: Any, names: spark_stages.Names, figures: dict[str, list[float]]) -> None:
    client, parent = runstone.MlflowClient(), training.run
    common = {**start_tags(), core.TAG: training.framework, "mlflow.parentRunId": training.run_id}
    ended = int(time.time() * 1000)
    for place, candidate in enumerate(search.getEstimatorParamMaps()):
        estimator = search.getEstimator().copy(candidate)
        tags = {**common, **about(estimator)}
        run_id = client.create_run(parent.info.experiment_id, parent.info.start_time, tags).info.run_id
        told = spark_stages.params_of(estimator, names)
        runstone.log_params({name: str(value)[: core.PARAM_CAP] for name, value in told.items()}, run_id=run_id)
        runstone.log_metrics({name: values[place] for name, values in figures.items()}, run_id=run_id)
        client.set_terminated(run_id, end_time=ended)


def about(estimator: Any) -> dict[str, str]:
    """MLflow's tags for an estimator."""
    kind = type(estimator)
    return {"estimator_name": kind.__name__, "estimator_class": f"{kind.__module__}.{kind.__name__}"}


def _log_table(tried: list[dict[str, Any]], figures: dict[str, list[float]]) -> None:
    pandas = need("pandas", "the table of a search's candidates")
    columns = {"params": [json.dumps(one, default=str) for one in tried], **figures}
    varied = dict.fromkeys(name for one in tried for name in one)
    columns |= {f"param.{name}": [one.get(name) for one in tried] for name in varied}
    runstone.log_text(pandas.DataFrame(columns).to_csv(index=False), "search_results.csv")
