"""From rows to what is read back: experiments, runs, and what belongs to a run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from runstone.contracts import ArtifactFile, Changes, ConsolePiece, DocumentText
from runstone.entities import Experiment, Run, Summary
from runstone.errors import NotFound

from .compression import text_of
from .contexts import add_contexts
from .places import Places
from .search_hydrate import counts_of, hydrate, summaries_of
from .statements import find
from .work import experiment_number

_EXPERIMENT = (
    "SELECT experiment_id, name, artifact_location, lifecycle_stage, creation_time, last_update_time FROM experiments WHERE "
)
#: Most runs that one answer of ``changes`` names.
_CHANGES = 1000


class Reader:
    """Reads over one connection, inside its transaction: everything it gives is of one moment."""

    def __init__(self, connection: Connection, sign: str, places: Places) -> None:
        self.connection, self.sign, self.places = connection, sign, places

    # --- experiments ----------------------------------------------------------------------------------------------

    def experiments(self, ids: Sequence[int]) -> list[Experiment]:
        """In the order asked for; those that do not exist are left out."""
        tags: dict[int, dict[str, str]] = {}
        select = 'SELECT experiment_id, "key", value FROM experiment_tags WHERE experiment_id IN'
        for number, key, value in find(self.connection, select, ids, self.sign):
            tags.setdefault(number, {})[key] = value
        found = {}
        for number, name, location, stage, created, updated in find(
            self.connection, f"{_EXPERIMENT} experiment_id IN", ids, self.sign
        ):
            place = self.places.experiment(location)
            found[number] = Experiment(str(number), name, place, stage, tags.get(number), created, updated)
        return [found[number] for number in ids if number in found]

    def experiment(self, experiment_id: str) -> Experiment:
        """Raises NotFound."""
        found = self.experiments([experiment_number(experiment_id)])
        if not found:
            raise NotFound(f"No Experiment with id={experiment_id} exists")
        return found[0]

    def experiment_named(self, name: str) -> Experiment | None:
        select = f"SELECT experiment_id FROM experiments WHERE name = {self.sign}"
        number = self.connection.exec_driver_sql(select, (name,)).scalar()
        return None if number is None else self.experiments([number])[0]

    # --- runs -----------------------------------------------------------------------------------------------------

    def runs(self, run_ids: Sequence[str]) -> list[Run]:
        """With params, tags and summaries, in the order asked for; those that do not exist are left out."""
        return hydrate(self.connection, run_ids, self.places.run)

    def run(self, run_id: str, metrics: bool = True) -> Run:
        """With inputs and outputs too. Raises NotFound."""
        found = hydrate(self.connection, [run_id], self.places.run, "summaries" if metrics else "none")
        if not found:
            raise NotFound(f"Run with id={run_id} not found")
        add_contexts(self.connection, found)
        return found[0]

    def require_run(self, run_id: str) -> None:
        """Raises NotFound."""
        if not self._of_run("1", "runs", run_id):
            raise NotFound(f"Run with id={run_id} not found")

    # --- what belongs to a run --------------------------------------------------------------------------------------

    def console(self, run_id: str, after: int, limit: int) -> list[ConsolePiece]:
        select = (
            f"SELECT sequence, stream, time, text FROM console WHERE run_id = {self.sign} AND sequence > {self.sign} "
            f"ORDER BY sequence LIMIT {int(limit)}"
        )
        return [ConsolePiece(*row) for row in self.connection.exec_driver_sql(select, (run_id, after))]

    def series_counts(self, run_id: str) -> dict[str, int]:
        return counts_of(self.connection, run_id)

    def summaries(self, run_id: str, keys: Sequence[str]) -> dict[str, Summary]:
        return summaries_of(self.connection, run_id, keys)

    def documents(self, run_id: str) -> list[DocumentText]:
        rows = self._of_run("name, media_type, data", "documents", run_id, "name")
        return [DocumentText(name, media_type, text_of(data)) for name, media_type, data in rows]

    def artifact_files(self, run_id: str) -> list[ArtifactFile]:
        return [ArtifactFile(*row) for row in self._of_run("path, size, digest", "artifact_files", run_id, "path")]

    # --- the store ------------------------------------------------------------------------------------------------

    def acknowledged(self, journal_id: str) -> int:
        select = f"SELECT acknowledged FROM journals WHERE journal_id = {self.sign}"
        return self.connection.exec_driver_sql(select, (journal_id,)).scalar() or 0

    def changes(self, cursor: int | None) -> Changes:
        now = int(self.connection.exec_driver_sql("SELECT changed FROM clock WHERE id = 0").scalar_one())
        if cursor is None or cursor >= now:
            return Changes(now, (), ())
        select = (
            f"SELECT run_id, changed FROM runs WHERE changed > {self.sign} ORDER BY changed LIMIT {_CHANGES + 1}",
            f"SELECT experiment_id, changed FROM experiments WHERE changed > {self.sign} ORDER BY changed LIMIT {_CHANGES + 1}",
        )
        runs, experiments = (self.connection.exec_driver_sql(text, (cursor,)).fetchall() for text in select)
        # where a list is cut, so is the other: the cursor stands for both
        end = min([now, *(rows[_CHANGES - 1][1] for rows in (runs, experiments) if len(rows) > _CHANGES)])
        return Changes(
            end,
            [row[0] for row in runs if row[1] <= end],
            [str(row[0]) for row in experiments if row[1] <= end],
            more=end < now,
        )

    def _of_run(self, columns: str, table: str, run_id: str, order: str = "run_id") -> Sequence[Any]:
        select = f"SELECT {columns} FROM {table} WHERE run_id = {self.sign} ORDER BY {order}"
        return self.connection.exec_driver_sql(select, (run_id,)).fetchall()
