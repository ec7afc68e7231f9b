"""What a file is, by its name, and what a browser may do with it."""

from __future__ import annotations

import mimetypes
from urllib.parse import quote

#: Names that the field uses and no system table knows, all of them text to look at.
_TEXT_ENDINGS = (
    ".cfg", ".conf", ".csv", ".diff", ".ini", ".ipynb", ".jsonl", ".lock", ".log", ".md", ".patch", ".properties", ".py",
    ".env", ".r", ".rst", ".sh", ".sql", ".toml", ".tsv", ".txt", ".yaml", ".yml",
)  # fmt: skip
_TEXT_NAMES = ("MLmodel", "MLproject", "Dockerfile", "Makefile", "LICENSE", "README")
_OWN = {".csv": "text/csv", ".tsv": "text/tab-separated-values", ".md": "text/markdown", ".ipynb": "application/json"}

#: An artifact is somebody's file, not ours: it gets an origin of its own, and no network at all.
SANDBOX = (
    "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval' blob: data:; "
    "style-src 'unsafe-inline'; img-src data: blob:; font-src data:; media-src data: blob:"
)


def media_type(path: str) -> str:
    """The content type for a file of this name; bytes without a meaning when there is no telling."""
    name = path.rpartition("/")[2]
    ending = "." + name.rpartition(".")[2].lower() if "." in name else ""
    if ending in _OWN:
        return _OWN[ending]
    if ending in _TEXT_ENDINGS or name in _TEXT_NAMES:
        return "text/plain"
    guess, encoding = mimetypes.guess_type(name)
    return guess if guess and not encoding else "application/octet-stream"


def disposition(path: str, download: bool) -> str:
    """``Content-Disposition`` for any name, however strange (RFC 6266): no byte of it can end the header."""
    name = path.rpartition("/")[2]
    kind = "attachment" if download else "inline"
    plain = "".join(char if " " <= char <= "~" and char not in '"\\%' else "_" for char in name)
    if plain == name:
        return f'{kind}; filename="{name}"'
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
