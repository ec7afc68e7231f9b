"""Is the store sound, and how large is it."""

from __future__ import annotations

from sqlalchemy import Connection

from runstone.contracts import Health

from .dialects import Dialect
from .schema import HEAD, revision
from .soundness import damage

_COUNTS = ("experiments", "runs", "params", "tags", "series", "chunks", "journals", "inbox", "refused")


def look(connection: Connection, dialect: Dialect, uri: str, deep: bool) -> Health:
    """Counts and sizes; ``deep`` reads all there is, as :func:`damage` does."""
    problems: list[str] = []
    facts: dict[str, int | str] = {"bytes": dialect.size(connection)}
    for table in _COUNTS:
        facts[table] = connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one()
    facts["points"] = connection.exec_driver_sql('SELECT coalesce(sum("count"), 0) FROM series').scalar_one()
    if facts["inbox"]:  # it was emptied before, where that may be
        problems.append(
            f"{facts['inbox']} batches of points wait to be put into their series, which takes somebody who may write here."
        )
    if facts["refused"]:
        last = connection.exec_driver_sql("SELECT run_id, reason FROM refused ORDER BY time DESC LIMIT 1").one()
        problems.append(
            f"{facts['refused']} records could not be applied and were set aside; the last, for run {last[0]}: {last[1]}"
        )
    schema = revision(connection, dialect) or ""
    if schema != HEAD:
        problems.append(f"The schema is {schema!r}, this version works with {HEAD!r}.")
    elif deep:
        problems += damage(connection, dialect)
    return Health(uri, schema, problems, facts)
