"""``runstone db``: the tables of a store. The store is named outright, as for ``mlflow db``."""

from __future__ import annotations

import click

from .shell import Shell

COMMANDS = {
    "upgrade": ("db_upgrade:upgrade", "Make or migrate the tables of a store."),
    "check": ("db_upgrade:check", "Say whether the tables are up to date, and change nothing."),
    "copy": ("db_copy:copy", "Copy a whole store into an empty place, of the same kind or another."),
}


@click.group(cls=Shell, commands_table=COMMANDS)
def db() -> None:
    """Look at the tables of a store, bring them up to date, copy them."""
