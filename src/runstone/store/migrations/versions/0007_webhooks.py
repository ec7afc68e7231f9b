"""Webhooks and their messages. Frozen: a change is a new migration."""

import sqlalchemy as sa
from alembic import op

from runstone.store.dialects import TEXT

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def _texts(*names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, TEXT, nullable=False) for name in names]


def _numbers(*names: str, nullable: bool = False) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.BigInteger(), nullable=nullable, autoincrement=False) for name in names]


def upgrade() -> None:
    op.create_table(
        "webhooks",
        sa.Column("webhook_id", TEXT, primary_key=True, nullable=False),
        *_texts("name", "url", "events", "description", "status", "sealed"),
        *_numbers("creation_time", "last_update_time", "told"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "webhook_deliveries",
        sa.Column("webhook_id", TEXT, primary_key=True, nullable=False),
        sa.Column("number", sa.BigInteger(), primary_key=True, nullable=False, autoincrement=False),
        *_texts("delivery_id", "event", "body"),
        *_numbers("time"),
        *_texts("state"),
        *_numbers("attempts", "due"),
        *_numbers("response_status", nullable=True),
        *_texts("error"),
        *_numbers("finished", nullable=True),
        sqlite_with_rowid=False,
    )
    op.create_index("webhook_deliveries_by_due", "webhook_deliveries", ["state", "due"])


def downgrade() -> None:
    op.drop_table("webhook_deliveries")
    op.drop_table("webhooks")
