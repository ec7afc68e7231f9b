"""MLflow's switches for system metrics. They set environment variables, so children that are started later have them too."""

from __future__ import annotations

from runstone import settings
from runstone.errors import InvalidValue

from .checks import check_key


def enable_system_metrics_logging() -> None:
    """Log system metrics of every run from now on."""
    settings.LOG_SYSTEM_METRICS.set(True)


def disable_system_metrics_logging() -> None:
    """Log system metrics only where ``start_run(log_system_metrics=True)`` asks for them."""
    settings.LOG_SYSTEM_METRICS.set(False)


def set_system_metrics_sampling_interval(interval: float | None) -> None:
    """Seconds between samples, for runs that start later; ``None`` for the default."""
    if interval is None:
        settings.SYSTEM_METRICS_INTERVAL.unset()
    else:
        settings.SYSTEM_METRICS_INTERVAL.set(check_interval(interval))


def set_system_metrics_samples_before_logging(samples: int | None) -> None:
    """How many samples are averaged into one point, for runs that start later; ``None`` for the default."""
    if samples is None:
        settings.SYSTEM_METRICS_SAMPLES.unset()
    else:
        settings.SYSTEM_METRICS_SAMPLES.set(check_samples(samples))


def set_system_metrics_node_id(node_id: str | None) -> None:
    """The node's name inside the keys, ``system/<node>/…``, for runs that several machines log to; ``None`` for none."""
    if node_id is None:
        settings.SYSTEM_METRICS_NODE.unset()
    else:
        settings.SYSTEM_METRICS_NODE.set(check_key(str(node_id), "node"))


def check_interval(interval: float) -> float:
    if not isinstance(interval, (int, float)) or isinstance(interval, bool) or not 0 < interval < float("inf"):
        raise InvalidValue(f"The sampling interval is a number of seconds above 0, such as 10, not {interval!r}.")
    return float(interval)


def check_samples(samples: int) -> int:
    if not isinstance(samples, int) or isinstance(samples, bool) or samples < 1:
        raise InvalidValue(f"The number of samples before logging is a whole number from 1, not {samples!r}.")
    return samples
