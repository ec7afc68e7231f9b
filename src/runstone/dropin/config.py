"""``mlflow.config``: settings that a script may change while it runs."""

from __future__ import annotations

from runstone._lazy import lazy

_SYSTEM, _WHERE = "runstone.client.system_settings:", "runstone.client.location:"
_NAMES = {
    _SYSTEM: (
        "disable_system_metrics_logging",
        "enable_system_metrics_logging",
        "set_system_metrics_node_id",
        "set_system_metrics_samples_before_logging",
        "set_system_metrics_sampling_interval",
    ),
    _WHERE: ("get_registry_uri", "get_tracking_uri", "is_tracking_uri_set", "set_registry_uri", "set_tracking_uri"),
}
__getattr__, __dir__ = lazy(__name__, {name: place + name for place, names in _NAMES.items() for name in names})


def enable_async_logging(enable: bool = True) -> None:
    """Nothing to do: no logging call waits for the store, and none is lost when the process dies."""
