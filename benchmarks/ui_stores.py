"""Stores that ``ui.py`` looks at: many runs, long curves, a run of very many metrics; the same runs in mlflow's tables."""

from __future__ import annotations

import subprocess
import sys
import uuid
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import search

#: Runs of the long chart, and the value that each has at one step.
CURVES, SPIKE = 50, 1234.5
NOW = 1_700_000_000_000


class Stores:
    """Writes into a folder of the benchmark's own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "store"
        self._peers = folder

    def runstone(self, runs: Sequence[int], keys: int, steps: int) -> dict[str, str]:
        """Ids of experiments and runs by what they are for."""
        from runstone.connect import open_store
        from runstone.contracts import Batch
        from runstone.records import ExperimentCreated
        from runstone.testing.seed import Size, seed

        open_store(str(self.folder)).close()
        ids = {}
        for place, count in enumerate(runs):
            ids[f"runs {count}"] = seed(self.folder / "runstone.db", Size(count), f"runs-{count}", place)
        store = open_store(str(self.folder))
        store.write(Batch([ExperimentCreated("curves", tags={}, time=NOW)]))
        found = store.find_experiment("curves")
        assert found is not None
        ids["curves"] = found.experiment_id
        self._wide(store, ids, keys)
        if steps:
            self._curves(store, ids["curves"], steps)
        store.close()
        return ids

    def _wide(self, store: object, ids: dict[str, str], keys: int) -> None:
        from runstone.contracts import Batch
        from runstone.records import Metrics, RunChanged, RunStarted

        ids["wide"] = uuid.UUID(int=1).hex
        store.write(Batch([RunStarted(ids["wide"], "0", NOW, "wide")]))  # type: ignore[attr-defined]
        for start in range(0, keys, 10_000):
            names = [f"layer{place // 50}/stat_{place % 50}" for place in range(start, min(keys, start + 10_000))]
            count = len(names)
            series, steps = np.arange(count, dtype="<u4"), np.zeros(count, "<i8")
            columns = (series, steps, series.astype("<f8"), steps + NOW)
            points = Metrics(ids["wide"], names, *(column.tobytes() for column in columns))
            store.write(Batch([points]))  # type: ignore[attr-defined]
        store.write(Batch([RunChanged(ids["wide"], NOW + 1, status="FINISHED", end_time=NOW + 1)]))  # type: ignore[attr-defined]

    def _curves(self, store: object, experiment: str, steps: int) -> None:
        from runstone.contracts import Batch
        from runstone.records import Metrics, Params, RunChanged, RunStarted

        draw = np.random.default_rng(1)
        at = np.arange(steps, dtype="<i8")
        for place in range(CURVES):
            run_id = uuid.UUID(int=100 + place).hex
            values = np.exp(-at / (steps / (3 + place / 20))) + draw.random(steps) * 0.05
            values[int(draw.integers(steps // 10, steps))] = SPIKE + place
            columns = (np.zeros(steps, "<u4"), at, values.astype("<f8"), NOW + at)
            store.write(  # type: ignore[attr-defined]
                Batch(
                    [
                        RunStarted(run_id, experiment, NOW + place, f"curve-{place:02}"),
                        Params(run_id, {"lr": str(10.0 ** -(place % 4)), "seed": str(place)}),
                        Metrics(run_id, ["loss"], *(column.tobytes() for column in columns)),
                        RunChanged(run_id, NOW + steps, status="FINISHED", end_time=NOW + steps),
                    ]
                )
            )

    def mlflow(self, python: str, runs: int, keys: int) -> tuple[Path, dict[str, str]]:
        """mlflow's own database with the same runs, and one of them with so many metrics."""
        import sqlite3

        database = self._peers / f"mlflow-{runs}.db"
        subprocess.run([python, search.__file__, "--inside", "make", str(database), "1"], check=True, stdout=sys.stderr)
        search.fill_mlflow(database, runs)
        connection = sqlite3.connect(database)
        # in an experiment of its own: a table of runs would have to carry all of its metrics
        connection.execute(
            "INSERT INTO experiments "
            "(experiment_id, name, artifact_location, lifecycle_stage, creation_time, last_update_time) "
            f"VALUES (1, 'wide', '', 'active', {NOW}, {NOW})"
        )
        wide = uuid.UUID(int=1).hex
        connection.execute(
            "INSERT INTO runs (run_uuid, name, source_type, source_name, entry_point_name, user_id, status, start_time, "
            "end_time, source_version, lifecycle_stage, artifact_uri, experiment_id) "
            f"VALUES (?, 'wide', 'LOCAL', '', '', 'seed', 'FINISHED', {NOW}, {NOW + 1}, '', 'active', '', 1)",
            (wide,),
        )
        rows = [(f"layer{place // 50}/stat_{place % 50}", float(place), NOW, 0, 0, wide) for place in range(keys)]
        for table in ("metrics", "latest_metrics"):
            insert = f"INSERT INTO {table} (key, value, timestamp, step, is_nan, run_uuid) VALUES (?, ?, ?, ?, ?, ?)"
            connection.executemany(insert, rows)
        connection.commit()
        connection.close()
        return database, {f"runs {runs}": "0", "wide": wide}
