"""This Runstone as a wheel, made of its installed files: environments and images get the very version that makes them, from a
package index, a wheel or a working copy alike, without a network and without a build back end."""

from __future__ import annotations

import base64
import functools
import hashlib
import io
import os
import zipfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from runstone.version import __version__

_PACKAGE = Path(__file__).parents[1]
#: What only the server needs: it is most of the bytes.
_LEFT_OUT = ("server/ui/",)
#: The oldest time that an archive can tell: equal content makes equal files.
_WHEN = (1980, 1, 1, 0, 0, 0)


def wheel(folder: Path) -> Path:
    """Write the wheel into a folder; its path.

    The UI is left out: who serves a model shows none.
    """
    target = folder / f"runstone-{__version__}-py3-none-any.whl"
    folder.mkdir(parents=True, exist_ok=True)
    draft = target.with_suffix(f".{os.getpid()}.part")
    draft.write_bytes(_made())
    draft.replace(target)
    return target


@functools.cache
def _made() -> bytes:
    about = f"runstone-{__version__}.dist-info"
    record = []
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in _contents(about):
            archive.writestr(zipfile.ZipInfo(name, _WHEN), data, zipfile.ZIP_DEFLATED, compresslevel=1)
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")
            record.append(f"{name},sha256={digest},{len(data)}")
        record.append(f"{about}/RECORD,,")
        archive.writestr(zipfile.ZipInfo(f"{about}/RECORD", _WHEN), "\n".join(record) + "\n")
    return written.getvalue()


def _contents(about: str) -> Iterator[tuple[str, bytes]]:
    for file in sorted(_PACKAGE.rglob("*")):
        inner = file.relative_to(_PACKAGE).as_posix()
        if file.is_file() and "__pycache__" not in inner and not inner.startswith(_LEFT_OUT):
            yield f"runstone/{inner}", file.read_bytes()
    installed = metadata.distribution("runstone")
    told = (installed.read_text("METADATA") or "").replace("\r\n", "\n")
    yield f"{about}/METADATA", told.encode()
    yield f"{about}/WHEEL", b"Wheel-Version: 1.0\nGenerator: runstone\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    if points := installed.read_text("entry_points.txt"):
        yield f"{about}/entry_points.txt", points.encode()
