"""Writes ``tests/golden/store-<schema>.db``: a small store as this version makes it, kept for ever.

Run it once for each new schema, and add what it says to the list in ``test_migrations.py``.
"""

from __future__ import annotations

import math
import sqlite3
import tempfile
from pathlib import Path

from runstone.contracts import Batch, Origin
from runstone.entities import Dataset, DatasetInput, InputTag, LoggedModelOutput
from runstone.entities.webhooks import Webhook
from runstone.records import (
    ArtifactLogged,
    Console,
    Document,
    ExperimentCreated,
    Inputs,
    ItemWritten,
    LoggedModelChanged,
    LoggedModelCreated,
    MetricLinks,
    ModelVersionCreated,
    Outputs,
    Params,
    RegisteredModelChanged,
    RegisteredModelCreated,
    RunChanged,
    RunStarted,
    Tags,
    TraceStarted,
    TransitionRequested,
    VersionCommented,
)
from runstone.store import inbox
from runstone.store.dialects import Sqlite
from runstone.store.schema import HEAD
from runstone.store.sql import SqlStore
from runstone.testing.store_suite import metrics

RUN = "0123456789abcdef0123456789abcdef"
#: A series of each kind: one point, hot rows, a chunk and hot rows.
SERIES = {
    "lone": [(7, -0.5, 1_700_000_000_000)],
    "hot": [(0, 1.5, 1), (1, math.nan, 2), (2, -0.0, 3), (3, math.inf, 4)],
    "loss": [(step, math.exp(-step / 300), 1_700_000_000_000 + 250 * step) for step in range(3000)],
}
#: Points that are acknowledged and in no series yet.
WAITED = [(1, 0.5, 9000), (2, 0.25, 9001)]


def fill(store: SqlStore) -> None:
    """What every golden store holds."""
    user, group = store.accounts.add_user("ada", "$argon2id$…", True), store.accounts.add_group("wine")
    store.accounts.set_member(group.group_id, user.user_id, True)
    store.accounts.grant(group.group_id, "experiment", "1", "EDIT")
    hook = Webhook("d" * 32, "build", "https://example.com/in", ("registered_model.created",), "", "ACTIVE", "", 100, 100)
    store.webhooks.add(hook, 100)
    data = Dataset("wine", "abc123", "local", '{"uri": "wine.csv"}', None, '{"rows": 178}')
    store.write(Batch([ExperimentCreated("train", "1", tags={"team": "blue"}, time=1000)]))
    for piece in range(3):
        part = {key: points[piece * 1000 : piece * 1000 + 1000] for key, points in SERIES.items()}
        store.write_all(
            [
                Batch(
                    [
                        RunStarted(RUN, "1", 2000, "nice-name", "ada", {"mlflow.source.name": "train.py"}),
                        metrics(RUN, **{key: points for key, points in part.items() if points}),
                    ],
                    Origin("fedcba9876543210fedcba9876543210", piece * 100, piece * 100 + 100),
                )
            ]
        )
    store.write(
        Batch(
            [
                metrics(RUN, loss=[(3000, 0.25, 1)]),
                Params(RUN, {"lr": "0.1", "ключ": "значение"}),
                Tags(RUN, {"note": "kept for ever"}),
                Inputs(RUN, [DatasetInput(data, [InputTag("mlflow.data.context", "train")])]),
                Outputs(RUN, [LoggedModelOutput("m-1", 3)]),
                Console(RUN, "stdout", 3000, "epoch 1\n"),
                Document(RUN, "git.diff", "text/x-diff", "+ a line\n"),
                ArtifactLogged(RUN, "model/MLmodel", 12, "0" * 64, 4000),
                RunChanged(RUN, 5000, status="FAILED", cause="exit code 3"),
                LoggedModelCreated("m-" + "c" * 32, "1", "forest", 5500, "classifier", RUN, {"depth": "3"}, {"лес": "да"}),
                LoggedModelChanged("m-" + "c" * 32, 5600, status="READY"),
                MetricLinks(RUN, "lone", 7, 1_700_000_000_000, -0.5, "m-" + "c" * 32, "iris", "abc123"),
                TraceStarted("tr-1", "1", 5000, 12, "OK", "{}", {"mlflow.sourceRun": RUN}, {"mlflow.traceName": "след"}),
                RegisteredModelCreated("a" * 32, "wine", 6000, "rates wine", {"team": "blue"}),
                ModelVersionCreated("b" * 32, "wine", 7000, f"runs:/{RUN}/model", RUN, tags={"note": "первая"}),
                RegisteredModelChanged("wine", 8000, aliases={"champion": 1}),
                ItemWritten("evaluation_dataset", "d-1", 8500, fields='{"name": "вина"}', experiments={"1": True}),
                ItemWritten("dataset_record", "dr-1", 8600, "new", "d-1", "k", '{"inputs": {"q": "a"}}'),
                TransitionRequested("e" * 32, "wine", 1, 8100, "Production", "", "good"),
                VersionCommented("f" * 32, "wine", 1, 8200, "Ещё раз?"),
            ],
            by="ada",
        )
    )
    store.webhooks.plan(lambda event, model, version: (event.event, "{}"), 9000)


def main() -> None:
    target = Path(__file__).parents[1] / "golden" / f"store-{HEAD}.db"
    with tempfile.TemporaryDirectory() as folder:
        store = SqlStore(Sqlite(Path(folder, "s.db")), "golden", "file:///artifacts")
        fill(store)
        inbox.DELAY = 3600  # the last points wait, and are kept so
        store.write_all([Batch([metrics(RUN, waited=[point])], once=True) for point in WAITED])
        target.unlink(missing_ok=True)
        with sqlite3.connect(Path(folder, "s.db")) as plain:
            plain.execute("VACUUM INTO ?", (str(target),))
    print(f"{target}: {target.stat().st_size} bytes")


if __name__ == "__main__":
    main()
