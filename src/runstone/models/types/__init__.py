"""Types, columns, tensors and schemas: the names of ``mlflow.types``."""

from __future__ import annotations

from runstone.models.datatypes import AnyType, Array, DataType, Map, Object, Property, SparkMLVector
from runstone.models.params import ParamSchema, ParamSpec
from runstone.models.schema import ColSpec, Schema, TensorSpec

__all__ = [
    "AnyType", "Array", "ColSpec", "DataType", "Map", "Object", "ParamSchema", "ParamSpec", "Property", "Schema",
    "SparkMLVector", "TensorSpec",
]  # fmt: skip
