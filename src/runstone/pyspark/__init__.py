"""Autologging of Spark ML: :mod:`runstone.pyspark.ml`."""

from runstone._lazy import lazy

__getattr__, __dir__ = lazy(__name__, {"ml": "runstone.pyspark.ml"})
