"""Texts held against patterns, in time that grows with the text's length and no faster: of ``LIKE`` and ``ILIKE``, and regular
expressions (``RLIKE``), which match anywhere, as ``re.search`` does.

An expression becomes an automaton that is in several of its states at a time (K. Thompson, Regular Expression Search Algorithm,
1968). Sets of states that were met are kept with what follows each character, so that most characters cost one look into a
dictionary. No expression can make it go back; what only engines that go back can do is refused by :mod:`.expression`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from runstone.errors import InvalidValue

from .expression import ASSERT, JUMP, MATCH, TEST, program

#: Characters after sets of states that are kept of one expression, and states that may be looked at for one text.
KEPT, MOST_WORK = 20_000, 2_000_000
#: What stands beside a place in a text: nothing, a newline that is the last character, a letter or the like, another.
_EDGE, _LAST_LINE, _WORD, _OTHER = range(4)


@lru_cache(256)
def like(pattern: str, ignoring_case: bool) -> Callable[[str], bool]:
    """``%`` stands for any text, ``_`` for one character. Only the case of ASCII's letters is ignored, as databases do it."""
    parts = [_part(_lowered(part) if ignoring_case else part) for part in pattern.split("%")]

    def matches(text: str) -> bool:
        text = _lowered(text) if ignoring_case else text
        if len(parts) == 1:
            return parts[0].fullmatch(text) is not None
        found = parts[0].match(text)
        for part in parts[1:-1]:
            found = found and part.search(text, found.end())
        # the last part stands at the very end, and may not reach into what the others took
        return found is not None and len(text) - _width(parts[-1]) >= found.end() and _ends(parts[-1], text)

    return matches


def _part(text: str) -> re.Pattern[str]:
    """Of one length, so that nothing is tried twice at one place."""
    return re.compile("".join("." if one == "_" else re.escape(one) for one in text), re.DOTALL)


def _width(part: re.Pattern[str]) -> int:
    return len(re.sub(r"\\(.)", r"\1", part.pattern, flags=re.DOTALL))


def _ends(part: re.Pattern[str], text: str) -> bool:
    return part.match(text, len(text) - _width(part)) is not None


def _lowered(text: str) -> str:
    return text.encode("utf-8", "surrogatepass").lower().decode("utf-8", "surrogatepass")


@lru_cache(256)
def expression(text: str) -> Callable[[str], bool]:
    """Whether something in a text is as the regular expression says. Raises InvalidValue, also for work without end."""
    return _Automaton(text).search


class _States(dict[str, "_States"]):
    """Those of the automaton after a character, before what needs none is followed; what comes after each character."""

    __slots__ = ("before", "places")

    def __init__(self, places: frozenset[int], before: int) -> None:
        super().__init__()
        self.places, self.before = places, before


class _Automaton:
    def __init__(self, text: str) -> None:
        self._text, self._steps = text, program(text)
        self._found = _States(frozenset(), _EDGE)
        self._known: dict[tuple[frozenset[int], int], _States] = {}
        self._kept = 0
        self._first = self._at(frozenset((0,)), _EDGE)

    def search(self, text: str) -> bool:
        states, found, work = self._first, self._found, 0
        last = len(text) - 1
        for place, one in enumerate(text):
            if one == "\n" and place == last:
                one = "\n at the end"
            after = states.get(one)
            if after is None:
                work += len(states.places) + len(self._steps)
                if work > MOST_WORK:
                    raise InvalidValue(f"The regular expression {self._text!r} takes too much work; use a plainer one.")
                after = states[one] = self._after(states, one)
            if after is found:
                return True
            states = after
        return self._follow(states, _EDGE) is None

    def _at(self, places: frozenset[int], before: int) -> _States:
        found = self._known.get((places, before))
        if found is None:
            found = self._known[places, before] = _States(places, before)
        return found

    def _after(self, states: _States, one: str) -> _States:
        kind, character = _kind(one), one[0]
        ready = self._follow(states, kind)
        if ready is None:
            return self._found
        self._kept += 1
        if self._kept > KEPT:  # sets that some search is in stay good for it
            self._forget()
        places = {step[2] for step in (self._steps[place] for place in ready) if step[1](character)}
        return self._at(frozenset((0, *places)), _WORD if kind == _WORD else _OTHER)

    def _forget(self) -> None:
        known, self._known, self._kept = list(self._known.values()), {}, 0
        for one in (self._first, *known):
            one.clear()

    def _follow(self, states: _States, after: int) -> list[int] | None:
        """The places that wait for a character, once all that needs none is done; ``None``: it is found."""
        seen, stack, ready = set[int](), list(states.places), list[int]()
        while stack:
            place = stack.pop()
            if place in seen:
                continue
            seen.add(place)
            kind, told, then = self._steps[place]
            if kind == MATCH:
                return None
            if kind == TEST:
                ready.append(place)
            elif kind == JUMP:
                stack.extend(told)
            elif kind == ASSERT and _holds(told, states.before, after):
                stack.append(then)
        return ready


def _kind(one: str) -> int:
    if len(one) > 1:
        return _LAST_LINE
    return _WORD if one.isalnum() or one == "_" else _OTHER


def _holds(name: str, before: int, after: int) -> bool:
    if name == "beginning":
        return before == _EDGE
    if name == "end":
        return after in (_EDGE, _LAST_LINE)
    if name == "very end":
        return after == _EDGE
    return ((before == _WORD) != (after == _WORD)) == (name == "edge of a word")
