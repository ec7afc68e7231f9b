"""Requests and answers about all runs of a table: groups, values of a column, the table as a file."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from .schema import Cell, Count, Number, View

#: Groups of one answer, and values offered for a column.
MAX_GROUPS, MAX_VALUES = 1_000, 100
#: Params that are looked at for being equal, the most used ones.
MAX_EQUAL = 1_000
ColumnName = Annotated[str, Meta(min_length=1, max_length=4200)]


class GroupsRequest(Struct, forbid_unknown_fields=True):
    """All runs that match, grouped by what they share.

    ``by`` names columns, as in a runs table; empty: all params that vary, but seeds. ``columns`` are numbers to tell of each
    group. ``order_by`` is ``runs`` or one of ``columns`` (its mean) or of ``by``, with ``-`` before it for descending;
    empty: the groups with the best objective first, or with the most runs.
    """

    experiment_ids: list[str] = field(default_factory=list)
    filter: str = ""
    view: View = "active"
    by: Annotated[list[ColumnName], Meta(max_length=50)] = field(default_factory=list)
    columns: Annotated[list[ColumnName], Meta(max_length=200)] = field(default_factory=list)
    order_by: str = ""
    offset: Count = 0
    limit: Annotated[int, Meta(ge=1, le=MAX_GROUPS)] = 200


class GroupedColumn(Struct):
    """Of each group of the answer: ``n`` runs that have a number (NaN is none), their mean, sample
    deviation (null below two), the best one and the run that has it. ``direction`` says which is best."""

    column: str
    direction: Literal["max", "min"]
    n: list[int]
    mean: list[Number | None]
    deviation: list[Number | None]
    best: list[Number | None]
    best_run: list[str | None]


class GroupsAnswer(Struct):
    """``by`` are the columns grouped by and ``values[i]`` what the runs of group ``i`` share there; ``runs`` counts them.
    ``total`` groups there are, of ``matched`` runs."""

    by: list[str]
    total: int
    matched: int
    offset: int
    values: list[list[Cell]]
    runs: list[int]
    columns: list[GroupedColumn]


class ValuesRequest(Struct, forbid_unknown_fields=True):
    """Values of one column among the runs that match, for completion. ``contains`` in any case."""

    column: ColumnName
    experiment_ids: list[str] = field(default_factory=list)
    filter: str = ""
    contains: str = ""
    limit: Annotated[int, Meta(ge=1, le=MAX_VALUES)] = 30


class ValueCount(Struct):
    value: str
    runs: int


class ValuesAnswer(Struct):
    """The most frequent first; ``distinct`` counts all that contain the text."""

    values: list[ValueCount]
    distinct: int


class EqualRequest(Struct, forbid_unknown_fields=True):
    """Which params have one value in all runs that match. No ``experiment_ids``: every active experiment."""

    experiment_ids: list[str] = field(default_factory=list)
    filter: str = ""
    view: View = "active"


class EqualParam(Struct):
    """``runs`` of those that match have it, all of them with this value."""

    key: str
    value: str
    runs: int


class EqualAnswer(Struct):
    """In order of the keys. ``matched`` runs there are; 0 where no param was worth looking at."""

    matched: int
    params: list[EqualParam]


class TableFileRequest(Struct, forbid_unknown_fields=True):
    """A runs table as a file: exactly these columns, in this order, of every run that matches. ``groups``: the groups of runs
    that it asks for instead, all of them, with n, mean, deviation and best of each of its columns."""

    format: Literal["csv", "json", "parquet", "markdown", "latex"]
    columns: Annotated[list[ColumnName], Meta(min_length=1, max_length=5000)]
    experiment_ids: list[str] = field(default_factory=list)
    filter: str = ""
    order_by: list[str] = field(default_factory=list)
    view: View = "active"
    name: Annotated[str, Meta(max_length=200)] = "runs"
    groups: GroupsRequest | None = None


class TableFile(Struct):
    """Bytes, in fact."""
