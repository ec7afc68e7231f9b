"""How often promoting a model asks and writes: from a logged model to the object behind an alias."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sklearn.dummy import DummyClassifier
from sqlalchemy import Engine, event

import runstone
from runstone.client.session import session


@pytest.fixture
def sent() -> Iterator[list[tuple[bool, str]]]:
    """What SQLite is asked: whether by this thread, and the statement."""
    told: list[tuple[bool, str]] = []
    here = threading.current_thread()

    def watch(connection: Any, _record: object) -> None:
        connection.set_trace_callback(lambda text: told.append((threading.current_thread() is here, text)))

    event.listen(Engine, "connect", watch)
    yield told
    event.remove(Engine, "connect", watch)


def test_promoting_takes_two_transactions_beside_the_end_of_the_run(tmp_path: Path, sent: list[tuple[bool, str]]) -> None:
    runstone.set_tracking_uri(str(tmp_path / "store"))
    client = runstone.MlflowClient()
    client.create_registered_model("x")
    model = DummyClassifier(strategy="constant", constant=1).fit([[0.0], [0.0]], [0, 1])
    with runstone.start_run():
        info = runstone.sklearn.log_model(model, name="model")
        session().flush()
        while not any("INTO leases" in text for _, text in sent):
            session().shipper._wake.put(None)
        session().flush()
        sent.clear()
    version = runstone.register_model(info.model_uri, "x")
    client.set_registered_model_alias("x", "champion", version.version)
    loaded = runstone.sklearn.load_model("models:/x@champion")
    session().shipper.close(10)
    assert loaded.predict([[0.0]]).tolist() == [1]
    own = [text for here, text in sent if here]
    assert own.count("BEGIN IMMEDIATE") == 2  # the version, the alias
    looks = sum("FROM leases" in text for text in own)  # which runs have died, every few seconds
    assert own.count("BEGIN") - looks <= 5
    assert sum(text.startswith("SELECT") for text in own) - looks <= 34
    others = [text for here, text in sent if not here]
    assert others.count("BEGIN IMMEDIATE") == 1  # the end of the run, and with it its lease
