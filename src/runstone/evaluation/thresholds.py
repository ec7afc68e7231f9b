"""Conditions that a candidate must meet, by itself and against a baseline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runstone.client.notices import notice
from runstone.errors import InvalidValue, RunstoneError

from .result import EvaluationResult

#: A change that counts where the baseline is 0, so that no part of it can be told.
_LEAST = 1e-10


class ModelValidationFailedException(RunstoneError):
    """A candidate does not meet its thresholds; the message says which, with all values."""

    default_code = "BAD_REQUEST"


class MetricThresholdClassException(InvalidValue):
    """A threshold that makes no sense."""

    def __init__(self, message: str) -> None:
        super().__init__("Could not instantiate MetricThreshold class: " + message)


class MetricThreshold:
    """What a metric must reach.

    Args:
        threshold: the least value (the greatest, where lower is better).
        min_absolute_change: by how much it is better than the baseline's.
        min_relative_change: the same as a part of the baseline's magnitude, 0.0 to 1.0.
        greater_is_better: must be said.

    Raises:
        InvalidValue: nothing is asked for, or a value makes no sense.
    """

    def __init__(
        self,
        threshold: float | None = None,
        min_absolute_change: float | None = None,
        min_relative_change: float | None = None,
        greater_is_better: bool | None = None,
    ) -> None:
        if threshold is not None and not _is_number(threshold):
            raise MetricThresholdClassException(f"`threshold` parameter must be a number; it is {threshold!r}.")
        if min_absolute_change is not None and not (_is_number(min_absolute_change) and min_absolute_change > 0):
            raise MetricThresholdClassException(
                f"`min_absolute_change` parameter must be a positive number; it is {min_absolute_change!r}."
            )
        if min_relative_change is not None and not (isinstance(min_relative_change, float) and 0 <= min_relative_change <= 1):
            raise MetricThresholdClassException(
                "`min_relative_change` parameter must be a floating point number between 0 and 1; "
                f"it is {min_relative_change!r}."
            )
        if not isinstance(greater_is_better, bool):
            raise MetricThresholdClassException(
                f"`greater_is_better` parameter must be defined, as a boolean; it is {greater_is_better!r}."
            )
        if threshold is None and min_absolute_change is None and min_relative_change is None:
            raise MetricThresholdClassException(
                "no threshold was specified. threshold=, min_absolute_change= and min_relative_change= are there."
            )
        self.threshold, self.greater_is_better = threshold, greater_is_better
        self.min_absolute_change, self.min_relative_change = min_absolute_change, min_relative_change

    def __str__(self) -> str:
        parts = [("Threshold", self.threshold), ("Minimum Absolute Change", self.min_absolute_change)]
        parts.append(("Minimum Relative Change", self.min_relative_change))
        told = [f"{what}: {value}." for what, value in parts if value is not None]
        return " ".join([*told, "Greater value is better." if self.greater_is_better else "Lower value is better."])

    @property
    def compares(self) -> bool:
        return self.min_absolute_change is not None or self.min_relative_change is not None

    def faults(self, name: str, candidate: float, baseline: float | None) -> list[str]:
        """What the candidate's value lacks, a sentence each."""
        way, told = (1, "at least") if self.greater_is_better else (-1, "at most")
        found = []
        if self.threshold is not None and not way * candidate >= way * self.threshold:
            found.append(
                f"Metric {name} value threshold check failed: it is {candidate}, {told} {self.threshold} is asked for."
            )
        if not self.compares:
            return found
        if baseline is None:
            return [*found, f"Model comparison failed: metric {name} was missing from the result of the baseline model."]
        for kind, change, least in (
            ("absolute", self.min_absolute_change, self.min_absolute_change),
            ("relative", self.min_relative_change, self._relative(name, baseline)),
        ):
            if least is not None and not way * candidate >= way * baseline + least:
                found.append(
                    f"Metric {name} minimum {kind} change check failed: it is {candidate}, the baseline's is {baseline}, "
                    f"and {change} better than that is asked for ({told} {baseline + way * least})."
                )
        return found

    def _relative(self, name: str, baseline: float) -> float | None:
        if self.min_relative_change is None:
            return None
        if baseline == 0:
            notice(f"the baseline's {name} is 0, so no part of it can be told: any better value passes.")
            return _LEAST
        return self.min_relative_change * abs(baseline)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def validate_evaluation_results(
    validation_thresholds: Mapping[str, MetricThreshold],
    candidate_result: EvaluationResult,
    baseline_result: EvaluationResult | None = None,
) -> None:
    """Hold a candidate's result against thresholds, and against a baseline's result.

    Args:
        validation_thresholds: metric name to threshold; names of custom metrics and of slices work as well.
        baseline_result: needed by thresholds that ask for a change; the one that the candidate was evaluated with, if None.

    Raises:
        ModelValidationFailedException: the candidate does not pass.
        InvalidValue: no thresholds.
    """
    if not isinstance(validation_thresholds, Mapping) or not all(
        isinstance(name, str) and isinstance(one, MetricThreshold) for name, one in validation_thresholds.items()
    ):
        raise InvalidValue(
            "The validation thresholds argument must be a dictionary that maps strings to MetricThreshold objects."
        )
    baseline = baseline_result if baseline_result is not None else candidate_result.baseline
    faults: list[str] = []
    known: Mapping[str, Any] = {} if baseline is None else baseline.metrics
    for name, threshold in validation_thresholds.items():
        if name not in candidate_result.metrics:
            there = ", ".join(sorted(candidate_result.metrics))
            faults.append(
                f"Metric validation failed: metric {name} was missing from the evaluation result of the candidate model "
                f"(it has {there})."
            )
            continue
        faults += threshold.faults(name, candidate_result.metrics[name], known.get(name))
    if faults:
        raise ModelValidationFailedException("\n".join(faults))
