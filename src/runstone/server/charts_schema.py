"""Requests and answers of the charts beside a table of runs: bands of many curves, and which param matters.

See :mod:`runstone.server.schema` for what holds for all of them.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from .schema import Count, Number, View

#: Runs that one band or one analysis looks at, keys of one question, and series of one question.
MAX_RUNS, MAX_KEYS, MAX_SERIES = 5_000, 50, 20_000
#: Groups that are drawn; the largest are kept.
MAX_GROUPS = 20

Filter = Annotated[str, Meta(max_length=100_000)]


class BandsRequest(Struct, forbid_unknown_fields=True):
    """The runs of a table (``experiment_ids``, ``filter``, ``view`` as there) as one band for each key, or one for each
    combination of the values of the columns in ``group`` (``params.KEY``, ``tags.KEY``, ``attributes.NAME``).

    ``axis``: steps, milliseconds since 1970, or milliseconds since the run's start; ``start`` and ``end`` are places on it.
    ``kind``: median with the 10 to 90 % of the runs, or mean with its 95 % interval. ``log``: bins equally wide in the
    logarithm of the place.
    """

    keys: Annotated[list[str], Meta(min_length=1, max_length=MAX_KEYS)]
    experiment_ids: list[str] = field(default_factory=list)
    filter: Filter = ""
    view: View = "active"
    group: Annotated[list[str], Meta(max_length=12)] = field(default_factory=list)
    axis: Literal["step", "time", "relative"] = "step"
    kind: Literal["quantiles", "mean"] = "quantiles"
    bins: Annotated[int, Meta(ge=2, le=1000)] = 200
    start: float | None = None
    end: float | None = None
    log: bool = False


class BandAnswer(Struct):
    """Lists are equally long; null where no run reaches. ``group`` are the values of the group's columns, ``runs`` how many
    runs it has that logged the key, ``points`` how many points these have in this range, ``counts`` the runs in each bin.
    ``least`` and ``greatest`` are the extremes of all points."""

    key: str
    group: list[str | None]
    runs: int
    points: Count
    xs: list[float]
    middle: list[Number | None]
    low: list[Number | None]
    high: list[Number | None]
    least: list[Number | None]
    greatest: list[Number | None]
    counts: list[int]


class BandsAnswer(Struct):
    """``matched`` runs fit the filter, ``used`` of them, the newest, were looked at, in ``groups`` groups, the largest of which
    are there."""

    matched: int
    used: int
    groups: int
    bands: list[BandAnswer]


class ImportanceRequest(Struct, forbid_unknown_fields=True):
    """``metric`` is a column of the runs table, ``metrics.KEY`` or ``metrics.KEY:max``; no ``params``: those that vary."""

    metric: str
    experiment_ids: list[str] = field(default_factory=list)
    filter: Filter = ""
    view: View = "active"
    params: Annotated[list[str], Meta(max_length=40)] = field(default_factory=list)


class ParamImportance(Struct):
    """``importance`` is how much a model's squared error grows when the param is shuffled, in variances of the metric (0: not
    at all, 2: it decides everything), ``low`` to ``high`` its 95 % interval. ``correlation`` is Spearman's rho of a numeric
    param, else the correlation ratio (0 … 1, no interval); ``p`` that it is nothing but chance. Null where it cannot be told.
    """

    name: str
    numeric: bool
    runs: int
    distinct: int
    importance: float
    low: float | None
    high: float | None
    correlation: float | None
    correlation_low: float | None
    correlation_high: float | None
    p: float | None


class ImportanceAnswer(Struct):
    """The most important param first. ``runs`` have a finite value, ``used`` of them were looked at; ``explained`` is the share
    of the variance that the model explains of runs it has not seen, and ``words`` say what that means."""

    matched: int
    runs: int
    used: int
    explained: float | None
    words: str
    params: list[ParamImportance]
