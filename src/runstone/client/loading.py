"""Tables of several runs, put together."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Any

from runstone.contracts import RunQuery
from runstone.entities import Run
from runstone.errors import NotFound

from . import tables
from .checks import check_text, many
from .experiments import check_experiment_id, experiment_for_run
from .places import run_artifacts
from .run_files import LOGGED_ARTIFACTS, listed_artifacts
from .session import Session, session
from .tables import Table


def load_table(artifact_file: str, run_ids: list[str] | None = None, extra_columns: list[str] | None = None) -> Any:
    """The rows of a table from the runs of the experiment in force, as a pandas DataFrame.

    Args:
        artifact_file: the table's path, as given to :func:`log_table`.
        run_ids: only these runs.
        extra_columns: facts about the run beside each row: ``run_id``, ``start_time``, ``metrics.m``, ``params.p``,
            ``tags.t`` …

    Raises: NotFound when no run has such a table.
    """
    here = session()
    return tables.frame(load(here, experiment_for_run(here, None).experiment_id, artifact_file, run_ids, extra_columns))


def load(
    here: Session, experiment_id: str, artifact_file: str, run_ids: list[str] | None, extra_columns: list[str] | None
) -> Table:
    """See :func:`load_table`."""
    path = posixpath.normpath(tables.check_ending(artifact_file))
    run_ids = None if run_ids is None else many(run_ids, "run_ids", "['0a1b…']")
    columns = many(extra_columns, "extra_columns", "['run_id', 'metrics.loss']")
    experiment_id = check_experiment_id(experiment_id)
    whole: Table | None = None
    for run in _runs_with_tables(here, experiment_id):
        wanted = run_ids is None or run.info.run_id in run_ids
        if not wanted or not any(entry.get("path") == path for entry in listed_artifacts(run.data.tags)):
            continue
        with run_artifacts(here, run.info.run_id).open(path) as stream:
            table = tables.read(stream.read(), path)
        facts = [_fact(run, column) for column in columns]
        table = Table([*table.columns, *columns], [[*row, *facts] for row in table.rows])
        whole = table if whole is None else tables.append(whole, table)
    if whole is None:
        among = "" if run_ids is None else f" among the {len(run_ids)} runs named"
        raise NotFound(f"No run of experiment {experiment_id}{among} has a table {artifact_file!r}. log_table makes one.")
    return whole


def _runs_with_tables(here: Session, experiment_id: str) -> Iterator[Run]:
    store, token = here.fresh_store(), None
    while True:
        page = store.search_runs(
            RunQuery(experiment_ids=(experiment_id,), filter=f"tags.`{LOGGED_ARTIFACTS}` IS NOT NULL", page_token=token)
        )
        yield from page
        token = page.token
        if token is None:
            return


def _fact(run: Run, column: str) -> Any:
    """A column as ``search_runs`` names it; ``None`` for a run without it."""
    kind, _, key = check_text(column, "A column", "'metrics.loss'").partition(".")
    if key and kind in ("metrics", "params", "tags"):
        return getattr(run.data, kind).get(key)
    return getattr(run.info, column, None)
