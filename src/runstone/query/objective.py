"""What an experiment tries to make large or small, said by its tags or guessed from its metrics' names."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping

from msgspec import Struct

from runstone.errors import InvalidValue

OBJECTIVE_TAG = "runstone.objective"
DIRECTION_TAG = "runstone.objective.direction"

MAX, MIN = "max", "min"

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
_HELD_OUT = ("test", "holdout", "val", "valid", "validation", "eval", "dev")
_TRAINING = ("train", "training", "batch", "running")
_WORDS = re.compile(r"[a-z]+\d*|\d+")


class Objective(Struct, frozen=True):
    """A metric's key and whether the greatest (``max``) or the least (``min``) value is best. ``guessed`` if no tag said so."""

    key: str
    direction: str
    guessed: bool = False

    @property
    def order_by(self) -> str:
        """The ordering that puts the best run first."""
        key = self.key.replace("`", "``")
        return f"metrics.`{key}` {'DESC' if self.direction == MAX else 'ASC'}"


def direction_of(key: str) -> str | None:
    """``max`` or ``min`` by the words in a metric's name, ``None`` if they do not tell."""
    rank = _rank(key)
    return None if rank is None else rank[2]


def objective(tags: Mapping[str, str], keys: Iterable[str]) -> Objective | None:
    """The objective of an experiment.

    Args:
        tags: the experiment's tags; ``runstone.objective`` (and ``.direction``) win over any guess.
        keys: its metrics' keys, most used first; among equally good names the earlier wins.
    """
    key = tags.get(OBJECTIVE_TAG)
    if key:
        direction = tags.get(DIRECTION_TAG, "").lower()
        if direction in (MAX, MIN):
            return Objective(key, direction)
        return Objective(key, direction_of(key) or MAX)
    ranked = [(rank[:2], place, name, rank[2]) for place, name in enumerate(keys) if (rank := _rank(name)) is not None]
    if not ranked:
        return None
    _, _, name, direction = min(ranked)
    return Objective(name, direction, guessed=True)


def objective_tags(key: str, direction: str) -> dict[str, str]:
    """The tags that fix an objective. Raises InvalidValue for another direction than ``max`` or ``min``."""
    if direction not in (MAX, MIN):
        raise InvalidValue(f"direction={direction!r} is neither 'max' nor 'min'.")
    return {OBJECTIVE_TAG: key, DIRECTION_TAG: direction}


def best(values: Mapping[str, float | None], direction: str) -> str | None:
    """The run id with the best value; NaN and ``None`` never win, the first of equal ones does."""
    sign = -1.0 if direction == MAX else 1.0
    known = [(sign * value, run_id) for run_id, value in values.items() if value is not None and not math.isnan(value)]
    return min(known, key=lambda pair: pair[0])[1] if known else None


def _rank(key: str) -> tuple[int, int, str] | None:
    """(held-out first and training last, how telling the word is, direction); ``None`` for a name that tells nothing."""
    if key.startswith("system/"):
        return None
    words = _WORDS.findall(re.sub(r"([a-z])([A-Z])", r"\1_\2", key).lower())
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


def _names(word: str, words: list[str], said: str) -> bool:
    return word in words or ("_" in word and word in said)
