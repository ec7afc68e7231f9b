"""pandas, which signatures speak of but the base install does not need."""

from __future__ import annotations

import importlib
import sys
from typing import Any

from runstone.errors import NotSupported


def pandas() -> Any:
    """The module. Raises NotSupported where it is not installed."""
    try:
        return importlib.import_module("pandas")
    except ModuleNotFoundError as cause:
        raise NotSupported("A signature with columns needs pandas, which is not installed: pip install pandas") from cause


def is_frame(data: object) -> bool:
    """Whether this is a pandas DataFrame, without importing pandas."""
    return _is("pandas", "DataFrame", data)


def is_series(data: object) -> bool:
    """Whether this is a pandas Series."""
    return _is("pandas", "Series", data)


def is_spark_frame(data: object) -> bool:
    """Whether this is a Spark DataFrame, of a session in this process or of Spark Connect."""
    return any(kind.__name__ == "DataFrame" and kind.__module__.startswith("pyspark.sql") for kind in type(data).__mro__)


def is_sparse(data: object) -> bool:
    """Whether this is a SciPy sparse matrix or array in CSR or CSC form."""
    return getattr(data, "format", None) in ("csr", "csc") and hasattr(data, "indptr") and hasattr(data, "shape")


def is_gap(value: object) -> bool:
    """None, NaN, NaT or pandas.NA."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, float) and value != value


def _is(module: str, name: str, data: object) -> bool:
    loaded = sys.modules.get(module)
    return loaded is not None and isinstance(data, getattr(loaded, name))
