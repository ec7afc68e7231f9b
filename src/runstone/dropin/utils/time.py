"""The clock, under the name of ``mlflow.utils.time``."""

from __future__ import annotations

import time


def get_current_time_millis() -> int:
    """Milliseconds since 1970 UTC."""
    return time.time_ns() // 1_000_000
