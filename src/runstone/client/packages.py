"""Which packages are installed, read so that the training thread hardly feels it."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

from runstone._lazy import later
from runstone.turns import step_aside

if TYPE_CHECKING:
    from importlib import metadata
else:
    metadata = later("importlib.metadata")  # by the thread that reads them, while a project's command already runs

_FIELD = re.compile(r"^(Name|Version):[ \t]*(.+?)[ \t]*$", re.MULTILINE | re.IGNORECASE)
#: Packages read between two pauses; each takes about 0.1 ms of Python.
_STRETCH = 8


def installed(path: list[str] | None = None) -> str:
    """``name==version``, one to a line, sorted by name; for a name found twice, the one that Python would import.

    ``path``: folders of packages to look in, this process's own if not given.

    Between short stretches it sleeps for a moment, which gives the interpreter lock to whoever wants it.
    """
    found: dict[str, tuple[str, str]] = {}
    for number, distribution in enumerate(metadata.distributions(path=sys.path if path is None else path)):
        if number % _STRETCH == 0:
            step_aside(0.0005)
        name, version = _name_and_version(distribution)
        if name:
            found.setdefault(re.sub(r"[-_.]+", "-", name).lower(), (name, version))
    return "".join(f"{name}=={version}\n" for _, (name, version) in sorted(found.items()))


def _name_and_version(distribution: metadata.Distribution) -> tuple[str, str]:
    """From the head of its metadata: parsing all of it as mail, as the library does, takes ten times as long."""
    try:
        text = distribution.read_text("METADATA") or distribution.read_text("PKG-INFO") or ""
    except (OSError, UnicodeDecodeError):
        return "", ""
    head = text.partition("\n\n")[0][:4000]
    fields = {key.lower(): value for key, value in reversed(_FIELD.findall(head))}
    return fields.get("name", ""), fields.get("version", "")
