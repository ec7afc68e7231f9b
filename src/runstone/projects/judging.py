"""What came of making runs again: each old metric beside the new one, within a tolerance, in one verdict for each run."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct, structs, to_builtins

from runstone.client.session import Session
from runstone.contracts import Batch, RunQuery
from runstone.entities import Run
from runstone.errors import InvalidValue
from runstone.query.difference import Evidence, MetricChange, difference
from runstone.query.identity import CODE_TAG, LAYERS
from runstone.query.printer import quoted
from runstone.records import Tags

from .evidence import evidence
from .family import Matched

#: Tag of both runs with the verdict as JSON, and of the new one with the old one's id.
VERDICT_TAG, OF_TAG = "runstone.reproduction", "runstone.reproduces"
REPRODUCED, DIFFERS, CANNOT = "reproduced", "differs", "cannot"
#: ``tolerance`` by the spread of runs that differ only in their seeds; so many are needed, so many deviations are allowed.
SEEDS, SEEDS_NEEDED, DEVIATIONS = "seeds", 3, 2.0

#: Key of a metric, its old and its new value: are they the same?
Allowed = Callable[[str, float, float], bool]


class RunVerdict(Struct, frozen=True):
    """Of one run. ``of`` is the old one, ``run_id`` the new one, empty where the command made none; ``layers`` are those in
    which both differ, ``metrics`` the values outside the tolerance, of ``compared``."""

    status: str
    of: str
    name: str
    run_id: str = ""
    layers: Sequence[str] = ()
    metrics: Sequence[MetricChange] = ()
    compared: int = 0


class Verdict(Struct, frozen=True):
    """Of all runs of a command. ``status`` is ``reproduced`` (all of ``runs`` are), ``differs`` or ``cannot``.

    Attributes:
        of: the run that the command begins with, ``run_id`` the one that was made of it, empty where nothing was made.
        layers: those in which runs differ from their new ones.
        metrics: all values outside the tolerance, of ``compared``; those of later runs are called ``run: metric``.
        missing: why it could not be done.
        runs: one verdict for each old run, the first one's first.
        more: ids of new runs that there were none of before.
    """

    status: str
    of: str
    run_id: str = ""
    layers: Sequence[str] = ()
    metrics: Sequence[MetricChange] = ()
    compared: int = 0
    missing: Sequence[str] = ()
    runs: Sequence[RunVerdict] = ()
    more: Sequence[str] = ()


def judged(met: Matched, tolerance: str | float, here: Session) -> Verdict:
    """Compare what was matched; the first pair is the command's own run. Raises as :func:`allowed`, for that pair."""
    runs = []
    for number, (old_run, new_run) in enumerate(met.pairs):
        old, new = evidence(old_run.info.run_id, here), evidence(new_run.info.run_id, here)
        runs.append(_compared(old, new, _allowed_for(tolerance, old, here, sure=number == 0)))
    runs += [
        RunVerdict(
            DIFFERS,
            run.info.run_id,
            run.info.run_name or "",
            metrics=[MetricChange(key, run.data.metrics[key], None) for key in _keys(run)],
            compared=len(_keys(run)),
        )
        for run in met.gone
    ]
    first = runs[0]
    metrics = [*first.metrics]
    for one in runs[1:]:
        metrics += [structs.replace(change, name=f"{one.name}: {change.name}") for change in one.metrics]
    layers = [layer for layer in LAYERS if any(layer in one.layers for one in runs)]
    same = not met.more and all(one.status == REPRODUCED for one in runs)
    return Verdict(
        REPRODUCED if same else DIFFERS, first.of, first.run_id, layers, metrics, sum(one.compared for one in runs),
        runs=runs, more=[run.info.run_id for run in met.more],
    )  # fmt: skip


def _compared(old: Evidence, new: Evidence, allowed: Allowed) -> RunVerdict:
    off = []
    for key in _keys(old.run):
        a, b = old.run.data.metrics[key], new.run.data.metrics.get(key)
        if b is None or not allowed(key, a, b):
            off.append(MetricChange(key, a, b))
    info, layers = old.run.info, difference(old, new).changed
    made = new.run.info.run_id
    return RunVerdict(DIFFERS if off else REPRODUCED, info.run_id, info.run_name or "", made, layers, off, len(_keys(old.run)))


def _keys(run: Run) -> list[str]:
    return [key for key in run.data.metrics if not key.startswith("system/")]


def _allowed_for(tolerance: str | float, old: Evidence, here: Session, sure: bool) -> Allowed:
    """As :func:`allowed`; a later run of a command that has too few of its like is compared exactly."""
    try:
        return allowed(tolerance, old, here)
    except InvalidValue:
        if sure:
            raise
        return allowed(0.0, old, here)


def allowed(tolerance: str | float, old: Evidence, here: Session) -> Allowed:
    """Raises InvalidValue: no share from 0 to 1, or too few runs that differ in their seeds only."""
    spread: Mapping[str, float] = {}
    if tolerance == SEEDS:
        spread, relative = _spread(old, here), 0.0
    else:
        try:
            relative = float(tolerance)
        except ValueError:
            relative = -1.0
        if not 0 <= relative < 1:
            raise InvalidValue(f"A tolerance is a share from 0 (exact) to 1, or 'seeds'; it is {tolerance!r}.")

    def within(key: str, a: float, b: float) -> bool:
        if a == b or (a != a and b != b):
            return True
        return abs(a - b) <= max(relative * max(abs(a), abs(b)), DEVIATIONS * spread.get(key, 0.0))

    return within


def _spread(old: Evidence, here: Session) -> dict[str, float]:
    """Standard deviation of each metric over the runs that differ from this one in nothing but the seed."""
    run, mine = old.run, old.identity
    code = run.data.tags.get(CODE_TAG, "")
    query = RunQuery(
        experiment_ids=(run.info.experiment_id,),
        filter=f"tags.`{CODE_TAG}` = {quoted(code)} AND status = 'FINISHED'",
        limit=200,
    )
    like = [evidence(one.info.run_id, here) for one in here.store.search_runs(query)] if code else []
    like = [
        one
        for one in like
        if one.run.data.tags.get(OF_TAG) is None
        and (one.identity.environment, one.identity.data) == (mine.environment, mine.data)
        and not [change for change in difference(old, one).layer("config").changes if change.name != "command line"]
    ]
    if len(like) < SEEDS_NEEDED:
        raise InvalidValue(
            f"A tolerance by seeds needs at least {SEEDS_NEEDED} runs that differ only in their seeds; there are {len(like)}. "
            "Give a share instead, such as 0.01."
        )
    keys = set.intersection(*(set(one.run.data.metrics) for one in like))
    return {key: statistics.stdev(one.run.data.metrics[key] for one in like) for key in keys}


def keep(here: Session, verdict: Verdict) -> None:
    """On all runs: the first and its new one have the whole, the others their own part and the old run's id."""
    now = time.time_ns() // 1_000_000
    told = json.dumps({**to_builtins(verdict), "time": now}, default=str)
    records = [Tags(run_id, {VERDICT_TAG: told}) for run_id in (verdict.of, verdict.run_id) if run_id]
    for one in verdict.runs[1:]:
        part = json.dumps({**to_builtins(one), "time": now}, default=str)
        records.append(Tags(one.of, {VERDICT_TAG: part}))
        if one.run_id:
            records.append(Tags(one.run_id, {VERDICT_TAG: part, OF_TAG: one.of}))
    here.store.write(Batch([*records]))


def in_words(verdict: Verdict) -> str:
    """For a person: one line, and where the command made several runs one more for each that differs."""
    if verdict.status == CANNOT:
        return f"cannot be reproduced{':' if verdict.run_id else '; missing:'} {'; '.join(verdict.missing)}"
    layers = f" (differs in: {', '.join(verdict.layers)})" if verdict.layers else ""
    several = f" of {len(verdict.runs)} runs" if len(verdict.runs) > 1 else ""
    if verdict.status == REPRODUCED:
        return f"reproduced: {verdict.compared} of {verdict.compared} metrics{several} agree{layers}"
    why = layers or " (no layer differs: the program is not deterministic, or reads what is not recorded)"
    shown = ", ".join(f"{one.name} {one.before} → {one.after}" for one in verdict.metrics[:5])
    lines = [f"differs: {len(verdict.metrics)} of {verdict.compared} metrics{several}{why}: {shown or 'other runs were made'}"]
    gone = [one.name for one in verdict.runs if not one.run_id]
    if gone:
        lines.append(f"not made again: {', '.join(gone[:10])}{', …' if len(gone) > 10 else ''}")
    if verdict.more:
        lines.append(f"made now and not before: {', '.join(verdict.more[:10])}{', …' if len(verdict.more) > 10 else ''}")
    return "\n".join(lines)
