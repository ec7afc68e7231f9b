"""Metrics of one's own for ``evaluate``, under the module name that MLflow gives them; see :mod:`runstone.evaluation`."""

from ._lazy import lazy

_PART = "runstone.evaluation.metric:"
__getattr__, __dir__ = lazy(__name__, {name: _PART + name for name in ("EvaluationMetric", "MetricValue", "make_metric")})
