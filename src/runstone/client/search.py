"""Finding runs again."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable
from typing import Any

from runstone._lazy import need
from runstone.contracts import Batch, RunQuery
from runstone.entities import PagedList, Run, ViewType
from runstone.errors import InvalidValue, NotFound, Trouble
from runstone.records import RunChanged

from . import active, context, experiments
from .checks import check_optional_text, check_run_id, check_texts, check_view, shown
from .notices import warn_once
from .paging import all_pages
from .run_log import now_ms
from .runs import PARENT, ActiveRun
from .session import Session, session


def get_run(run_id: str) -> Run:
    """A run as it is now, with all that this process has logged to it. Deleted ones too. Raises NotFound."""
    return holder(run_id).run(run_id)


def get_parent_run(run_id: str) -> Run | None:
    """The run that this one is a child of, or ``None``. Raises NotFound."""
    return parent_of(holder(run_id), run_id)


def parent_of(here: Session, run_id: str) -> Run | None:
    parent = here.run(run_id).data.tags.get(PARENT)
    return None if parent is None else here.run(parent)


def last_active_run() -> Run | None:
    """The active run (an :class:`ActiveRun`, with what was logged so far; while the store cannot be read, what was known when
    it began), or the one that ended last in this process; ``None`` if there was none."""
    found = active.visible()
    if found is not None:
        try:
            return ActiveRun(found.session.run(found.log.run_id), found.run)
        except (Trouble, NotFound):  # NotFound: its beginning waits for the store, too
            return found.run
    return None if active.last_run_id is None else get_run(active.last_run_id)


def delete_run(run_id: str) -> None:
    """Mark a run deleted; :func:`restore_run` takes that back. Raises NotFound."""
    change_run(holder(run_id), run_id, deleted=True)


def restore_run(run_id: str) -> None:
    """Take a deletion back. Raises NotFound."""
    change_run(holder(run_id), run_id, deleted=False)


def change_run(
    here: Session,
    run_id: str,
    status: str | None = None,
    end_time: int | None = None,
    name: str | None = None,
    deleted: bool | None = None,
) -> None:
    """Change what is not logged, at once, after all that was logged. Raises NotFound."""
    if deleted:
        context.settle_before_deletion()
    here.run(run_id)
    here.store.write(Batch([RunChanged(run_id, now_ms(), status, end_time, name, deleted)]))
    if deleted is not None:
        here.deleted("run", run_id, deleted)  # whoever logs to it is refused at once
    if deleted and run_id not in here.active:
        here.release(run_id)


def holder(run_id: str) -> Session:
    """The session of an active run, else that of the tracking URI in force."""
    check_run_id(run_id)
    return next((entry.session for entry in active.every() if entry.log.run_id == run_id), None) or session()


def search(
    here: Session,
    experiment_ids: list[str],
    filter_string: str | None,
    view_type: int,
    max_results: int,
    order_by: list[str] | None,
    page_token: str | None = None,
) -> PagedList[Run]:
    """One page of runs."""
    if isinstance(order_by, str):
        raise InvalidValue(f"order_by must be a list of texts, not the text {order_by!r}. Try [{order_by!r}].")
    check_optional_text(filter_string, "filter_string", '"metrics.loss < 0.5"')
    check_optional_text(page_token, "page_token", "the token of the page before")
    check_texts(order_by, "order_by", "['metrics.loss ASC']")
    ids = [experiment_ids] if isinstance(experiment_ids, str | int) else experiment_ids
    if not isinstance(ids, Iterable):
        raise InvalidValue(f"experiment_ids must be a list of ids, such as ['1'], not {shown(ids)}.")
    query = RunQuery(
        experiment_ids=tuple(experiments.check_experiment_id(number) for number in ids),
        filter=filter_string or "",
        order_by=tuple(order_by or ()),
        view=check_view(view_type, "run_view_type"),
        limit=max_results,
        page_token=page_token,
    )
    return here.fresh_store().search_runs(query)


def search_runs(
    experiment_ids: list[str] | None = None,
    filter_string: str = "",
    run_view_type: int = ViewType.ACTIVE_ONLY,
    max_results: int = 100_000,
    order_by: list[str] | None = None,
    output_format: str = "pandas",
    search_all_experiments: bool = False,
    experiment_names: list[str] | None = None,
) -> Any:
    """Runs that match a filter.

    Args:
        experiment_ids, experiment_names: where to look, one of the two. Neither: the experiment that was set; when none
            was set, all those that runs without a named experiment went to.
        filter_string: such as ``metrics.accuracy > 0.9 and params.depth = '3'``; see the guide to filters.
        run_view_type: a number of :class:`~runstone.entities.ViewType`.
        max_results: at most so many runs.
        order_by: such as ``["metrics.accuracy DESC"]``; latest first if not given.
        output_format: ``pandas`` for a DataFrame, ``list`` for :class:`~runstone.entities.Run` objects. A list either way where
            pandas is not installed.
        search_all_experiments: look everywhere when no experiment is named here.

    Returns:
        A DataFrame with the columns ``run_id``, ``experiment_id``, ``status``, ``artifact_uri``, ``start_time``, ``end_time``
        (UTC), then one for each metric (``metrics.…``, float64), param (``params.…``) and tag (``tags.…``, text or ``None``).

    Raises:
        FilterError: the filter or an ordering cannot be read.
        InvalidValue: both ids and names given, or an unknown output format.
    """
    if output_format not in ("pandas", "list"):
        raise InvalidValue(f"Unsupported output format: {output_format!r}. Supported are 'pandas' and 'list'.")
    here = session()
    ids = _experiments(here, experiment_ids, experiment_names, search_all_experiments)
    runs: list[Run] = []
    if ids:
        runs = all_pages(
            lambda count, token: search(here, ids, filter_string, run_view_type, count, order_by, token), max_results
        )
    if output_format == "pandas" and importlib.util.find_spec("pandas") is not None:
        return frame(runs)
    return runs


def _experiments(here: Session, ids: list[str] | None, names: list[str] | None, everywhere: bool) -> list[str]:
    if ids and names:
        raise InvalidValue("Only experiment_ids or experiment_names can be used, but not both.")
    if names:
        check_texts(names, "experiment_names", "['churn']")
        found = [(name, here.store.find_experiment(experiments.check_experiment_name(name))) for name in names]
        for name, experiment in found:
            if experiment is None:
                warn_once(f"no experiment {name}", f"no experiment is called {name!r}, so it has no runs to search")
        return [experiment.experiment_id for _, experiment in found if experiment is not None]
    if ids:
        return ids
    return experiments.where_to_look(here, everywhere)


def frame(runs: list[Run]) -> Any:
    """Runs as a DataFrame with MLflow's column names; needs pandas."""
    pandas = need("pandas", "runs as a table", "pandas")
    info = [run.info for run in runs]
    columns: dict[str, Any] = {
        "run_id": [i.run_id for i in info],
        "experiment_id": [i.experiment_id for i in info],
        "status": [i.status for i in info],
        "artifact_uri": [i.artifact_uri for i in info],
        "start_time": pandas.to_datetime([i.start_time for i in info], unit="ms", utc=True),
        "end_time": pandas.to_datetime([i.end_time for i in info], unit="ms", utc=True),
    }
    for kind, missing in (("metrics", float("nan")), ("params", None), ("tags", None)):
        rows: list[dict[str, Any]] = [getattr(run.data, kind) for run in runs]
        keys = sorted({key for row in rows for key in row})
        columns |= {f"{kind}.{key}": [row.get(key, missing) for row in rows] for key in keys}
    return pandas.DataFrame(columns)
