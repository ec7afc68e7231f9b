"""Has this run been made before? Runs with the same code, environment and command, and what to do about them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from runstone import settings
from runstone.contracts import RunQuery
from runstone.entities import Run
from runstone.errors import RunstoneError, WrongState
from runstone.query.identity import CODE_TAG, COMMAND_TAG, ENVIRONMENT_TAG
from runstone.query.objective import direction_of
from runstone.query.printer import quoted

from . import context
from .notices import notice
from .session import Session

#: Values of the setting ``RUNSTONE_SAME_RUN``.
NOTICE, REUSE, REFUSE, OFF = "notice", "reuse", "refuse", "off"
#: Most candidates that are looked at.
_MOST = 200


def candidates(here: Session, tags: Mapping[str, str | None], experiment_ids: Iterable[str]) -> list[Run]:
    """Runs in any state with the same code and environment, and the same command if ``tags`` has one; at most 200."""
    return _search(here, tags, experiment_ids, [])


def find(
    here: Session, tags: Mapping[str, str | None], experiment_ids: Iterable[str], begun_before: int | None = None
) -> list[Run]:
    """Finished runs with the same code, environment and command, the latest first.

    Args:
        tags: those of :mod:`runstone.query.identity`; where code or environment is missing, nothing is the same.
        experiment_ids: where to look.
        begun_before: milliseconds; later ones are left out.
    """
    conditions = ["status = 'FINISHED'"]
    if begun_before is not None:
        conditions.append(f"start_time < {begun_before}")
    command = tags.get(COMMAND_TAG)
    return [run for run in _search(here, tags, experiment_ids, conditions) if command or not run.data.tags.get(COMMAND_TAG)]


def _search(here: Session, tags: Mapping[str, str | None], experiment_ids: Iterable[str], conditions: list[str]) -> list[Run]:
    code, environment, command = (tags.get(name) for name in (CODE_TAG, ENVIRONMENT_TAG, COMMAND_TAG))
    if not code or not environment:
        return []
    conditions += [f"tags.`{CODE_TAG}` = {quoted(code)}", f"tags.`{ENVIRONMENT_TAG}` = {quoted(environment)}"]
    if command:
        conditions.append(f"tags.`{COMMAND_TAG}` = {quoted(command)}")
    query = RunQuery(experiment_ids=tuple(experiment_ids), filter=" AND ".join(conditions), limit=_MOST)
    return list(here.store.search_runs(query))


def look(here: Session, experiment_id: str, begun: int, tags: Mapping[str, str | None] | None = None) -> None:
    """Say that a run has been made before, if so. Called where nobody waits; never raises.

    Args:
        begun: when it began, milliseconds.
        tags: those of the run; this process's if not given.
    """
    if settings.SAME_RUN.get() == OFF or settings.QUIET.get() or not experiment_id:
        return
    try:
        found = find(here, context.known_tags() if tags is None else tags, (experiment_id,), begun)
    except RunstoneError:
        return  # the store is away: the shipper says so
    if found:
        notice(f"this exact run exists (same code, environment and command): {described(found)}")


def refuse(here: Session, experiment_id: str, begun: int) -> None:
    """Raises WrongState when this process's run has been made before. Waits until that is known."""
    found = find(here, context.tags_now(), (experiment_id,), begun)
    if found:
        raise WrongState(
            f"This exact run exists (same code, environment and command): {described(found)}. "
            f"{settings.SAME_RUN.name}={REFUSE} refuses to make it again; {NOTICE} only says so."
        )


def described(runs: list[Run]) -> str:
    """``tidy-ibis-12 (3f9a…), accuracy 0.912, and 2 more``."""
    run = runs[0]
    shown = next(
        (f", {key} {value:.4g}" for key, value in sorted(run.data.metrics.items()) if direction_of(key) is not None), ""
    )
    more = f", and {len(runs) - 1} more" if len(runs) > 1 else ""
    return f"{run.info.run_name} ({run.info.run_id}){shown}{more}"
