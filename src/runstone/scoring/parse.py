"""Requests as data for ``predict``, and predictions as JSON. The formats are those of MLflow's scoring protocol.

content type                body
application/json            one of {"dataframe_split": {"columns": […], "data": [[…], …]}}, {"dataframe_records": [{…}, …]},
                            {"instances": […]}, {"inputs": …}; and "params": {…} beside it; or, for models of language,
                            {"messages": […], …}, {"prompt": …, …} or {"input": …, …}, whose answer stands alone
text/csv                    a table with a header
application/x-parquet       a table
"""

from __future__ import annotations

import base64
import binascii
import datetime
import io
import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec
import numpy as np

from runstone._lazy import need
from runstone.errors import InvalidValue
from runstone.models.datatypes import DataType
from runstone.models.frames import is_gap
from runstone.models.manifest import Model
from runstone.models.schema import Schema, TensorSpec

JSON, CSV, PARQUET = "application/json", "text/csv", "application/x-parquet"
PARQUET_OF_MLFLOW = "application/vnd.apache.parquet"
FORMATS = ("dataframe_split", "dataframe_records", "instances", "inputs")
#: A body with one of these is data as it is, but for the params that the signature names: as chats, completions and embeddings
#: are asked for elsewhere.
LANGUAGE = ("messages", "prompt", "input")
_NUMBERS = {DataType.integer: "int32", DataType.long: "int64", DataType.float: "float32", DataType.double: "float64"}


class WrongType(Exception):
    """A content type that is not spoken here."""


class Unspeakable(Exception):
    """Predictions that JSON cannot say."""


def media_type(header: str | None) -> str:
    """The kind of a request's body. Raises WrongType."""
    kind, *parameters = [part.strip() for part in (header or "").split(";")]
    given = dict(pair.partition("=")[::2] for pair in parameters if pair)
    if given.pop("charset", "utf-8").lower() != "utf-8":
        raise WrongType("The scoring server only supports UTF-8")
    if given:
        raise WrongType(f"Unrecognized content type parameters: {', '.join(given)}.")
    kind = PARQUET if kind == PARQUET_OF_MLFLOW else kind
    if kind not in (JSON, CSV, PARQUET):
        raise WrongType(f"This predictor only supports the content types {JSON}, {CSV} and {PARQUET}. Got {header!r}.")
    return kind


class Asked(NamedTuple):
    """A request: ``bare`` where the answer is the prediction alone."""

    data: Any
    params: dict[str, Any] | None = None
    bare: bool = False


def read(body: bytes, kind: str, meta: Model) -> Asked:
    """Raises InvalidValue."""
    schema = meta.get_input_schema()
    if kind == CSV:
        return Asked(_typed(_csv(body, schema), schema))
    if kind == PARQUET:
        return Asked(_table(lambda: need("pandas", "Parquet requests").read_parquet(io.BytesIO(body)), "Parquet"))
    told = _json(body)
    if any(name in told for name in LANGUAGE):
        known = {one.name for one in meta.get_params_schema() or ()}
        beside = {name: value for name, value in told.items() if name in known}
        return Asked({name: value for name, value in told.items() if name not in known}, beside, bare=True)
    found = [name for name in FORMATS if name in told]
    if len(found) != 1:
        raise InvalidValue(
            f"The input must be a JSON dictionary with exactly one of the input fields {', '.join(FORMATS)}, or, for models of "
            f"language, with one of {', '.join(LANGUAGE)}. Received dictionary with input fields: {list(told)}."
        )
    params = told.get("params")
    if params is not None and not isinstance(params, dict):
        raise InvalidValue(f"'params' is an object of name to value; it got {type(params).__name__}.")
    return Asked(_data(found[0], told[found[0]], schema, meta.hinted), params)


def written(predictions: Any, bare: bool = False) -> bytes:
    """Predictions as the answer's body; numbers that JSON does not have become null."""
    plain = _plain(predictions)
    return msgspec.json.encode(plain if bare else {"predictions": plain}, enc_hook=_plain)


# --- inside ------------------------------------------------------------------------------------------------------------


def _json(body: bytes) -> dict[str, Any]:
    try:
        told = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        told = _loose_json(body)
    if not isinstance(told, dict):
        raise InvalidValue(
            f"The input must be a JSON dictionary with exactly one of the input fields {', '.join(FORMATS)}. "
            f"Received a {type(told).__name__}."
        )
    return told


def _loose_json(body: bytes) -> Any:
    """What Python takes beyond JSON: NaN, infinities, halves of characters. MLflow takes them, too."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as cause:
        raise InvalidValue(f"Ensure that input is a valid JSON formatted string. {cause}") from cause


def _csv(body: bytes, schema: Schema | None) -> Any:
    texts = []
    if schema is not None and not schema.is_tensor_spec():
        texts = [str(one.name) for one in schema if one.type is DataType.string and one.name is not None]
    pandas = need("pandas", "CSV requests")
    return _table(lambda: pandas.read_csv(io.BytesIO(body), dtype=dict.fromkeys(texts, "str")), "CSV")


def _table(call: Any, kind: str) -> Any:
    try:
        return call()
    except Exception as cause:  # parsers have many
        raise InvalidValue(f"Failed to parse input as a table: it is no valid {kind}. {cause}") from cause


def _data(name: str, value: Any, schema: Schema | None, hinted: bool) -> Any:
    if hinted and name == "inputs":
        return value  # held against the type hint, as it is
    if name == "dataframe_split":
        if not isinstance(value, dict) or not isinstance(value.get("data"), list):
            raise InvalidValue("'dataframe_split' is an object with 'columns' and 'data', a list of rows.")
        if odd := sorted(set(value) - {"columns", "data", "index"}):
            raise InvalidValue(f"'dataframe_split' has 'data', and 'columns' and 'index' if you like; it got {odd}, too.")
        return _typed(_frame(value["data"], value.get("columns"), value.get("index")), schema)
    if name == "dataframe_records":
        if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
            raise InvalidValue("'dataframe_records' is a list of objects, one a row.")
        return _typed(_frame(value), schema)
    if schema is not None and not schema.is_tensor_spec():
        return _columns(value, schema)
    if isinstance(value, list) and value and all(isinstance(row, dict) for row in value):
        value = {key: [row.get(key) for row in value] for key in value[0]}
    return _arrays(value, schema)


def _frame(rows: Any, columns: Any = None, index: Any = None) -> Any:
    return _table(lambda: need("pandas", "tables").DataFrame(rows, columns=columns, index=index), "table")


def _columns(value: Any, schema: Schema) -> Any:
    """For a model of columns: rows as a table where they are one, else as they are."""
    names = [one.name for one in schema]
    if any(not isinstance(one.type, DataType) for one in schema):
        return value
    if isinstance(value, dict) and all(isinstance(column, list) for column in value.values()):
        return _typed(_frame(value), schema)
    if isinstance(value, dict) and not any(isinstance(one, list | dict) for one in value.values()):
        return _typed(_frame([value]), schema)  # one row
    if isinstance(value, list) and value and all(isinstance(row, dict) for row in value):
        return _typed(_frame(value), schema)
    if isinstance(value, list) and value and all(isinstance(row, list) and len(row) == len(names) for row in value):
        return _typed(_frame(value, None if None in names else names), schema)
    return value


def _arrays(value: Any, schema: Schema | None) -> Any:
    specs = {one.name: one for one in schema or ()}

    def array(name: str | None, given: Any) -> Any:
        spec = specs.get(name)
        try:
            return np.asarray(given, dtype=spec.type if isinstance(spec, TensorSpec) else None)
        except (ValueError, TypeError, OverflowError) as cause:
            raise InvalidValue(f"The input {name or 'tensor'!r} is no array of {spec or 'numbers'}: {cause}") from cause

    return {name: array(name, one) for name, one in value.items()} if isinstance(value, dict) else array(None, value)


def _typed(frame: Any, schema: Schema | None) -> Any:
    """Columns in the types that JSON and CSV have no words for; what cannot be converted is the signature's to refuse."""
    if schema is None or not frame.columns.is_unique:
        return frame
    if schema.is_tensor_spec() and not schema.has_input_names():
        return _numbers(frame, schema.inputs[0].type) if len(schema) == 1 else frame
    for spec in schema:
        name = spec.name
        if name is not None and name in frame.columns and isinstance(spec.type, DataType):
            frame[name] = _column(frame[name], spec.type, str(name), spec.required)
    return frame


def _numbers(frame: Any, wanted: Any) -> Any:
    """A table for a tensor of numbers: JSON and CSV have one kind of them. Whole ones only where nothing is lost."""
    if not len(frame.columns) or any(getattr(one, "kind", "O") not in "iuf" for one in frame.dtypes):
        return frame
    if wanted.kind == "f":
        return frame.astype(wanted)
    if wanted.kind not in "iu" or frame.isna().any(axis=None):
        return frame
    with np.errstate(all="ignore"):
        turned = frame.astype(wanted)
    return turned if bool((turned == frame).all(axis=None)) else frame


def _column(column: Any, kind: DataType, name: str, required: bool) -> Any:
    if not len(column):
        return column.astype(kind.to_pandas())
    if kind is DataType.boolean and required and column.isna().any():
        raise InvalidValue(f"The column {name!r} has a row without a value; the model takes true or false.")
    if kind is DataType.binary:
        try:
            return column.map(
                lambda text: base64.b64decode("".join(text.split()), validate=True) if isinstance(text, str) else text
            )
        except (binascii.Error, ValueError) as cause:
            raise InvalidValue(f"The column {name!r} is binary, in base64; {cause}") from cause
    if kind is DataType.datetime and str(column.dtype) in ("object", "str", "string"):
        pandas = need("pandas", "tables")
        try:
            return pandas.to_datetime(column)
        except (ValueError, TypeError) as cause:
            raise InvalidValue(f"The column {name!r} is of dates, such as 2024-01-31T12:00:00; {cause}") from cause
    wanted = _NUMBERS.get(kind)
    if wanted is None or column.dtype.kind not in "iuf" or column.isna().any():
        return column
    with np.errstate(all="ignore"):
        turned = column.astype(wanted)
    same = kind is DataType.float or bool((turned.astype("float64") == column.astype("float64")).all())
    return turned if same else column


def _plain(value: Any) -> Any:
    """As what JSON knows, in the shapes of MLflow's server: a table is a list of objects. Raises Unspeakable."""
    if hasattr(value, "to_frame") and hasattr(value, "dtype"):
        value = value.to_frame(value.name if value.name is not None else 0)
    if hasattr(value, "to_dict") and hasattr(value, "columns"):
        rows = value.to_dict(orient="records")
        return [{str(key): one for key, one in row.items()} for row in rows]
    if hasattr(value, "toarray"):
        value = value.toarray()
    if isinstance(value, np.datetime64):
        return None if np.isnat(value) else str(value)
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, Mapping):
        return {str(key): one for key, one in value.items()}
    if is_gap(value):
        return None
    if isinstance(value, list | tuple | set | str | int | float | bool):
        return value
    if isinstance(value, datetime.date):
        return value.isoformat()
    if hasattr(value, "model_dump"):
        return value.model_dump()
    if isinstance(value, Iterator) or _nameless(value):
        raise Unspeakable(
            f"The model gave a {type(value).__name__}, which JSON cannot say. Lists, numbers, texts and tables work."
        )
    return str(value)


def _nameless(value: Any) -> bool:
    """Whether its text is nothing but where it lies in memory."""
    kind: Any = type(value)
    return kind.__repr__ is object.__repr__ and kind.__str__ is object.__str__
