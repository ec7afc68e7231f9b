"""Which running runs have died: nobody renews their lease, and no process that held one can be seen alive."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from runstone import process, settings
from runstone.contracts import SILENT_DEATH

from .apply import set_status
from .series import Memory
from .work import Work


def sweep(connection: Connection, sign: str, memory: Memory, now: int) -> list[str]:
    """Mark dead runs CRASHED; leases that ran out and serve no running run leave. Returns ids of the runs."""
    rows = connection.exec_driver_sql(
        "SELECT l.run_id, l.holder, l.host, l.pid, l.pid_start, l.until, r.status FROM leases AS l "
        "LEFT JOIN runs AS r ON r.run_id = l.run_id"
    ).fetchall()
    by_run: dict[str, list[Any]] = {}
    for row in rows:
        by_run.setdefault(row[0], []).append(row)
    dead = [run_id for run_id, held in by_run.items() if all(_over(row, now) for row in held)]
    work = Work(connection, sign, memory)
    work.look_up_runs(dead)
    crashed = []
    for run_id in dead:
        connection.exec_driver_sql(f"DELETE FROM leases WHERE run_id = {sign}", (run_id,))
        state = work.runs.get(run_id)
        if state is not None and state.status in ("RUNNING", "SCHEDULED"):
            set_status(state, "CRASHED", _last_sign(connection, sign, run_id, by_run[run_id], now), SILENT_DEATH)
            crashed.append(run_id)
    work.flush()
    return crashed


def anything_due(connection: Connection, sign: str, now: int) -> bool:
    """Whether some lease has run out: most of the time none has, and nothing need be locked."""
    select = f"SELECT 1 FROM leases WHERE until < {sign} LIMIT 1"
    return connection.exec_driver_sql(select, (now,)).fetchone() is not None


def _over(row: Any, now: int) -> bool:
    _, _, host, pid, pid_start, until, _ = row
    if until >= now:
        return False
    return not process.is_alive(host, pid, pid_start)


def _last_sign(connection: Connection, sign: str, run_id: str, held: list[Any], now: int) -> int:
    """When the run was last known to live: its latest point, or the last renewal of a lease."""
    point: int | None = connection.exec_driver_sql(
        f"SELECT max(last_timestamp) FROM series WHERE run_id = {sign}", (run_id,)
    ).scalar()
    renewed: int = max(row[5] for row in held) - int(settings.LEASE_SECONDS.get() * 1000)
    return min(now, max(point or 0, renewed))
