"""From a URI to a store and its folders: the only file that knows all of them.

A store is a folder (``./runs``, ``/data/runs``, ``file:///data/runs``; its database is ``runstone.db`` in it), or one
SQLite file (``sqlite:///runs.db``, ``sqlite:////data/runs.db``; its folders lie beside it), or a database of PostgreSQL
(``postgresql://user:password@host/database``; journals are kept in the user's cache, artifacts in ``./mlartifacts``), or
behind a server (``http://host:5000``, ``https://host/prefix``; journals are kept in the user's cache).

Where such a URI leads to MLflow's own folder, file or tables, they are never written to: the store is a folder beside them
(``mlruns.runstone``; for PostgreSQL among the user's data), into which MLflow's runs are read when it is opened.
"""

from __future__ import annotations

import hashlib
import os
import re
import threading
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from .errors import InvalidValue, NotFound, NotSupported, StoreReadOnly, StoreUnavailable
from .forks import no_fork

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .contracts import ArtifactStore, Store
    from .entities import Experiment
    from .importers.report import Report
    from .store.copying import Copied
    from .store.dialects import Dialect

DEFAULT_FOLDER = ".runstone"
DATABASE = "runstone.db"
#: What is put behind the name of MLflow's folder or file to name ours beside it.
BESIDE = ".runstone"

_SQLITE = "sqlite:///"
_WORKS = (
    "What works: a folder ('./runs', 'file:///data/runs'), an SQLite file ('sqlite:///runs.db'), a PostgreSQL database "
    "('postgresql://user:password@host/database') or a server ('http://host:5000')."
)
#: Where artifacts are kept that were given no place, when the store is no folder: MLflow's name for it.
_ARTIFACTS = "mlartifacts"
_HTTP = ("http", "https")

#: What MLflow's clients call Databricks, with or without a profile or catalog behind a colon; no folder is meant.
_DATABRICKS = ("databricks", "databricks-uc", "uc")

_CLOUD = ("s3", "s3a", "gs", "gcs", "az", "azure", "adl", "abfs", "abfss", "wasb", "wasbs")

_lock = threading.Lock()
_stores: dict[str, Store] = {}
_foreign: dict[str, bool] = {}  # places that are known to be MLflow's
_was_read: set[str] = set()  # and were read in by this process or the one that it was forked from
#: Opens stores on this machine instead of this process, where ``runstone.cli.beside`` has begun one for it.
opened_elsewhere: Callable[[str], Store] | None = None
_inherited: list[Store] = []  # a forked child must neither use nor close its parent's connections


def canonical(uri: str | os.PathLike[str], called: str = "Tracking URI") -> str:
    """The one way to write a store's URI: an absolute path for a folder, ``sqlite:////…`` for a file, ``postgresql://…``.

    Empty means ``.runstone`` in the working folder. Nothing is opened or made. ``called`` names it in an error.

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
    if scheme.lower() in _HTTP:
        return _server(text)
    if scheme == "file":
        text = _file_path(text)
    elif (scheme or text) in _DATABRICKS:
        raise InvalidValue(
            f"{called} {text!r} cannot be used: it means a workspace of Databricks, which cannot be reached from here. {_WORKS}"
            f" A folder of this name is './{scheme or text}'."
        )
    elif len(scheme) > 1:  # one letter is a drive
        raise InvalidValue(f"{called} {_masked(text)!r} cannot be used: {scheme!r} is no kind of store here. {_WORKS}")
    return os.path.abspath(os.path.expanduser(text))


def open_store(uri: str | os.PathLike[str] = "") -> Store:
    """The store at ``uri``, made if it is not there; the same object for the same store all over a process.

    Raises:
        InvalidValue: the URI cannot be used, or what lies there belongs to another program.
        StoreUnavailable, StoreCorrupt, StoreTooNew
    """
    if isinstance(uri, str) and (known := _stores.get(uri)) is not None:
        return known  # most ask by the canonical form
    place = canonical(uri)
    if not _foreign.get(place) and place not in _stores:
        _foreign.pop(place, None)  # perhaps it could not be asked before
    store = _opened(home(place))
    if is_foreign(place) and place not in _was_read:
        _was_read.add(place)
        _read_in_and_tell(place)
    return store


def is_foreign(uri: str | os.PathLike[str]) -> bool:
    """Whether a store's URI leads to MLflow's own folder, file or tables, which are read and never written."""
    place = canonical(uri)
    if place in _stores:
        return False
    if _is_postgresql(place):
        if place not in _foreign:
            _foreign[place] = _is_foreign_database(place)
        return _foreign[place]
    if not _foreign.get(place):
        path = Path(place.removeprefix(_SQLITE))
        if not path.exists() or Path(path, DATABASE).exists():
            return False
        from .importers.sources import is_mlflow

        _foreign[place] = is_mlflow(path)
    return _foreign[place]


def _is_foreign_database(place: str) -> bool:
    """Where the database cannot be asked, what it was the last time."""
    from . import settings
    from .importers.mlflow_postgresql import is_mlflow_postgresql

    found = None if settings.OFFLINE.get() else is_mlflow_postgresql(place)
    return Path(_beside(place), DATABASE).exists() if found is None else found


def _beside(place: str) -> str:
    """Our folder for what is MLflow's at ``place``. One for a database does not depend on the working folder."""
    if not _is_postgresql(place):
        return place.removeprefix(_SQLITE) + BESIDE
    data = os.environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share")
    name = re.sub(r"[^\w.-]", "_", urlsplit(place).path.strip("/")) or "mlflow"
    return os.path.join(data, "runstone", f"{name}-{hashlib.sha256(shown(place).encode()).hexdigest()[:8]}{BESIDE}")


def home(uri: str | os.PathLike[str] = "") -> str:
    """Where a store's own files are: where its URI says, or, beside what is MLflow's, in ``<its name>.runstone``, for
    PostgreSQL in ``~/.local/share/runstone`` (the setting ``RUNSTONE_READ_INTO`` names another store)."""
    from . import settings

    place = canonical(uri)
    if not is_foreign(place):
        return place
    chosen = settings.READ_INTO.get()
    return canonical(chosen) if chosen else _beside(place)


def read_in(
    source: str,
    into: str = "",
    artifacts_from: Sequence[str] = (),
    dry_run: bool = False,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Report:
    """Read what another program kept into a store: what is new or has changed since the last time.

    Args:
        source: its path or URI.
        into: the store; default: the one that belongs to the source.
        artifacts_from: further places that the source's artifacts may be read from.
        dry_run: write nothing, only tell what would be carried.
        progress: told how many things are done, and of how many.

    Raises:
        NotFound, InvalidValue: nothing is there, or nothing that can be read in.
        StoreUnavailable: source or store cannot be reached.
    """
    from . import settings
    from .importers.read_in import ReadIn
    from .importers.seen import Seen
    from .importers.sources import open_source

    opened = open_source(source, [*artifacts_from, *settings.READ_ARTIFACTS_FROM.get().split()])
    try:
        place = home(into or (source if is_foreign(source) else ""))
        store = None if dry_run else _opened(place)
        with Seen(_notes(place), opened.uri).held(keep=not dry_run) as seen:
            return ReadIn(opened, store, seen, open_artifacts, progress).read()
    finally:
        opened.close()


def _notes(place: str) -> Path:
    """Where the store at ``place`` notes what was read in."""
    if _is_postgresql(place):
        return journal_root(place).with_name("imports") / hashlib.sha256(shown(place).encode()).hexdigest()[:16]
    return _folder(place, "imports")


def _opened(place: str) -> Store:
    """The store whose own files are at ``place``."""
    with no_fork, _lock:
        store = _stores.get(place)
        if store is None:
            elsewhere = None if is_server(place) else opened_elsewhere
            store = _stores[place] = elsewhere(place) if elsewhere is not None else opened_here(place)
        return store


def journal_root(uri: str | os.PathLike[str] = "") -> Path:
    """The folder for journals of processes that log to this store, and to no other: what lies there is shipped to it."""
    from . import settings

    place, chosen = shown(home(uri)), settings.JOURNAL_DIR.get()
    if (_is_postgresql(place) or is_server(place)) and not chosen:
        chosen = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "runstone", "journal")
    if chosen:
        return Path(chosen, hashlib.sha256(place.encode()).hexdigest()[:16]).absolute()
    return _folder(place, "journal")


def spare_journal_root(uri: str | os.PathLike[str] = "") -> Path:
    """The folder in the user's cache for journals of this store while its own folder cannot be written."""
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return Path(cache, "runstone", "journal", hashlib.sha256(canonical(uri).encode()).hexdigest()[:16])


def journal_roots(uri: str | os.PathLike[str] = "") -> list[Path]:
    """All folders in which journals of this store may lie."""
    return list(dict.fromkeys((journal_root(uri), spare_journal_root(uri))))


def webhook_key(uri: str | os.PathLike[str] = "") -> Path | None:
    """The file beside a store on this machine where a server keeps the key of webhooks' secrets; ``None`` for other stores."""
    place = shown(home(uri))
    return None if _is_postgresql(place) or is_server(place) else _folder(place, "webhook.key")


def shown(uri: str | os.PathLike[str] = "") -> str:
    """The store's URI in its canonical form as anybody may see it: without a password."""
    place = canonical(uri)
    if _is_postgresql(place):
        from .store import postgresql_uri

        return postgresql_uri.without_password(place)
    if is_server(place) and "@" in urlsplit(place).netloc:
        return urlsplit(place)._replace(netloc=urlsplit(place).netloc.rpartition("@")[2]).geturl()
    return place


def artifact_root(uri: str | os.PathLike[str] = "") -> Path:
    """The folder for artifacts of experiments that were given no other place."""
    return _folder(home(uri), "artifacts")


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
    from .contracts import READ_ONLY

    text = os.fspath(uri)
    if text.startswith(READ_ONLY):
        return _open_read_only(text.removeprefix(READ_ONLY))
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
    check_artifact_uri(text)
    return LocalArtifacts(text)


def take_folder(uri: str, tracking_uri: str, folder: str, last: str) -> bool:
    """Have a folder of artifacts for one writer, who puts the file ``last`` there in the end; whether nobody has or had it
    before. Places that cannot say so say yes. :func:`leave_folder` gives it back."""
    from .query.run_models import Folders

    artifacts = open_artifacts(uri, tracking_uri)
    return artifacts.take(folder, last) if isinstance(artifacts, Folders) else True


def leave_folder(uri: str, tracking_uri: str, folder: str) -> None:
    """What :func:`take_folder` took is free, or complete."""
    from .query.run_models import Folders

    artifacts = open_artifacts(uri, tracking_uri)
    if isinstance(artifacts, Folders):
        artifacts.leave(folder)


def check_artifact_uri(uri: str) -> None:
    """Raises InvalidValue for a kind of place that artifacts cannot be in: ``dbfs:``, ``hdfs:``, ``ftp:``."""
    scheme = urlsplit(uri).scheme.lower() if ":" in uri else ""
    if len(scheme) > 1 and scheme not in ("file", "mlflow-artifacts", *_HTTP, *_CLOUD):
        raise InvalidValue(
            f"Artifact URI {_masked(uri)!r} cannot be used: {scheme!r} is no kind of place that can be reached from here. "
            "What works: a path or 'file:' URI; 's3://', 'gs://', 'az://', 'abfss://' or 'wasbs://' for object stores; "
            "'mlflow-artifacts:/', 'http://' or 'https://' for a place behind a server."
        )


def artifact_location(given: str | os.PathLike[str]) -> str:
    """An experiment's place for artifacts as it is kept: a URI as it is, a path as an absolute one; empty: the store's choice.

    Raises:
        InvalidValue: artifacts cannot be in such a place. Said before the first run is made, not at its first artifact.
    """
    text = os.fspath(given)
    check_artifact_uri(text)
    return text if not text or len(urlsplit(text).scheme) > 1 else os.path.abspath(text)


def _open_read_only(uri: str) -> ArtifactStore:
    from .artifacts.read_only import ReadOnlyArtifacts
    from .contracts import READ_ONLY

    scheme = urlsplit(uri).scheme.lower()
    if scheme != "file" and scheme not in _CLOUD:
        raise InvalidValue(
            f"Artifact URI {READ_ONLY + uri!r} cannot be used: only files and object stores can be read like this."
        )
    return ReadOnlyArtifacts(open_artifacts(uri), _file_path(uri) if scheme == "file" else "")


def database(uri: str | os.PathLike[str] = "") -> Path:
    """The store's database file. Raises InvalidValue for a store that is none."""
    place = home(uri)
    if _is_postgresql(place):
        raise InvalidValue(f"{shown(place)} is no file.")
    if is_server(place):
        raise InvalidValue(f"{shown(place)} is behind a server; what needs its files is done where that runs.")
    return Path(place[len(_SQLITE) :]) if place.startswith(_SQLITE) else Path(place, DATABASE)


def exists(uri: str | os.PathLike[str] = "") -> bool:
    """Whether opening the store would find one (or what journals hold for it) and not make it. A server or a PostgreSQL
    database is taken to be there."""
    place = home(uri)
    if _is_postgresql(place) or is_server(place) or is_foreign(canonical(uri)) or database(place).exists():
        return True
    root = journal_root(place)
    return root.is_dir() and any(root.iterdir())


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


def damage_of(uri: str | os.PathLike[str] = "") -> list[str]:
    """What of a store of this version's schema cannot be read, or contradicts itself. Reads all of it, and changes nothing.

    Raises: as :func:`open_store`.
    """
    from .store import soundness

    place = home(uri)
    return lost_writes(place) or soundness.look(_dialect(place))


def lost_writes(uri: str | os.PathLike[str] = "") -> list[str]:
    """What goes as soon as the store is opened, since its log of changes is damaged: one sentence, or none."""
    place = home(uri)
    if _is_postgresql(place) or is_server(place):
        return []
    from .store.dialects import lost_in_log

    return lost_in_log(database(place))


def is_empty(uri: str | os.PathLike[str] = "") -> bool:
    """Whether the store's file is there and nothing is in it."""
    place = home(uri)
    if _is_postgresql(place) or is_server(place):
        return False
    file = database(place)
    return file.exists() and not file.stat().st_size


def copy_store(source: str, target: str, progress: Callable[[str, int], None] = lambda table, rows: None) -> Sequence[Copied]:
    """Copy a whole store into an empty place, all or nothing; every table with its rows and their digest.

    Raises: as :func:`runstone.store.copying.copy`.
    """
    from .store.copying import copy

    here, there = home(source), canonical(target)
    for place in (here, there):
        if is_server(place):
            raise InvalidValue(f"{shown(place)} is a server; a copy is made between stores: name the one that it serves.")
    if here == there:
        raise InvalidValue(f"{shown(target)} is the store itself; a copy needs an empty place.")
    if is_foreign(there):
        raise InvalidValue(f"{shown(target)} is MLflow's own and is never written to; a copy needs an empty place.")
    if not _is_postgresql(here) and not database(here).exists():
        raise NotFound(f"There is no store at {here}.")
    return copy(_dialect(here), _dialect(there), _folder(here, "artifacts").as_uri(), progress)


def close_all() -> None:
    """Close every store that was opened here; the next :func:`open_store` opens anew."""
    with no_fork, _lock:
        for store in _stores.values():
            store.close()
        _stores.clear()
        _was_read.clear()


def _server(text: str) -> str:
    parts = urlsplit(text)
    if not parts.hostname or parts.query or parts.fragment:
        raise InvalidValue(f"{text!r} is no address of a server; 'http://host:5000' or 'https://host/prefix' is one.")
    return f"{parts.scheme.lower()}://{parts.netloc}{parts.path.rstrip('/')}"


def is_server(uri: str | os.PathLike[str]) -> bool:
    """Whether the store is behind a server."""
    return canonical(uri).startswith(("http://", "https://"))


def glance(place: str, column: str, value: str | int) -> Experiment | None:
    """An experiment of a store in a file, seen without opening the store; ``None`` for other stores and where it is not seen.

    Args:
        place: the store's canonical URI.
        column: ``name`` or ``experiment_id``.
        value: what stands in it.
    """
    if _is_postgresql(place) or is_server(place):
        return None
    from .store import glance

    with no_fork:
        return glance.experiment(database(place), _folder(place, "artifacts").as_uri(), column, value)


def load() -> None:
    """Load what it takes to open a store on this machine."""
    from .store import dialects, sql  # noqa: F401


def opened_here(place: str) -> Store:
    """The store whose own files are at ``place``, opened by this process, whether or not it has it open."""
    from . import settings

    if settings.OFFLINE.get():
        raise StoreUnavailable(
            f"{settings.OFFLINE.name} is set, so {shown(place)} is not asked. What is logged stays in the journal; unset it, "
            "and `runstone sync` stores it."
        )
    if is_server(place):
        from .remote.store import open_remote

        return open_remote(place)
    from .store.sql import SqlStore

    return SqlStore(_dialect(place), shown(place), _folder(place, "artifacts").as_uri())


def _dialect(place: str) -> Dialect:
    """The database of the store at ``place``; the folder for a file is made. Raises StoreUnavailable, InvalidValue."""
    if _is_postgresql(place):
        return _postgresql(place)
    from .journal.filesystems import REMOTE, file_system
    from .store.dialects import Sqlite

    file = database(place)
    if not file.exists():
        _require_free(file.parent)
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as cause:
            what = "Make it, or choose another tracking URI."
            if file.parent.name.endswith(BESIDE) and file.parent.name != BESIDE:
                what = (
                    "It would keep what is read in from MLflow, and new runs; RUNSTONE_READ_INTO names another store for them."
                )
            raise StoreReadOnly(f"The store's folder {file.parent} cannot be made: {cause.strerror}. {what}") from cause
    network = file_system(file.parent).startswith(REMOTE)
    return Sqlite(file, network=network)


def _is_postgresql(uri: str) -> bool:
    return uri.startswith("postgres") and re.match(r"postgres(ql)?(\+\w+)?:", uri) is not None


def _postgresql(place: str) -> Dialect:
    try:
        from .store.dialects.postgresql import Postgresql
    except ImportError as cause:
        raise NotSupported(
            f"PostgreSQL needs the package psycopg, which cannot be loaded ({cause}). Run: pip install 'runstone[postgres]'"
        ) from cause
    return Postgresql(place)


def _read_in_and_tell(place: str) -> None:
    """Read MLflow's own in, and say so where people look."""
    import sys

    from . import settings
    from .importers import progress

    with progress.bar(f"Reading in {shown(place)}") as tell:
        report = read_in(place, progress=tell)
    if report.anything and not settings.QUIET.get():
        print(f"Read in from {report.kind} at {shown(place)}: {report.words()}. New runs go to {home(place)}.", file=sys.stderr)
        for line in report.problem_lines(3):
            print(f"  left out: {line}", file=sys.stderr)


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


def _masked(uri: str) -> str:
    """Without the password that it may have."""
    return re.sub(r"(?<=//)([^/:@]*):.*@", r"\1:***@", uri)


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
