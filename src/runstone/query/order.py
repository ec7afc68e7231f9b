"""The whole ordering of a search: what was asked, then what makes it total."""

from __future__ import annotations

from .parser import parse_order
from .tree import Field, Order
from .vocabulary import EXPERIMENTS

#: Newest first; the id decides between runs that began in the same millisecond.
DEFAULT_ORDER = (Order(Field("attributes", "start_time"), True), Order(Field("attributes", "run_id")))

#: As MLflow: newest first.
EXPERIMENT_ORDER = (Order(Field("attributes", "creation_time"), True), Order(Field("attributes", "experiment_id")))


def run_order(texts: tuple[str, ...] | list[str]) -> tuple[Order, ...]:
    """The columns asked for, then the default ones that are not among them. Raises FilterError."""
    return _total(parse_order(texts), DEFAULT_ORDER)


def experiment_order(texts: tuple[str, ...] | list[str]) -> tuple[Order, ...]:
    """As :func:`run_order`, for experiments. Raises FilterError."""
    return _total(parse_order(texts, EXPERIMENTS), EXPERIMENT_ORDER)


def _total(asked: tuple[Order, ...], default: tuple[Order, ...]) -> tuple[Order, ...]:
    """A field named twice counts where it comes first; nothing after the unique last field of ``default`` matters."""
    unique = default[-1].field
    found: dict[Field, Order] = {}
    for order in (*asked, *default):
        found.setdefault(order.field, order)
        if order.field == unique:
            break
    return tuple(found.values())
