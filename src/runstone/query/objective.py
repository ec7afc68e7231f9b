"""What an experiment tries to make large or small, and what its metrics mean: said by its tags, or guessed from names.

Of a metric ``K`` the tags ``runstone.direction.K``, ``runstone.statistic.K`` and ``runstone.unit.K`` say which end is good,
which value of its series counts, and in what it is measured.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Literal

from msgspec import Struct

from runstone.errors import InvalidValue

OBJECTIVE_TAG = "runstone.objective"
DIRECTION_TAG = "runstone.objective.direction"

#: Kinds of tag that say something of one metric; its key follows.
DIRECTION, STATISTIC, UNIT = "runstone.direction.", "runstone.statistic.", "runstone.unit."

MAX, MIN = "max", "min"
#: Values of a series that may count.
STATISTICS = ("last", "min", "max", "mean", "first")
#: Characters of a unit.
MOST_UNIT = 24

# Words of metric names, by how surely they are what a person looks at: earlier wins.
_LARGER = (
    "accuracy", "acc", "balanced_accuracy", "f1", "f1_score", "auc", "roc_auc", "auroc", "average_precision", "map", "score",
    "r2", "bleu", "rouge", "iou", "dice", "reward", "return", "win_rate", "precision", "recall", "specificity", "sensitivity",
    "ndcg", "mrr", "kappa", "mcc", "psnr", "ssim", "throughput", "hits", "top1", "top5",
)  # fmt: skip
_SMALLER = (
    "loss", "rmse", "mae", "mse", "mape", "error", "err", "perplexity", "ppl", "logloss", "log_loss", "cross_entropy", "bpc",
    "bpb", "nll", "wer", "cer", "fid", "regret", "deviance", "distance", "latency", "cost",
)  # fmt: skip
#: No objectives, but of what costs time less is better. The UI has these words and those of ``_SMALLER``, too.
_COSTS = ("seconds", "ms", "milliseconds", "minutes", "hours", "duration", "time")
_HELD_OUT = ("test", "holdout", "val", "valid", "validation", "eval", "dev")
_TRAINING = ("train", "training", "batch", "running")
_WORDS = re.compile(r"[a-z]+\d*|\d+")


class Meaning(Struct, frozen=True):
    """What was said of a metric. ``direction``: which end is good, ``None`` where nobody said; ``statistic``: the value of
    its series that counts; ``unit``: in what it is measured, empty where nobody said."""

    direction: Literal["max", "min"] | None = None
    statistic: Literal["last", "min", "max", "mean", "first"] = "last"
    unit: str = ""


class Objective(Struct, frozen=True):
    """A metric's key and whether the greatest (``max``) or the least (``min``) value is best. ``guessed`` if no tag named the
    metric. ``statistic`` and ``unit`` are as in :class:`Meaning`."""

    key: str
    direction: str
    guessed: bool = False
    statistic: str = "last"
    unit: str = ""

    @property
    def column(self) -> str:
        """What counts, in the grammar of filters and columns."""
        return column(self.key, self.statistic)

    @property
    def order_by(self) -> str:
        """The ordering that puts the best run first."""
        return f"{self.column} {'DESC' if self.direction == MAX else 'ASC'}"


def column(key: str, statistic: str = "last") -> str:
    """A value of a metric's series, in the grammar of filters and columns."""
    name = "metrics.`{}`".format(key.replace("`", "``"))
    return name if statistic == "last" else f"{statistic}({name})"


def meaning(tags: Mapping[str, str], key: str) -> Meaning:
    """What an experiment's tags say of one metric. What cannot be understood says nothing."""
    direction = tags.get(DIRECTION + key, tags.get(DIRECTION_TAG, "") if tags.get(OBJECTIVE_TAG) == key else "").lower()
    statistic = tags.get(STATISTIC + key, "").lower()
    return Meaning(
        direction if direction in (MAX, MIN) else None,  # type: ignore[arg-type]
        statistic if statistic in STATISTICS else "last",  # type: ignore[arg-type]
        " ".join(tags.get(UNIT + key, "").split())[:MOST_UNIT],
    )


def meanings(tags: Mapping[str, str]) -> dict[str, Meaning]:
    """Of every metric of which an experiment's tags say something."""
    keys = {tag[len(kind) :] for tag in tags for kind in (DIRECTION, STATISTIC, UNIT) if tag.startswith(kind)}
    keys |= {tags[OBJECTIVE_TAG]} if tags.get(OBJECTIVE_TAG) else set()
    found = {key: meaning(tags, key) for key in sorted(keys)}
    return {key: one for key, one in found.items() if one != Meaning()}


def direction_of(key: str) -> str | None:
    """``max`` or ``min`` by the words in a metric's name, ``None`` if they do not tell."""
    rank = _rank(key)
    if any(word in _COSTS for word in _words(key)):
        return MIN
    return None if rank is None else rank[2]


def objective(tags: Mapping[str, str], keys: Iterable[str]) -> Objective | None:
    """The objective of an experiment.

    Args:
        tags: the experiment's tags; what they say wins over any guess.
        keys: its metrics' keys, most used first; among equally good names the earlier wins.
    """
    key = tags.get(OBJECTIVE_TAG)
    if key:
        said = meaning(tags, key)
        return Objective(key, said.direction or direction_of(key) or MAX, False, said.statistic, said.unit)
    ranked = [(rank[:2], place, name, rank[2]) for place, name in enumerate(keys) if (rank := _rank(name)) is not None]
    if not ranked:
        return None
    _, _, name, direction = min(ranked)
    said = meaning(tags, name)
    return Objective(name, said.direction or direction, True, said.statistic, said.unit)


def metric_tags(
    key: str, direction: str | None = None, statistic: str | None = None, unit: str | None = None, objective: bool = False
) -> dict[str, str | None]:
    """The changes of an experiment's tags that say this of a metric; what is ``None`` stays as it is.

    Raises InvalidValue for a word that :func:`meaning` would not understand.
    """
    if direction not in (MAX, MIN, None):
        raise InvalidValue(f"direction={direction!r} is neither 'max' nor 'min'.")
    if statistic is not None and statistic not in STATISTICS:
        raise InvalidValue(f"statistic={statistic!r} is none of {', '.join(STATISTICS)}.")
    if unit is not None and len(unit) > MOST_UNIT:
        raise InvalidValue(f"unit={unit!r} has {len(unit)} characters; {MOST_UNIT} are the most.")
    said = ((DIRECTION, direction), (STATISTIC, statistic), (UNIT, unit))
    tags: dict[str, str | None] = {kind + key: value or None for kind, value in said if value is not None}
    return {**tags, OBJECTIVE_TAG: key, DIRECTION_TAG: None} if objective else tags


def best(values: Mapping[str, float | None], direction: str) -> str | None:
    """The run id with the best value; NaN and ``None`` never win, the first of equal ones does."""
    sign = -1.0 if direction == MAX else 1.0
    known = [(sign * value, run_id) for run_id, value in values.items() if value is not None and not math.isnan(value)]
    return min(known, key=lambda pair: pair[0])[1] if known else None


@lru_cache(4096)
def _rank(key: str) -> tuple[int, int, str] | None:
    """(held-out first and training last, how telling the word is, direction); ``None`` for a name that tells nothing."""
    if key.startswith("system/"):
        return None
    words = _words(key)
    said = "_".join(words)
    telling = [(place, MAX) for place, word in enumerate(_LARGER) if _names(word, words, said)]
    telling += [(place, MIN) for place, word in enumerate(_SMALLER) if _names(word, words, said)]
    if not telling:
        return None
    # "error_rate", "accuracy_loss": a word for smaller decides, it is the noun; among words of one side the first counts
    smaller = [pair for pair in telling if pair[1] == MIN]
    place, direction = min(smaller or telling)
    part = 0 if any(word in _HELD_OUT for word in words) else 2 if any(word in _TRAINING for word in words) else 1
    return (part, place + (len(_LARGER) if direction == MIN else 0), direction)


def _words(key: str) -> list[str]:
    return [] if key.startswith("system/") else _WORDS.findall(re.sub(r"([a-z])([A-Z])", r"\1_\2", key).lower())


def _names(word: str, words: list[str], said: str) -> bool:
    return word in words or ("_" in word and word in said)
