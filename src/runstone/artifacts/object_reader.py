"""Reading an object like a file: seekable, a bounded piece in memory, and never two versions of it in one reading."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import obstore
from obstore.exceptions import PreconditionError

from runstone.errors import StoreUnavailable

if TYPE_CHECKING:
    from obstore.store import AzureStore, GCSStore, S3Store

#: Bytes asked for in one request; what breaks in the middle costs no more than this again.
SPAN = 32 << 20
#: Bytes handed on at a time.
PIECE = 1 << 20


class ObjectReader(io.BufferedIOBase):
    """One version of one object.

    Args:
        size: its bytes.
        e_tag: its version; an object replaced meanwhile is an error, not a mixture.
        told: turns the store's errors into ours.
    """

    def __init__(
        self,
        bucket: S3Store | GCSStore | AzureStore,
        name: str,
        size: int,
        e_tag: str | None,
        told: Callable[[], AbstractContextManager[None]],
    ) -> None:
        self._bucket, self._name, self._told = bucket, name, told
        self.size, self.e_tag = size, e_tag
        self._at = 0
        self._stream: Iterator[Any] | None = None
        self._held = memoryview(b"")

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.size}[whence]
        if at < 0:
            raise ValueError(f"negative seek position {at}")
        if at != self._at:
            self._at, self._stream, self._held = at, None, memoryview(b"")
        return at

    def read(self, size: int | None = -1, /) -> bytes:
        wanted = max(0, self.size - self._at)
        if size is not None and size >= 0:
            wanted = min(size, wanted)
        pieces: list[memoryview] = []
        while wanted > 0:
            if not self._held:
                self._held = self._next()
            piece, self._held = self._held[:wanted], self._held[wanted:]
            pieces.append(piece)
            wanted -= len(piece)
            self._at += len(piece)
        return b"".join(pieces)

    def read1(self, size: int = -1, /) -> bytes:
        return self.read(PIECE if size < 0 else min(size, PIECE))

    def readinto(self, buffer: Any, /) -> int:
        view = memoryview(buffer).cast("B")
        piece = self.read(len(view))
        view[: len(piece)] = piece
        return len(piece)

    def close(self) -> None:
        self._stream, self._held = None, memoryview(b"")
        super().close()

    def _next(self) -> memoryview:
        """The bytes that follow; a stream that ended is followed by the next span."""
        with self._told():
            try:
                piece = next(self._stream, None) if self._stream is not None else None
                if piece is None:
                    self._stream = iter(self._ask())
                    piece = next(self._stream, None)
            except PreconditionError:
                raise StoreUnavailable(f"{self._name!r} was replaced while it was read; read it again.") from None
        if piece is None:
            raise StoreUnavailable(f"{self._name!r} ended after {self._at} of {self.size} bytes; read it again.")
        return memoryview(piece)

    def _ask(self) -> Any:
        end = min(self._at + SPAN, self.size)
        options: dict[str, Any] = {}
        if end - self._at < self.size:  # some servers answer a range that is the whole as if it were none
            options["range"] = (self._at, end)
        if self.e_tag:
            options["if_match"] = self.e_tag
        found = obstore.get(self._bucket, self._name, options=options)  # type: ignore[arg-type]
        return found.stream(min_chunk_size=PIECE)
