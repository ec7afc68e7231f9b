"""From an entry point's command and its values to what ``bash -c`` is given, with no value ever read as shell text.

MLflow writes each value, quoted, into the command's text. That holds only where the command does not quote the placeholder
itself: in ``echo "{name}"`` the quotes of the value are plain characters, and ``$(…)`` inside it runs. So values go into
the environment instead, and the text gets a reference that is right for the place where the placeholder stands.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping

from msgspec import Struct

from runstone.errors import InvalidValue

#: Variables that carry the values: ``RUNSTONE_PARAM_1`` and so on.
VARIABLE = "RUNSTONE_PARAM_"

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
#: A word that has its argument read as shell text once more.
_AGAIN = re.compile(r"(?<![\w./-])eval(?![\w-])|(?<![\w-])(ba|da|z|k|c|a)?sh\s+(-\w+\s+)*-\w*c(?!\w)|(?<![\w-])su\b.*\s-c\b")


class Command(Struct, frozen=True):
    """``text`` for ``bash -c``, ``variables`` for its environment, and ``shown``, the same as a person would type it: it is
    what is recorded, and what a shell is given when the run is made again."""

    text: str
    variables: dict[str, str]
    shown: str


def build(
    template: str, values: Mapping[str, str], options: Mapping[str, str], seen: Mapping[str, str] | None = None
) -> Command:
    """Fill in a command.

    Args:
        template: with ``{name}`` for a value, ``{{`` and ``}}`` for braces.
        values: what the names stand for.
        options: appended as ``--key value``.
        seen: values as they are shown and recorded, where that is not as they are given.

    Raises: InvalidValue for a placeholder without a value, or where a value could not be kept from being read as shell text.
    """
    numbers = {name: number for number, name in enumerate(values, 1)}
    if options and not template.rstrip().endswith("\\"):
        template = template.rstrip()  # a block of YAML ends with a new line, where another command would begin
    text = _fill(template, numbers)
    as_seen = {**values, **(seen or {})}
    shown = _replace(template, lambda name, place: _typed(as_seen[name], place), numbers)
    for key, value in options.items():
        ending = f" {shlex.quote(f'--{key}')} {shlex.quote(value)}"
        text, shown = text + ending, shown + ending
    return Command(text, {f"{VARIABLE}{numbers[name]}": value for name, value in values.items()}, shown)


def _typed(value: str, place: str) -> str:
    """A value written out, inside the quotes where it stands."""
    if place == "'":
        return value.replace("'", "'\"'\"'")
    if place == '"':
        return f'"{shlex.quote(value)}"' if re.search(r'[\\$"`!]', value) else value
    return shlex.quote(value)


def _fill(template: str, numbers: Mapping[str, int]) -> str:
    def reference(name: str, place: str) -> str:
        variable = f"${{{VARIABLE}{numbers[name]}}}"
        if place == "'":
            return f"'\"{variable}\"'"
        return variable if place == '"' else f'"{variable}"'

    return _replace(template, reference, numbers)


def _replace(template: str, how, numbers: Mapping[str, int]) -> str:  # type: ignore[no-untyped-def]
    """``template`` with each placeholder replaced by ``how(name, quotes it stands in)``."""
    scan = _Quotes(template)
    out: list[str] = []
    at = 0
    while at < len(template):
        if template.startswith(("{{", "}}"), at):
            scan.pass_over(template[at])
            out.append(template[at])
            at += 2
            continue
        found = _PLACEHOLDER.match(template, at)
        if found and not (at and template[at - 1] == "$"):
            name = found.group(1)
            if name not in numbers:
                there = ", ".join(map(repr, numbers)) or "none"
                raise InvalidValue(
                    f"The command {template!r} has {{{name}}}, which is no parameter of its entry point. "
                    f"Its parameters: {there}. Braces that mean themselves are doubled: {{{{ and }}}}."
                )
            out.append(how(name, scan.place(name)))
            at = found.end()
            continue
        scan.pass_over(template[at])
        out.append(template[at])
        at += 1
    return "".join(out)


class _Quotes:
    """Follows a shell text character by character: in which quotes is it?"""

    def __init__(self, template: str) -> None:
        self._template = template
        self._stack = [""]  # "", "'", '"', innermost last; $( begins a text of its own
        self._escaped = self._dollar = False

    def pass_over(self, char: str) -> None:
        inner = self._stack[-1]
        dollar, self._dollar = self._dollar, False
        if self._escaped:
            self._escaped = False
        elif inner == "'":
            if char == "'":
                self._stack.pop()
        elif char == "\\":
            self._escaped = True
        elif char == "$":
            self._dollar = True
        elif char == '"':
            self._stack.pop() if inner == '"' else self._stack.append('"')
        elif char == "(" and (dollar or inner == "("):
            self._stack.append("(")
        elif char == ")" and inner == "(":
            self._stack.pop()
        elif char == "'" and inner != '"':
            self._stack.append("'")
        elif char == "`":
            self._stack.pop() if inner == "`" else self._stack.append("`")

    def place(self, name: str) -> str:
        """The quotes that a placeholder here stands in. Raises InvalidValue where none are safe."""
        inner, template = self._stack[-1], self._template
        if "`" in self._stack or "<<" in template or "$((" in template or "$'" in template or self._escaped:
            raise InvalidValue(
                f"The command {template!r} uses parameter {name!r} together with backticks, <<, $(( )), $'' or a backslash, "
                "where a value cannot be kept from being read as shell text. Pass it to a script as an argument."
            )
        if (again := _AGAIN.search(template)) and (inner in ("'", '"') or "eval" in again.group()):
            raise InvalidValue(
                f"The command {template!r} has {again.group().strip()!r} read parameter {name!r} as shell text. "
                "Hand it over as an argument: bash -c 'echo \"$1\"' -- {" + name + "}"
            )
        return inner if inner in ("'", '"') else ""
