"""Searching logged models: words and orderings."""

from __future__ import annotations

from collections.abc import Sequence

from runstone.errors import FilterError

from .tree import Field, Order
from .vocabulary import NUMBER, TEXT, Vocabulary

LOGGED_MODELS = Vocabulary(
    noun="logged model",
    prefixes={
        "metrics": "metrics", "metric": "metrics", "params": "params", "param": "params", "parameters": "params",
        "tags": "tags", "tag": "tags", "attributes": "attributes", "attribute": "attributes", "attr": "attributes",
    },
    attributes={
        "name": TEXT, "model_id": TEXT, "model_type": TEXT, "status": TEXT, "source_run_id": TEXT, "experiment_id": TEXT,
        "artifact_location": TEXT, "creation_timestamp": NUMBER, "last_updated_timestamp": NUMBER,
    },
    aliases={
        "creation_time": "creation_timestamp", "creation_timestamp_ms": "creation_timestamp",
        "last_updated_timestamp_ms": "last_updated_timestamp", "last_updated_time": "last_updated_timestamp",
        "artifact_uri": "artifact_location",
    },
)  # fmt: skip

_LAST = (Order(Field("attributes", "creation_timestamp"), True), Order(Field("attributes", "model_id")))


def model_order(asked: Sequence[tuple[str, bool]]) -> tuple[Order, ...]:
    """Names of fields, each with whether it ascends; then the newest first. Raises FilterError.

    The names come apart, as MLflow's clients send them, so that keys need no quotes.
    """
    found: dict[Field, Order] = {}
    for order in (*(Order(_field(name), not ascending) for name, ascending in asked), *_LAST):
        found.setdefault(order.field, order)
    return tuple(found.values())


def _field(name: str) -> Field:
    prefix, _, key = name.partition(".")
    kind = LOGGED_MODELS.prefixes.get(prefix) if key else "attributes"
    if kind == "metrics":
        return Field("metrics", key.strip('`"'), "last")
    known = LOGGED_MODELS.attribute(key or name) if kind == "attributes" else None
    if known is None:
        problem = f"Logged models cannot be ordered by {name!r}"
        raise FilterError(problem, name, 0, len(name), ("metrics.<key>", *LOGGED_MODELS.attributes))
    return Field("attributes", known)
