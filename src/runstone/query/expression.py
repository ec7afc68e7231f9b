"""Regular expressions read into a program of few steps, for :mod:`.pattern`.

    either := row { "|" row }
    row    := { part [ "*" | "+" | "?" | "{" m [ "," [ n ] ] "}" ] [ "?" ] }
    part   := character | "." | "^" | "$" | class | escape | "(" [ "?:" | "?P<name>" ] either ")"

The spelling is Python's. ``(?i)`` and ``(?s)`` may stand at the beginning. References to groups, looking ahead and behind,
and whatever else needs an engine that goes back, are refused.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn, TypeAlias

from msgspec import Struct

from runstone.errors import InvalidValue

#: Characters of an expression, steps of its program, and parentheses in each other.
MOST_CHARACTERS, MOST_STEPS, DEEPEST = 1_000, 500, 40

#: Kinds of step: test a character and go on; go on at several places; go on if what is around fits; it is found.
TEST, JUMP, ASSERT, MATCH = "test", "jump", "assert", "match"

Test: TypeAlias = "Callable[[str], bool]"
#: A kind; the test, places, or the assertion's name; and the next place.
Step: TypeAlias = "tuple[str, Any, int]"

_CLASSES: dict[str, Test] = {
    "d": str.isdecimal,
    "w": lambda one: one.isalnum() or one == "_",
    "s": str.isspace,
}  # fmt: skip
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v", "a": "\a"}
_ASSERTED = {"b": "edge of a word", "B": "no edge of a word", "A": "beginning", "Z": "very end"}
_HEXADECIMAL = {"x": 2, "u": 4, "U": 8}


class Tested(Struct, frozen=True):
    test: Test


class Asserted(Struct, frozen=True):
    name: str


class Row(Struct, frozen=True):
    items: tuple[Any, ...]


class Either(Struct, frozen=True):
    items: tuple[Any, ...]


class Repeated(Struct, frozen=True):
    """``most`` is ``None`` for any number."""

    item: Any
    least: int
    most: int | None


def program(text: str) -> list[Step]:
    """The steps of an expression; it begins with the first. Raises InvalidValue."""
    if len(text) > MOST_CHARACTERS:
        raise InvalidValue(f"A regular expression of {len(text):,} characters; at most {MOST_CHARACTERS:,} are read.")
    reader = _Reader(text)
    tree = reader.either(0)
    if reader.at < len(text):
        reader.fail("this parenthesis was never opened")
    steps: list[Step] = []
    _emit(tree, steps, text)
    steps.append((MATCH, None, 0))
    return steps


class _Reader:
    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.ignoring_case = self.dot_takes_all = False
        if text.startswith("(?") and (end := text.find(")")) > 2 and set(text[2:end]) <= {"i", "s"}:
            self.ignoring_case, self.dot_takes_all, self.at = "i" in text[2:end], "s" in text[2:end], end + 1

    def either(self, depth: int) -> Any:
        if depth > DEEPEST:
            self.fail(f"parentheses lie more than {DEEPEST} deep in each other")
        items = [self.row(depth)]
        while self.take("|"):
            items.append(self.row(depth))
        return items[0] if len(items) == 1 else Either(tuple(items))

    def row(self, depth: int) -> Any:
        items = []
        while self.at < len(self.text) and self.text[self.at] not in "|)":
            items.append(self.repeated(self.part(depth)))
        return items[0] if len(items) == 1 else Row(tuple(items))

    def repeated(self, item: Any) -> Any:
        bounds = self.bounds()
        if bounds is None:
            return item
        if isinstance(item, Asserted):
            self.fail("nothing that can be repeated stands before")
        least, most = bounds
        if most is not None and most < least:
            self.fail("the least is more than the most")
        self.take("?")  # how much is taken makes no difference to whether it is found
        if self.text[self.at : self.at + 1] == "+" or self.bounds() is not None:
            self.fail("a repetition is repeated; put it in parentheses")
        return Repeated(item, least, most)

    def bounds(self) -> tuple[int, int | None] | None:
        for sign, found in (("*", (0, None)), ("+", (1, None)), ("?", (0, 1))):
            if self.take(sign):
                return found
        end = self.text.find("}", self.at)
        if self.text[self.at : self.at + 1] != "{" or end < 0:
            return None
        least, comma, most = self.text[self.at + 1 : end].partition(",")
        if not all(one.isascii() and (one.isdigit() or not one) for one in (least, most)) or not (least or most):
            return None  # then the brace is a character
        if len(least) > 4 or len(most) > 4:
            self.fail(f"more than {MOST_STEPS} repetitions")
        self.at = end + 1
        return int(least or 0), (int(most) if most else None) if comma else int(least)

    def part(self, depth: int) -> Any:
        sign = self.text[self.at]
        self.at += 1
        if sign == "(":
            self.opened()
            inner = self.either(depth + 1)
            if not self.take(")"):
                self.fail("a parenthesis is never closed")
            return Row((inner,))
        if sign == "[":
            return Tested(self.any_case(self.bracket()))
        if sign == "\\":
            return self.escape()
        if sign == ".":
            return Tested(_anything if self.dot_takes_all else _no_newline)
        if sign in "^$":
            return Asserted("beginning" if sign == "^" else "end")
        if sign in "*+?":
            self.at -= 1
            self.fail("nothing that can be repeated stands before")
        return Tested(self.any_case(_is(sign)))

    def opened(self) -> None:
        """What follows ``(``."""
        if not self.take("?") or self.take(":"):
            return
        end = self.text.find(">", self.at)
        if not (self.text.startswith("P<", self.at) and end > 0 and self.text[self.at + 2 : end].isidentifier()):
            self.fail("groups that look ahead or behind, refer to others or set flags inside are not read here")
        self.at = end + 1

    def escape(self) -> Any:
        sign = self.text[self.at : self.at + 1]
        if sign in _ASSERTED and sign:
            self.at += 1
            return Asserted(_ASSERTED[sign])
        if sign.isdigit() and sign != "0":
            self.fail("references to groups are not read here")
        found = self.escaped()
        return Tested(self.any_case(_is(found)) if isinstance(found, str) else found)

    def escaped(self) -> str | Test:
        """A character, or a class."""
        sign = self.text[self.at : self.at + 1]
        self.at += 1
        if sign.lower() in _CLASSES:
            inside = _CLASSES[sign.lower()]
            return inside if sign.islower() else _not(inside)
        if sign in _HEXADECIMAL:
            digits = self.text[self.at : self.at + _HEXADECIMAL[sign]]
            self.at += len(digits)
            try:
                return chr(int(digits.ljust(_HEXADECIMAL[sign], "-"), 16))
            except (ValueError, OverflowError):
                self.fail(f"{digits!r} names no character")
        if not sign or (sign.isascii() and sign.isalnum() and sign not in _ESCAPED):
            self.fail("this escape is not read here")
        return _ESCAPED.get(sign, sign)

    def bracket(self) -> Test:
        start, turned = self.at, self.take("^")
        singles, classes, ranges = set[str](), list[Test](), list[tuple[str, str]]()
        first = True
        while first or self.text[self.at : self.at + 1] != "]":
            first = False
            low = self.inside(start)
            after = self.text[self.at + 1 : self.at + 2]
            if self.text[self.at : self.at + 1] == "-" and after not in ("]", ""):
                self.at += 1
                high = self.inside(start)
                if not isinstance(low, str) or not isinstance(high, str) or high < low:
                    self.fail("a range runs from one character to a later one")
                ranges.append((low, high))
            elif isinstance(low, str):
                singles.add(low)
            else:
                classes.append(low)
        self.at += 1

        def within(one: str) -> bool:
            return one in singles or any(low <= one <= high for low, high in ranges) or any(test(one) for test in classes)

        return _not(self.any_case(within)) if turned else within

    def inside(self, start: int) -> str | Test:
        if self.at >= len(self.text):
            self.at = start
            self.fail("a bracket is never closed")
        if self.take("\\"):
            return self.escaped()
        self.at += 1
        return self.text[self.at - 1]

    def any_case(self, test: Test) -> Test:
        if not self.ignoring_case:
            return test
        return lambda one: test(one) or test(one.lower()) or test(one.upper())

    def take(self, sign: str) -> bool:
        if not self.text.startswith(sign, self.at):
            return False
        self.at += len(sign)
        return True

    def fail(self, problem: str) -> NoReturn:
        raise InvalidValue(f"The regular expression {self.text!r} is not read: {problem} (character {self.at + 1}).")


def _emit(tree: Any, steps: list[Step], text: str) -> None:
    """Add the steps of a part; after it comes whatever is added next."""
    if len(steps) > MOST_STEPS:
        raise InvalidValue(f"The regular expression {text!r} is too large: repetitions count as often as they are written out.")
    if isinstance(tree, Tested):
        steps.append((TEST, tree.test, len(steps) + 1))
    elif isinstance(tree, Asserted):
        steps.append((ASSERT, tree.name, len(steps) + 1))
    elif isinstance(tree, Row):
        for item in tree.items:
            _emit(item, steps, text)
    elif isinstance(tree, Either):
        _emit_either(tree, steps, text)
    else:
        for _ in range(tree.least):
            _emit(tree.item, steps, text)
        if tree.most is None:
            place = len(steps)
            steps.append((JUMP, (), 0))
            _emit(tree.item, steps, text)
            steps.append((JUMP, (place,), 0))
            steps[place] = (JUMP, (place + 1, len(steps)), 0)
            return
        skips = []
        for _ in range(tree.most - tree.least):
            skips.append(len(steps))
            steps.append((JUMP, (), 0))
            _emit(tree.item, steps, text)
        for place in skips:
            steps[place] = (JUMP, (place + 1, len(steps)), 0)


def _emit_either(tree: Either, steps: list[Step], text: str) -> None:
    ways, ends = [], []
    start = len(steps)
    steps.append((JUMP, (), 0))
    for item in tree.items:
        ways.append(len(steps))
        _emit(item, steps, text)
        ends.append(len(steps))
        steps.append((JUMP, (), 0))
    steps[start] = (JUMP, tuple(ways), 0)
    for place in ends:
        steps[place] = (JUMP, (len(steps),), 0)


def _is(character: str) -> Test:
    return lambda one: one == character


def _not(test: Test) -> Test:
    return lambda one: not test(one)


def _anything(one: str) -> bool:
    return True


def _no_newline(one: str) -> bool:
    return one != "\n"
