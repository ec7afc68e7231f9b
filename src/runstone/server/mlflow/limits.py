"""MLflow's limits, and its closed sets of words as clients send them."""

from __future__ import annotations

from runstone.entities import RunStatus, ViewType
from runstone.errors import InvalidValue

MAX_RUNS = 50_000
MAX_EXPERIMENTS = 50_000
MAX_HISTORY_BULK = 25_000
MAX_HISTORY_RUNS = 100
#: Of one ``log-batch``.
MAX_METRICS, MAX_PARAMS, MAX_TAGS, MAX_ENTITIES = 1000, 100, 100, 1000


def page_size(asked: int, most: int) -> int:
    if not 1 <= asked <= most:
        raise InvalidValue(f"Invalid value {asked} for parameter 'max_results' supplied: it must be between 1 and {most}.")
    return asked


def view(given: str | int, name: str) -> int:
    """A view type by its protobuf name or number."""
    numbers = {"ACTIVE_ONLY": ViewType.ACTIVE_ONLY, "DELETED_ONLY": ViewType.DELETED_ONLY, "ALL": ViewType.ALL}
    if given in numbers.values():
        return int(given)
    found = numbers.get(str(given).upper())
    if found is None:
        raise InvalidValue(f"Invalid value {given!r} for parameter '{name}' supplied: it is one of {', '.join(numbers)}.")
    return found


def status(given: str | int) -> str:
    """A run status by its name or number."""
    names = [name for name in RunStatus.NAMES if name != "CRASHED"]
    if isinstance(given, int) and 1 <= given <= len(names):
        return names[given - 1]
    if given not in names:
        raise InvalidValue(f"Invalid value {given!r} for parameter 'status' supplied: it is one of {', '.join(names)}.")
    return str(given)


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
