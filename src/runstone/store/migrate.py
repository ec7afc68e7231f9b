"""Run the migrations. Imported only when there are some to run: Alembic takes a while to load."""

from __future__ import annotations

import warnings
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection


def config(connection: Connection | None = None) -> Config:
    """Alembic's configuration, without a file."""
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    made.set_main_option("path_separator", "os")
    made.attributes["connection"] = connection
    return made


def upgrade(connection: Connection, to: str = "head") -> None:
    """Migrate inside the transaction of ``connection``: it is all done or not at all."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Alembic's, about its own configuration
        command.upgrade(config(connection), to)


def revisions() -> list[str]:
    """Names of all migrations in the folder, oldest first."""
    return [script.revision for script in ScriptDirectory.from_config(config()).walk_revisions()][::-1]
