"""One condition of a filter as SQL: to test a run at hand (a *probe*), and to list all runs that meet it (a *posting*).

Both say the same. A run that does not have the field meets no comparison, negated or not.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from msgspec import Struct

from runstone.query.tree import And, Atom, Comparison, Field, Membership, Node, Not, Or, Presence

from .search_sql import Sql, joined, one_of
from .tables import INDEXED_CHARACTERS

_TABLES = {"metrics": "series", "params": "params", "tags": "tags", "datasets": "inputs"}

#: Attributes of a run as expressions over ``runs AS r``.
ATTRIBUTES = {
    "run_id": "r.run_id",
    "run_name": "r.name",
    "status": "r.status",
    "start_time": "r.start_time",
    "end_time": "r.end_time",
    "user_id": "r.user_id",
    "experiment_id": "CAST(r.experiment_id AS TEXT)",
    "lifecycle_stage": "r.lifecycle_stage",
    "parent_run_id": "r.parent_run_id",
    "cause": "r.cause",
    "duration": "(r.end_time - r.start_time)",
    "ordinal": "r.ordinal",
    "artifact_uri": (
        "(CASE WHEN r.artifact_uri <> '' THEN r.artifact_uri ELSE (SELECT e.artifact_location FROM experiments e "
        "WHERE e.experiment_id = r.experiment_id) || '/' || r.run_id || '/artifacts' END)"
    ),
}

_OPPOSITE = {"=": "!=", "!=": "=", ">": "<=", "<=": ">", "<": ">=", ">=": "<"}


class Scope(Struct, frozen=True):
    """Where to look: places (see ``tables.place``), and the same as (experiment, life-cycle stage)."""

    experiments: tuple[int, ...]
    stages: tuple[str, ...]

    @property
    def places(self) -> tuple[int, ...]:
        """Every place of the scope."""
        active = self.experiments if "active" in self.stages else ()
        deleted = tuple(~number for number in self.experiments) if "deleted" in self.stages else ()
        return active + deleted

    def runs(self) -> Sql:
        """A condition over ``runs AS r``."""
        return one_of("r.experiment_id", self.experiments) + Sql(" AND ") + one_of("r.lifecycle_stage", self.stages)


def column(field: Field) -> str:
    """The expression that holds the field's value: over ``runs AS r`` for an attribute, else over its own table ``t``."""
    if field.kind == "attributes":
        return ATTRIBUTES[field.key]
    if field.kind == "metrics":
        return f"t.{field.part}"
    return f"t.{field.key}" if field.kind == "datasets" else "t.value"


def table(field: Field) -> str:
    """The table whose rows hold the field."""
    return _TABLES[field.kind]


def knows_nan(field: Field) -> bool:
    """Whether NULL in the field's column means NaN (else it means that there is no value)."""
    return field.kind == "metrics" and field.part in ("first", "last")


def probe(node: Node) -> Sql:
    """A condition over ``runs AS r`` that is true exactly for the runs that the (normalized) tree is true for."""
    if isinstance(node, And | Or):
        word = " AND " if isinstance(node, And) else " OR "
        return Sql("(") + joined(word, map(probe, node.items)) + Sql(")")
    if isinstance(node, Presence):
        return _presence(node)
    atom, negated = _leaf(node)
    field = atom.field
    if field.kind == "attributes":
        return Sql("(") + _test(atom, negated) + Sql(")")
    if field.kind == "datasets" and negated:
        return _exists(field, None) + Sql(" AND NOT ") + _exists(field, _test(atom, False))
    return _exists(field, _test(atom, negated))


def posting(node: Node, scope: Scope) -> Sql | None:
    """A SELECT of the ``run_id`` of every run in scope that meets the condition; ``None`` for those that are met by what
    is *not* there, which no index lists."""
    if isinstance(node, Presence) and not node.present and node.field.kind != "attributes":
        return None
    field = _leaf(node)[0].field if not isinstance(node, Presence) else node.field
    if field.kind in ("attributes", "datasets"):
        return Sql("SELECT r.run_id FROM runs AS r WHERE ") + scope.runs() + Sql(" AND ") + probe(node)
    if isinstance(node, Presence):
        tests = [_present(field)] if _present(field).text else []
    else:
        atom, negated = _leaf(node)
        tests = [*_head(atom, negated), _test(atom, negated)] if not _head_decides(atom, negated) else _head(atom, negated)
    start = Sql(f"SELECT t.run_id FROM {table(field)} AS t WHERE ") + one_of("t.place", scope.places)
    return joined(" AND ", [start, Sql("t.key = ?", (field.key,)), *tests])


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
    return field.kind in ("params", "tags") or (field.kind == "metrics" and field.part in ("last", "min", "max"))


def _leaf(node: Node) -> tuple[Comparison | Membership, bool]:
    atom = node.item if isinstance(node, Not) else node
    assert isinstance(atom, Comparison | Membership), node
    return atom, isinstance(node, Not)


def _exists(field: Field, test: Sql | None) -> Sql:
    tests = [Sql(f"SELECT 1 FROM {table(field)} AS t WHERE t.run_id = r.run_id")]
    if field.kind != "datasets":
        tests.append(Sql("t.key = ?", (field.key,)))
    elif field.key == "context":
        tests.append(Sql("t.context <> ''"))
    if test is not None:
        tests.append(test)
    return Sql("EXISTS (") + joined(" AND ", tests) + Sql(")")


def _present(field: Field) -> Sql:
    """The test on a row of the field's table that its value is there; empty where a row is enough."""
    nullable = field.kind == "metrics" and field.part in ("min", "max", "min_step", "max_step")
    return Sql(f"{column(field)} IS NOT NULL") if nullable else Sql("")


def _presence(node: Presence) -> Sql:
    field = node.field
    if field.kind == "attributes":
        return Sql(f"{column(field)} IS {'NOT ' if node.present else ''}NULL")
    test = _present(field)
    exists = _exists(field, test if test.text else None)
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


def _test(atom: Comparison | Membership, negated: bool) -> Sql:
    if isinstance(atom, Membership):
        return _membership(atom, negated)
    name = column(atom.field)
    if atom.operator in ("LIKE", "ILIKE"):
        word = "NOT " if negated else ""
        if atom.operator == "ILIKE":
            return Sql(f"{name} {word}LIKE ?", (str(atom.value),))
        return Sql(f"{name} {word}GLOB ?", (glob(str(atom.value)),))
    return _comparison(atom.field, _OPPOSITE[atom.operator] if negated else atom.operator, atom.value, negated)


def _comparison(field: Field, operator: str, value: object, nan: bool) -> Sql:
    """``nan``: whether NaN meets it, beside what the operator says (it always differs from a number)."""
    name = column(field)
    if isinstance(value, float) and math.isnan(value):
        if not knows_nan(field):
            return Sql("1 = 0" if operator == "=" else f"{name} IS NOT NULL")
        return Sql(f"{name} IS {'' if operator == '=' else 'NOT '}NULL")
    test = Sql(f"{name} {'<>' if operator == '!=' else operator} ?", (value,))
    if knows_nan(field) and (operator == "!=" or (nan and operator != "=")):
        return Sql(f"({name} IS NULL OR ") + test + Sql(")")
    return test


def _membership(atom: Membership, negated: bool) -> Sql:
    outside = atom.negated != negated
    name = column(atom.field)
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


def glob(pattern: str) -> str:
    """A LIKE pattern in SQLite's case-sensitive GLOB: ``%`` any text, ``_`` any character, nothing else is special."""
    special = {"%": "*", "_": "?", "*": "[*]", "?": "[?]", "[": "[[]"}
    return "".join(special.get(character, character) for character in pattern)


def _fixed_start(pattern: str) -> str:
    ends = [place for place in (pattern.find("%"), pattern.find("_")) if place >= 0]
    return pattern[: min(ends)] if ends else pattern


def conjuncts(node: Node | None) -> Sequence[Node]:
    """The conditions that must all hold."""
    if node is None:
        return ()
    return node.items if isinstance(node, And) else (node,)
