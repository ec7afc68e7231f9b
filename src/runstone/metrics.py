"""Metrics for ``evaluate``, under the module name that MLflow gives them; see :mod:`runstone.evaluation`."""

from ._lazy import lazy

_MADE = "runstone.evaluation.metric:"
_KNOWN = "runstone.evaluation.known:"
__getattr__, __dir__ = lazy(
    __name__,
    {
        **{name: _MADE + name for name in ("EvaluationMetric", "MetricValue", "make_metric")},
        **{
            name: _KNOWN + name
            for name in (
                "exact_match",
                "f1_score",
                "mae",
                "mape",
                "max_error",
                "mse",
                "precision_score",
                "r2_score",
                "recall_score",
                "rmse",
            )
        },
    },
)
