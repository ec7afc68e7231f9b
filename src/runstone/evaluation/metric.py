"""Metrics of one's own: a function of predictions, targets, other metrics and columns."""

from __future__ import annotations

import keyword
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from runstone.client.notices import notice
from runstone.errors import InvalidValue


@dataclass
class MetricValue:
    """What a metric gives.

    Attributes:
        scores: one for each row, or None.
        justifications: a text for each row, or None.
        aggregate_results: numbers for the whole data, by name; mean, variance and 90th percentile of numeric scores if None.
    """

    scores: Sequence[Any] | None = None
    justifications: Sequence[str] | None = None
    aggregate_results: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        scores = self.scores
        if self.aggregate_results is None and isinstance(scores, list | tuple) and scores and all(map(is_number, scores)):
            self.aggregate_results = {"mean": np.mean(scores), "variance": np.var(scores), "p90": np.percentile(scores, 90)}


def is_number(value: object) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, np.complexfloating)


class EvaluationMetric:
    """A metric that ``evaluate(extra_metrics=[…])`` takes; :func:`make_metric` makes one."""

    def __init__(
        self,
        eval_fn: Callable[..., Any],
        name: str,
        greater_is_better: bool,
        long_name: str | None = None,
        version: str | None = None,
        metric_details: str | None = None,
        metric_metadata: Mapping[str, Any] | None = None,
        genai_metric_args: Mapping[str, Any] | None = None,
    ) -> None:
        self.eval_fn, self.name, self.greater_is_better = eval_fn, name, greater_is_better
        self.long_name, self.version = long_name or name, version
        self.metric_details, self.metric_metadata, self.genai_metric_args = metric_details, metric_metadata, genai_metric_args

    @property
    def key(self) -> str:
        """The name under which its numbers are logged."""
        return f"{self.name}/{self.version}" if self.version else self.name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.eval_fn(*args, **kwargs)

    def __str__(self) -> str:
        parts = [f"name={self.name}", f"greater_is_better={self.greater_is_better}"]
        parts += [f"{what}={told}" for what in ("long_name", "version", "metric_details") if (told := getattr(self, what))]
        return f"EvaluationMetric({', '.join(parts)})"


def make_metric(
    *,
    eval_fn: Callable[..., Any],
    greater_is_better: bool,
    name: str | None = None,
    long_name: str | None = None,
    version: str | None = None,
    metric_details: str | None = None,
    metric_metadata: Mapping[str, Any] | None = None,
    genai_metric_args: Mapping[str, Any] | None = None,
) -> EvaluationMetric:
    """A metric from a function.

    Args:
        eval_fn: its parameters say what it is called with: ``predictions`` and ``targets`` (Series), ``metrics`` (name to
            :class:`MetricValue`), the name of a column of the data, of another metric or of an entry of ``evaluator_config``.
            ``(eval_df, builtin_metrics)``, in any words, gets a frame with ``prediction`` and ``target`` and a dict of numbers.
            It gives a number or a :class:`MetricValue`.
        greater_is_better: whether a greater value is better.
        name: the function's own if not given.
        long_name, version, metric_details, metric_metadata: for the reader; a version is added to the metric's name.

    Raises:
        InvalidValue: there is no name, or one with a slash.
    """
    if not callable(eval_fn):
        raise InvalidValue(f"eval_fn is a function; it got {type(eval_fn).__name__}.")
    own = getattr(eval_fn, "__name__", None)
    name = name or own
    if name is None or name == "<lambda>":
        raise InvalidValue("`name` must be specified: a lambda or an object without __name__ gives the metric none.")
    if "/" in name:
        raise InvalidValue(f"Invalid metric name {name!r}: a metric's name has no '/'.")
    if not name.isidentifier() or keyword.iskeyword(name) or name in ("predictions", "targets", "metrics"):
        notice(f"other metrics cannot build on the metric {name!r}: its name cannot be a parameter of theirs.")
    return EvaluationMetric(
        eval_fn, name, greater_is_better, long_name, version, metric_details, metric_metadata, genai_metric_args
    )
