"""How commands print: tables for people, JSON for programs. Nothing that a run is called can move the cursor."""

from __future__ import annotations

import datetime
import json
import math
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import click

from .shell import wants_json

if TYPE_CHECKING:
    from rich.console import Console

#: Columns of a table that goes into a file or a pipe: as wide as its content, never cut.
_UNBOUNDED = 10_000


def print_json(value: object) -> None:
    """``value`` (structs, dicts, lists) as JSON; NaN and ±infinity as the texts ``"NaN"``, ``"Infinity"``, ``"-Infinity"``."""
    import msgspec

    click.echo(json.dumps(_plain(msgspec.to_builtins(value)), indent=2, ensure_ascii=False, allow_nan=False))


def console() -> Console:
    """Standard output: colours only on a terminal."""
    from rich.console import Console

    return Console(file=sys.stdout, highlight=False, soft_wrap=False, width=None if sys.stdout.isatty() else _UNBOUNDED)


def print_table(
    heads: Sequence[str], rows: Iterable[Sequence[object]], right: Iterable[str] = (), bold: int | None = None
) -> None:
    """A table; cells that are too wide fold. ``right``: heads of columns of numbers. ``bold``: row that stands out."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    aligned = set(right)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for head in heads:
        table.add_column(Text(safe(head)), justify="right" if head in aligned else "left", overflow="fold")
    for place, row in enumerate(rows):
        table.add_row(*(Text(shown(cell), overflow="fold") for cell in row), style="bold" if place == bold else None)
    console().print(table)


def shown(cell: object) -> str:
    """A cell for people: four significant digits, ``-`` for nothing, control characters as escapes."""
    if cell is None:
        return "-"
    if isinstance(cell, float):
        return figure(cell)
    return safe(str(cell))


def figure(value: float) -> str:
    """A number in four significant digits; whole numbers as they are."""
    if not math.isfinite(value):
        return "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"
    if value == int(value) and abs(value) < 1e9:
        return str(int(value))
    return f"{value:.4g}"


def safe(text: str) -> str:
    """``text`` with every control character written out, so that it cannot clear the screen or hide a line."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def moment(milliseconds: int | None) -> str:
    """A time in this machine's zone."""
    if milliseconds is None:
        return "-"
    try:
        return datetime.datetime.fromtimestamp(milliseconds / 1000).strftime("%Y-%m-%d %H:%M:%S")
    except (OverflowError, OSError, ValueError):
        return f"{milliseconds} ms"


def span(start: int | None, end: int | None) -> str:
    """How long from ``start`` to ``end`` (milliseconds), in the two largest units."""
    if start is None or end is None:
        return "-"
    seconds = max(0, end - start) / 1000
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, hours, days = int(seconds // 60), int(seconds // 3600), int(seconds // 86400)
    if minutes < 60:
        return f"{minutes} min {int(seconds % 60)} s"
    return f"{hours} h {minutes % 60} min" if days < 2 else f"{days} d {hours % 24} h"


def size_text(count: int) -> str:
    """Bytes in the unit that fits: ``812 B``, ``48.2 kB``, ``3.1 MB``."""
    if count < 1000:
        return f"{count} B"
    return f"{count / 1e3:.1f} kB" if count < 1e6 else f"{count / 1e6:.1f} MB"


def done(sentence: str, **facts: object) -> None:
    """What a command has changed: a sentence, or with ``--json`` the facts, and the sentence as ``message``."""
    if wants_json():
        print_json({**facts, "message": sentence})
    else:
        click.echo(sentence)


def note(text: str) -> None:
    """A word to the person, beside the output: standard error."""
    click.echo(text, err=True)


def _plain(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return figure(value)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value
