"""Writes a store in which every page beside the runs has something to show: that of ``many.py`` after months of work."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from many import NIGHT
from many import write as write_runs

from runstone.connect import open_store
from runstone.contracts import Batch
from runstone.entities.webhooks import Webhook
from runstone.records import (
    ExperimentChanged,
    ModelVersionChanged,
    ModelVersionCreated,
    RegisteredModelChanged,
    RegisteredModelCreated,
    RunChanged,
    RunStarted,
    TraceStarted,
    TransitionDecided,
    TransitionRequested,
    VersionCommented,
)
from runstone.server.auth.credentials import hash_password

PASSWORD = "a password for the office"
VIEW = "1-aaaaaaaaaa"
LONG = "an-experiment-that-somebody-named-after-each-of-its-twelve-settings-lr-0.001-depth-12-width-512"


def write(folder: Path) -> None:
    """Signed in as ``root`` (see ``PASSWORD``), who manages; ``bob`` and ``carol`` do not."""
    write_runs(folder)
    store: Any = open_store(str(folder))
    for change in (_trash(), _views(), _traces()):
        store.write(Batch(change))
    _reviews(store)
    _accounts(store.accounts)
    for number, (name, events) in enumerate(
        {"build": ("model_version.created",), "chat": ("comment.created", "comment.edited")}.items()
    ):
        status = "DISABLED" if number else "ACTIVE"
        address = f"https://{name}.example.com/hooks/{'0123456789' * 4}"
        store.webhooks.add(Webhook(f"w{number}", name, address, events, "", status, "", NIGHT, NIGHT), 10)
    store.close()


def _trash() -> list[Any]:
    gone = [f"{20 + number:032x}" for number in range(3)]
    made: list[Any] = [RunStarted(run, "2", NIGHT, f"thrown-{place}", user_id="ada") for place, run in enumerate(gone)]
    made += [RunChanged(run, NIGHT + 60_000, status="FINISHED", end_time=NIGHT + 60_000, deleted=True) for run in gone]
    return [*made, ExperimentChanged("3", NIGHT + 90_000, name=LONG), ExperimentChanged("3", NIGHT + 90_000, deleted=True)]


def _views() -> list[Any]:
    search = {"q": "metrics.loss < 0.9", "cols": "metrics.loss,params.lr", "sort": "-params.lr"}
    kept = {"search": search, "created": NIGHT, "updated": NIGHT, "user_id": "ada"}
    tags = {f"runstone.view.{VIEW}": json.dumps({"name": "low loss", **kept}), "runstone.defaultView": VIEW}
    tags["runstone.view.1-bbbbbbbbbb"] = json.dumps(
        {"name": "the view for the weekly meeting, with all that is asked there", **kept}
    )
    return [ExperimentChanged("1", NIGHT, tags=tags)]


def _traces() -> list[Any]:
    """More than one page of nothing: texts of all lengths, one without a name, one that still runs."""
    asked = json.dumps({"request_preview": "Summarise this paper for a child of ten: " + "lorem ipsum " * 30})
    return [
        TraceStarted(
            "tr-long", "1", NIGHT + 60_000, 61_000, "OK", asked, {"mlflow.trace.session": "s-17"}, {"mlflow.traceName": LONG}
        ),
        TraceStarted("tr-7f3a90c2d4e5461b8f0a9c8b7d6e5f4a", "1", NIGHT + 90_000, None, "IN_PROGRESS"),
    ]


def _reviews(store: Any) -> None:
    made: list[Any] = [RegisteredModelCreated("m", "wine", NIGHT, "Is it good?", {"team": "vision"})]
    made += [ModelVersionCreated(f"v{n}", "wine", NIGHT, "elsewhere", f"{n:032x}", description=f"Try {n}") for n in (1, 2, 3)]
    made += [ModelVersionChanged("wine", 1, NIGHT, stage="Production")]
    made += [RegisteredModelChanged("wine", NIGHT, tags={"runstone.protected": "Production"}, aliases={"champion": 1})]
    store.write(Batch(made, by="ada"))
    asked = TransitionRequested("r1", "wine", 2, NIGHT, "Production", comment="Three seeds, each better than version 1.")
    store.write(Batch([asked, TransitionRequested("r2", "wine", 3, NIGHT, alias="champion")], by="bob"))
    store.write(Batch([TransitionDecided("r2", "wine", NIGHT, "REJECTED", "Not before the new data.")], by="root"))
    store.write(Batch([VersionCommented("c1", "wine", 2, NIGHT, "Two seeds\nare not enough.")], by="carol"))
    store.write(Batch([VersionCommented("c2", "wine", 2, NIGHT, "One more has run since.")], by="bob"))


def _accounts(accounts: Any) -> None:
    hashed = hash_password(PASSWORD)
    root, bob, carol = (accounts.add_user(name, hashed, is_admin=name == "root") for name in ("root", "bob", "carol"))
    group = accounts.add_group("vision", "Those who look at pictures")
    for user in (bob, carol):
        accounts.set_member(group.group_id, user.user_id, True)
    accounts.grant(bob.user_id, "experiment", "1", "EDIT")
    accounts.grant(carol.user_id, "registered_model", "wine", "READ")
    accounts.add_token(root.user_id, "nightly job", "read", None, "0" * 64)
    accounts.add_token(root.user_id, "the laptop", "write", NIGHT, "1" * 64)
