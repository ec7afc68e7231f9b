"""What is read for somebody who left stops in the midst of a statement, and is not begun when it comes to its turn."""

from __future__ import annotations

import contextvars
import threading
from typing import Any

import pytest

from runstone import connect
from runstone.askers import Asker, Left, asker
from runstone.contracts import RunQuery
from runstone.store import search
from runstone.store.search_sql import Sql, rows

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT 1 FROM n) SELECT COUNT(*) FROM n"


def test_a_read_under_way_stops_and_the_next_is_not_begun(new_store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    store = connect.open_store(new_store())
    under_way, begun = threading.Event(), []

    def endless(connection: Any, query: RunQuery) -> int:
        begun.append(query)
        under_way.set()
        return int(rows(connection, Sql(ENDLESS))[0][0])

    monkeypatch.setattr(search, "count_runs", endless)
    asking, ended = Asker(), []

    def ask() -> None:
        asker.set(asking)
        for _ in range(2):
            with pytest.raises(Left):
                store.count_runs(RunQuery(experiment_ids=("0",)))
            ended.append(True)

    thread = threading.Thread(target=contextvars.copy_context().run, args=(ask,))
    thread.start()
    under_way.wait()
    while thread.is_alive():
        asking.leave()
        thread.join(0.01)
    assert (len(begun), len(ended)) == (1, 2)
    monkeypatch.undo()
    assert store.count_runs(RunQuery(experiment_ids=("0",))) == 0  # the connection is as good as before
    connect.close_all()
