"""What goes on in many experiments at once: two statements for a thousand of them, whatever number of runs they have."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection

from runstone.entities import Activity

from .dialects import of
from .experiment_ids import numbers_of
from .key_counts import STATUS
from .search_sql import Sql, batches, listed, rows

#: Keys of metrics that are named of each.
KEYS = 200

# each is an end of an index, or its beginning
_LATEST = (
    "(SELECT r.{column} FROM runs AS r WHERE r.experiment_id = e.experiment_id AND r.lifecycle_stage = 'active' "
    "AND r.{column} IS NOT NULL ORDER BY r.{column} DESC LIMIT 1)"
)
_USED = (
    "(SELECT json_group_array(key) FROM (SELECT k.key FROM key_counts AS k WHERE k.place = e.experiment_id "
    "AND k.kind = 'metrics' ORDER BY k.runs DESC, k.key LIMIT ?) AS used)"
)
_FACTS = (
    f"SELECT e.experiment_id, {_LATEST.format(column='start_time')}, {_LATEST.format(column='end_time')}, {_USED} "
    "FROM experiments AS e WHERE e.experiment_id IN "
)
_KEYS = msgspec.json.Decoder(list[str])


def activities(connection: Connection, experiment_ids: Sequence[str]) -> dict[str, Activity]:
    """See :meth:`runstone.contracts.Store.activities`."""
    plain = of(connection).texts
    found = {}
    for part in batches(numbers_of(experiment_ids)):
        counted = _statuses(connection, [*part, *(~number for number in part)])
        for number, started, ended, used in rows(connection, Sql(_FACTS, (KEYS,)) + listed(part)):
            found[str(number)] = Activity(
                counted.get(number, {}),
                sum(counted.get(~number, {}).values()),
                max((time for time in (started, ended) if time is not None), default=None),
                list(plain(dict.fromkeys(_KEYS.decode(used or "[]"), ""))),
            )
    return found


def _statuses(connection: Connection, places: Sequence[int]) -> dict[int, dict[str, int]]:
    """How many runs of each place have which status."""
    select = Sql("SELECT place, key, runs FROM key_counts WHERE kind = ? AND runs > 0 AND place IN ", (STATUS,))
    found: dict[int, dict[str, int]] = {}
    for place, status, number in rows(connection, select + listed(places)):
        found.setdefault(place, {})[status] = number
    return found
