"""Autologging of Spark ML; the work is in :mod:`runstone.autolog.spark`."""

from runstone._lazy import lazy

__getattr__, __dir__ = lazy(__name__, {"autolog": "runstone.autolog.spark:autolog"})
