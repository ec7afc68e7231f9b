"""Numbers and pictures of a regressor, under MLflow's names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from runstone._lazy import need
from runstone.errors import InvalidValue

from . import plots
from .artifacts import ImageEvaluationArtifact, Shelf


def numbers(targets: Any, predictions: Any, config: Mapping[str, Any]) -> dict[str, Any]:
    """Metrics. Raises InvalidValue for what are no numbers, or has gaps."""
    metrics, weights = need("sklearn.metrics", "evaluate", "scikit-learn"), config.get("sample_weights")
    total = np.sum(np.asarray(targets) * np.asarray(1 if weights is None else weights))
    try:
        squared = metrics.mean_squared_error(targets, predictions, sample_weight=weights)
        return {
            "example_count": len(targets),
            "mean_absolute_error": metrics.mean_absolute_error(targets, predictions, sample_weight=weights),
            "mean_squared_error": squared,
            "root_mean_squared_error": float(np.sqrt(squared)),
            "sum_on_target": total,
            "mean_on_target": total / len(targets),
            **({"r2_score": metrics.r2_score(targets, predictions, sample_weight=weights)} if len(targets) > 1 else {}),
            "max_error": metrics.max_error(targets, predictions),
            "mean_absolute_percentage_error": metrics.mean_absolute_percentage_error(
                targets, predictions, sample_weight=weights
            ),
        }
    except ValueError as cause:
        raise InvalidValue(f"Targets and predictions of a regressor are numbers, one a row, none missing: {cause}") from cause


def log(shelf: Shelf, targets: Any, predictions: Any) -> None:
    """Log the picture of residuals."""
    shelf.put("residuals_plot", plots.residuals(np.asarray(targets), np.asarray(predictions)), ImageEvaluationArtifact)
