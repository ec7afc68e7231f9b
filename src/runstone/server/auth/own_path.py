"""Addresses that a browser may be sent to after signing in: those of this server's pages."""

from __future__ import annotations

from urllib.parse import urlsplit

_LONGEST = 2000


def own_path(text: str, base: str) -> str:
    """``text``, if it is a path below ``base`` (empty, or like ``/ml``), else the first page.

    Browsers read ``//x``, ``/\\x`` and a slash with a tab behind it as another site; none of these is a path here.
    """
    home = base + "/"
    plain = text.startswith(home) and not text.startswith("//") and "\\" not in text and text.isprintable()
    if not plain or len(text.encode(errors="replace")) > _LONGEST:
        return home
    try:
        parts = urlsplit(text)
    except ValueError:
        return home
    steps = parts.path.lower().replace("%2e", ".").split("/")
    if parts.scheme or parts.netloc or "//" in parts.path or ".." in steps:
        return home
    return home if parts.path.startswith(home + "oidc/") else text
