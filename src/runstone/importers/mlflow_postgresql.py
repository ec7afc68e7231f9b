"""MLflow's own tables in PostgreSQL: what says that they are there, and connections that only read them.

Every transaction is a read-only one, so that not even a mistake of ours could write there; a role with only SELECT is enough.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from .contents import Source

#: How long to wait for the server, seconds.
PATIENCE = 5
#: Columns that ours and MLflow's tables do not share.
_THEIRS = """SELECT count(*) FROM information_schema.columns
WHERE table_schema = current_schema() AND (table_name, column_name) IN (('runs', 'run_uuid'), ('latest_metrics', 'run_uuid'),
('experiments', 'experiment_id'), ('alembic_version', 'version_num'))"""


def is_mlflow_postgresql(uri: str) -> bool | None:
    """Whether MLflow's tables are in a database; ``None`` where it cannot be asked now."""
    try:
        engine = postgresql_engine(uri)
        try:
            with engine.connect() as connection:
                return connection.execute(text(_THEIRS)).scalar() == 4
        finally:
            engine.dispose()
    except (ImportError, SQLAlchemyError):
        return None


def postgresql_engine(uri: str) -> Engine:
    """Connections whose transactions only read. Raises ImportError without psycopg."""
    import psycopg

    known = libpq(uri)

    def connect() -> psycopg.Connection[Any]:
        raw = psycopg.connect(known, connect_timeout=PATIENCE, client_encoding="UTF8", application_name="runstone")
        raw.read_only = True
        return raw

    return create_engine("postgresql+psycopg://", creator=connect, use_native_hstore=False, pool_pre_ping=True)


def open_postgresql(uri: str, artifacts_from: Sequence[str]) -> Source | None:
    """The source at a URI, if it is MLflow's in PostgreSQL or cannot be asked now (then its first reading says why).

    Relative places of artifacts are meant from the working folder, as MLflow's server means them.
    """
    from .mlflow_database import MlflowDatabase

    if not is_postgresql(uri) or is_mlflow_postgresql(uri) is False:
        return None
    return MlflowDatabase(named(uri), postgresql_engine(uri), Path.cwd(), artifacts_from)


def is_postgresql(uri: str) -> bool:
    return re.match(r"postgres(ql)?(\+\w+)?:", uri) is not None


def libpq(uri: str) -> str:
    """A URI as SQLAlchemy or libpq spells it, for libpq."""
    return f"postgresql:{uri.partition(':')[2]}"


def named(uri: str) -> str:
    """What a database is called in messages and notes: without a password, and the same whatever the password is."""
    from psycopg.conninfo import conninfo_to_dict

    parts = conninfo_to_dict(libpq(uri))
    user, port = parts.get("user"), parts.get("port")
    host = f"{f'{user}@' if user else ''}{parts.get('host') or ''}{f':{port}' if port else ''}"
    options = f"?options={parts['options']}" if parts.get("options") else ""
    return f"postgresql://{host}/{parts.get('dbname') or ''}{options}"
