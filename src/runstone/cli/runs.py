"""``runstone runs``: mlflow's commands and options, plus ranking and comparison. A run id may be cut short."""

from __future__ import annotations

import click

from .shell import Shell

#: One command, one module: the tables that a person looks at are big enough for files of their own.
COMMANDS = {
    "list": ("runs_list:list_runs", "Runs with their metrics and the params that differ."),
    "describe": ("runs_describe:describe", "All that is known of one run."),
    "best": ("runs_best:best", "Rank runs by a metric and show the winner."),
    "compare": ("runs_compare:compare", "Runs side by side: what differs, by how much, and who wins."),
    "create": ("runs_change:create", "Make a run, for work that happens elsewhere."),
    "delete": ("runs_change:delete", "Move runs to the trash."),
    "restore": ("runs_change:restore", "Bring runs back from the trash."),
    "move": ("runs_move:move", "Move runs to another experiment."),
}


@click.group(cls=Shell, commands_table=COMMANDS)
def runs() -> None:
    """List, show, rank, compare, move, delete and restore runs."""
