"""A job on a cluster that has outlived its watcher: taken up again, with what it printed meanwhile, until its end."""

from __future__ import annotations

import json
from collections.abc import Iterator

from runstone.client.attended import attend, unwatched, watcher
from runstone.client.checks import check_run_id
from runstone.client.session import session
from runstone.contracts import Store
from runstone.errors import WrongState

from .backends import table
from .backends.following import JOB_ID, JOB_PLACE, JOB_STATE, LINES, OVER, Followed, Heard
from .runner import BACKEND
from .submitted import SubmittedRun

_PIECES = 1000


def follow(run_id: str, synchronous: bool = True) -> SubmittedRun:
    """Watch over the job of a run whose watcher is gone, as that one would have: its state, its log, a wish to stop, its end.

    Args:
        run_id: the run's.
        synchronous: wait for the end. If not, a thread of this process watches.

    Raises:
        NotFound: there is no such run.
        WrongState: it has no job on a cluster, the job is over, or somebody watches over it.
        NotSupported: what the back end needs is not on this machine.
    """
    here = session()
    run = here.run(check_run_id(run_id))
    tags, backend = run.data.tags, run.data.tags.get(BACKEND, "")
    if JOB_ID not in tags or JOB_PLACE not in tags or backend not in table.ELSEWHERE:
        raise WrongState(f"Run {run_id} has no job on a cluster: there is nothing to follow.")
    if tags.get(JOB_STATE) == OVER:
        raise WrongState(f"Job {tags[JOB_ID]} of run {run_id} is over; the run is {run.info.status}.")
    if (other := watcher(here, run_id)) is not None:
        raise WrongState(f"Process {other} watches over job {tags[JOB_ID]} of run {run_id} already.")
    place = json.loads(tags[JOB_PLACE])
    before = place.pop(LINES, {})
    job = table.find(backend, tags[JOB_ID], run_id, place)
    kept = console(here.store, run_id)
    attended = attend(run_id=run_id, printed=sum(map(len, kept.values())))
    if unwatched(run):
        attended.goes_on()
    followed = Followed(job, Heard(kept, before))
    submitted = SubmittedRun(run_id, lambda stop: followed.watch(attended, stop), attended.end)
    if synchronous:
        submitted.attend()
    else:
        submitted.attend_aside()
    return submitted


def console(store: Store, run_id: str) -> dict[str, str]:
    """What is kept of each stream."""
    found: dict[str, list[str]] = {}
    for stream, text in _pieces(store, run_id):
        found.setdefault(stream, []).append(text)
    return {stream: "".join(texts) for stream, texts in found.items()}


def _pieces(store: Store, run_id: str) -> Iterator[tuple[str, str]]:
    after, some = -1, True
    while some:
        pieces = store.console(run_id, after, _PIECES)
        yield from ((piece.stream, piece.text) for piece in pieces)
        some = bool(pieces)
        after = pieces[-1].sequence if pieces else after
