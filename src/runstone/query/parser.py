"""Filter text to tree.

    filter    := [ either ]
    either    := both { OR both }
    both      := negation { AND negation }
    negation  := NOT negation | "(" either ")" | condition
    condition := field ( comparator value | [NOT] (LIKE | ILIKE | RLIKE) text | [NOT] IN "(" value {"," value} ")"
                       | IS [NOT] NULL )
    field     := prefix "." key | part "(" prefix "." key ")" | attribute

Words are read in any case. Keys with other characters than letters, digits and ``_ . / - : @`` stand in backticks or
double quotes, texts in single or double quotes; a quote inside is written twice.
"""

from __future__ import annotations

import math
from difflib import get_close_matches
from typing import NoReturn

from runstone.errors import FilterError

from . import lexer
from .lexer import Token
from .tree import PARTS, And, Comparison, Field, Membership, Node, Not, Or, Order, Presence, Value
from .vocabulary import NUMBER, ORDERING, RUNS, Vocabulary

#: Deepest nesting and most conditions in one filter; both far beyond what a person writes.
DEPTH_CAP, CONDITION_CAP = 40, 300
#: Most values of all its ``IN (…)``, which programs write, and most columns of an ordering: SQLite takes 32,766 values in one
#: statement and 64 tables in one join.
VALUE_CAP, ORDER_CAP = 10_000, 50

_RESERVED = {"and", "or", "not", "like", "ilike", "rlike", "in", "is", "null", "asc", "desc"}


def parse_filter(text: str | None, vocabulary: Vocabulary = RUNS) -> Node | None:
    """The tree of a filter, ``None`` for an empty one. Raises FilterError."""
    if not text or not text.strip():
        return None
    parser = _Parser(text, vocabulary)
    tree = parser.either(0)
    parser.finish("AND", "OR", "the end of the filter")
    return tree


def parse_field(text: str, vocabulary: Vocabulary = RUNS) -> Field:
    """One field that stands alone. Raises FilterError."""
    parser = _Parser(text, vocabulary)
    field = parser.field()
    parser.finish("nothing more")
    return field


def parse_order(texts: tuple[str, ...] | list[str] | str | None, vocabulary: Vocabulary = RUNS) -> tuple[Order, ...]:
    """The columns of an ordering; each text holds one, or several with commas. Raises FilterError."""
    found: list[Order] = []
    for text in [texts] if isinstance(texts, str) else texts or ():
        if not text.strip():
            continue
        parser = _Parser(text, vocabulary)
        found.append(parser.order())
        while parser.take_mark(","):
            found.append(parser.order())
        parser.finish("ASC", "DESC", ",")
        if len(found) > ORDER_CAP:
            raise FilterError(f"An order of more than {ORDER_CAP} columns", text, 0, len(text))
    return tuple(found)


class _Parser:
    def __init__(self, text: str, vocabulary: Vocabulary) -> None:
        self.text, self.vocabulary = text, vocabulary
        self.tokens = lexer.tokens(text)
        self.at = 0
        self.conditions = self.listed = 0

    # --- the grammar ---

    def either(self, depth: int) -> Node:
        items = [self.both(depth)]
        while self.take_word("or"):
            items.append(self.both(depth))
        return items[0] if len(items) == 1 else Or(tuple(items))

    def both(self, depth: int) -> Node:
        items = [self.negation(depth)]
        while self.take_word("and"):
            items.append(self.negation(depth))
        return items[0] if len(items) == 1 else And(tuple(items))

    def negation(self, depth: int) -> Node:
        here = self.now
        if depth > DEPTH_CAP:
            self.fail(f"More than {DEPTH_CAP} levels of NOT and parentheses", here)
        if self.take_word("not"):
            return Not(self.negation(depth + 1))
        if self.take_mark("("):
            inner = self.either(depth + 1)
            if not self.take_mark(")"):
                self.fail("The parenthesis is not closed here", self.now, ("AND", "OR", ")"))
            return inner
        self.conditions += 1
        if self.conditions > CONDITION_CAP:
            self.fail(f"More than {CONDITION_CAP} conditions", here, ("IN (…) for many values of one field",))
        return self.condition()

    def condition(self) -> Node:
        field = self.field()
        here = self.now
        if self.take_word("is"):
            absent = not self.take_word("not")
            if not self.take_word("null"):
                self.fail("IS is followed by NULL or NOT NULL", self.now, ("NULL",) if not absent else ("NULL", "NOT NULL"))
            return Presence(field, not absent)
        negated = self.take_word("not")
        if self.take_word("in"):
            return Membership(field, self.values(field, here), negated)
        for pattern in ("like", "ilike", "rlike"):
            if self.take_word(pattern):
                found = Comparison(field, pattern.upper(), self.pattern(field, here))
                return Not(found) if negated else found
        if negated:
            self.fail("NOT stands before LIKE, ILIKE or IN here", self.now, ("LIKE", "ILIKE", "IN"))
        if here.kind != lexer.OPERATOR:
            self.fail("A comparator is missing", here, self.vocabulary.comparators(field))
        self.at += 1
        self.allow(field, here.text, here)
        return Comparison(field, here.text, self.value(field, here.text))

    def order(self) -> Order:
        field = self.field()
        if self.take_word("desc"):
            return Order(field, True)
        self.take_word("asc")
        return Order(field, False)

    # --- fields ---

    def field(self) -> Field:
        token = self.now
        if token.kind == lexer.WORD and self.tokens[self.at + 1].text == "(" and token.text.lower() not in _RESERVED:
            return self.part(token)
        self.at += 1
        if token.kind == lexer.PATH:
            return self.path(token)
        if token.kind in (lexer.WORD, lexer.QUOTED, lexer.STRING) and token.text.lower() not in _RESERVED:
            name = self.vocabulary.attribute(token.text)
            if name:
                return Field("attributes", name)
            if token.kind != lexer.STRING:
                self.fail(
                    f"{_one(self.vocabulary.noun)} has no attribute {token.text!r}", token, self.vocabulary.suggest(token.text)
                )
        raise self.error("A field is missing", token, self.vocabulary.starts())

    def part(self, token: Token) -> Field:
        name = token.text.lower()
        metrics = "metrics" in self.vocabulary.prefixes
        if name not in PARTS or not metrics:
            near = tuple(get_close_matches(name, PARTS, 3)) or PARTS
            self.fail(f"{token.text!r} is no part of a metric's series", token, near if metrics else self.vocabulary.starts())
        self.at += 2
        inside = self.now
        field = self.field()
        if field.kind != "metrics" or inside.kind != lexer.PATH:
            self.fail(f"{name}() takes a metric", inside, ("metrics.<key>",))
        if not self.take_mark(")"):
            self.fail(f"{name}( is not closed here", self.now, (")",))
        return Field("metrics", field.key, name)

    def path(self, token: Token) -> Field:
        kind = self.vocabulary.prefixes.get(token.text.lower())
        if kind is None:
            near = get_close_matches(token.text.lower(), self.vocabulary.prefixes, 3)
            expected = tuple(near) or tuple(dict.fromkeys(self.vocabulary.prefixes.values()))
            self.fail_at(f"{token.text!r} is no kind of field", token.start, token.key_start - 1, expected)
        if not token.key:
            self.fail_at(f"A key is missing after {token.text!r}.", token.start, token.end, (f"{token.text}.<key>",))
        if kind == "attributes":
            name = self.vocabulary.attribute(token.key)
            if name is None:
                expected = self.vocabulary.suggest(token.key, functions=False)
                self.fail_at(
                    f"{_one(self.vocabulary.noun)} has no attribute {token.key!r}", token.key_start, token.end, expected
                )
            return Field("attributes", name)
        if kind == "datasets" and token.key not in self.vocabulary.dataset_names:
            self.fail_at(f"A dataset has no {token.key!r}", token.key_start, token.end, self.vocabulary.dataset_names)
        return Field(kind, token.key, "last" if kind == "metrics" else "")

    # --- values ---

    def value(self, field: Field, operator: str) -> Value:
        token = self.now
        signs = operator in ORDERING and (operator not in ("=", "!=") or token.kind == lexer.NUMBER)
        if self.vocabulary.type_of(field) == NUMBER or (signs and field.kind in self.vocabulary.either):
            return self.number(field, operator, token)
        if token.kind != lexer.STRING:
            self.fail(f"{_said(field)} is compared with a text in quotes", token, (_example(token),))
        self.at += 1
        return token.text

    def number(self, field: Field, operator: str, token: Token) -> int | float:
        quoted = token.kind == lexer.STRING and field.key in self.vocabulary.quoted and token.text.isdecimal()
        if token.kind != lexer.NUMBER and not quoted:
            found = f"the text {token.text!r}" if token.kind == lexer.STRING else "no number"
            self.fail(f"{_said(field)} is compared with a number; this is {found}", token, ("a number such as 0.5",))
        number = _number(token.text)
        if number != number and operator not in ("=", "!=", "IN"):
            self.fail(f"Nothing is {operator} NaN", token, ("= NaN", "!= NaN"))
        self.at += 1
        return number

    def pattern(self, field: Field, operator: Token) -> str:
        name = self.tokens[self.at - 1].text.upper()
        self.allow(field, name, operator)
        return str(self.value(field, name))

    def values(self, field: Field, operator: Token) -> tuple[Value, ...]:
        self.allow(field, "IN", operator)
        if not self.take_mark("("):
            self.fail("IN is followed by values in parentheses", self.now, ("(",))
        found = [self.value(field, "IN")]
        while self.take_mark(","):
            if self.now.text == ")" and self.now.kind == lexer.PUNCTUATION:
                break
            found.append(self.value(field, "IN"))
            if self.listed + len(found) > VALUE_CAP:
                self.fail(f"More than {VALUE_CAP} values in lists", self.now, ("several questions of fewer values",))
        self.listed += len(found)
        if not self.take_mark(")"):
            self.fail("The list of values is not closed here", self.now, (",", ")"))
        return tuple(found)

    def allow(self, field: Field, comparator: str, token: Token) -> None:
        allowed = self.vocabulary.comparators(field)
        if comparator not in allowed:
            self.fail(f"{_said(field)} cannot be compared with {comparator}", token, allowed)

    # --- tokens ---

    @property
    def now(self) -> Token:
        return self.tokens[self.at]

    def take_word(self, word: str) -> bool:
        if self.now.kind != lexer.WORD or self.now.text.lower() != word:
            return False
        self.at += 1
        return True

    def take_mark(self, mark: str) -> bool:
        if self.now.kind != lexer.PUNCTUATION or self.now.text != mark:
            return False
        self.at += 1
        return True

    def finish(self, *expected: str) -> None:
        if self.now.kind != lexer.END:
            self.fail("This cannot follow here", self.now, expected)

    def fail(self, problem: str, token: Token, expected: tuple[str, ...] = ()) -> NoReturn:
        self.fail_at(problem, token.start, token.end, expected)

    def error(self, problem: str, token: Token, expected: tuple[str, ...]) -> FilterError:
        return FilterError(problem, self.text, token.start, token.end, expected)

    def fail_at(self, problem: str, start: int, end: int, expected: tuple[str, ...] = ()) -> NoReturn:
        raise FilterError(problem, self.text, start, end, expected)


def _one(noun: str) -> str:
    return f"{'An' if noun[0] in 'aeiou' else 'A'} {noun}"


def _said(field: Field) -> str:
    if field.kind == "attributes":
        return f"The attribute {field.key!r}"
    return f"The {field.kind[:-1]} {field.key!r}"


def _example(token: Token) -> str:
    word = token.text if token.kind in (lexer.NUMBER, lexer.WORD) else "text"
    return f"'{word}'"


def _number(text: str) -> int | float:
    value = float(text)
    if math.isfinite(value) and text.lstrip("+-").isdigit() and abs(value) < 2**53:
        return int(text)
    return math.nan if value != value else value
