"""MLflow's limits, and its closed sets of words as clients send them."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable

from runstone.entities import RunStatus, ViewType
from runstone.errors import InvalidValue

from .reading import missing

MAX_RUNS = 50_000
MAX_EXPERIMENTS = 50_000
MAX_MODELS = 50_000
MAX_HISTORY_BULK = 25_000
MAX_HISTORY_INTERVAL = 2_500
MAX_HISTORY_RUNS = 100
MAX_DATASET_EXPERIMENTS = 20
#: Of one ``log-batch``.
MAX_METRICS, MAX_PARAMS, MAX_TAGS, MAX_ENTITIES = 1000, 100, 100, 1000
#: Of one ``log-inputs``.
MAX_DATASETS = 1000
#: Of one ``delete-traces``; MLflow has no limit, and each is looked at by itself.
MAX_DELETED_TRACES = 10_000
#: Characters. Values have no limit here: MLflow cuts long ones, we keep them.
MAX_KEY, MAX_EXPERIMENT_NAME = 250, 500
MAX_DATASET = {"name": 500, "digest": 36, "source": 65_535, "schema": 1_048_575, "profile": 16_777_215}


def page_size(asked: int, most: int) -> int:
    if not 1 <= asked <= most:
        raise InvalidValue(f"Invalid value {asked} for parameter 'max_results' supplied: it must be between 1 and {most}.")
    return asked


def view(given: str | int, name: str) -> int:
    """A view type by its protobuf name or number."""
    numbers = {"ACTIVE_ONLY": ViewType.ACTIVE_ONLY, "DELETED_ONLY": ViewType.DELETED_ONLY, "ALL": ViewType.ALL}
    return word(given, numbers, name)


def status(given: str | int) -> str:
    """A run status by its name or number."""
    numbers = {RunStatus.to_string(number): number for number in RunStatus.all_status() if number != RunStatus.CRASHED}
    return RunStatus.to_string(word(given, numbers, "status"))


def word(given: str | int, numbers: dict[str, int], name: str) -> int:
    """The number of an enum's word, given as either."""
    text = str(given)
    if text.upper() in numbers:
        return numbers[text.upper()]
    if text.isdecimal() and int(text) in numbers.values():
        return int(text)
    raise InvalidValue(f"Invalid value {given!r} for parameter '{name}' supplied: it is one of {', '.join(numbers)}.")


def check_batch(metrics: int, params: int, tags: int) -> None:
    for what, count, most in (("metrics", metrics, MAX_METRICS), ("params", params, MAX_PARAMS), ("tags", tags, MAX_TAGS)):
        if count > most:
            raise InvalidValue(
                f"A batch logging request can contain at most {most} {what}. Got {count} {what}. Please split them."
            )
    total = metrics + params + tags
    if total > MAX_ENTITIES:
        raise InvalidValue(
            f"A batch logging request can contain at most {MAX_ENTITIES} metrics, params and tags in all. "
            f"Got {total}. Please split them."
        )


def check_keys(keys: Iterable[str], path: str = "key") -> None:
    """Raises InvalidValue for a key that cannot name a metric, param or tag. ``path`` with ``{}`` counts."""
    for number, key in enumerate(keys):
        if unusual_key(key):
            _check_key(key, path.format(number))


def unusual_key(key: str) -> bool:
    """Whether a key needs a closer look before it may name something."""
    return not (key.isascii() and key.isidentifier() and len(key) <= MAX_KEY)


def _check_key(key: str, path: str) -> None:
    if not key.strip():
        raise missing(path)
    if len(key) > MAX_KEY:
        raise InvalidValue(f"'{path}' exceeds the maximum length of {MAX_KEY} characters: it has {len(key)}.")
    problem = ""
    if key.startswith("/") or any(part in (".", "..") for part in key.split("/")):
        problem = "a name may not begin with '/', nor have '.' or '..' between slashes"
    elif any(unicodedata.category(one) in ("Cc", "Cs") for one in key):
        problem = "a name may not have control characters or half of a surrogate pair"
    if problem:
        raise InvalidValue(f"Invalid value {json.dumps(key)} for parameter '{path}' supplied: {problem}.")


def check_experiment_name(name: str) -> None:
    if len(name) > MAX_EXPERIMENT_NAME:
        raise InvalidValue(f"'name' exceeds the maximum length of {MAX_EXPERIMENT_NAME} characters: it has {len(name)}.")


def check_length(path: str, text: str | None, most: int) -> None:
    if text is not None and len(text) > most:
        raise InvalidValue(f"'{path}' exceeds the maximum length of {most} characters: it has {len(text)}.")
