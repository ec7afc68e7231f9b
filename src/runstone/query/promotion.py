"""Rules by which a version takes a champion's place, such as ``metrics.accuracy > champion + 0.005``.

    rule   := clause { AND clause }
    clause := "metrics." key comparator term
    term   := number | "champion" [ "*" number ] [ ("+" | "-") number ]

``champion`` is the same metric of the version that is champion now. Where both sides have repeated runs (equal in all but
their seed), means decide, and what chance alone could have done does not count: the permutation test of
:mod:`.samples`, with the rule's margin taken off first.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from runstone._lazy import later
from runstone.errors import FilterError, InvalidValue

from .samples import permutation_p, seeds_to_settle

if TYPE_CHECKING:
    import numpy as np
else:
    np = later("numpy")

_COMPARATORS: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt, "!=": operator.ne, "=": operator.eq,
}  # fmt: skip
_NUMBER = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?"
_CLAUSE = re.compile(
    r"\s*metrics?\.(?:`(?P<ticked>[^`]+)`|\"(?P<quoted>[^\"]+)\"|(?P<plain>[\w./\-:@]+))"
    r"\s*(?P<comparator>>=|<=|!=|>|<|==?)"
    rf"\s*(?:(?P<number>{_NUMBER})|champion(?:\s*\*\s*(?P<factor>{_NUMBER}))?(?:\s*(?P<sign>[+-])\s*(?P<margin>{_NUMBER}))?)\s*",
    re.IGNORECASE,
)
_AND = re.compile(r"AND\b", re.IGNORECASE)
EXAMPLE = "metrics.accuracy > champion + 0.005"


class Clause(Struct, frozen=True):
    """``metric comparator champion · factor + margin``; without ``champion`` the number is ``margin``."""

    metric: str
    comparator: str
    champion: bool
    factor: float
    margin: float
    text: str


class Outcome(Struct, frozen=True):
    """What became of one clause: the means held against each other, p where both sides have repeated runs, and why."""

    clause: str
    met: bool
    candidate: float | None
    champion: float | None
    p: float | None
    words: str


def parse_rule(text: str) -> list[Clause]:
    """Raises FilterError, which points at what cannot be read."""
    found, at = list[Clause](), 0
    while True:
        match = _CLAUSE.match(text, at)
        if match is None:
            raise FilterError(f"A rule for promotion cannot be read; one is like {EXAMPLE!r}", text, at, len(text))
        part = match.groupdict()
        sign = -1.0 if part["sign"] == "-" else 1.0
        found.append(
            Clause(
                part["ticked"] or part["quoted"] or part["plain"],
                part["comparator"].replace("==", "="),
                part["number"] is None,
                float(part["factor"] or 1),
                float(part["number"]) if part["number"] else sign * float(part["margin"] or 0),
                match[0].strip(),
            )
        )
        at = match.end()
        if at == len(text):
            return found
        conjunction = _AND.match(text, at)
        if conjunction is None:
            raise FilterError("Only AND can stand between two conditions of a rule", text, at, len(text), ("AND", "the end"))
        at = conjunction.end()


def judge(
    clauses: Sequence[Clause],
    candidate: Mapping[str, Sequence[float]],
    champion: Mapping[str, Sequence[float]] | None,
    level: float = 0.95,
) -> list[Outcome]:
    """One outcome for each clause.

    Args:
        candidate: by metric, the finite values of the version's run and of its repetitions.
        champion: the champion's; ``None`` while there is none: what asks for more than a champion is met then.
        level: 1 − level is what p must not exceed where both sides are repeated.

    Raises: InvalidValue: the level.
    """
    if not 0.5 <= level < 1:
        raise InvalidValue(f"level={level!r} is not between 0.5 and 1; try 0.95.")
    return [_judged(one, candidate.get(one.metric, ()), champion, level) for one in clauses]


def _judged(clause: Clause, mine: Sequence[float], champion: Mapping[str, Sequence[float]] | None, level: float) -> Outcome:
    if not mine:
        return Outcome(clause.text, False, None, None, None, f"the version has no finite value of {clause.metric}.")
    mean = math.fsum(mine) / len(mine)
    if not clause.champion:
        met = _COMPARATORS[clause.comparator](mean, clause.margin)
        return Outcome(clause.text, met, mean, None, None, f"{clause.metric} is {_told(mine)}.")
    if champion is None:
        return Outcome(clause.text, True, mean, None, None, f"{clause.metric} is {_told(mine)}, and there is no champion yet.")
    theirs = champion.get(clause.metric, ())
    if not theirs:
        return Outcome(clause.text, False, mean, None, None, f"the champion has no finite value of {clause.metric}.")
    base = math.fsum(theirs) / len(theirs)
    bar = base * clause.factor + clause.margin
    met = _COMPARATORS[clause.comparator](mean, bar)
    words = f"{clause.metric} is {_told(mine)}, the champion's {_told(theirs)}"
    if clause.factor != 1 or clause.margin:
        words += f", so the bar is {bar:.6g}"
    if not met or len(mine) < 2 or len(theirs) < 2 or clause.comparator not in (">", ">=", "<", "<="):
        return Outcome(clause.text, met, mean, base, None, words + ".")
    a, b = np.asarray(theirs, np.float64) * clause.factor + clause.margin, np.asarray(mine, np.float64)
    p = permutation_p(a, b)
    sure = mean == bar or p <= 1 - level + 1e-12 or len({*a.tolist(), *b.tolist()}) == 1
    if sure:
        return Outcome(clause.text, True, mean, base, p, f"{words} (p {p:.2g}).")
    needed = seeds_to_settle(a, b, level)
    more = max(1, needed - min(len(a), len(b))) if needed is not None else None
    hope = f"about {more} more seed{'s' * (more != 1)} each would settle it" if more else "more seeds would hardly settle it"
    return Outcome(clause.text, False, mean, base, p, f"{words}; chance alone could have done that (p {p:.2g}): {hope}.")


def _told(values: Sequence[float]) -> str:
    mean = math.fsum(values) / len(values)
    return f"{mean:.6g}" if len(values) == 1 else f"{mean:.6g} over {len(values)} runs"
