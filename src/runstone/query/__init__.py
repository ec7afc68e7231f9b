"""The language of filters and orderings: pure functions from text to trees and back, no I/O."""

from .order import DEFAULT_ORDER, run_order
from .parser import parse_field, parse_filter, parse_order
from .printer import field_text, order_text, to_text
from .tree import And, Comparison, Field, Membership, Node, Not, Or, Order, Presence
from .vocabulary import EXPERIMENTS, RUNS

__all__ = [
    "DEFAULT_ORDER", "EXPERIMENTS", "RUNS", "And", "Comparison", "Field", "Membership", "Node", "Not", "Or",
    "Order", "Presence", "field_text", "order_text", "parse_field", "parse_filter", "parse_order", "run_order", "to_text",
]  # fmt: skip
