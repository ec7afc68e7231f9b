"""Where a Spark frame came from: files, a table or a query."""

from __future__ import annotations

from typing import Any

from runstone._lazy import need
from runstone.errors import InvalidValue

from .dataset_source import DatasetSource


class SparkDatasetSource(DatasetSource):
    """Exactly one of: a ``path`` to Parquet files, the name of a table, a query.

    Raises: InvalidValue for none or several.
    """

    def __init__(self, path: str | None = None, table_name: str | None = None, sql: str | None = None) -> None:
        told = {"path": path, "table_name": table_name, "sql": sql}
        self._told = {name: value for name, value in told.items() if value is not None}
        if len(self._told) != 1:
            raise InvalidValue(f"A source of Spark's is one of path, table_name and sql; it got {self._told or 'none'}.")

    @staticmethod
    def _get_source_type() -> str:
        return "spark"

    def load(self, **kwargs: Any) -> Any:
        """The Spark frame, of the session that there is or of a new one."""
        session = need("pyspark.sql", "data that Spark reads").SparkSession.builder.getOrCreate()
        [(kind, value)] = self._told.items()
        read = {"path": session.read.parquet, "table_name": session.read.table, "sql": session.sql}
        return read[kind](value)

    @staticmethod
    def _can_resolve(raw_source: Any) -> bool:
        return False

    def to_dict(self) -> dict[Any, Any]:
        return dict(self._told)

    @classmethod
    def from_dict(cls, source_dict: dict[Any, Any]) -> SparkDatasetSource:
        return cls(source_dict.get("path"), source_dict.get("table_name"), source_dict.get("sql"))
