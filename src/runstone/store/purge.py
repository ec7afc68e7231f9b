"""Removing for ever what was deleted."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from runstone.errors import NotFound, WrongState

from . import items, key_counts
from .statements import find
from .states import ACTIVE
from .tables import metadata
from .work import experiment_number

#: Every table that has a run's rows, the run itself last.
_TABLES = [name for name, table in metadata.tables.items() if "run_id" in table.c and name != "runs"] + ["runs"]


def purge_runs(connection: Connection, sign: str, run_ids: Sequence[str]) -> None:
    """Rows of these runs, in every table. Raises NotFound, and WrongState for one that is not deleted."""
    rows = find(connection, "SELECT run_id, lifecycle_stage, experiment_id FROM runs WHERE run_id IN", list(run_ids), sign)
    found = {row[0]: row for row in rows}
    for run_id in run_ids:
        if run_id not in found:
            raise NotFound(f"Run with id={run_id} not found")
        if found[run_id][1] == ACTIVE:
            raise WrongState(f"The run {run_id} is active and cannot be removed for ever; delete it first.")
    key_counts.forget_runs(connection, run_ids)
    for run_id in run_ids:
        for table in _TABLES:
            connection.exec_driver_sql(f"DELETE FROM {table} WHERE run_id = {sign}", (run_id,))
    connection.exec_driver_sql("DELETE FROM datasets WHERE dataset_id NOT IN (SELECT dataset_id FROM inputs)")
    touch_experiments(connection, sign, sorted({row[2] for row in found.values()}))


def purge_experiment(connection: Connection, sign: str, experiment_id: str) -> None:
    """A deleted experiment without runs. Raises NotFound, WrongState."""
    number = experiment_number(experiment_id)
    select = f"SELECT lifecycle_stage FROM experiments WHERE experiment_id = {sign}"
    stage = connection.exec_driver_sql(select, (number,)).scalar()
    if stage is None:
        raise NotFound(f"No Experiment with id={experiment_id} exists")
    if stage == ACTIVE:
        raise WrongState(f"The experiment {experiment_id} is active and cannot be removed for ever; delete it first.")
    runs = connection.exec_driver_sql(f"SELECT count(*) FROM runs WHERE experiment_id = {sign}", (number,)).scalar_one()
    if runs:
        raise WrongState(f"The experiment {experiment_id} still has {runs} runs; remove them first.")
    items.forget_experiment(connection, number)
    models = f"SELECT model_id FROM logged_models WHERE experiment_id = {sign}"
    for table in ("logged_model_tags", "logged_model_params"):
        connection.exec_driver_sql(f"DELETE FROM {table} WHERE model_id IN ({models})", (number,))
    seen = f"SELECT trace_id FROM traces WHERE experiment_id = {sign}"
    for table in ("trace_tags", "trace_metadata", "spans"):
        connection.exec_driver_sql(f"DELETE FROM {table} WHERE trace_id IN ({seen})", (number,))
    for table in ("traces", "logged_models", "experiment_tags", "experiments"):
        connection.exec_driver_sql(f"DELETE FROM {table} WHERE experiment_id = {sign}", (number,))


def touch_experiments(connection: Connection, sign: str, numbers: Sequence[int]) -> None:
    """Let ``changes`` name these experiments."""
    for number in numbers:
        connection.exec_driver_sql("UPDATE clock SET changed = changed + 1 WHERE id = 0")
        update = "UPDATE experiments SET changed = (SELECT changed FROM clock WHERE id = 0) WHERE experiment_id = "
        connection.exec_driver_sql(update + sign, (number,))
