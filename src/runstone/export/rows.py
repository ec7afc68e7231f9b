"""A table of runs as a file: CSV, JSON, Parquet, Markdown, LaTeX; written piece by piece, however long it is.

Every writer takes the columns and pieces of rows, and yields bytes. Numbers are exact in CSV, JSON and Parquet, and
rounded to four digits where people read them. Times are ISO 8601 in UTC.
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timezone

from runstone.query.tree import PARTS

from .parquet import write_parquet

Value = float | int | str | None
#: Rows of a piece, each as long as there are columns.
Piece = Sequence[Sequence[Value]]
Writer = Callable[[Sequence[str], Iterable[Piece]], Iterator[bytes]]

_TIMES = ("attributes.start_time", "attributes.end_time", "attributes.creation_time", "attributes.last_update_time")
#: How formulas begin in spreadsheets, those of full width among them, and what hides a beginning.
_FORMULA, _ROGUE = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20"), ("\t", "\r", "\n")
_NUMBER = re.compile(r"[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|inf|nan)", re.IGNORECASE | re.ASCII)


def head(column: str) -> str:
    """How a column is called in a file: ``attributes.run_name`` is ``run_name``, the rest keeps its kind."""
    return column.removeprefix("attributes.")


def written_time(milliseconds: float) -> str:
    """ISO 8601 in UTC; a time that no calendar has as its number."""
    try:
        moment = datetime.fromtimestamp(milliseconds / 1000, timezone.utc)
    except (OverflowError, ValueError, OSError):
        return str(milliseconds)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _cells(columns: Sequence[str], piece: Piece) -> Iterator[list[Value]]:
    """Rows with times written out."""
    times = [place for place, column in enumerate(columns) if column in _TIMES]
    for row in piece:
        cells = list(row)
        for place in times:
            value = cells[place]
            if isinstance(value, (int, float)):
                cells[place] = written_time(value)
        yield cells


# --- for programs -------------------------------------------------------------------------------------------------


def write_csv(columns: Sequence[str], pieces: Iterable[Piece]) -> Iterator[bytes]:
    """RFC 4180 in UTF-8. Texts that a spreadsheet would take for a formula begin with an apostrophe."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow([harmless(head(column)) for column in columns])
    for piece in pieces:
        writer.writerows([[_csv_cell(cell) for cell in row] for row in _cells(columns, piece)])
        yield buffer.getvalue().encode("utf-8", "replace")
        buffer.seek(0)
        buffer.truncate()
    if rest := buffer.getvalue():
        yield rest.encode()


def _csv_cell(cell: Value) -> str:
    if cell is None:
        return ""
    return harmless(cell) if isinstance(cell, str) else _word(cell)


def harmless(text: str) -> str:
    """``text``, with an apostrophe before it if a spreadsheet would run it. Numbers stay numbers."""
    if not text.startswith(_ROGUE) and not text.lstrip().startswith(_FORMULA):
        return text
    return text if _NUMBER.fullmatch(text) else "'" + text


def _word(number: float) -> str:
    if isinstance(number, float) and not math.isfinite(number):
        return "NaN" if number != number else "inf" if number > 0 else "-inf"
    return repr(number)


def write_json(columns: Sequence[str], pieces: Iterable[Piece]) -> Iterator[bytes]:
    """A list of objects, one a line. What JSON has no number for is ``"NaN"``, ``"Infinity"``, ``"-Infinity"``."""
    names = [head(column) for column in columns]
    before = "[\n"
    for piece in pieces:
        lines = []
        for row in _cells(columns, piece):
            line = json.dumps({name: _json_cell(cell) for name, cell in zip(names, row, strict=True)}, ensure_ascii=False)
            lines.append(before + line)
            before = ",\n"
        yield "".join(lines).encode("utf-8", "replace")
    yield b"[]\n" if before == "[\n" else b"\n]\n"


def _json_cell(cell: Value) -> Value:
    if isinstance(cell, float) and not math.isfinite(cell):
        return "NaN" if cell != cell else "Infinity" if cell > 0 else "-Infinity"
    return cell


def write_markdown(columns: Sequence[str], pieces: Iterable[Piece]) -> Iterator[bytes]:
    """A table for a README or an issue."""
    right = [column.startswith("metrics.") for column in columns]
    yield _line([_markdown(short(column)) for column in columns]) + _line(["---:" if one else "---" for one in right])
    for piece in pieces:
        yield b"".join(_line([_markdown(shown(cell)) for cell in row]) for row in _shown(columns, piece))


def _line(cells: Sequence[str]) -> bytes:
    return ("| " + " | ".join(cells) + " |\n").encode("utf-8", "replace")


def _markdown(text: str) -> str:
    return re.sub(r"([\\`*_{}\[\]<>()#|~!])", r"\\\1", re.sub(r"\s+", " ", text))


_LATEX = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
}  # fmt: skip


def write_latex(columns: Sequence[str], pieces: Iterable[Piece]) -> Iterator[bytes]:
    """A ``tabular`` with the rules of the package booktabs."""
    align = "".join("r" if column.startswith("metrics.") else "l" for column in columns)
    yield b"% needs \\usepackage{booktabs}\n\\begin{tabular}{" + align.encode() + b"}\n\\toprule\n"
    yield _latex_line([short(column) for column in columns]) + b"\\midrule\n"
    for piece in pieces:
        yield b"".join(_latex_line([shown(cell) for cell in row]) for row in _shown(columns, piece))
    yield b"\\bottomrule\n\\end{tabular}\n"


def _latex_line(cells: Sequence[str]) -> bytes:
    escaped = ("".join(_LATEX.get(char, char) for char in re.sub(r"\s+", " ", cell)) for cell in cells)
    return (" & ".join(escaped) + " \\\\\n").encode("utf-8", "replace")


# --- for readers --------------------------------------------------------------------------------------------------


def short(column: str) -> str:
    """``metrics.loss:min`` as ``loss (min)``, ``params.lr`` as ``lr``."""
    kind, _, key = column.partition(".")
    stem, colon, stat = key.rpartition(":")
    if kind == "metrics" and colon and stem and stat in PARTS:
        return f"{stem} ({stat})"
    return key or column


def shown(cell: Value) -> str:
    """Four digits; nothing for nothing."""
    if cell is None:
        return ""
    if isinstance(cell, float):
        return f"{cell:.4g}" if math.isfinite(cell) else _word(cell)
    return str(cell)


def _shown(columns: Sequence[str], piece: Piece) -> Iterator[list[Value]]:
    took = [place for place, column in enumerate(columns) if column == "attributes.duration"]
    for row in _cells(columns, piece):
        for place in took:
            value = row[place]
            if isinstance(value, (int, float)):
                row[place] = f"{value / 1000:.4g} s"
        yield row


#: How files are called, what they are, and who writes them.
FORMATS: dict[str, tuple[str, str, Writer]] = {
    "csv": ("csv", "text/csv; charset=utf-8", write_csv),
    "json": ("json", "application/json", write_json),
    "parquet": ("parquet", "application/vnd.apache.parquet", write_parquet),
    "markdown": ("md", "text/markdown; charset=utf-8", write_markdown),
    "latex": ("tex", "application/x-tex", write_latex),
}
