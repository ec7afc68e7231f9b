"""Reading a file behind a server: seekable, and a connection that breaks is taken up again where it was."""

from __future__ import annotations

import io
from typing import Any

import urllib3
from urllib3.exceptions import HTTPError

from runstone.errors import StoreUnavailable
from runstone.servers import PIECE, Server

#: How often in a row a broken connection is taken up again without a byte in between.
_PATIENCE = 3


class ProxiedReader(io.BufferedIOBase):
    """One version of one file; ``size`` in bytes, ``e_tag`` as the server told it.

    Raises:
        NotFound: there is no such file.
    """

    def __init__(self, server: Server, address: str, name: str) -> None:
        self._server, self._address, self._name = server, address, name
        self._at = 0
        self._answer: urllib3.BaseHTTPResponse | None = server.ask("GET", address, stream=True)
        self.e_tag = self._answer.headers.get("ETag", "")
        self.size = int(self._answer.headers.get("Content-Length", -1))

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self.size >= 0

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        if self.size < 0:
            raise io.UnsupportedOperation("the server did not say how long the file is")
        at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.size}[whence]
        if at < 0:
            raise ValueError(f"negative seek position {at}")
        if at != self._at:
            self._drop()
            self._at = at
        return at

    def read(self, size: int | None = -1, /) -> bytes:
        if size is None or size < 0:
            pieces = []
            while piece := self._some(PIECE):
                pieces.append(piece)
            return b"".join(pieces)
        taken = bytearray()
        while len(taken) < size and (piece := self._some(size - len(taken))):
            taken += piece
        return bytes(taken)

    def read1(self, size: int = -1, /) -> bytes:
        return self._some(PIECE if size < 0 else size)

    def readinto(self, buffer: Any, /) -> int:
        view = memoryview(buffer).cast("B")
        piece = self.read(len(view))
        view[: len(piece)] = piece
        return len(piece)

    def close(self) -> None:
        self._drop()
        super().close()

    def _some(self, wanted: int) -> bytes:
        """Some bytes, none only at the end."""
        broken: HTTPError | None = None
        for _ in range(_PATIENCE):
            if 0 <= self.size <= self._at or wanted == 0:
                return b""
            if self._answer is None:
                self._answer = self._again()
            try:
                piece = self._answer.read(wanted)
            except HTTPError as cause:
                self._drop()
                broken = cause
                continue
            if not piece and self.size >= 0:  # it ended too early and did not say so
                self._drop()
                continue
            self._at += len(piece)
            return piece
        raise StoreUnavailable(
            f"{self._name!r} ended after {self._at} of {self.size} bytes: {broken or 'the server sent no more'}. Read it again."
        )

    def _again(self) -> urllib3.BaseHTTPResponse:
        """The rest, from where we are; never of another version."""
        headers = {"Range": f"bytes={self._at}-"} if self._at else {}
        if self._at and self.e_tag:
            headers["If-Range"] = self.e_tag
        answer = self._server.ask("GET", self._address, headers=headers, stream=True)
        if answer.headers.get("ETag", "") != self.e_tag:
            answer.close()
            raise StoreUnavailable(f"{self._name!r} was replaced while it was read; read it again.")
        if self._at and answer.status != 206:  # a server without ranges: what we have is read once more
            left = self._at
            while left and (piece := answer.read(min(left, PIECE))):
                left -= len(piece)
        return answer

    def _drop(self) -> None:
        if self._answer is not None:
            self._answer.close()
            self._answer.release_conn()
            self._answer = None
