"""Reading what was recorded of runs, and what changed from one to another."""

from __future__ import annotations

from runstone.client.session import Session, session
from runstone.contracts import RunQuery
from runstone.entities import ViewType
from runstone.errors import NotFound
from runstone.query.difference import Difference, Evidence, difference, nearest

from .code import code_difference

#: Most earlier runs among which the nearest is looked for.
EARLIER = 100


def evidence(run_id: str, here: Session | None = None) -> Evidence:
    """A run with its documents. Raises NotFound."""
    here = here or session()
    run = here.run(run_id)
    return Evidence(run, {one.name: one.text for one in here.store.documents(run_id)})


def ancestor(after: Evidence, here: Session | None = None) -> Evidence:
    """The run that this one most likely came from: its parent's siblings are not asked, the experiment's earlier runs are.

    Raises NotFound when there is no earlier one.
    """
    here = here or session()
    info = after.run.info
    query = RunQuery(
        experiment_ids=(info.experiment_id,),
        filter=f"start_time <= {info.start_time or 0}",
        view=ViewType.ACTIVE_ONLY,
        limit=EARLIER,
    )
    earlier = [run.info.run_id for run in here.store.search_runs(query) if run.info.run_id != info.run_id]
    found = nearest(after, (evidence(run_id, here) for run_id in earlier))
    if found is None:
        raise NotFound(f"No run of this experiment began before {info.run_name} ({info.run_id}); name the run to compare with.")
    return found


def changed(before: Evidence, after: Evidence) -> Difference:
    """What changed, with a real diff of the code where both versions are at hand."""
    return difference(before, after, code_difference(before, after))
