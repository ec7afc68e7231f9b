"""Which runs are nested below others: what is moved takes them along."""

from __future__ import annotations

from collections.abc import Sequence

from .contracts import RunQuery, Store
from .entities import ViewType
from .errors import NotFound
from .query.printer import quoted

#: Ids in one question, and runs in one answer.
_PIECE, _MOST = 200, 2_000


def nested_runs(store: Store, parents: Sequence[str]) -> list[str]:
    """Ids of all runs below these, at any depth, that are in the experiments of their parents and not in the trash."""
    found: dict[str, None] = {}
    level = list(parents)
    while level:
        homes = tuple({home for home in (_home(store, one) for one in level) if home})
        below: list[str] = []
        for at in range(0, len(level), _PIECE) if homes else ():
            below += _children(store, homes, level[at : at + _PIECE])
        level = [one for one in below if one not in found and one not in parents]
        found.update(dict.fromkeys(level))
    return list(found)


def _children(store: Store, homes: tuple[str, ...], parents: Sequence[str]) -> list[str]:
    listed = ", ".join(quoted(one) for one in parents)
    found: list[str] = []
    while True:
        query = RunQuery(
            experiment_ids=homes,
            filter=f"tags.`mlflow.parentRunId` IN ({listed})",
            view=ViewType.ACTIVE_ONLY,
            offset=len(found),
            limit=_MOST,
        )
        page = store.table(query).run_ids
        found += page
        if len(page) < _MOST:
            return found


def _home(store: Store, run_id: str) -> str:
    try:
        return store.get_run(run_id, metrics=False).info.experiment_id
    except NotFound:
        return ""
