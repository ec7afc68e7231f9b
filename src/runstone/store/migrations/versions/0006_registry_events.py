"""The log of the registry. Frozen: a change is a new migration."""

import sqlalchemy as sa
from alembic import op

from runstone.store.dialects import TEXT

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "registry_events",
        sa.Column("number", sa.BigInteger(), primary_key=True, nullable=False, autoincrement=False),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.Column("user_id", TEXT, nullable=False),
        sa.Column("event", TEXT, nullable=False),
        sa.Column("model_key", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=True),
        sa.Column("key", TEXT, nullable=True),
        sa.Column("old", TEXT, nullable=True),
        sa.Column("new", TEXT, nullable=True),
        sa.Column("reason", TEXT, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("registry_events_by_model", "registry_events", ["model_key", "number"])
    op.create_index("registry_events_by_name", "registry_events", ["name", "number"])


def downgrade() -> None:
    op.drop_table("registry_events")
