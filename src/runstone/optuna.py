"""Log Optuna's studies: the work is in :mod:`runstone.autolog.optuna`."""

from ._lazy import lazy

__getattr__, __dir__ = lazy(__name__, {"autolog": "runstone.autolog.optuna:autolog"})
