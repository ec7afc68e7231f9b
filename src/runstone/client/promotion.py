"""A version takes the champion's place, if a rule says that it is better."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from msgspec import Struct

from runstone.contracts import Batch, RegistryQuery, Store
from runstone.entities.model_registry import ModelVersion
from runstone.entities.moves import move_tag
from runstone.errors import InvalidValue, NotFound, WrongState
from runstone.query.objective import meanings
from runstone.query.printer import quoted
from runstone.query.promotion import EXAMPLE, Outcome, judge, parse_rule
from runstone.records import ModelVersionChanged, RegisteredModelChanged
from runstone.repetitions import repetitions

from .api import MlflowClient
from .checks import check_text
from .registry import number_of
from .run_log import now_ms
from .surroundings import user


class Promotion(Struct, frozen=True):
    """``version`` is the candidate's, ``before`` the champion's (``None``: there was none). ``met``: the rule is met;
    ``moved``: the alias stands for the candidate now and did not before. ``str()`` says all in plain words."""

    name: str
    alias: str
    version: int
    before: int | None
    met: bool
    moved: bool
    outcomes: list[Outcome]
    words: str

    def __str__(self) -> str:
        marks = [f"  {'met' if one.met else 'not met'}: {one.clause}: {one.words}" for one in self.outcomes]
        return "\n".join([self.words, *marks])


def promote(
    name: str,
    rule: str,
    version: int | str | None = None,
    alias: str = "champion",
    level: float = 0.95,
    repeats: bool = True,
    dry_run: bool = False,
    reason: str = "",
) -> Promotion:
    """Let ``alias`` stand for a version of a registered model, if the version meets the rule.

    Args:
        name: the registered model.
        rule: such as ``metrics.accuracy > champion + 0.005 AND metrics.latency_ms < 20``; ``champion`` is the same metric of
            the version that the alias stands for, and may be multiplied, too: ``champion * 1.02``.
        version: the candidate; the newest one that is ready if ``None``.
        alias: what is moved.
        level: where both versions' runs were repeated with other seeds, a difference counts when its permutation p is at most
            1 − level.
        repeats: look for such repetitions; ``False`` holds single runs against each other.
        dry_run: only say what would be done.
        reason: kept with the move; the rule and its outcome if empty.

    Raises:
        NotFound: there is no such model or version, or no version at all.
        FilterError: the rule cannot be read.
        WrongState: the version is not ready; or, with code RESOURCE_CONFLICT, somebody else moved the alias meanwhile.
        InvalidValue: the version has neither run nor logged model to read metrics from.
    """
    check_text(rule, "rule", f"{EXAMPLE!r}")
    client = MlflowClient()
    return promote_in(
        client._session.fresh_store(), client._registry, name, rule, version, alias, level, repeats, dry_run, reason
    )


def promote_in(
    runs: Store,
    registry: Store,
    name: str,
    rule: str,
    version: int | str | None = None,
    alias: str = "champion",
    level: float = 0.95,
    repeats: bool = True,
    dry_run: bool = False,
    reason: str = "",
) -> Promotion:
    """The same in these stores, of runs and of registered models."""
    clauses = parse_rule(rule)
    champion = _champion(registry, name, alias)
    candidate = _candidate(registry, name, version)
    number, before = int(candidate.version), int(champion.version) if champion else None
    counts = _statistics(runs, [candidate, *([champion] if champion else [])], {one.metric for one in clauses})
    alike = repeats and number != before and champion is not None and _repeat_each_other(runs, candidate, champion)
    repeats = repeats and not alike
    mine = _values(runs, candidate, counts, repeats)
    theirs = _values(runs, champion, counts, repeats) if champion and number != before else None if champion is None else mine
    outcomes = judge(clauses, mine, theirs, level)
    met = all(one.met for one in outcomes)
    called = f"{name!r} version {number}"
    if number == before:
        return Promotion(name, alias, number, before, met, False, outcomes, f"{called} is {alias} already.")
    if not met:
        words = f"{called} does not become {alias}: the rule is not met.{_ALIKE if alike else ''}"
        return Promotion(name, alias, number, before, False, False, outcomes, words)
    instead = (f", instead of version {before}" if before else ", the first one") + f".{_ALIKE if alike else ''}"
    if dry_run:
        return Promotion(name, alias, number, before, True, False, outcomes, f"{called} would become {alias}{instead}")
    why = reason or f"{rule}: " + " ".join(one.words for one in outcomes)
    _move(registry, name, alias, number, before, why)
    return Promotion(name, alias, number, before, True, True, outcomes, f"{called} is {alias} now{instead}")


def _champion(registry: Store, name: str, alias: str) -> ModelVersion | None:
    model = registry.get_registered_model(name)
    number = model.aliases.get(alias)
    return None if number is None else registry.get_model_version(name, int(number))


def _candidate(registry: Store, name: str, version: int | str | None) -> ModelVersion:
    if version is not None:
        found = registry.get_model_version(name, number_of(version))
        if found.status != "READY":
            raise WrongState(f"Version {version} of {name!r} is {found.status}; only READY ones can be promoted.")
        return found
    wanted = f"name = {quoted(name)} AND status = 'READY'"
    newest = registry.search_model_versions(RegistryQuery(filter=wanted, order_by=("version_number DESC",), limit=1))
    if not newest:
        raise NotFound(f"Registered model {name!r} has no version that is ready; register one first.")
    return newest[0]


def _move(registry: Store, name: str, alias: str, number: int, before: int | None, why: str) -> None:
    now = now_ms()
    note = move_tag(now, "alias", alias, str(before or ""), str(number), user(), why[:2000])
    records: list[RegisteredModelChanged | ModelVersionChanged] = [
        RegisteredModelChanged(name, now, aliases={alias: number}, expected={alias: before or 0}),
        ModelVersionChanged(name, number, now, tags=note),
    ]
    if before is not None:
        records.append(ModelVersionChanged(name, before, now, tags=note))
    registry.write(Batch(records, by=user(), reason=why[:2000]))


# --- what is held against each other ----------------------------------------------------------------------------------


def _statistics(store: Store, versions: Sequence[ModelVersion], keys: set[str]) -> dict[str, str]:
    """Which value of each metric's series counts: what the experiment of the first version's run says, else the next one's."""
    runs = [store.get_run(one.run_id) for one in versions if one.run_id]
    experiments = dict.fromkeys(run.info.experiment_id for run in runs)
    said = [meanings(store.get_experiment(one).tags) for one in experiments]
    return {key: next((one[key].statistic for one in said if key in one), "last") for key in keys}


#: What is said where the statistics of repeated runs cannot tell two versions apart.
_ALIKE = " Their runs repeat each other, so just these two are held against each other."


def _repeat_each_other(store: Store, one: ModelVersion, other: ModelVersion) -> bool:
    """Whether both come from repetitions of one configuration, whose statistics are the same for both."""
    if not one.run_id or not other.run_id or one.run_id == other.run_id:
        return False
    return one.run_id in [run.info.run_id for run in repetitions(store, store.get_run(other.run_id))]


def _values(store: Store, version: ModelVersion, counts: Mapping[str, str], repeats: bool) -> Mapping[str, list[float]]:
    """The finite values of the metrics: of the version's run and its repetitions, else of its logged model. ``counts``: which
    value of each metric's series."""
    found: dict[str, list[float]] = {key: [] for key in counts}
    if version.run_id:
        own = store.get_run(version.run_id)
        for run in repetitions(store, own) if repeats else [own]:
            for key, statistic in counts.items():
                summary = run.data.summaries.get(key)
                value = None if summary is None else getattr(summary, statistic)
                if value is not None and math.isfinite(value):
                    found[key].append(value)
    if version.model_id and not all(found.values()):
        for metric in store.get_logged_model(version.model_id).metrics or ():
            if metric.key in counts and not found[metric.key] and math.isfinite(metric.value):
                found[metric.key].append(metric.value)
    if not version.run_id and not version.model_id:
        raise InvalidValue(
            f"Version {version.version} of {version.name!r} came from neither a run nor a logged model ({version.source}), so "
            "it has no metrics. Register it from the run that trained it."
        )
    return found
