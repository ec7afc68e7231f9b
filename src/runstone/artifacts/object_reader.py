"""Reading an object like a file: seekable, a bounded piece in memory, and never two versions of it in one reading."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import obstore
from obstore.exceptions import GenericError, PreconditionError

from runstone.errors import StoreUnavailable

if TYPE_CHECKING:
    from obstore.store import AzureStore, GCSStore, S3Store

#: Bytes handed on at a time.
PIECE = 1 << 20
#: How often an object that ends too early is asked for again.
_PATIENCE = 3


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
        self._stream: Iterator[memoryview] | None = None
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
        """The bytes that follow; a stream that breaks is taken up again where it was."""
        for _ in range(_PATIENCE):
            with self._told():
                try:
                    if self._stream is None:
                        self._stream = self._ask()
                    piece = next(self._stream, None)
                except PreconditionError:
                    raise self._replaced() from None
            if piece is not None:
                return piece
            self._stream = None
        raise StoreUnavailable(f"{self._name!r} ended after {self._at} of {self.size} bytes; read it again.")

    def _replaced(self) -> StoreUnavailable:
        return StoreUnavailable(f"{self._name!r} was replaced while it was read; read it again.")

    def _ask(self) -> Iterator[memoryview]:
        options: dict[str, Any] = {"if_match": self.e_tag} if self.e_tag else {}
        skipped = 0
        if self._at:
            try:
                found = obstore.get(self._bucket, self._name, options={**options, "range": {"offset": self._at}})  # type: ignore[arg-type]
            except GenericError as cause:
                if "non-partial" not in str(cause):
                    raise
                # a server that knows no ranges, or does not say so: what comes before is read and dropped
                found = obstore.get(self._bucket, self._name, options=options)  # type: ignore[arg-type]
                skipped = self._at
        else:
            found = obstore.get(self._bucket, self._name, options=options)  # type: ignore[arg-type]
        if self.e_tag and found.meta["e_tag"] != self.e_tag:  # not every server looks at if_match
            raise self._replaced()
        return _without(skipped, found.stream(min_chunk_size=PIECE))


def _without(skipped: int, pieces: Iterable[Any]) -> Iterator[memoryview]:
    for one in pieces:
        piece = memoryview(one)
        if skipped >= len(piece):
            skipped -= len(piece)
            continue
        yield piece[skipped:]
        skipped = 0
