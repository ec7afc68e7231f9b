"""Types, columns, tensors and schemas: the names of ``mlflow.types``."""

from __future__ import annotations

from .datatypes import AnyType, Array, DataType, Map, Object, Property
from .params import ParamSchema, ParamSpec
from .schema import ColSpec, Schema, TensorSpec

__all__ = [
    "AnyType", "Array", "ColSpec", "DataType", "Map", "Object", "ParamSchema", "ParamSpec", "Property", "Schema", "TensorSpec",
]  # fmt: skip
