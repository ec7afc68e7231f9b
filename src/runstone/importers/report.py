"""What came of reading a source in."""

from __future__ import annotations

from collections import Counter

from msgspec import Struct, field

#: How many problems are kept in words; the rest is counted.
MOST = 200


class Report(Struct, kw_only=True):
    """``carried`` counts what was written, by kind; ``unchanged`` what carried the mark of the last reading; ``gone`` what an
    earlier reading brought and the source no longer has (it stays here). ``problems`` are what could not be carried: what, and
    why; ``not_told`` how many more. ``left_out`` counts what no store here has a place for, by what the source calls it."""

    source: str
    kind: str
    into: str = ""
    dry_run: bool = False
    carried: dict[str, int] = field(default_factory=dict)
    unchanged: dict[str, int] = field(default_factory=dict)
    gone: dict[str, int] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)
    points: int = 0
    seconds: float = 0.0
    problems: list[tuple[str, str]] = field(default_factory=list)
    not_told: int = 0

    def count(self, table: dict[str, int], kind: str, number: int = 1) -> None:
        if number:
            table[kind] = table.get(kind, 0) + number

    def problem(self, what: str, why: str) -> None:
        if len(self.problems) < MOST:
            self.problems.append((what, why))
        else:
            self.not_told += 1

    @property
    def anything(self) -> bool:
        return bool(self.carried or self.problems)

    def words(self) -> str:
        """One line: ``12 runs, 340 points, 1 experiment``."""
        parts = [f"{number:,} {_NAMES[kind][number != 1]}" for kind, number in self.carried.items()]
        if self.points:
            parts.append(f"{self.points:,} point{'s' * (self.points != 1)}")
        return ", ".join(parts) or "nothing new"

    def problem_lines(self, most: int = 10) -> list[str]:
        """Problems for people, the same reason said once."""
        reasons = Counter(why for _, why in self.problems)
        first = {why: what for what, why in reversed(self.problems)}
        lines = [f"{first[why]}{f' and {n - 1} more' * (n > 1)}: {why}" for why, n in reasons.most_common(most)]
        if self.left_out:
            told = ", ".join(f"{name} ({number:,})" for name, number in self.left_out.items())
            lines.append(f"{told}: nothing here keeps such things")
        left = max(0, len(reasons) - most)
        return [*lines, *([f"{left} other kinds of problems; --json names them"] if left > 0 else [])]


_NAMES = {
    "experiment": ("experiment", "experiments"),
    "run": ("run", "runs"),
    "model": ("logged model", "logged models"),
    "trace": ("trace", "traces"),
    "registered": ("registered model", "registered models"),
    "evaluation_dataset": ("evaluation dataset", "evaluation datasets"),
    "dataset_record": ("dataset record", "dataset records"),
    "scorer": ("version of a scorer", "versions of scorers"),
    "issue": ("issue", "issues"),
    "label_schema": ("label schema", "label schemas"),
    "review_queue": ("review queue", "review queues"),
    "webhook": ("webhook, switched off", "webhooks, switched off"),
    "mcp_server": ("MCP server", "MCP servers"),
    "mcp_version": ("version of an MCP server", "versions of MCP servers"),
    "review_item": ("item of a review queue", "items of review queues"),
}
