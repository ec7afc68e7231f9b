"""Spark ML's estimators as they are made of each other: names, params and hierarchy as MLflow tells them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from pyspark.ml import Pipeline
from pyspark.ml.classification import OneVsRest
from pyspark.ml.param import Params
from pyspark.ml.tuning import CrossValidator, TrainValidationSplit

Names = Mapping[str, str]


def is_search(estimator: Any) -> bool:
    """Whether it tries several params and keeps the best."""
    return isinstance(estimator, CrossValidator | TrainValidationSplit)


def values(stage: Any) -> dict[str, Any]:
    """Params that are set or have a default."""
    return {param.name: value for param, value in stage.extractParamMap().items()}


def names_of(estimator: Any) -> Names:
    """Name by ``uid`` of the estimator and all within it: the class, numbered where it occurs more than once."""
    everyone = list(_walk(estimator))
    times = Counter(type(stage).__name__ for stage in everyone)
    seen: Counter[str] = Counter()
    found = {}
    for stage in everyone:
        kind = type(stage).__name__
        seen[kind] += 1
        found[stage.uid] = f"{kind}_{seen[kind]}" if times[kind] > 1 else kind
    return found


def params_of(stage: Any, names: Names, prefix: str = "") -> dict[str, Any]:
    """Params of a stage and of those within it, these by their names; what a search tries is left out."""
    found: dict[str, Any] = {}
    for name, value in values(stage).items():
        if isinstance(stage, Pipeline) and name == "stages":
            found[prefix + name] = [names[one.uid] for one in value]
            inside = list(value)
        elif is_search(stage) and name == "estimatorParamMaps":
            continue
        elif isinstance(value, Params):
            found[prefix + name] = names[value.uid]
            inside = [] if is_search(stage) and name == "estimator" else [value]
        else:
            found[prefix + name] = value
            continue
        for one in inside:
            found |= params_of(one, names, f"{names[one.uid]}.")
    return found


def info_of(estimator: Any, names: Names) -> dict[str, Any]:
    """MLflow's ``estimator_info.json``: the hierarchy, and of each search what it tries; empty for a plain estimator."""
    searches = [stage for stage in _walk(estimator) if is_search(stage)]
    several = isinstance(estimator, Pipeline) or any(_inside(estimator))
    told: dict[str, Any] = {"hierarchy": _hierarchy(estimator, names)} if several else {}
    for search in searches:
        tuned = search.getEstimator()
        told[names[search.uid]] = {
            "tuning_parameter_map_list": tried_by(search, names),
            "tuned_estimator_parameter_map": params_of(tuned, names, f"{names[tuned.uid]}."),
        }
    return told


def tried_by(search: Any, names: Names) -> list[dict[str, Any]]:
    """The params of each candidate, by stage."""
    candidates = search.getEstimatorParamMaps()
    return [{f"{names[param.parent]}.{param.name}": value for param, value in one.items()} for one in candidates]


def _inside(stage: Any) -> dict[str, Any]:
    """Params of a stage that are stages themselves."""
    return {name: value for name, value in values(stage).items() if isinstance(value, Params)}


def _walk(stage: Any) -> Iterator[Any]:
    yield stage
    for one in stage.getStages() if isinstance(stage, Pipeline) else _inside(stage).values():
        yield from _walk(one)


def _hierarchy(stage: Any, names: Names) -> dict[str, Any]:
    told: dict[str, Any] = {"name": names[stage.uid]}
    if isinstance(stage, Pipeline):
        return {**told, "stages": [_hierarchy(one, names) for one in stage.getStages()]}
    inside = {name: _hierarchy(one, names) for name, one in _inside(stage).items()}
    if isinstance(stage, OneVsRest):
        return {**told, "classifier": inside["classifier"]}
    if is_search(stage):
        return {**told, "evaluator": inside["evaluator"], "tuned_estimator": inside["estimator"]}
    return {**told, "params": inside} if inside else told
