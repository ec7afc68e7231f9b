"""One HTML file with everything in it: the data as JSON, and the script and style that show it.

What is in the data was written by anybody. It can never become markup or script: in the JSON block every ``<``, ``>`` and
``&`` is escaped, the page's script makes text nodes only, and the page forbids itself every script but that one, every
request and every frame.
"""

from __future__ import annotations

import base64
import hashlib
import re
from functools import lru_cache
from html import escape
from pathlib import Path

import msgspec

from runstone.errors import RunstoneError

from .contents import Contents

#: Where the UI's build puts script and style (``ui/vite.share.config.ts``).
BUILT = Path(__file__).parents[1] / "server" / "ui" / "share"
_MARK = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
_NOT_BUILT = (
    "The page that shows exported runs is not built: this is a source checkout without the built UI. In its folder, "
    "`make ui` builds it (Node 20 or newer); packages from PyPI carry it."
)
_ENDS = re.compile(r"</(script|style)|<!--", re.IGNORECASE)


def html(contents: Contents) -> str:
    """The whole file. Raises RunstoneError where the UI is not built."""
    script, style = _built()
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
        "form-action 'none'"
    )
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark">',
            '<meta name="generator" content="runstone">',
            f"<title>{escape(contents.title)}</title>",
            f"<style>{style}</style>",
            "</head>",
            "<body>",
            '<main id="page"></main>',
            "<noscript>Tables and charts are drawn by a script in this file; the data is in it as JSON.</noscript>",
            f'<script type="application/json" id="runstone-data">{data(contents)}</script>',
            f"<script>{script}</script>",
            "</body>",
            "</html>",
            "",
        ]
    )


def data(contents: Contents) -> str:
    """The JSON, so that nothing in it ends the block it stands in."""
    text = msgspec.json.encode(contents).decode()
    return re.sub("[<>&\u2028\u2029]", lambda found: _MARK[found[0]], text)


def framed(contents: Contents, height: int) -> str:
    """The file inside a frame of its own, for a notebook: it can neither reach the notebook nor be reached."""
    return (
        f'<iframe title="{escape(contents.title)}" srcdoc="{escape(html(contents))}" sandbox="allow-scripts allow-downloads" '
        f'style="width:100%;height:{int(height)}px;border:1px solid #8888;border-radius:6px"></iframe>'
    )


def is_built() -> bool:
    return (BUILT / "share.js").is_file() and (BUILT / "share.css").is_file()


def _built() -> tuple[str, str]:
    try:
        changed = (BUILT / "share.js").stat().st_mtime_ns
    except OSError:
        raise RunstoneError(_NOT_BUILT) from None
    return _read(changed)


@lru_cache(maxsize=1)
def _read(changed: int) -> tuple[str, str]:
    found = tuple((BUILT / f"share.{kind}").read_text("utf-8").strip() for kind in ("js", "css"))
    for text in found:
        if _ENDS.search(text):  # it would end its block: a fault of the build, caught before anybody opens the file
            raise RunstoneError("The built page cannot stand in one file: it holds what ends a script or a style.")
    return found[0], found[1]
