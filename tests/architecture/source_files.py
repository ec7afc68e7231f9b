"""What the tests of this folder ask about every source file: read and parsed once for all of them."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src" / "runstone"
FILES = sorted(SOURCE.rglob("*.py"))


@dataclass
class Imported:
    node: ast.Import | ast.ImportFrom
    inside: bool  #: stands in a function
    typing: bool  #: for type checkers only
    top: bool  #: a statement of the module itself


@dataclass
class SourceFile:
    lines: int
    imports: list[Imported] = field(default_factory=list)
    functions: list[tuple[str, int]] = field(default_factory=list)  #: name, lines


@functools.cache
def read(path: Path) -> SourceFile:
    """The tree itself is not kept: it is large, and looked through but once."""
    text = path.read_text("utf-8")
    found = SourceFile(len(text.splitlines()))
    _look(ast.parse(text), found, inside=False, typing=False)
    return found


def _look(node: ast.AST, found: SourceFile, inside: bool, typing: bool) -> None:
    for child in _statements(node):
        if isinstance(child, ast.Import | ast.ImportFrom):
            found.imports.append(Imported(child, inside, typing, isinstance(node, ast.Module)))
            continue
        function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            found.functions.append((child.name, (child.end_lineno or 0) - child.lineno + 1))
        only = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)
        _look(child, found, inside or function, typing or only)


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """The blocks below a statement; there are neither imports nor functions in expressions, which are most of a tree."""
    for block in ("body", "handlers", "orelse", "finalbody", "cases"):
        yield from getattr(node, block, ())
