"""Runs held against each other: is it better, what do they have, what changed?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import structs

from runstone.contracts import RunQuery, Store
from runstone.entities import Run
from runstone.errors import NotFound
from runstone.query.difference import Evidence, difference, nearest
from runstone.query.identity import CODE_TAG, COMMAND_TAG, ENVIRONMENT_TAG
from runstone.query.verdict import Comparison, compare_runs
from runstone.repetitions import further
from runstone.server import compare_schema as c
from runstone.server import schema as s
from runstone.server.numbers import number_or_none
from runstone.server.objectives import meanings_of

if TYPE_CHECKING:
    from runstone.server.backend import Backend

#: Earlier runs among which the nearest is looked for, and those of them whose documents are read.
EARLIER, CLOSE = 100, 12
_LAYER_TAGS = (CODE_TAG, ENVIRONMENT_TAG, COMMAND_TAG)
#: Longest id there is.
_ID = 32


def compare(backend: Backend, body: s.CompareRequest) -> Comparison:
    """A verdict on 2 to 100 runs, grouped by what differs besides the seed."""
    runs = [backend.store.get_run(run_id) for run_id in dict.fromkeys(body.run_ids)]
    tags = backend.store.get_experiment(runs[0].info.experiment_id).tags
    found = compare_runs(runs, body.metric, body.direction, body.baseline, body.statistic, body.level, tags)
    return structs.replace(found, further=further(backend.store, runs))


def compare_table(backend: Backend, body: c.CompareRunsRequest) -> c.ComparedRuns:
    """Params, metrics, datasets and identities of up to 100 runs side by side."""
    found, lost = dict[str, Run](), list[str]()
    for asked in dict.fromkeys(body.run_ids):
        try:
            run = backend.store.get_run(_whole_id(backend.store, asked))
            found.setdefault(run.info.run_id, run)
        except NotFound:
            lost.append(asked)
    runs = list(found.values())
    experiments = [backend.store.get_experiment(one) for one in dict.fromkeys(run.info.experiment_id for run in runs)]
    names, said = {one.experiment_id: one.name for one in experiments}, meanings_of(experiments)
    metrics = _keys([run.data.summaries for run in runs], body.contains)
    params = _keys([run.data.params for run in runs], body.contains)
    return c.ComparedRuns(
        [_compared(backend.store, run, names[run.info.experiment_id]) for run in runs],
        [_metric(key, runs) for key in metrics[: c.MAX_KEYS]],
        [c.ComparedParam(key, [run.data.params.get(key) for run in runs]) for key in params[: c.MAX_KEYS]],
        len(metrics),
        len(params),
        lost,
        {key: said[key] for key in metrics[: c.MAX_KEYS] if key in said},
    )


def what_changed(backend: Backend, run_id: str, query: c.DifferenceQuery) -> c.RunDifference:
    """What changed to a run from another, or from the nearest that began before it: five layers, then metrics."""
    after = _evidence(backend.store, run_id)
    before = _evidence(backend.store, _whole_id(backend.store, query.base)) if query.base else _ancestor(backend.store, after)
    if before is None:
        return c.RunDifference(None, _name(after.run))
    found = difference(before, after)
    return c.RunDifference(
        _name(before.run),
        _name(after.run),
        [structs.replace(layer, changes=layer.changes[: c.MAX_CHANGES]) for layer in found.layers],
        [
            c.MetricMove(one.name, number_or_none(one.before), number_or_none(one.after))
            for one in found.metrics[: c.MAX_CHANGES]
        ],
        len(found.metrics),
    )


def _whole_id(store: Store, asked: str) -> str:
    """Of an id that may be shortened. Raises NotFound."""
    if len(asked) >= _ID:
        return asked
    found = store.find_runs(asked, 2) if asked else ()
    if len(found) == 1:
        return found[0]
    raise NotFound(f"{'Several runs begin' if found else 'No run begins'} with {asked!r}; give more of its id.")


def _evidence(store: Store, run_id: str) -> Evidence:
    run = store.get_run(run_id)
    return Evidence(run, {one.name: one.text for one in store.documents(run_id)})


def _ancestor(store: Store, after: Evidence) -> Evidence | None:
    """As :func:`~runstone.query.difference.nearest` says, though only those whose params and tags come close are read whole."""
    info, mine = after.run.info, after.run.data
    query = RunQuery(experiment_ids=(info.experiment_id,), filter=f"start_time <= {info.start_time or 0}", limit=EARLIER)
    earlier = [run for run in store.search_runs(query) if run.info.run_id != info.run_id]

    def distance(run: Run) -> tuple[int, int, int]:
        params, tags = run.data.params, run.data.tags
        layers = sum(tags.get(name) != mine.tags.get(name) for name in _LAYER_TAGS)
        differing = sum(params.get(key) != mine.params.get(key) for key in params.keys() | mine.params.keys())
        return layers, differing, -(run.info.start_time or 0)

    close = sorted(earlier, key=distance)[:CLOSE]
    return nearest(after, [_evidence(store, run.info.run_id) for run in close])


def _name(run: Run) -> c.RunName:
    info = run.info
    return c.RunName(info.run_id, info.run_name or "", info.experiment_id, info.ordinal, info.start_time)


def _keys(maps: Sequence[Mapping[str, object]], contains: str) -> list[str]:
    wanted = contains.lower()
    return sorted({key for one in maps for key in one if wanted in key.lower()})


def _compared(store: Store, run: Run, experiment_name: str) -> c.ComparedRun:
    documents = {one.name: one.text for one in store.documents(run.info.run_id)}
    return c.ComparedRun(
        run.info,
        experiment_name,
        run.data.tags,
        run.inputs.dataset_inputs,
        run.outputs.model_outputs,
        Evidence(run, documents).identity,
    )


def _metric(key: str, runs: Sequence[Run]) -> c.ComparedMetric:
    found = [run.data.summaries.get(key) for run in runs]
    return c.ComparedMetric(
        key,
        [number_or_none(one.last if one else None) for one in found],
        [number_or_none(one.min if one else None) for one in found],
        [number_or_none(one.max if one else None) for one in found],
        [number_or_none(one.mean if one else None) for one in found],
        [number_or_none(one.first if one else None) for one in found],
    )
