"""The entry point of the ``runstone`` script: what takes longest begins before what reads the options is loaded."""

from __future__ import annotations

import atexit
import gc
import sys


def main() -> None:
    """Call the command that the words behind ``runstone`` name."""
    gc.set_threshold(500_000, 20, 20)  # loading modules makes no garbage: looking for it took a tenth of each command
    atexit.register(gc.freeze)  # the first to be registered is the last to be called: what is left goes with the process
    if sys.argv[1:2] == ["run"]:
        from . import beside

        beside.begin()  # which loads most of all, by the same threshold
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal that cannot show a character gets its escape, not an error
            stream.reconfigure(errors="backslashreplace")
    from .main import cli

    cli(prog_name="runstone")
