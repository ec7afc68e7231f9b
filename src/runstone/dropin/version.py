"""``mlflow.version`` for scripts that look there."""

from __future__ import annotations

from .bridge import MLFLOW_VERSION as VERSION

__all__ = ["VERSION"]
