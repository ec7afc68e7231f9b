"""What can be typed next in a filter: for suggestions while typing, without a parser's strictness."""

from __future__ import annotations

from msgspec import Struct

from runstone.errors import FilterError

from . import lexer
from .lexer import Token
from .printer import quoted
from .tree import PARTS, Field
from .vocabulary import RUNS, Vocabulary

FIELD, KEY, COMPARATOR, VALUE, JOINER = "field", "key", "comparator", "value", "joiner"


class Completion(Struct, frozen=True):
    """Replace ``start`` … ``end`` of the text by one of ``choices``, or by something the caller knows.

    ``kind`` is ``field`` (how a field may begin), ``key`` (a key of ``key_kind`` that contains ``typed``; the caller knows
    them), ``comparator``, ``value`` (a value of the field ``key_kind``.``key``) or ``joiner`` (AND, OR).
    """

    kind: str
    start: int
    end: int
    typed: str
    key_kind: str = ""
    key: str = ""
    choices: tuple[str, ...] = ()


_STATUS = ("RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED", "CRASHED")


def complete(text: str, cursor: int | None = None, vocabulary: Vocabulary = RUNS) -> Completion:
    """What fits at ``cursor`` (the end if ``None``), judged by the text before it. Never raises."""
    cursor = len(text) if cursor is None else max(0, min(cursor, len(text)))
    head = text[:cursor]
    before, typed = _cut(head)
    state, field = _read(before, vocabulary)
    start = typed.start if typed else cursor
    if typed is not None and state == FIELD and typed.kind == lexer.PATH:
        return _key(typed, cursor, vocabulary)
    word = head[start:cursor]
    choices = tuple(choice for choice in _choices(state, field, vocabulary) if choice.lower().startswith(word.lower()))
    kind, key = (field.kind, field.key) if field else ("", "")
    return Completion(state, start, cursor, word.strip("'\"`"), kind, key, choices)


def _cut(head: str) -> tuple[list[Token], Token | None]:
    """The tokens before the cursor, and the one being typed (the cursor touches it)."""
    closers = ("", "'", '"', "`")
    for closer in closers:
        try:
            found = lexer.tokens(head + closer)[:-1]
            break
        except FilterError as cause:
            unclosed = cause
    else:
        found = lexer.tokens(head[: unclosed.start])[:-1] if _clean(head[: unclosed.start]) else []
        return found, None
    if not found or found[-1].end < len(head) or found[-1].kind in (lexer.PUNCTUATION, lexer.OPERATOR):
        return found, None
    return found[:-1], found[-1]


def _clean(text: str) -> bool:
    try:
        lexer.tokens(text)
    except FilterError:
        return False
    return True


def _key(typed: Token, cursor: int, vocabulary: Vocabulary) -> Completion:
    kind = vocabulary.prefixes.get(typed.text.lower(), "")
    names: tuple[str, ...] = ()
    if kind == "attributes":
        names = tuple(name for name in vocabulary.attributes if name.startswith(typed.key))
    if kind == "datasets":
        names = tuple(name for name in vocabulary.dataset_names if name.startswith(typed.key))
    return Completion(KEY, typed.key_start, cursor, typed.key, kind, "", names)


def _read(before: list[Token], vocabulary: Vocabulary) -> tuple[str, Field | None]:
    """What comes after these tokens, and the field that is being spoken of."""
    state, field = FIELD, None
    for token in before:
        word = token.text.lower() if token.kind == lexer.WORD else ""
        if word in ("and", "or"):
            state, field = FIELD, None
        elif state == FIELD and (token.text == "(" or word == "not" or word in PARTS):
            continue
        elif state == FIELD:
            state, field = COMPARATOR, _field(token, vocabulary)
        elif state == COMPARATOR and token.text == ")":
            continue
        elif state == COMPARATOR:
            state = COMPARATOR if word in ("is", "not") else JOINER if word == "null" else VALUE
        elif state == VALUE and token.text not in ("(", ","):
            state = JOINER
        elif state == JOINER and token.text == ",":
            state = VALUE
    return state, field


def _field(token: Token, vocabulary: Vocabulary) -> Field | None:
    if token.kind == lexer.PATH:
        kind = vocabulary.prefixes.get(token.text.lower())
        key = vocabulary.attribute(token.key) if kind == "attributes" else token.key
        return Field(kind, key) if kind and key else None
    name = vocabulary.attribute(token.text)
    return Field("attributes", name) if name else None


def _choices(state: str, field: Field | None, vocabulary: Vocabulary) -> tuple[str, ...]:
    if state == FIELD:
        kinds = tuple(f"{kind}." for kind in dict.fromkeys(vocabulary.prefixes.values()))
        parts = tuple(f"{part}(metrics." for part in PARTS[1:7]) if "metrics" in vocabulary.prefixes else ()
        return (*kinds, *vocabulary.attributes, *parts, "NOT", "(")
    if state == COMPARATOR:
        return vocabulary.comparators(field) if field else ("=", "!=", "IS NULL", "IS NOT NULL")
    if state == JOINER:
        return ("AND", "OR")
    if field == Field("attributes", "status"):
        return tuple(quoted(name) for name in _STATUS)
    if field == Field("attributes", "lifecycle_stage"):
        return (quoted("active"), quoted("deleted"))
    return ()
