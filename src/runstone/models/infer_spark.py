"""Signatures from Spark frames: types of columns as Spark declares them, so that no row is read."""

from __future__ import annotations

from typing import Any

from runstone.errors import InvalidValue

from .datatypes import AnyDataType, Array, DataType, Map, Object, Property, SparkMLVector
from .schema import ColSpec, Schema

#: Spark's types by the names of their classes, so that nothing of Spark is loaded.
_SCALARS = {
    "ByteType": DataType.integer,
    "ShortType": DataType.integer,
    "IntegerType": DataType.integer,
    "LongType": DataType.long,
    "FloatType": DataType.float,
    "DoubleType": DataType.double,
    "BooleanType": DataType.boolean,
    "StringType": DataType.string,
    "CharType": DataType.string,
    "VarcharType": DataType.string,
    "BinaryType": DataType.binary,
    "DateType": DataType.datetime,
    "TimestampType": DataType.datetime,
    "TimestampNTZType": DataType.datetime,
}


def schema_of(frame: Any) -> Schema:
    """All columns are required, as in MLflow: Spark calls nearly every column nullable.

    Raises:
        InvalidValue: a column has a type that a signature cannot name, such as a decimal.
    """
    return Schema([ColSpec(type_of(field.dataType, field.name), field.name) for field in frame.schema.fields])


def type_of(declared: Any, column: str) -> AnyDataType:
    """One of Spark's types as a signature names it. A map stays a map; MLflow reads its keys from the data, as an object."""
    kind = type(declared).__name__
    if kind in _SCALARS:
        return _SCALARS[kind]
    if kind == "VectorUDT":
        return SparkMLVector()
    if kind == "ArrayType":
        return Array(type_of(declared.elementType, column))
    if kind == "MapType":
        return Map(type_of(declared.valueType, column))
    if kind == "StructType" and declared.fields:
        return Object(Property(one.name, type_of(one.dataType, column), not one.nullable) for one in declared.fields)
    raise InvalidValue(f"Column {column!r} of Spark's {declared.simpleString()} has no type in a signature.")
