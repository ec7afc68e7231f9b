"""Autologging of Spark ML: :mod:`runstone.pyspark.ml`."""
