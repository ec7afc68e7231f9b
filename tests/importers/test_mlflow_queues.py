"""A long review queue of MLflow's is read in parts, and not as a whole for each of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from runstone.importers.mlflow_items import MlflowItems
from runstone.importers.mlflow_tables import Tables

QUEUES = "review_queues (queue_id, experiment_id, name, queue_type)"
ITEMS = "review_queue_items (queue_id, item_type, item_id, status, completed_by, creation_time_ms, last_update_time_ms)"


def test_what_waits_in_a_long_queue_is_read_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'mlflow.db'}")
    with engine.begin() as connection:
        for table in (QUEUES, ITEMS):
            connection.execute(text(f"CREATE TABLE {table}"))
        connection.execute(text("INSERT INTO review_queues VALUES ('q', 1, 'q', 'shared'), ('other', 1, 'other', 'shared')"))
        rows = [{"queue": "other", "item": "t0"}, *({"queue": "q", "item": f"t{number}"} for number in range(2000))]
        connection.execute(text("INSERT INTO review_queue_items VALUES (:queue, 'trace', :item, 'pending', NULL, 1, 2)"), rows)
    tables = Tables("mlflow", engine)
    tables.look()
    told: list[Any] = []
    real = tables.ask
    monkeypatch.setattr(tables, "ask", lambda *asked: told.extend(found := real(*asked)) or found)
    items = MlflowItems(tables, lambda what, why: pytest.fail(f"{what}: {why}"))
    heads = [head for head in items.heads(1) if head.kind == "review_item"]
    told.clear()
    found = [(item.parent, item.key) for _, item in items.load(heads)]
    assert sorted(found) == sorted((row["queue"], row["item"]) for row in rows)
    assert len(told) <= len(rows) + 2  # t0 waits in both queues
    engine.dispose()
