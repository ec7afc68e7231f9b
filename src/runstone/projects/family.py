"""All runs of one command: those that its process made, those below them, and which of one making is which of another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from msgspec import Struct

from runstone.client.session import Session
from runstone.contracts import ExperimentQuery, RunQuery
from runstone.entities import Run, ViewType
from runstone.query.difference import Evidence
from runstone.query.identity import COMMAND_TAG, host_of
from runstone.query.printer import quoted

from .environment import LAUNCHED_BY
from .evidence import evidence

PARENT, ENTRY_POINT = "mlflow.parentRunId", "mlflow.project.entryPoint"
#: Most runs of one command that are looked at.
MOST = 2000


class Family(Struct, frozen=True):
    """``first`` is the run that the command begins with; ``others`` all later ones, in the order of their beginnings."""

    first: Evidence
    others: Sequence[Run]


def family(asked: Evidence, here: Session) -> Family:
    """The runs of the command that made ``asked``. A step of a project that is a project's run itself begins its own."""
    experiments = _experiments(here)
    first = _launcher(asked, here)
    mates = _of_process(first, here, experiments)
    if mates:
        earliest = min([first.run, *mates], key=_begun)
        if earliest.info.run_id != first.run.info.run_id:
            mates = [first.run, *[one for one in mates if one.info.run_id != earliest.info.run_id]]
            first = evidence(earliest.info.run_id, here)
    return Family(first, below([first.run, *mates], here, experiments)[1:])


def below(known: Sequence[Run], here: Session, experiments: tuple[str, ...] = ()) -> list[Run]:
    """``known``, of which the first is the command's, and all that were begun below or inside of them, by their beginnings."""
    experiments = experiments or _experiments(here)
    found = {run.info.run_id: run for run in known}
    ask = list(found)
    while ask and len(found) < MOST:
        fresh: list[str] = []
        for tag in (PARENT, LAUNCHED_BY):
            for start in range(0, len(ask), 100):
                ids = ", ".join(quoted(one) for one in ask[start : start + 100])
                for run in _search(here, experiments, f"tags.`{tag}` IN ({ids})"):
                    if run.info.run_id not in found:
                        found[run.info.run_id] = run
                        fresh.append(run.info.run_id)
        ask = fresh
    first, *others = found.values()
    return [first, *sorted(others, key=_begun)]


def _launcher(asked: Evidence, here: Session) -> Evidence:
    """The run of the project or reproduction that ``asked`` was begun in; itself where there is none, or it is a project's."""
    seen = {asked.run.info.run_id}
    while not asked.run.data.tags.get(ENTRY_POINT) and (above := asked.run.data.tags.get(LAUNCHED_BY)) and above not in seen:
        seen.add(above)
        asked = evidence(above, here)
    return asked


def _of_process(one: Evidence, here: Session, experiments: tuple[str, ...]) -> list[Run]:
    """The other runs of the process that made this one: it wrote the same facts, its number and the time among them, to all."""
    host, command = one.documents.get("host", ""), one.run.data.tags.get(COMMAND_TAG)
    if not command or not host_of(one.documents).get("pid") or one.run.data.tags.get(ENTRY_POINT):
        return []
    found = _search(here, experiments, f"tags.`{COMMAND_TAG}` = {quoted(command)}")
    mine = one.run.info.run_id
    others = [run for run in found if run.info.run_id != mine and not run.data.tags.get(ENTRY_POINT)]
    return [run for run in others if evidence(run.info.run_id, here).documents.get("host") == host]


def _search(here: Session, experiments: tuple[str, ...], condition: str) -> Iterable[Run]:
    token, count = None, 0
    while count < MOST:
        page = here.store.search_runs(RunQuery(experiment_ids=experiments, filter=condition, limit=500, page_token=token))
        yield from page
        count, token = count + len(page), page.token
        if token is None:
            return


def _experiments(here: Session) -> tuple[str, ...]:
    found: list[str] = []
    token = None
    while True:
        page = here.store.search_experiments(ExperimentQuery(view=ViewType.ACTIVE_ONLY, page_token=token))
        found += [one.experiment_id for one in page]
        token = page.token
        if token is None:
            return tuple(found)


def _begun(run: Run) -> tuple[int, str]:
    return run.info.start_time or 0, run.info.run_id


# --- which is which -------------------------------------------------------------------------------------------------------


class Matched(Struct, frozen=True):
    """Pairs of an old run and its new one; old ones that were not made again, new ones that there were none of before."""

    pairs: Sequence[tuple[Run, Run]]
    gone: Sequence[Run]
    more: Sequence[Run]


#: What two runs may have in common, the surest first; each is tried in the order of their beginnings.
_ALIKE: tuple[Callable[[Run], Any], ...] = (
    lambda run: (run.info.run_name, sorted(run.data.params.items())),
    lambda run: run.info.run_name,
    lambda run: sorted(run.data.params.items()),
    lambda run: sorted(run.data.params),
    lambda run: None,
)


def matched(old: Sequence[Run], new: Sequence[Run]) -> Matched:
    """Which new run is which old one: by name and params, by name, by params, by the names of params, then by order.

    Args:
        old: runs of a command; the first is the command's own, the others in the order of their beginnings.
        new: those of a later making, the same way. The children of a pair are matched among themselves.
    """
    places = ({run.info.run_id: n for n, run in enumerate(old)}, {run.info.run_id: n for n, run in enumerate(new)})
    groups = (_by_parent(old[1:], places[0]), _by_parent(new[1:], places[1]))
    pairs, ask = [(old[0], new[0])], [(old[0], new[0])]
    met: list[tuple[Run, Run]] = _paired(groups[0].pop("", []), groups[1].pop("", []))  # begun beside the first, not below it
    pairs += met
    ask += met
    while ask:
        one, other = ask.pop()
        met = _paired(groups[0].pop(one.info.run_id, []), groups[1].pop(other.info.run_id, []))
        pairs += met
        ask += met
    known = ({one.info.run_id for one, _ in pairs}, {other.info.run_id for _, other in pairs})
    gone, more = ([run for run in runs if run.info.run_id not in known[n]] for n, runs in enumerate((old, new)))
    pairs.sort(key=lambda pair: places[0][pair[0].info.run_id])
    return Matched(pairs, gone, more)


def _by_parent(runs: Sequence[Run], known: dict[str, int]) -> dict[str, list[Run]]:
    groups: dict[str, list[Run]] = defaultdict(list)
    for run in runs:
        parent = run.data.tags.get(PARENT, "")
        groups[parent if parent in known else ""].append(run)
    return groups


def _paired(old: list[Run], new: list[Run]) -> list[tuple[Run, Run]]:
    found = []
    for alike in _ALIKE:
        waiting: dict[str, list[Run]] = defaultdict(list)
        for run in new:
            waiting[repr(alike(run))].append(run)
        left = []
        for run in old:
            if fits := waiting[repr(alike(run))]:
                found.append((run, fits.pop(0)))
            else:
                left.append(run)
        taken = {other.info.run_id for _, other in found}
        old, new = left, [run for run in new if run.info.run_id not in taken]
    return found
