"""One condition of a filter as SQL: to test a run at hand (a *probe*), and to list all runs that meet it (a *posting*).

Both say the same. A run that does not have the field meets no comparison, negated or not.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from runstone.query.tree import Among, And, Atom, Comparison, Field, Membership, Node, Not, Or, Presence

from .search_source import RUNS, Scope, Source, column, knows_nan
from .search_sql import Sql, joined, one_of
from .tables import INDEXED_CHARACTERS

_OPPOSITE = {"=": "!=", "!=": "=", ">": "<=", "<=": ">", "<": ">=", ">=": "<"}


def probe(node: Node, source: Source = RUNS) -> Sql:
    """A condition over ``r`` that is true exactly for the runs (or experiments) that the (normalized) tree is true for."""
    if isinstance(node, And | Or):
        word = " AND " if isinstance(node, And) else " OR "
        return Sql("(") + joined(word, [probe(item, source) for item in node.items]) + Sql(")")
    if isinstance(node, Presence):
        return _presence(node, source)
    atom, negated = _leaf(node)
    field = atom.field
    if field.kind == "attributes":
        return Sql("(") + _test(atom, negated, source) + Sql(")")
    if field.kind == "datasets" and negated:
        return _exists(field, None, source) + Sql(" AND NOT ") + _exists(field, _test(atom, False, source), source)
    return _exists(field, _test(atom, negated, source), source)


def among(node: Among, source: Source) -> Sql:
    """A condition over ``r``: one of its rows in the table of the conditions' kind meets them all."""
    tests = [Sql(f"t.{source.id} = r.{source.id}"), *(_test(item, False, source) for item in node.items)]
    return Sql(f"EXISTS (SELECT 1 FROM {source.tables[node.field.kind]} AS t WHERE ") + joined(" AND ", tests) + Sql(")")


def posting(node: Node, scope: Scope) -> Sql | None:
    """A SELECT of the ``run_id`` of every run in scope that meets the condition; ``None`` for those that are met by what
    is *not* there, which no index lists."""
    if not listable(node):
        return None
    field = _leaf(node)[0].field if not isinstance(node, Presence) else node.field
    if field.kind in ("attributes", "datasets"):
        return Sql("SELECT r.run_id FROM runs AS r WHERE ") + scope.runs() + Sql(" AND ") + probe(node)
    if isinstance(node, Presence):
        tests = [_present(field)] if _present(field).text else []
    else:
        atom, negated = _leaf(node)
        tests = (
            [*_head(atom, negated), _test(atom, negated, RUNS)] if not _head_decides(atom, negated) else _head(atom, negated)
        )
    start = Sql(f"SELECT t.run_id FROM {RUNS.tables[field.kind]} AS t WHERE ") + one_of("t.place", scope.places)
    return joined(" AND ", [start, Sql("t.key = ?", (field.key,)), *tests])


def listable(node: Node) -> bool:
    """Whether one posting lists all runs that meet it."""
    if isinstance(node, And | Or):
        return False
    return not (isinstance(node, Presence) and not node.present and node.field.kind != "attributes")


def by_pattern(node: Node) -> bool:
    """Whether it compares a text with a pattern."""
    atom = node.item if isinstance(node, Not) else node
    return isinstance(atom, Comparison) and atom.operator in ("LIKE", "ILIKE")


def indexed(node: Node) -> bool:
    """Whether an index alone answers the condition, so that counting a few thousand matches costs next to nothing."""
    if isinstance(node, And | Or):
        return False
    if isinstance(node, Presence):
        return node.present and node.field.kind in ("params", "tags", "metrics") and _covered(node.field)
    atom, negated = _leaf(node)
    if atom.field.kind == "attributes":
        return atom.field.key in ("status", "run_name") and not negated and _equal(atom)
    return _covered(atom.field) and (atom.field.kind == "metrics" or _head_decides(atom, negated))


def _covered(field: Field) -> bool:
    """Whether the field's index holds its value."""
    return field.kind in ("params", "tags") or (field.kind == "metrics" and field.part in ("last", "min", "max", "mean"))


def _leaf(node: Node) -> tuple[Comparison | Membership, bool]:
    atom = node.item if isinstance(node, Not) else node
    assert isinstance(atom, Comparison | Membership), node
    return atom, isinstance(node, Not)


def _exists(field: Field, test: Sql | None, source: Source) -> Sql:
    tests = [Sql(f"SELECT 1 FROM {source.tables[field.kind]} AS t WHERE t.{source.id} = r.{source.id}")]
    if field.kind != "datasets":
        tests.append(Sql("t.key = ?", (field.key,)))
    elif field.key == "context":
        tests.append(Sql("t.context <> ''"))
    if test is not None:
        tests.append(test)
    return Sql("EXISTS (") + joined(" AND ", tests) + Sql(")")


def _present(field: Field) -> Sql:
    """The test on a row of the field's table that its value is there; empty where a row is enough."""
    nullable = field.kind == "metrics" and field.part in ("min", "max", "min_step", "max_step", "mean")
    return Sql(f"{column(field)} IS NOT NULL") if nullable else Sql("")


def _presence(node: Presence, source: Source) -> Sql:
    field = node.field
    if field.kind == "attributes":
        return Sql(f"{column(field, source)} IS {'NOT ' if node.present else ''}NULL")
    test = _present(field)
    exists = _exists(field, test if test.text else None, source)
    return exists if node.present else Sql("NOT ") + exists


def _equal(atom: Atom) -> bool:
    return isinstance(atom, Comparison) and atom.operator == "=" or isinstance(atom, Membership) and not atom.negated


def _values(atom: Comparison | Membership) -> tuple[object, ...]:
    return (atom.value,) if isinstance(atom, Comparison) else atom.values


def _head_decides(atom: Comparison | Membership, negated: bool) -> bool:
    """Whether equality with short texts can be told from the index's head of the value alone."""
    if atom.field.kind not in ("params", "tags") or negated or not _equal(atom):
        return False
    return all(len(str(value)) < INDEXED_CHARACTERS for value in _values(atom))


def _head(atom: Comparison | Membership, negated: bool) -> list[Sql]:
    """What the index's head must be for the condition to be possible."""
    if atom.field.kind not in ("params", "tags") or negated:
        return []
    if _equal(atom):
        return [one_of("t.head", [str(value)[:INDEXED_CHARACTERS] for value in _values(atom)])]
    if isinstance(atom, Comparison) and atom.operator == "LIKE":
        fixed = _fixed_start(str(atom.value))[:INDEXED_CHARACTERS]
        if fixed and fixed[-1] < "\ud7ff":
            return [Sql("t.head >= ? AND t.head < ?", (fixed, fixed[:-1] + chr(ord(fixed[-1]) + 1)))]
    return []


def _test(atom: Comparison | Membership, negated: bool, source: Source) -> Sql:
    if isinstance(atom, Membership):
        return _membership(atom, negated, source)
    name = column(atom.field, source)
    if atom.operator in ("LIKE", "ILIKE"):
        word = "NOT " if negated else ""
        if atom.operator == "ILIKE":
            return Sql(f"LOWER({name}) {word}LIKE ?", (_lower(str(atom.value)),))
        return Sql(f"{name} {word}LIKE ?", (str(atom.value),))
    return _comparison(atom.field, _OPPOSITE[atom.operator] if negated else atom.operator, atom.value, negated, source)


def _comparison(field: Field, operator: str, value: object, nan: bool, source: Source) -> Sql:
    """``nan``: whether NaN meets it, beside what the operator says (it always differs from a number)."""
    name = column(field, source)
    if isinstance(value, float) and math.isnan(value):
        if not knows_nan(field):
            return Sql("1 = 0" if operator == "=" else f"{name} IS NOT NULL")
        return Sql(f"{name} IS {'' if operator == '=' else 'NOT '}NULL")
    test = Sql(f"{name} {'<>' if operator == '!=' else operator} ?", (value,))
    if knows_nan(field) and (operator == "!=" or (nan and operator != "=")):
        return Sql(f"({name} IS NULL OR ") + test + Sql(")")
    return test


def _membership(atom: Membership, negated: bool, source: Source) -> Sql:
    outside = atom.negated != negated
    name = column(atom.field, source)
    plain = [value for value in atom.values if value == value]
    inside = Sql(f"{name} {'NOT ' if outside else ''}IN ({', '.join('?' * len(plain))})", tuple(plain))
    if not knows_nan(atom.field):
        return (
            Sql(f"({name} IS NOT NULL AND ") + inside + Sql(")")
            if plain
            else Sql(f"({name} IS NOT NULL AND {int(outside)} = 1)")
        )
    nan = len(plain) < len(atom.values)
    if not plain:
        return Sql(f"{name} IS {'NOT ' if outside else ''}NULL")
    if nan != outside:
        return Sql(f"({name} IS NULL OR ") + inside + Sql(")")
    return Sql(f"({name} IS NOT NULL AND ") + inside + Sql(")")


def _lower(text: str) -> str:
    """As ``LOWER`` does it in both databases: the letters of ASCII, and no others."""
    return "".join(character.lower() if character.isascii() else character for character in text)


def _fixed_start(pattern: str) -> str:
    ends = [place for place in (pattern.find("%"), pattern.find("_")) if place >= 0]
    return pattern[: min(ends)] if ends else pattern


def conjuncts(node: Node | None) -> Sequence[Node]:
    """The conditions that must all hold."""
    if node is None:
        return ()
    return node.items if isinstance(node, And) else (node,)
