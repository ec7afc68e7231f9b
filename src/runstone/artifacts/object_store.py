"""Artifacts in an object store: S3 (and what speaks like it), Google Cloud Storage, Azure.

An object appears whole when its upload is complete, so a reader sees the old one or the new one. There are no folders:
what has a ``/`` after it is listed as one.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal, cast

import obstore
from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError

from runstone.contracts import ArtifactFile, PartUploads
from runstone.entities import FileInfo
from runstone.errors import InvalidValue, NotFound, PlaceRefused, StoreUnavailable

from .copying import TAKEN, copy, told
from .object_reader import ObjectReader
from .paths import clean
from .sources import files_below, open_source

if TYPE_CHECKING:
    from obstore.store import AzureStore, GCSStore, S3Store


#: Bytes of one part of an upload; four of them are on their way at once. Up to this size a file is one request.
PART = 8 << 20
_AT_ONCE = 4
#: Parts that every object store allows in one upload.
_MOST_PARTS = 9_000
#: Small files of a tree that travel at once.
_FILES_AT_ONCE = 8
#: Parents known to be no files that are remembered, so that a folder of many files asks once.
_REMEMBERED = 10_000


class ObjectArtifacts:
    """An :class:`~runstone.contracts.ArtifactStore` below one prefix of a bucket.

    Args:
        uri: as it is shown and stored.
        bucket: the opened bucket, its prefix set.
        parts: uploads in parts by others; ``None`` where that cannot be offered.
    """

    def __init__(self, uri: str, bucket: S3Store | GCSStore | AzureStore, parts: PartUploads | None = None) -> None:
        self.uri, self._bucket, self._parts = uri.rstrip("/"), bucket, parts
        self._folders: set[str] = set()
        self._lock = threading.Lock()

    def put(self, source: Path | BinaryIO, path: str, *, digest: bool = True) -> ArtifactFile:
        name = clean(path, file=True)
        if isinstance(source, (str, Path)):
            with open_source(Path(source)) as stream:
                return self._put(stream, name, digest)
        return self._put(source, name, digest)

    def put_tree(self, folder: Path, path: str = "") -> Sequence[ArtifactFile]:
        if not os.path.isdir(folder):
            raise NotFound(f"There is no folder {str(folder)!r} to copy from.")
        below = clean(path)
        files = [
            (clean(f"{below}/{name}" if below else name, file=True), file)
            for name, file in sorted(files_below(os.fspath(folder)))
        ]
        with ThreadPoolExecutor(_FILES_AT_ONCE, "runstone-upload") as pool:
            put = list(pool.map(lambda pair: self.put(Path(pair[1]), pair[0]), files))
        return sorted(put, key=lambda file: file.path)

    def open(self, path: str) -> BinaryIO:
        name = clean(path, file=True)
        with self._told(path):
            found = obstore.head(self._bucket, name)
        return cast("BinaryIO", ObjectReader(self._bucket, name, found["size"], found["e_tag"], lambda: self._told(path)))

    def stat(self, path: str) -> FileInfo:
        name = clean(path)
        if name:
            with self._told(path):
                try:
                    return FileInfo(name, False, obstore.head(self._bucket, name)["size"])
                except FileNotFoundError:
                    pass
        if not self._is_folder(name):
            raise self._not_there(path)
        return FileInfo(name, True)

    def list(self, path: str = "") -> Sequence[FileInfo]:
        name = clean(path)
        with self._told(path):
            try:
                found = obstore.list_with_delimiter(self._bucket, name or None)
            except FileNotFoundError:
                raise self._no_bucket() from None
        infos = [FileInfo(folder, True) for folder in found["common_prefixes"] if folder != name]
        infos += [FileInfo(one["path"], False, one["size"]) for one in found["objects"] if _shown(one["path"], name)]
        return sorted(infos, key=lambda info: info.path)

    def walk(self, path: str = "") -> Iterator[FileInfo]:
        name = clean(path)
        yield from sorted((info for info in self._all(name) if _shown(info.path, name)), key=lambda info: info.path)

    def fetch(self, path: str, target: Path) -> Path:
        name = clean(path)
        there = Path(target) / name
        if self.stat(path).is_dir:
            with told(there):
                there.mkdir(parents=True, exist_ok=True)
            with ThreadPoolExecutor(_FILES_AT_ONCE, "runstone-download") as pool:
                list(pool.map(lambda info: self._land(info.path, Path(target)), self.walk(name)))
        else:
            self._land(name, Path(target))
        return there

    def local(self, path: str = "") -> Path | None:
        clean(path)
        return None

    def delete(self, path: str = "") -> None:
        name = clean(path)
        doomed = [info.path for info in self._all(name)]
        if name:
            doomed.append(name)
        with self._told(path):
            for start in range(0, len(doomed), 1000):
                self._delete(doomed[start : start + 1000])
        with self._lock:
            self._folders.clear()

    def take(self, folder: str, last: str) -> bool:
        """Have a folder for one writer, who puts the file ``last`` there in the end; whether nobody else has or had it.

        Whoever asks puts a mark of its own and has the folder if it then finds no other: not all stores write on condition.
        Of several that ask at the same moment at most one gets it.
        """
        name = clean(folder, file=True)
        mine, mark = f"{name}/{TAKEN}-{secrets.token_hex(8)}", clean(f"{name}/{last}", file=True)
        with self._told(folder):
            obstore.put(self._bucket, mine, b"", use_multipart=False)
            there = {one["path"] for one in obstore.list_with_delimiter(self._bucket, name)["objects"]}
            if [path for path in there if _is_mark(path)] == [mine] and mark not in there:
                return True
            self._delete([mine])
        return False

    def leave(self, folder: str) -> None:
        """The writer is done."""
        with self._told(folder):
            there = obstore.list_with_delimiter(self._bucket, clean(folder, file=True))["objects"]
            if marks := [one["path"] for one in there if _is_mark(one["path"])]:
                self._delete(marks)

    def presigned(self, path: str, method: Literal["GET", "PUT"], seconds: int) -> str:
        """A URL with which anybody may ``GET`` or ``PUT`` this one file for so many seconds."""
        name = clean(path, file=True)
        if method == "PUT":
            self._check_free(name)
        with self._told(path):
            return obstore.sign(self._bucket, method, name, timedelta(seconds=seconds))

    def part_uploads(self) -> PartUploads | None:
        """Uploads in parts that others make with presigned URLs; ``None`` where they cannot be offered."""
        return self._parts

    # --- inside ---------------------------------------------------------------------------------------------------

    def _put(self, stream: BinaryIO, name: str, digest: bool) -> ArtifactFile:
        self._check_free(name)
        pieces = _Pieces(stream, digest)
        head = pieces.take(PART)
        with self._told(name):
            try:
                if len(head) < PART:
                    obstore.put(self._bucket, name, head, use_multipart=False)
                else:
                    size = _part_size(stream)
                    obstore.put(self._bucket, name, pieces.rest(head), chunk_size=size, max_concurrency=_AT_ONCE)
            except (FileNotFoundError, BaseError) as cause:
                if pieces.broke is not None:  # the parts on their way then find their upload gone, and may say so first
                    raise pieces.broke from None
                if isinstance(cause, FileNotFoundError):
                    raise self._ended(name) if "NoSuchUpload" in str(cause) else self._no_bucket() from None
                raise
        return ArtifactFile(name, pieces.size, pieces.digest.hexdigest() if digest else "")

    def _check_free(self, name: str) -> None:
        """Raises InvalidValue where a folder has this name, or a part of it is a file."""
        parts = name.split("/")
        for count in range(1, len(parts)):
            folder = "/".join(parts[:count])
            if folder in self._folders:
                continue
            if self._is_file(folder):
                raise InvalidValue(f"Cannot put {name!r}: a part of its path is a file, not a folder.")
            with self._lock:
                if len(self._folders) >= _REMEMBERED:
                    self._folders.clear()
                self._folders.add(folder)
        if self._is_folder(name):
            raise InvalidValue(f"Cannot put a file at artifact path {name!r}: a folder of that name is there.")

    def _is_file(self, name: str) -> bool:
        with self._told(name):
            try:
                obstore.head(self._bucket, name)
            except FileNotFoundError:
                return False
            return True

    def _is_folder(self, name: str) -> bool:
        return next(self._all(name, chunk=1), None) is not None

    def _all(self, name: str, chunk: int = 1000) -> Iterator[FileInfo]:
        with self._told(name):
            try:
                for batch in obstore.list(self._bucket, name or None, chunk_size=chunk):
                    for one in batch:
                        if one["path"] != name:  # the mark that some tools leave for an empty folder
                            yield FileInfo(one["path"], False, one["size"])
            except FileNotFoundError:
                raise self._no_bucket() from None

    def _delete(self, names: Sequence[str]) -> None:
        try:
            obstore.delete(self._bucket, names)
        except FileNotFoundError:  # some stores tell, and may have stopped at it
            if len(names) > 1:
                for name in names:
                    self._delete([name])

    def _land(self, name: str, target: Path) -> None:
        there = target / name
        with told(there):
            there.parent.mkdir(parents=True, exist_ok=True)
        with self.open(name) as stream:
            copy(stream, os.fspath(there), durable=False)

    def _ended(self, name: str) -> StoreUnavailable:
        error = StoreUnavailable(f"{self.uri}: the upload of {name!r} was ended on the side of the store. Try it again.")
        error.outside = f"The upload of {name!r} was ended on the side of the server's object store. Try it again."
        return error

    def _not_there(self, path: object) -> NotFound:
        error = NotFound(f"There is no artifact {path!r} below {self.uri}.")
        error.outside = f"There is no artifact {path!r}."
        return error

    def _no_bucket(self) -> PlaceRefused:
        error = PlaceRefused(f"There is no bucket (or container) for {self.uri}. Make it, or correct the name.")
        error.outside = "The bucket (or container) of the server's artifacts is not there; the server's log says which."
        return error

    @contextmanager
    def _told(self, path: object) -> Iterator[None]:
        """Errors of the object store, in words."""
        _require_unforked()
        try:
            yield
        except FileNotFoundError:
            raise self._not_there(path) from None
        except (PermissionDeniedError, UnauthenticatedError) as cause:
            raise self._denied(path) from cause
        except BaseError as cause:
            if "403 Forbidden" in str(cause) or "401 Unauthorized" in str(cause):
                raise self._denied(path) from cause
            if "NoSuchBucket" in str(cause):
                raise self._no_bucket() from cause
            reason = str(cause).partition("\n")[0][:300]
            error = StoreUnavailable(f"{self.uri}: {path!r} could not be read or written: {reason}.")
            error.outside = f"{path!r} could not be read or written: the server's object store did not do it. Try it again."
            raise error from cause
        except ValueError as cause:
            if "parse path" not in str(cause):
                raise
            raise InvalidValue(
                f"Invalid artifact path {path!r}: an object store takes no control characters in names."
            ) from cause

    def _denied(self, path: object) -> PlaceRefused:
        what = f" to {path!r}" if path else ""
        error = PlaceRefused(
            f"{self.uri} refused access{what}: the credentials are missing, wrong, or not allowed to do this. They are those "
            "of the cloud's own tools: AWS_ACCESS_KEY_ID and the like, or its files in the home folder."
        )
        error.outside = (
            f"The server's object store refused access{what}: the server's credentials are missing, wrong, or not allowed to "
            "do this. Who runs the server can mend that."
        )
        return error


#: Whether this process used an object store, and whether its parent had done so when it forked.
_used = _inherited = False


def _require_unforked() -> None:
    """The threads that talk to object stores do not live on in a forked child; waiting for them would be for ever."""
    global _used
    if _inherited:
        raise StoreUnavailable(
            "This process was forked from one that had used an object store, and cannot use it itself. Log such artifacts "
            "from the parent, or start processes with multiprocessing's 'spawn' or 'forkserver'."
        )
    _used = True


def _after_fork() -> None:
    global _inherited
    _inherited = _inherited or _used


os.register_at_fork(after_in_child=_after_fork)


class _Pieces:
    """What is read of a stream, counted and, if wanted, hashed on its way."""

    def __init__(self, stream: BinaryIO, hashed: bool) -> None:
        self._read: Callable[[int], bytes] = stream.read
        self._hashed = hashed
        self.size, self.digest = 0, hashlib.sha256()
        #: What the stream raised, if it did.
        self.broke: Exception | None = None

    def take(self, wanted: int) -> bytes:
        """So many bytes, fewer only at the end."""
        taken = bytearray()
        while len(taken) < wanted:
            piece = self._read(min(1 << 20, wanted - len(taken)))
            if not isinstance(piece, (bytes, bytearray, memoryview)):
                raise InvalidValue(f"The stream gave {type(piece).__name__}, not bytes; open it in binary mode.")
            if not piece:
                break
            if self._hashed:
                self.digest.update(piece)
            taken += piece
        self.size += len(taken)
        return bytes(taken)

    def rest(self, head: bytes) -> Iterator[bytes]:
        yield head
        try:
            while piece := self.take(1 << 20):
                yield piece
        except Exception as broke:
            self.broke = broke
            raise


def _shown(path: str, folder: str) -> bool:
    """Whether a listing of ``folder`` has it: not the folder's own mark, nor that a writer has a folder for itself."""
    return path != folder and not _is_mark(path)


def _is_mark(path: str) -> bool:
    return path.rpartition("/")[2].startswith(TAKEN)


def _part_size(stream: BinaryIO) -> int:
    """Bytes of one part, so that a stream of known size needs no more parts than are allowed."""
    known = getattr(stream, "size", None)
    try:
        size = known if isinstance(known, int) else os.fstat(stream.fileno()).st_size
    except (OSError, AttributeError):
        size = 0
    return max(PART, -(-size // _MOST_PARTS))
