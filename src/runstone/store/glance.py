"""One look at an SQLite store's experiments without the machinery of a store: for who cannot wait until that is loaded."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from runstone.entities import Experiment

from .places import Places


def experiment(file: Path, artifact_root: str, column: str, value: str | int) -> Experiment | None:
    """An experiment by its ``name`` or ``experiment_id``; ``None`` where there is none, or the file says nothing just now.

    Args:
        file: the database. It is not made, and not written to.
        artifact_root: URI of the folder for artifacts of experiments that name none.
        column: ``name`` or ``experiment_id``.
        value: what stands in it.
    """
    assert column in ("name", "experiment_id")
    select = (
        "SELECT experiment_id, name, artifact_location, lifecycle_stage, creation_time, last_update_time "
        f"FROM experiments WHERE {column} = ?"
    )
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=0.1)) as connection:
            row = connection.execute(select, (value,)).fetchone()
            if row is None:
                return None
            number, name, location, stage, created, updated = row
            tags = dict(connection.execute("SELECT key, value FROM experiment_tags WHERE experiment_id = ?", (number,)))
    except sqlite3.Error:
        return None  # missing, locked, of another version: whoever opens it whole will say what is the matter
    return Experiment(str(number), name, Places(artifact_root).experiment(location), stage, tags, created, updated)
