"""Filter text cut into tokens, each with its place in the text."""

from __future__ import annotations

import re

from msgspec import Struct

from runstone.errors import FilterError

WORD, PATH, STRING, QUOTED, NUMBER, OPERATOR, PUNCTUATION, END = (
    "word", "path", "string", "quoted", "number", "operator", "punctuation", "end",
)  # fmt: skip

#: Characters a key may have without quotes, besides letters, digits and ``_``.
LOOSE = "./-:@"

_WORD = re.compile(r"[^\W\d]\w*")
_KEY = re.compile(r"[\w./\-:@]+")
_NUMBER = re.compile(r"[+-]?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|(?:inf(?:inity)?|nan)\b)", re.IGNORECASE)
_OPERATOR = re.compile(r"[=!<>~&|]+")
_SURROGATE = re.compile("[\ud800-\udfff]")
_SPACE = re.compile(r"\s*")

#: Operators of other languages, and what says the same here.
_MEANT = {
    "==": "=",
    "<>": "!=",
    "=>": ">=",
    "=<": "<=",
    "&&": "AND",
    "&": "AND",
    "||": "OR",
    "|": "OR",
    "!": "NOT",
    "=~": "LIKE",
}


class Token(Struct, frozen=True):
    """``text`` is the meaning (a string without its quotes); for a path, ``text`` is the prefix and ``key`` the rest."""

    kind: str
    text: str
    start: int
    end: int
    key: str = ""
    key_start: int = 0


def tokens(text: str) -> list[Token]:
    """All tokens, the last of kind ``end``. Raises FilterError for a quote without end or a character without meaning."""
    broken = _SURROGATE.search(text)
    if broken:
        raise FilterError("Half a character: the text is no valid Unicode", text, broken.start(), broken.end())
    found: list[Token] = []
    at = _skip(text, 0)
    while at < len(text):
        token = _token(text, at)
        found.append(token)
        at = _skip(text, token.end)
    found.append(Token(END, "", len(text), len(text)))
    return found


def _skip(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    return space.end() if space else at


def _token(text: str, at: int) -> Token:
    character = text[at]
    if character in "(),":
        return Token(PUNCTUATION, character, at, at + 1)
    if character in "'\"":
        value, end = _quoted(text, at)
        return Token(STRING, value, at, end)
    if character == "`":
        value, end = _quoted(text, at)
        if text.startswith(".", end):  # `tags`.`a key`: MLflow takes the prefix in backticks, too
            return _path(text, value, at, end)
        return Token(QUOTED, value, at, end)
    number = _NUMBER.match(text, at)
    if number and not _KEY.match(text, number.end()):
        return Token(NUMBER, number.group(), at, number.end())
    word = _WORD.match(text, at)
    if word:
        return _path(text, word.group(), at, word.end())
    operator = _OPERATOR.match(text, at)
    if operator:
        return _operator(text, operator.group(), at, operator.end())
    if number:
        raise FilterError(
            f"{text[at : number.end() + 1]!r} is neither a number nor a name", text, at, number.end() + 1,
            ("a number", "a name that begins with a letter"),
        )  # fmt: skip
    raise FilterError(f"{character!r} means nothing here", text, at, at + 1)


def _operator(text: str, found: str, start: int, end: int) -> Token:
    if found in ("=", "!=", ">", ">=", "<", "<="):
        return Token(OPERATOR, found, start, end)
    meant = _MEANT.get(found)
    expected = (meant,) if meant else ("=", "!=", ">", ">=", "<", "<=")
    raise FilterError(f"{found!r} is no comparator", text, start, end, expected)


def _path(text: str, prefix: str, start: int, end: int) -> Token:
    if not text.startswith(".", end):
        return Token(WORD, prefix, start, end)
    at = end + 1
    if at < len(text) and text[at] in "`\"'":
        key, stop = _quoted(text, at)
        return Token(PATH, prefix, start, stop, key, at)
    loose = _KEY.match(text, at)
    stop = loose.end() if loose else at
    if text[at:stop].endswith(".") and text[stop : stop + 1] in ("`", '"', "'"):  # only the end of the key is quoted
        key, end = _quoted(text, stop)
        return Token(PATH, prefix, start, end, text[at:stop] + key, at)
    return Token(PATH, prefix, start, stop, text[at:stop], at)


def _quoted(text: str, start: int) -> tuple[str, int]:
    """The content of a quoted text and where it ends; the quote itself is written twice inside."""
    quote, at, pieces = text[start], start + 1, []
    while True:
        stop = text.find(quote, at)
        if stop < 0:
            raise FilterError(f"The quote {quote} is never closed", text, start, len(text), (f"a closing {quote}",))
        pieces.append(text[at:stop])
        if not text.startswith(quote, stop + 1):
            return quote.join(pieces), stop + 1
        at = stop + 2
