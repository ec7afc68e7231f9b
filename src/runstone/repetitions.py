"""Runs that repeat another with a different seed."""

from __future__ import annotations

from collections.abc import Sequence

from runstone.contracts import RunQuery, Store
from runstone.entities import Run
from runstone.query.identity import is_seed
from runstone.query.printer import field_text, quoted
from runstone.query.tree import Field
from runstone.query.verdict import MOST_RUNS, variant

#: Params that are asked for; the rest is compared afterwards.
_ASKED = 100
#: Of so many variants at most further repetitions are looked for.
_VARIANTS = 6


def repetitions(store: Store, own: Run, limit: int = MOST_RUNS) -> list[Run]:
    """Finished runs that differ from this one only in their seed, it among them, first; alone where it has no other param."""
    settings = {key: value for key, value in own.data.params.items() if not is_seed(key)}
    if not settings:
        return [own]
    asked = [f"{field_text(Field('params', key))} = {quoted(value)}" for key, value in sorted(settings.items())[:_ASKED]]
    query = RunQuery(
        experiment_ids=(own.info.experiment_id,), filter=" AND ".join(["attributes.status = 'FINISHED'", *asked]), limit=limit
    )
    ids = dict.fromkeys([own.info.run_id, *(run.info.run_id for run in store.search_runs(query))])
    found = [own if one == own.info.run_id else store.get_run(one) for one in ids]
    return [run for run in found if variant(run) == variant(own)]


def further(store: Store, runs: Sequence[Run]) -> list[str]:
    """Ids of runs that differ from one of these only in their seed and are not among them; all of it stays below
    :data:`~runstone.query.verdict.MOST_RUNS`."""
    first = {variant(run): run for run in reversed(runs)}
    named = {run.info.run_id for run in runs}
    found: list[str] = []
    for run in list(first.values())[::-1][:_VARIANTS]:
        room = MOST_RUNS - len(named)
        others = [one.info.run_id for one in repetitions(store, run, room) if one.info.run_id not in named] if room > 0 else []
        found += others[:room]
        named.update(others[:room])
    return found
