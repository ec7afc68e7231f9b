"""One question for the palette: what is called so?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from runstone.contracts import ExperimentQuery, RegistryQuery, RunQuery, RunTable
from runstone.entities import Experiment
from runstone.query.printer import quoted
from runstone.server import search_schema as f

from .experiments import every_experiment

if TYPE_CHECKING:
    from runstone.server.backend import Backend

#: Tag keys whose values are looked through, the most used ones that people set.
_TAG_KEYS = 5
_PAIR = re.compile(r"\s*([^=\s]+)\s*=\s*(.+)")
_ID = re.compile(r"[0-9a-f]{3,32}")


def find(backend: Backend, query: f.FindQuery) -> f.Found:
    """Runs, experiments, registered models, metrics and params by part of a name; runs by id or tag, too."""
    text, limit = query.q.strip(), query.limit
    every = {one.experiment_id: one for one in every_experiment(backend)}
    ids, like = tuple(every), quoted(f"%{text}%")
    experiments = backend.store.search_experiments(ExperimentQuery(filter=f"name ILIKE {like}", limit=limit))
    models = backend.store.search_registered_models(RegistryQuery(filter=f"name ILIKE {like}", limit=limit))
    return f.Found(
        runs=_runs(backend, every, ids, text, limit),
        experiments=[f.FoundExperiment(one.experiment_id, one.name) for one in experiments],
        models=[
            f.FoundModel(one.name, max((int(version.version) for version in one.latest_versions or ()), default=None))
            for one in models
        ],
        metrics=[one.key for one in backend.store.keys("metrics", ids, text, limit)],
        params=[one.key for one in backend.store.keys("params", ids, text, limit)],
    )


def _runs(backend: Backend, experiments: dict[str, Experiment], ids: Sequence[str], text: str, limit: int) -> list[f.FoundRun]:
    """By id, then by name, then by tag, until there are enough."""
    found: dict[str, f.FoundRun] = {}

    def add(where: str, because: str = "", columns: Sequence[str] = (), keys: Sequence[str] = ()) -> None:
        asked = RunQuery(experiment_ids=tuple(ids), filter=where, limit=limit)
        table = backend.store.table(asked, columns)
        for i, run_id in enumerate(table.run_ids):
            if len(found) < limit and run_id not in found and table.experiment_ids[i] in experiments:
                found[run_id] = _run(table, i, experiments, because or _matching(table, i, keys, text))

    if _ID.fullmatch(text):
        started = list(backend.store.find_runs(text, limit))
        if started:
            add(f"attributes.run_id IN ({', '.join(map(quoted, started))})", "id")
    if len(found) < limit:
        add(f"attributes.run_name ILIKE {quoted(f'%{text}%')}", "name")
    pair = _PAIR.fullmatch(text)
    if len(found) < limit and pair is not None:
        key, value = pair[1].removeprefix("tags."), pair[2].strip("'\"")
        column = _tag(key)
        add(f"{column} LIKE {quoted(f'{value}%')}", columns=[column], keys=[key])
    elif len(found) < limit and len(text) > 1:
        used = backend.store.keys("tags", ids, limit=_TAG_KEYS * 4)
        keys = [one.key for one in used if not one.key.startswith(("mlflow.", "runstone."))][:_TAG_KEYS]
        if keys:
            columns = [_tag(key) for key in keys]
            begins = quoted(f"{text}%")  # an index knows beginnings; looking into every value takes long among many runs
            add(" OR ".join(f"{column} LIKE {begins}" for column in columns), columns=columns, keys=keys)
    return list(found.values())


def _run(table: RunTable, i: int, experiments: dict[str, Experiment], because: str) -> f.FoundRun:
    experiment = experiments[table.experiment_ids[i]]
    return f.FoundRun(
        table.run_ids[i],
        table.names[i],
        table.status[i],
        experiment.experiment_id,
        experiment.name,
        table.start[i],
        "" if because == "name" else because,
    )


def _matching(table: RunTable, i: int, keys: Sequence[str], text: str) -> str:
    """The tag that fits, as ``key=value``."""
    wanted = text.rpartition("=")[2].strip(" '\"").casefold()
    for key, values in zip(keys, table.values, strict=True):
        value = values[i]
        if isinstance(value, str) and wanted in value.casefold():
            return f"{key}={value[:80]}"
    return "a tag"


def _tag(key: str) -> str:
    return f"tags.`{key.replace('`', '``')}`"
