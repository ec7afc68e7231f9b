"""Which processes say that they work on which runs: leases taken and given back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from runstone.entities import RunStatus

from .statements import Rows
from .states import RunState
from .tables import leases

if TYPE_CHECKING:
    from .work import Work

_LEASES = Rows(leases, update=["host", "pid", "pid_start", "until"])


def flush_leases(work: Work, states: Sequence[RunState]) -> None:
    """Leases taken and given back; those of runs that ended leave. A lease may come before its run."""
    connection, sign = work.connection, work.sign
    ended = [state.run_id for state in states if state.dirty and not state.new and RunStatus.is_terminated(state.status)]
    for start in range(0, len(ended), 1000):
        part = tuple(ended[start : start + 1000])
        connection.exec_driver_sql(f"DELETE FROM leases WHERE run_id IN ({', '.join([sign] * len(part))})", part)
    rows: list[Any] = []
    for lease in {(lease.run_id, lease.holder): lease for lease in work.leases}.values():
        run = work.runs.get(lease.run_id)
        if lease.until > 0 and not (run and RunStatus.is_terminated(run.status)):
            rows += (lease.run_id, lease.holder, lease.host, lease.pid, lease.pid_start, lease.until)
        else:
            where = f"run_id = {sign} AND holder = {sign}"
            connection.exec_driver_sql(f"DELETE FROM leases WHERE {where}", (lease.run_id, lease.holder))
    _LEASES.insert(connection, rows, sign)
