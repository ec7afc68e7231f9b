"""What pickles would import, told without loading them: their instructions are read, none is carried out."""

from __future__ import annotations

import io
import pickletools
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from msgspec import Struct

#: Modules, or names in one, that run commands, reach files or networks, or bring in further code.
DANGEROUS = {
    "_pickle", "_posixsubprocess", "asyncio", "bdb", "builtins.__import__", "builtins.breakpoint", "builtins.compile",
    "builtins.delattr", "builtins.eval", "builtins.exec", "builtins.getattr", "builtins.globals", "builtins.input",
    "builtins.open", "builtins.setattr", "builtins.vars", "code", "codeop", "commands", "ctypes", "ftplib", "http", "imp",
    "importlib", "io.FileIO", "io.open", "marshal", "mmap", "multiprocessing", "nt", "ntpath", "operator.attrgetter",
    "operator.methodcaller", "os", "pathlib.Path", "pdb", "pickle", "pip", "pkgutil", "popen2", "posix", "posixpath", "profile",
    "pty", "pydoc", "requests", "runpy", "shutil", "signal", "site", "smtplib", "socket", "subprocess", "sys", "tempfile",
    "threading", "timeit", "trace", "urllib", "venv", "webbrowser", "zipimport",
}  # fmt: skip
#: Functions and classes of a script, kept whole: whatever their author wrote runs when they are called.
CARRIES = {"cloudpickle", "dill", "types.CodeType", "types.FunctionType"}
#: Endings of files that may be pickles whatever their first bytes say.
ENDINGS = {".pkl", ".pickle", ".joblib", ".cloudpickle", ".dill", ".pt", ".pth"}
RUNS_CODE, CARRIES_CODE, UNREADABLE, IMPORTS = "runs code", "carries code", "unreadable", "imports"

_MARK = object()
_PUTS = {"PUT", "BINPUT", "LONG_BINPUT"}
_GETS = {"GET", "BINGET", "LONG_BINGET"}
_OLD = {"__builtin__": "builtins", "copy_reg": "copyreg", "exceptions": "builtins"}


class Finding(Struct, frozen=True):
    """One thing that a pickle would import. ``file`` below the model's folder; ``verdict`` one of the four words above."""

    file: str
    name: str
    verdict: str


def scan(place: Path) -> list[Finding]:
    """Everything that the pickles of a model folder, or one file, would import; by file and name.

    What else of a model runs code is told by :func:`runstone.models.risks.of`.
    """
    files = sorted(one for one in place.rglob("*") if one.is_file()) if place.is_dir() else [place]
    found: set[Finding] = set()
    for file in files:
        shown = file.relative_to(place).as_posix() if place.is_dir() else file.name
        for inner, data in _pickles(file, always=not place.is_dir()):
            found |= {Finding(shown + inner, name, verdict) for name, verdict in imports_of(data)}
    return sorted(found, key=lambda one: (one.file, one.name))


def imports_of(data: bytes) -> Iterator[tuple[str, str]]:
    """Names that a pickle, or several after each other, would import, each with a verdict."""
    stream = io.BytesIO(data)
    while True:
        try:
            for name in _names(stream):
                yield name, verdict(name)
        except Exception as problem:  # whatever a file made with malice brings about
            yield f"byte {stream.tell():,} on: {problem}", UNREADABLE
            return
        rest = stream.read(1)
        if rest != b"\x80":
            return  # what follows is no pickle, and nobody would load it
        stream.seek(-1, io.SEEK_CUR)


def verdict(name: str) -> str:
    """How much harm a name can do."""
    parts = name.split(".")
    prefixes = {".".join(parts[:count]) for count in range(1, len(parts) + 1)}
    if "?" in parts or prefixes & DANGEROUS:
        return RUNS_CODE
    return CARRIES_CODE if prefixes & CARRIES else IMPORTS


def _pickles(file: Path, always: bool) -> Iterator[tuple[str, bytes]]:
    """The pickles in a file: itself, or those within an archive."""
    if zipfile.is_zipfile(file) and file.suffix != ".skops":
        with zipfile.ZipFile(file) as archive:
            for name in archive.namelist():
                if Path(name).suffix in ENDINGS:
                    yield f"!{name}", archive.read(name)
        return
    data = file.read_bytes()
    if always or file.suffix in ENDINGS or (data[:1] == b"\x80" and data[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05")):
        yield "", data


def _names(stream: io.BytesIO) -> Iterator[str]:
    """Read one pickle's instructions, following its stack as far as texts go."""
    stack: list[Any] = []
    memo: dict[Any, Any] = {}
    for code, argument, _ in pickletools.genops(stream):
        name = code.name
        if name == "MEMOIZE":
            memo[len(memo)] = stack[-1]
        elif name in _PUTS:
            memo[argument] = stack[-1]
        elif name in _GETS:
            stack.append(memo.get(argument))
        elif name == "STACK_GLOBAL":
            last, first = stack.pop(), stack.pop()
            yield _full(first, last)
            stack.append(None)
        elif name == "DUP":
            stack.append(stack[-1])
        else:
            if name in ("GLOBAL", "INST"):
                yield _full(*str(argument).split(" ", 1))
            elif name.startswith("EXT"):
                yield f"?.extension {argument}"
            _move(stack, code, argument)


def _move(stack: list[Any], code: Any, argument: Any) -> None:
    """What any other instruction takes from the stack and puts there."""
    takes = [one.name for one in code.stack_before]
    if "mark" in takes:
        while stack.pop() is not _MARK:
            pass
        takes = takes[: takes.index("mark")]
    del stack[len(stack) - len(takes) :]
    for one in code.stack_after:
        stack.append(_MARK if one.name == "mark" else argument if isinstance(argument, str) else None)


def _full(module: Any, name: Any) -> str:
    """``module.name``; ``?`` for what is worked out while loading."""
    first, last = (one if isinstance(one, str) else "?" for one in (module, name))
    return f"{_OLD.get(first, first)}.{last}"
