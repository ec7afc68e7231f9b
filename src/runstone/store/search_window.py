"""A window far down a table: all runs are listed in the order of its first column, then cut."""

from __future__ import annotations

from collections.abc import Sequence, Set

from sqlalchemy import Connection

from runstone.query.tree import Order

from .search_memory import remembered, weight_of_ids
from .search_rank import ranked, sort, values
from .search_source import Scope
from .search_sql import ids
from .search_walk import ordered, shown, whole

#: Larger groups of equal values are left to a walk.
GROUP_CAP = 20_000
#: Fewer runs are not worth remembering.
WORTH = 5_000


def far(
    connection: Connection, scope: Scope, orders: Sequence[Order], inside: Set[str] | None, start: int, end: int
) -> list[str] | None:
    """Runs ``start`` to ``end`` of the order, of those ``inside`` (all for ``None``); ``None`` if this plan cannot tell."""
    question = ("order", scope, orders[0])
    run_ids = remembered(
        connection, question, lambda: ids(connection, ordered(scope, orders[0])), lambda all_: weight_of_ids(len(all_), WORTH)
    )
    if inside is not None:
        run_ids = [run_id for run_id in run_ids if run_id in inside]
        if len(run_ids) == len(inside):
            end = min(end, len(run_ids))
    if end > len(run_ids):
        return None  # the window reaches those without a value
    if start >= end or whole(orders):
        return run_ids[start:end]
    first, last = _equal(connection, run_ids, start, -1, orders[0]), _equal(connection, run_ids, end - 1, 1, orders[0]) + 1
    if last - first > GROUP_CAP + end - start:
        return None
    rows = ranked(connection, run_ids[first:last], orders)
    sort(rows, orders)
    return [row.id for row in rows[start - first : end - first]]


def _equal(connection: Connection, run_ids: Sequence[str], place: int, way: int, order: Order) -> int:
    """The place farthest from ``place`` (``way`` -1 or 1) whose run has the same value there and all between."""

    def same(other: int) -> bool:
        pair = [run_ids[place], run_ids[other]]
        known = values(connection, pair, order.field)
        return bool(shown(order.field, known[pair[0]][1]) == shown(order.field, known[pair[1]][1]))

    limit = place if way < 0 else len(run_ids) - 1 - place
    near, far_ = 0, 1
    while far_ <= limit and same(place + way * far_):
        near, far_ = far_, far_ * 2
    far_ = min(far_, limit + 1)
    while far_ - near > 1:
        middle = (near + far_) // 2
        near, far_ = (middle, far_) if same(place + way * middle) else (near, middle)
    return place + way * near
