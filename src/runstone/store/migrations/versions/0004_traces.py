"""Traces, their metadata and tags. Frozen: a change is a new migration."""

import sqlalchemy as sa
from alembic import op

from runstone.store.dialects import TEXT

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def _text(name: str, primary_key: bool = False) -> sa.Column[object]:
    return sa.Column(name, TEXT, primary_key=primary_key, nullable=False)


def _number(name: str, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.BigInteger, nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "traces",
        _text("trace_id", primary_key=True),
        _number("experiment_id"),
        _number("request_time"),
        _number("duration", nullable=True),
        _text("state"),
        _text("artifact_location"),
        _text("details"),
        sqlite_with_rowid=False,
    )
    op.create_index("traces_by_experiment", "traces", ["experiment_id", "request_time", "trace_id"])
    for table in ("trace_metadata", "trace_tags"):
        op.create_table(table, _text("trace_id", True), _text("key", True), _text("value"), sqlite_with_rowid=False)


def downgrade() -> None:
    for table in ("trace_tags", "trace_metadata", "traces"):
        op.drop_table(table)
