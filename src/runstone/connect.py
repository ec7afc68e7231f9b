"""From a URI to a store and its folders: the only file that knows all of them.

A store is a folder (``./runs``, ``/data/runs``, ``file:///data/runs``; its database is ``runstone.db`` in it), or one
SQLite file (``sqlite:///runs.db``, ``sqlite:////data/runs.db``; its folders lie beside it), or a database of PostgreSQL
(``postgresql://user:password@host/database``; journals are kept in the user's cache, artifacts in ``./mlartifacts``).
"""

from __future__ import annotations

import hashlib
import os
import re
import threading
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from .errors import InvalidValue, NotSupported, StoreUnavailable

if TYPE_CHECKING:
    from .contracts import ArtifactStore, Store
    from .store.dialects import Dialect

DEFAULT_FOLDER = ".runstone"
DATABASE = "runstone.db"

_SQLITE = "sqlite:///"
_WORKS = (
    "What works: a folder ('./runs', 'file:///data/runs'), an SQLite file ('sqlite:///runs.db') or a PostgreSQL database "
    "('postgresql://user:password@host/database')."
)
#: Where artifacts are kept that were given no place, when the store is no folder: MLflow's name for it.
_ARTIFACTS = "mlartifacts"

_CLOUD = ("s3", "s3a", "gs", "gcs", "az", "azure", "adl", "abfs", "abfss", "wasb", "wasbs")

_lock = threading.Lock()
_stores: dict[str, Store] = {}
_inherited: list[Store] = []  # a forked child must neither use nor close its parent's connections


def canonical(uri: str | os.PathLike[str]) -> str:
    """The one way to write a store's URI: an absolute path for a folder, ``sqlite:////…`` for a file, ``postgresql://…``.

    Empty means ``.runstone`` in the working folder. Nothing is opened or made.

    Raises:
        InvalidValue: no store can be reached by such a URI; the message says which work.
    """
    text = os.fspath(uri).strip() or DEFAULT_FOLDER
    if text.startswith("sqlite:"):
        path = text[len(_SQLITE) :].partition("?")[0]
        if not text.startswith(_SQLITE) or not path or path == ":memory:":
            raise InvalidValue(f"{text!r} names no SQLite file. {_WORKS}")
        where = Path(os.path.abspath(os.path.expanduser(path)))
        return str(where.parent) if where.name == DATABASE else f"{_SQLITE}{where}"
    if _is_postgresql(text):
        from .store import postgresql_uri

        return postgresql_uri.canonical(text)
    scheme = urlsplit(text).scheme if ":" in text else ""
    if scheme == "file":
        text = _file_path(text)
    elif len(scheme) > 1:  # one letter is a drive
        raise InvalidValue(f"Tracking URI {text!r} cannot be used: {scheme!r} is no kind of store here. {_WORKS}")
    return os.path.abspath(os.path.expanduser(text))


def open_store(uri: str | os.PathLike[str] = "") -> Store:
    """The store at ``uri``, made if it is not there; the same object for the same store all over a process.

    Raises:
        InvalidValue: the URI cannot be used, or what lies there belongs to another program.
        StoreUnavailable, StoreCorrupt, StoreTooNew
    """
    place = canonical(uri)
    with _lock:
        store = _stores.get(place)
        if store is None:
            store = _stores[place] = _open(place)
        return store


def journal_root(uri: str | os.PathLike[str] = "") -> Path:
    """The folder for journals of processes that log to this store, and to no other: what lies there is shipped to it."""
    from . import settings

    place, chosen = shown(uri), settings.JOURNAL_DIR.get()
    if _is_postgresql(place) and not chosen:
        chosen = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "runstone", "journal")
    if chosen:
        return Path(chosen, hashlib.sha256(place.encode()).hexdigest()[:16]).absolute()
    return _folder(place, "journal")


def shown(uri: str | os.PathLike[str] = "") -> str:
    """The store's URI in its canonical form as anybody may see it: without a password."""
    place = canonical(uri)
    if _is_postgresql(place):
        from .store import postgresql_uri

        return postgresql_uri.without_password(place)
    return place


def artifact_root(uri: str | os.PathLike[str] = "") -> Path:
    """The folder for artifacts of experiments that were given no other place."""
    return _folder(canonical(uri), "artifacts")


def open_artifacts(uri: str | os.PathLike[str], tracking_uri: str = "") -> ArtifactStore:
    """The files below ``uri``: a path, a ``file:`` URI, an object store (``s3:``, ``gs:``, ``az:``, ``abfss:``, ``wasbs:``),
    or a place behind a server (``mlflow-artifacts:``, ``http:``, ``https:``).

    Args:
        uri: the place.
        tracking_uri: the server for ``mlflow-artifacts:/…``, which names none; default: the tracking URI's setting.

    Raises:
        InvalidValue: there is no way to such a place; the message says which there are.
        NotSupported: a package for it is not installed.
    """
    from .artifacts.local import LocalArtifacts

    text = os.fspath(uri)
    scheme = urlsplit(text).scheme.lower() if ":" in text else ""
    if scheme == "file":
        return LocalArtifacts(_file_path(text))
    if scheme in ("mlflow-artifacts", "http", "https"):
        from . import settings
        from .artifacts.proxied import open_proxied

        return open_proxied(text, tracking_uri or settings.TRACKING_URI.get())
    if scheme in _CLOUD:
        from .artifacts.clouds import open_cloud

        return open_cloud(text)
    if len(scheme) > 1:
        raise InvalidValue(
            f"Artifact URI {text!r} cannot be used: {scheme!r} is no kind of place that can be reached from here. "
            "What works: a path or 'file:' URI; 's3://', 'gs://', 'az://', 'abfss://' or 'wasbs://' for object stores; "
            "'mlflow-artifacts:/', 'http://' or 'https://' for a place behind a server."
        )
    return LocalArtifacts(text)


def database(uri: str | os.PathLike[str] = "") -> Path:
    """The store's database file. Raises InvalidValue for a store that is none."""
    place = canonical(uri)
    if _is_postgresql(place):
        raise InvalidValue(f"{shown(place)} is no file.")
    return Path(place[len(_SQLITE) :]) if place.startswith(_SQLITE) else Path(place, DATABASE)


def schema_of(uri: str | os.PathLike[str] = "") -> tuple[str | None, str]:
    """The schema that a store's tables have, ``None`` where there are none, and the one of this version. Changes nothing.

    Raises: as :func:`open_store`.
    """
    from .store import schema
    from .store.dialects import Sqlite

    place = canonical(uri)
    if _is_postgresql(place):
        return schema.look(_postgresql(place)), schema.HEAD
    file = database(place)
    return schema.look(Sqlite(file)) if file.exists() else None, schema.HEAD


def close_all() -> None:
    """Close every store that was opened here; the next :func:`open_store` opens anew."""
    with _lock:
        for store in _stores.values():
            store.close()
        _stores.clear()


def _open(place: str) -> Store:
    if _is_postgresql(place):
        return _open_postgresql(place)
    from .journal.filesystems import REMOTE, file_system
    from .store.dialects import Sqlite
    from .store.sql import SqlStore

    file = database(place)
    if not file.exists():
        _require_free(file.parent)
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as cause:
            raise StoreUnavailable(
                f"The store's folder {file.parent} cannot be made: {cause.strerror}. Make it, or choose another tracking URI."
            ) from cause
    network = file_system(file.parent).startswith(REMOTE)
    return SqlStore(Sqlite(file, network=network), place, _folder(place, "artifacts").as_uri())


def _is_postgresql(uri: str) -> bool:
    return uri.startswith("postgres") and re.match(r"postgres(ql)?(\+\w+)?:", uri) is not None


def _open_postgresql(place: str) -> Store:
    from .store.sql import SqlStore

    return SqlStore(_postgresql(place), shown(place), _folder(place, "artifacts").as_uri())


def _postgresql(place: str) -> Dialect:
    try:
        from .store.dialects.postgresql import Postgresql
    except ImportError as cause:
        raise NotSupported(
            f"PostgreSQL needs the package psycopg, which cannot be loaded ({cause}). Run: pip install 'runstone[postgres]'"
        ) from cause
    return Postgresql(place)


def _folder(place: str, kind: str) -> Path:
    if _is_postgresql(place):
        return Path(_ARTIFACTS).absolute()
    if place.startswith(_SQLITE):
        file = Path(place[len(_SQLITE) :])
        return file.with_name(f"{file.stem}-{kind}")
    return Path(place, kind)


def _require_free(folder: Path) -> None:
    """Raises InvalidValue for MLflow's folder of files: it is read by an importer, never written."""
    if any(True for _ in folder.glob("*/meta.yaml")):
        raise InvalidValue(
            f"{folder} is a folder of MLflow's files and is left as it is. Choose another tracking URI. {_WORKS}"
        )


def _file_path(uri: str) -> str:
    parts = urlsplit(uri)
    if parts.netloc not in ("", "localhost"):
        raise InvalidValue(f"{uri!r} names another machine ({parts.netloc}). Three slashes begin a path: 'file:///data/runs'.")
    return unquote(parts.path) or DEFAULT_FOLDER


def _after_fork() -> None:
    global _lock
    _lock = threading.Lock()
    _inherited.extend(_stores.values())
    _stores.clear()


os.register_at_fork(after_in_child=_after_fork)
