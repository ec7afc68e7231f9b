"""A server that says it is busy: what has no journal is sent again, where that cannot be wrong, and one line says so."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from runstone import records as r
from runstone.contracts import Batch
from runstone.errors import StoreUnavailable
from runstone.remote.busy import until_taken
from runstone.servers import Busy

TAG = r.Tags("a" * 32, {"k": "v"})


class Server:
    """Busy so many times, then it takes what it is sent."""

    def __init__(self, status: int, times: int, after: float = 0.0) -> None:
        self.status, self.times, self.after, self.asked = status, times, after, 0

    def __call__(self) -> str:
        self.asked += 1
        if self.asked > self.times:
            return "taken"
        busy = Busy("too much to do")
        busy.status, busy.retry_after = self.status, self.after
        raise busy


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Pauses, which pass at once."""
    found, now = list[float](), [0.0]

    def sleep(seconds: float) -> None:
        found.append(seconds)
        now[0] += seconds

    monkeypatch.setattr("runstone.remote.busy.time.sleep", sleep)
    monkeypatch.setattr("runstone.remote.busy.time.monotonic", lambda: now[0])
    return found


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_what_may_be_written_twice_is_sent_until_it_is_taken(status: int, slept: list[float], caplog: Any) -> None:
    server = Server(status, 4)
    with caplog.at_level(logging.WARNING, "runstone"):
        assert until_taken(server, [TAG], "http://there") == "taken"
    assert len(slept) == 4
    assert slept[3] > slept[0]
    assert [one.getMessage() for one in caplog.records] == [
        "The server http://there is busy (too much to do); trying again for up to 60 seconds."
    ]


@pytest.mark.parametrize(
    "record",
    [
        r.ExperimentCreated("e"), r.RegisteredModelChanged("m", 1, deleted=True),
        r.RegisteredModelChanged("m", 1, new_name="n"),
        r.RegisteredModelChanged("m", 1, aliases={"a": 2}, expected={"a": 1}), r.TraceChanged("t", 1, deleted=True),
    ],
    ids=lambda record: type(record).__name__,
)  # fmt: skip
def test_what_may_not_is_sent_again_only_where_nobody_looked_at_it(record: r.Record, slept: list[float]) -> None:
    doubtful = Server(503, 1)
    with pytest.raises(StoreUnavailable):
        until_taken(doubtful, [TAG, record], "http://there")
    assert doubtful.asked == 1
    assert until_taken(Server(429, 3), [TAG, record], "http://there") == "taken"


def test_the_pause_is_what_the_server_asks_for_and_the_end_comes(slept: list[float]) -> None:
    assert until_taken(Server(429, 2, 7.0), [TAG], "http://there") == "taken"
    assert slept == [7.0, 7.0]
    for server in (Server(429, 1000), Server(503, 1000), Server(429, 1, 300.0)):
        with pytest.raises(StoreUnavailable, match="too much to do"):
            until_taken(server, [TAG], "http://there")


def test_a_fault_of_the_server_is_told_at_once(slept: list[float]) -> None:
    broken = Server(500, 1)
    with pytest.raises(StoreUnavailable):
        until_taken(broken, [TAG], "http://there")
    assert (broken.asked, slept) == (1, [])


def test_a_batch_of_a_journal_is_left_to_its_shipper(monkeypatch: pytest.MonkeyPatch) -> None:
    from runstone.contracts import Origin
    from runstone.remote.store import open_remote

    store, sent = open_remote("http://127.0.0.1:9"), list[str]()

    def busy(*_: Any, **__: Any) -> None:
        sent.append("sent")
        raise Busy("too much to do")

    monkeypatch.setattr(store.server, "ask", busy)  # type: ignore[attr-defined]
    with pytest.raises(StoreUnavailable):
        store.write(Batch([TAG], Origin("j", 0, 1)))
    assert sent == ["sent"]
