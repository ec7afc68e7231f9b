"""The numbers of one evaluation, and metrics of one's own computed on top of them."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Mapping, Sequence
from typing import Any

from runstone._lazy import need
from runstone.client.notices import notice
from runstone.errors import InvalidValue

from .given import EvaluationDataset
from .metric import EvaluationMetric, MetricValue, is_number


class Figures:
    """Values by metric, in the order they were computed.

    Args:
        given: the data.
        predictions: a Series.
        others: a frame of the model's other output columns, or None.
        config: of the evaluator.
        names: words that mean the predictions.
    """

    def __init__(
        self,
        given: EvaluationDataset,
        predictions: Any,
        others: Any,
        config: Mapping[str, Any],
        names: Sequence[str | None] = (),
    ) -> None:
        self.given, self.predictions, self.others, self.config = given, predictions, others, config
        self.values: dict[str, MetricValue] = {}
        self._means_predictions = {"predictions", *filter(None, names), given.predictions_name}
        self._means_targets = {"targets", given.targets_name}
        self._columns: Mapping[str, Any] = config.get("col_mapping") or {}

    def add(self, numbers: Mapping[str, Any]) -> None:
        for name, value in numbers.items():
            self.values[name] = MetricValue(aggregate_results={name: value})

    def numbers(self, prefix: str = "") -> dict[str, Any]:
        """What is logged: ``name`` for a metric that is one number, ``name/part`` for one that is several."""
        told = {}
        for name, value in self.values.items():
            for part, number in (value.aggregate_results or {}).items():
                if number is not None:
                    told[prefix + (name if part == name.split("/")[0] else f"{name}/{part}")] = number
        return told

    def frame(self) -> Any:
        """Columns ``prediction`` and ``target``, as custom metrics and artifacts get them."""
        made = need("pandas", "evaluate").DataFrame({"prediction": copy.deepcopy(self.predictions)})
        if self.given.labels_data is not None:
            made["target"] = self.given.labels_data
        return made

    def compute(self, metrics: Sequence[EvaluationMetric]) -> None:
        """Compute metrics, each after those it builds on.

        Raises:
            InvalidValue: no metric at all, or one that asks for what is not there; the message says what is.
        """
        wrong = [metric for metric in metrics if not isinstance(metric, EvaluationMetric)]
        if wrong:
            told = ", ".join(f"{one!r} ({type(one).__name__})" for one in wrong)
            raise InvalidValue(f"extra_metrics is a list of what make_metric(eval_fn=…) gives; it has {told}.")
        waiting = list(enumerate(metrics))
        while waiting:
            later, lacking = [], {}
            for place, metric in waiting:
                arguments, missing = self._arguments(metric)
                if missing:
                    later.append((place, metric))
                    lacking[metric.name] = missing
                else:
                    self._compute(place, metric, arguments)
            if len(later) == len(waiting):
                raise self._unknown(lacking)
            waiting = later

    def per_row(self) -> dict[str, Any]:
        """Columns of the table of results, if any metric has scores of rows."""
        columns = {}
        for name, value in self.values.items():
            if value.scores is not None:
                columns[f"{name}/score"] = value.scores
            if value.justifications is not None:
                columns[f"{name}/justification"] = value.justifications
        return columns

    def _arguments(self, metric: EvaluationMetric) -> tuple[list[Any], list[str]]:
        """What its function is called with, and the parameters for which there is nothing."""
        parameters = inspect.signature(metric.eval_fn).parameters
        names = list(parameters)
        if len(names) == 2 and names[0] != "predictions" and names[1] != "targets":
            return [self.frame(), self.numbers()], []
        arguments, missing = [], []
        for name, parameter in parameters.items():
            if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
                continue
            found, value = self._named(self._columns.get(name, name))
            if found:
                arguments.append(value)
            elif parameter.default is not parameter.empty:
                arguments.append(parameter.default)
            else:
                missing.append(name)
        return arguments, missing

    def _named(self, wanted: Any) -> tuple[bool, Any]:
        if not isinstance(wanted, str):
            return True, wanted  # a whole column, handed in by col_mapping
        frame = self.given.frame
        if wanted in self._means_predictions:
            return True, self.frame()["prediction"]
        if wanted in self._means_targets and self.given.labels_data is not None:
            return True, self.frame()["target"]
        if wanted == "metrics":
            return True, copy.deepcopy(self.values)
        for table in (frame, self.others):
            if table is not None and wanted in table.columns:
                return True, table[wanted].copy()
        if wanted in self.config:
            return True, self.config[wanted]
        for name, value in self.values.items():
            if name.split("/")[0] == wanted:
                return True, value
        return False, None

    def _compute(self, place: int, metric: EvaluationMetric, arguments: list[Any]) -> None:
        told = f"Metric {metric.name!r}, number {place} of extra_metrics,"
        try:
            value = metric.eval_fn(*arguments)
        except Exception as problem:
            raise InvalidValue(f"{told} failed: {type(problem).__name__}: {problem}") from problem
        if is_number(value):
            value = MetricValue(aggregate_results={metric.name: value})
        if isinstance(value, MetricValue) and (fault := _fault(value)) is None:
            self.values[metric.key] = value
            return
        fault = fault if isinstance(value, MetricValue) else f"it gave {type(value).__name__}, no number and no MetricValue"
        notice(f"{told} is left out: {fault}.")

    def _unknown(self, lacking: Mapping[str, list[str]]) -> InvalidValue:
        frame = self.given.frame
        columns = [
            *map(str, frame.columns if frame is not None else ()),
            *(self.others.columns if self.others is not None else ()),
        ]
        told = "; ".join(f"metric {name!r} asks for {', '.join(map(repr, names))}" for name, names in lacking.items())
        return InvalidValue(
            f"Metric calculation failed: {told}. There are predictions, "
            f"{'targets, ' if self.given.has_targets else ''}metrics, "
            f"the columns {columns}, the metrics {list(self.values)} and what evaluator_config has. "
            "evaluator_config={'col_mapping': {parameter: column}} gives a column another name."
        )


def _fault(value: MetricValue) -> str | None:
    if value.scores is not None and not isinstance(value.scores, list | tuple):
        return f"its scores are {type(value.scores).__name__}, not a list"
    if value.justifications is not None and not isinstance(value.justifications, list | tuple):
        return f"its justifications are {type(value.justifications).__name__}, not a list"
    results = value.aggregate_results
    if results is not None and not isinstance(results, dict):
        return f"its aggregate_results are {type(results).__name__}, not a dict"
    wrong = [name for name, one in (results or {}).items() if one is not None and not is_number(one)]
    return f"its aggregate_results have no number for {wrong}" if wrong else None
