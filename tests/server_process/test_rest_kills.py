"""Writes over REST while the server, or its database, is killed: what was acknowledged is there, and nothing twice.

``python benchmarks/rest_kills.py --moments 100`` does it a hundred times.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from runstone import connect
from runstone.testing.crash import Verdict
from runstone.testing.postgres_server import PostgresMissing, serving_postgres
from runstone.testing.rest_load import writing
from runstone.testing.server_process import ServerProcess

KILLS = 3


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened
    connect.close_all()


def test_a_killed_server_lost_nothing(new_store: Callable[[], str], tmp_path: Path, stack: ExitStack) -> None:
    uri = new_store()
    server = ServerProcess(uri, tmp_path / "log")
    stack.callback(server.stop)
    with writing(server.url, threads=3) as load:
        for _ in range(KILLS):
            time.sleep(random.uniform(0.1, 0.5))
            server.kill()
            server.start()
        time.sleep(0.2)
    server.stop()
    assert load.verdict(connect.open_store(uri)) == Verdict(load.acknowledged, 0, 0)
    assert load.trouble


def test_a_killed_database_lost_nothing_and_is_one_clear_error(tmp_path: Path, stack: ExitStack) -> None:
    try:
        postgres = stack.enter_context(serving_postgres())
    except PostgresMissing as cause:
        pytest.skip(str(cause))
    uri = postgres.new_store()
    # what is committed has left the server's memory when it says so; a fast test server does not wait for that
    postgres.run(f'ALTER DATABASE "{uri.rpartition("/")[2]}" SET synchronous_commit = on')
    server = ServerProcess(uri, tmp_path / "log")
    stack.callback(server.stop)
    with writing(server.url, threads=3) as load:
        while load.acknowledged < 100 and not any(one.error for one in load.writers):
            time.sleep(0.02)
        postgres.kill()
        time.sleep(0.3)
        postgres.start()
    server.stop()
    assert load.verdict(connect.open_store(uri)) == Verdict(load.acknowledged, 0, 0)
    assert set(load.trouble) == {"503"}  # the server lives, and says that its store is away
