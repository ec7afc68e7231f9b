"""Where Python says why it died of a fatal signal: a file in the journal's folder, for whoever finds the journal."""

from __future__ import annotations

import contextlib
import faulthandler
from pathlib import Path
from typing import IO

_file: IO[bytes] | None = None


def note_in(folder: Path) -> None:
    """Fatal signals write their traceback to ``fault.txt`` there, unless the program has set ``faulthandler`` itself."""
    global _file
    if _file is None and faulthandler.is_enabled():
        return
    with contextlib.suppress(OSError):
        opened = open(folder / "fault.txt", "wb", buffering=0)  # noqa: SIM115  # stays open
        faulthandler.enable(opened)
        if _file is not None:
            _file.close()
        _file = opened


def forget() -> None:
    """Leave ``faulthandler`` as it was found."""
    global _file
    if _file is not None:
        faulthandler.disable()
        _file.close()
        _file = None
