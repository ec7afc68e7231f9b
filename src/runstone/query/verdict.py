"""Is it better? Runs that differ only in their seed become groups, groups are held against a baseline, in plain words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from runstone._lazy import later
from runstone.entities import Run
from runstone.errors import InvalidValue

from .identity import CODE_TAG, is_seed
from .objective import MAX, MIN, Objective, direction_of, meaning, objective
from .objective import STATISTICS as SERIES_STATISTICS
from .samples import Values, difference_interval, hedges_g, holm, permutation_p, seeds_to_settle, superiority

if TYPE_CHECKING:
    import numpy as np
else:
    np = later("numpy")

MOST_RUNS = 100
STATISTICS = (*SERIES_STATISTICS, "best")
_LARGEST = 1e150
_COMMIT = "mlflow.source.git.commit"


class Group(Struct, frozen=True):
    """Runs that differ only in their seed. ``values`` are their finite values of the metric; ``left_out`` counts those without
    one (not logged, NaN, infinite, beyond 1e150). ``deviation`` is of the sample, ``None`` below two values."""

    name: str
    run_ids: list[str]
    values: list[float]
    left_out: int
    mean: float | None
    deviation: float | None


class Verdict(Struct, frozen=True):
    """A group (by its place in ``groups``) against the baseline. ``difference`` is its mean minus the baseline's, ``low`` to
    ``high`` the interval; ``p`` is of the permutation test and ``p_corrected`` the same after Holm; ``superiority`` the chance
    that a run of this group beats one of the baseline; ``effect`` is Hedges' g. ``None``: too few runs to say.
    ``answer`` is ``better``, ``worse``, ``unclear`` or ``unknown`` (too few runs); ``more_seeds`` further runs for each side
    would settle what is unclear, ``None`` if no sensible number would."""

    group: int
    difference: float | None
    low: float | None
    high: float | None
    p: float | None
    p_corrected: float | None
    superiority: float | None
    effect: float | None
    more_seeds: int | None
    answer: str
    words: str


class Comparison(Struct, frozen=True):
    """``groups[baseline]`` is what the others are held against; ``str()`` gives the plain words. ``further``: ids of runs that
    differ from one of these only in their seed and were not compared, where somebody looked for them."""

    metric: str
    direction: str
    statistic: str
    level: float
    baseline: int
    groups: list[Group]
    verdicts: list[Verdict]
    words: str
    unit: str = ""
    further: list[str] = []

    def __str__(self) -> str:
        return "\n".join([self.words, *(one.words for one in self.verdicts)]) if len(self.verdicts) > 1 else self.words


def compare_runs(
    runs: Sequence[Run],
    metric: str | None = None,
    direction: str | None = None,
    baseline: str | None = None,
    statistic: str | None = None,
    level: float = 0.95,
    tags: Mapping[str, str] | None = None,
) -> Comparison:
    """Compare 2 to 100 whole runs (with summaries and inputs).

    Args:
        metric: by default what the names of metrics that all groups have suggest.
        direction: ``max`` or ``min``; by default what ``tags`` say, or the metric's name suggests.
        baseline: id of a run of the group to compare with; by default the first run's.
        statistic: ``last``, ``min``, ``max``, ``mean`` or ``first`` of a series, or ``best`` (least or greatest, by the
            direction); by default what ``tags`` say, else the last.
        level: of the intervals, and 1 − level is what p must not exceed.
        tags: of the experiment, which may declare an objective and what metrics mean; it decides before any guess.

    Raises InvalidValue for what cannot be compared.
    """
    runs = list({run.info.run_id: run for run in runs}.values())
    if not 2 <= len(runs) <= MOST_RUNS:
        raise InvalidValue(f"{len(runs)} different runs to compare; it takes 2 to {MOST_RUNS}.")
    if statistic not in (*STATISTICS, None):
        raise InvalidValue(f"statistic={statistic!r} is none of {', '.join(STATISTICS)}.")
    if not 0.5 <= level < 1:
        raise InvalidValue(f"level={level!r} is not between 0.5 and 1; try 0.95.")
    declared = _declared(tags or {}, runs)
    metric = metric or (declared.key if declared else _metric(runs))
    if not any(metric in run.data.metrics for run in runs):
        raise InvalidValue(f"None of these runs has the metric {metric!r}. They have: {_known(runs)}.")
    if direction not in (MAX, MIN, None):
        raise InvalidValue(f"direction={direction!r} is neither 'max' nor 'min'.")
    said = meaning(tags or {}, metric)
    direction, statistic = direction or said.direction or direction_of(metric) or MAX, statistic or said.statistic
    members = _grouped(runs)
    place = 0
    if baseline is not None:
        found = [i for i, group in enumerate(members) if any(run.info.run_id == baseline for run in group)]
        if not found:
            raise InvalidValue(f"The baseline {baseline!r} is none of the runs to compare.")
        place = found[0]
    stat = statistic if statistic != "best" else direction
    names = _names(members)
    groups = [_group(name, group, metric, stat) for name, group in zip(names, members, strict=True)]
    verdicts = _verdicts(groups, place, metric, direction, level)
    words = _summary(groups, verdicts, metric, _likeness(members[0])) + _caution(names, members)
    return Comparison(metric, direction, statistic, level, place, groups, verdicts, words, said.unit)


def _declared(tags: Mapping[str, str], runs: Sequence[Run]) -> Objective | None:
    """The objective that the tags name, if any of the runs has it."""
    found = objective(tags, ())
    return found if found and any(found.key in run.data.metrics for run in runs) else None


def _metric(runs: Sequence[Run]) -> str:
    shared = set.intersection(*(set(run.data.metrics) for run in runs)) or set().union(*(run.data.metrics for run in runs))
    chosen = objective({}, sorted(shared))
    if chosen is None:
        raise InvalidValue(f"Which metric decides? Name one, they tell not by themselves: {_known(runs)}.")
    return chosen.key


def _known(runs: Sequence[Run]) -> str:
    keys = sorted({key for run in runs for key in run.data.metrics})
    return ", ".join(keys[:10]) + (f" and {len(keys) - 10:,} more" if len(keys) > 10 else "") if keys else "no metric at all"


def _settings(run: Run) -> dict[str, str]:
    return {key: value for key, value in run.data.params.items() if not is_seed(key)}


def variant(run: Run) -> object:
    """Equal for runs that differ only in their seed: experiment, code, data and every other param are the same. Runs without
    params are told apart by their names."""
    data = sorted((one.dataset.name, one.dataset.digest) for one in run.inputs.dataset_inputs)
    settings = tuple(sorted(_settings(run).items()))
    return run.info.experiment_id, run.data.tags.get(_COMMIT), tuple(data), settings or run.info.run_name


def _grouped(runs: Sequence[Run]) -> list[list[Run]]:
    groups: dict[object, list[Run]] = {}
    for run in runs:
        groups.setdefault(variant(run), []).append(run)
    return list(groups.values())


def _names(groups: Sequence[Sequence[Run]]) -> list[str]:
    """The params that tell groups apart, at most three; where these do not, the name of the first run."""
    settings = [_settings(group[0]) for group in groups]
    keys = sorted({key for one in settings for key in one if len({other.get(key) for other in settings}) > 1})
    names = [", ".join(f"{key}={one.get(key, 'none')}" for key in keys[:3])[:120] for one in settings]
    if len(set(names)) == len(names) and all(names):
        return names
    return [group[0].info.run_name or group[0].info.run_id[:8] for group in groups]


def _group(name: str, runs: Sequence[Run], metric: str, statistic: str) -> Group:
    values = []
    for run in runs:
        summary = run.data.summaries.get(metric)
        value = None if summary is None else getattr(summary, statistic)
        if value is not None and abs(value) < _LARGEST:  # neither NaN nor infinite, and its square can be told
            values.append(float(value))
    mean = math.fsum(values) / len(values) if values else None
    spread = None
    if mean is not None and len(values) > 1:
        spread = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1))
    return Group(name, [run.info.run_id for run in runs], values, len(runs) - len(values), mean, spread)


def _verdicts(groups: Sequence[Group], place: int, metric: str, direction: str, level: float) -> list[Verdict]:

    others = [i for i in range(len(groups)) if i != place]
    tested = [i for i in others if min(len(groups[i].values), len(groups[place].values)) > 1]
    p = [permutation_p(_array(groups[place]), _array(groups[i])) for i in tested]
    both = dict(zip(tested, zip(p, holm(p), strict=True), strict=True))
    # Bonferroni's level is the strictest that Holm asks of any of them: advice by it is never too low
    strict = 1 - (1 - level) / max(1, len(tested))
    return [_verdict(groups, place, i, both.get(i), metric, direction, level, strict) for i in others]


def _array(group: Group) -> Values:
    return np.asarray(group.values, np.float64)


def _verdict(
    groups: Sequence[Group],
    place: int,
    i: int,
    p: tuple[float, float] | None,
    metric: str,
    direction: str,
    level: float,
    strict: float,
) -> Verdict:
    """``p`` is as it is and corrected; ``strict`` the level at which a difference counts whatever the others turn out to be."""
    base, other = groups[place], groups[i]
    gap = None if base.mean is None or other.mean is None else other.mean - base.mean
    if p is None:
        return Verdict(i, gap, None, None, None, None, None, None, None, "unknown", _too_few(base, other, metric, gap))

    assert gap is not None
    a, b = _array(base), _array(other)
    low, high = difference_interval(a, b, level)
    chance = superiority(a, b) if direction == MAX else superiority(b, a)
    better = (gap > 0) == (direction == MAX)
    answer = ("better" if better else "worse") if gap and p[1] <= 1 - level + 1e-12 else "unclear"
    more = None
    if answer == "unclear" and (needed := seeds_to_settle(a, b, strict)) is not None:
        more = max(1, needed - min(len(a), len(b)))
    runs = f"{len(a)} runs each" if len(a) == len(b) else f"{len(b)} runs against {len(a)}"
    span = f"{level * 100:g} % interval {_figure(low)} … {_figure(high)}, p {_p(p[1])}, {runs}"
    if answer == "unclear" and gap == 0 and len({*base.values, *other.values}) == 1:
        more = None
        words = f"{other.name} and {base.name} are equal on {metric}: every run gave {_figure(base.values[0])} ({runs})."
    elif answer == "unclear":
        hope = (
            f"about {more} more seed{'s' * (more != 1)} each would settle it" if more else "more seeds would hardly settle it"
        )
        who = f"{other.name} or {base.name} is better on {metric}"
        words = f"Can't tell yet whether {who}: {hope} (difference {_figure(gap)}, {span})."
    else:
        words = f"{other.name} is {answer} than {base.name} on {metric} by {_figure(abs(gap))} ({span})."
    return Verdict(i, gap, low, high, p[0], p[1], chance, hedges_g(a, b), more, answer, words)


def _too_few(base: Group, other: Group, metric: str, gap: float | None) -> str:
    for group in (other, base):
        if not group.values:
            return f"Can't tell: {group.name} has no finite value of {metric}."
    one = base.name if len(base.values) < 2 else other.name
    return (
        f"Can't tell whether {other.name} or {base.name} is better on {metric}: the difference is {_figure(gap or 0.0)}, but "
        f"{one} was run once, so how far chance alone moves it is unknown. Run each with about 4 seeds."
    )


def _summary(groups: Sequence[Group], verdicts: Sequence[Verdict], metric: str, likeness: str) -> str:
    if not verdicts:
        only = groups[0]
        if only.mean is None:
            return f"These runs {likeness}, and none has a finite value of {metric}."
        spread = "" if only.deviation is None else f" ± {_figure(only.deviation)}"
        return f"These {len(only.run_ids)} runs {likeness}: {metric} is {_figure(only.mean)}{spread}."
    if len(verdicts) == 1:
        return verdicts[0].words
    counts = [(name, sum(one.answer == name for one in verdicts)) for name in ("better", "worse", "unclear", "unknown")]
    said = {"unclear": "too close to tell", "unknown": "with too few runs to tell"}
    parts = ", ".join(f"{count} {said.get(name, name)}" for name, count in counts if count)
    return f"Of {len(verdicts)} groups against the baseline on {metric}: {parts} (p corrected for {len(verdicts)} comparisons)."


def _likeness(runs: Sequence[Run]) -> str:
    seeded = len({tuple(sorted(run.data.params.items())) for run in runs}) > 1
    return "differ only in their seed" if seeded and not _mixed(runs) else "repeat each other"


def _mixed(runs: Sequence[Run]) -> bool:
    """Whether their code is known to differ; runs that have just begun do not tell yet."""
    return len({code for run in runs if (code := run.data.tags.get(CODE_TAG))}) > 1


def _caution(names: Sequence[str], members: Sequence[Sequence[Run]]) -> str:
    """Runs of one commit are one group although files beside it may differ: a notebook changes while a sweep goes on."""
    mixed = [name for name, group in zip(names, members, strict=True) if _mixed(group)]
    if not mixed:
        return ""
    where = (
        "" if len(members) == 1 else f" of {', '.join(mixed[:3])}" + (f" and {len(mixed) - 3} more groups" if mixed[3:] else "")
    )
    return f" Code that git does not hold differs among the runs{where}: runstone diff RUN RUN tells how."


def _figure(value: float) -> str:
    return f"{value:.3g}".replace("-", "\u2212")


def _p(p: float) -> str:
    return "< 0.001" if p < 0.001 else f"{p:.2g}"
