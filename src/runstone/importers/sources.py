"""Which program's runs are at a URI: the list of the kinds that can be read in."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from runstone.errors import InvalidValue, NotFound, NotSupported

from .contents import Source

#: Opens the source at a URI if it is of this kind; ``artifacts_from`` are further places that its artifacts may be read from.
Opens = Callable[[str, Sequence[str]], "Source | None"]


def is_mlflow(path: Path) -> bool:
    """Whether MLflow's own folder or SQLite file is at a path."""
    if path.is_dir():
        from .mlflow_files import is_mlruns

        return is_mlruns(path)
    if path.is_file():
        from .mlflow_tables import is_mlflow_sqlite

        return is_mlflow_sqlite(path)
    return False


def _mlflow_files(uri: str, artifacts_from: Sequence[str]) -> Source | None:
    from .mlflow_files import MlflowFiles, is_mlruns

    path = local_path(uri)
    return MlflowFiles(path, artifacts_from) if path is not None and path.is_dir() and is_mlruns(path) else None


def _mlflow_sqlite(uri: str, artifacts_from: Sequence[str]) -> Source | None:
    from .mlflow_database import MlflowDatabase
    from .mlflow_tables import is_mlflow_sqlite, sqlite_engine

    path = local_path(uri)
    if path is None or not path.is_file() or not is_mlflow_sqlite(path):
        return None
    return MlflowDatabase(f"sqlite:///{path}", sqlite_engine(path), path.parent, artifacts_from)


def _mlflow_postgresql(uri: str, artifacts_from: Sequence[str]) -> Source | None:
    from .mlflow_postgresql import is_postgresql, open_postgresql

    if not is_postgresql(uri):
        return None
    try:
        return open_postgresql(uri, artifacts_from)
    except ImportError as cause:
        raise NotSupported(
            f"PostgreSQL needs the package psycopg, which cannot be loaded ({cause}). Run: pip install 'runstone[postgres]'"
        ) from cause


#: One line for each kind.
KINDS: dict[str, Opens] = {
    "MLflow's folder of files (mlruns)": _mlflow_files,
    "MLflow's SQLite file (mlflow.db)": _mlflow_sqlite,
    "MLflow's tables in PostgreSQL (postgresql://user@host/mlflow)": _mlflow_postgresql,
}


def open_source(uri: str, artifacts_from: Sequence[str] = ()) -> Source:
    """The source at a path or URI.

    Raises:
        NotFound: there is nothing.
        InvalidValue: nothing that can be read in.
    """
    for opens in KINDS.values():
        found = opens(uri, artifacts_from)
        if found is not None:
            return found
    path = local_path(uri)
    if path is not None and not path.exists():
        raise NotFound(f"There is nothing at {path} to read in.")
    shown = re.sub(r"//[^/]*@", "//***@", uri)
    raise InvalidValue(f"What is at {shown!r} cannot be read in. What can: {'; '.join(KINDS)}.")


def local_path(uri: str) -> Path | None:
    """The absolute path that a path, a ``file:`` or an ``sqlite:///`` URI names; ``None`` for another URI."""
    import os
    from urllib.parse import unquote, urlsplit

    scheme = urlsplit(uri).scheme if ":" in uri else ""
    if scheme == "file":
        uri = unquote(urlsplit(uri).path)
    elif scheme == "sqlite":
        uri = uri.removeprefix("sqlite:///").partition("?")[0]
    elif len(scheme) > 1:
        return None
    return Path(os.path.abspath(os.path.expanduser(uri)))
