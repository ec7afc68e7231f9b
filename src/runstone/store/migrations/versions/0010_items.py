"""What is kept beside the traces: evaluation datasets, scorers, issues and so on. Frozen: a change is a new migration."""

import sqlalchemy as sa
from alembic import op

from runstone.store.dialects import TEXT

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def _number(name: str, primary_key: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.BigInteger(), primary_key=primary_key, nullable=False, autoincrement=False)


def upgrade() -> None:
    op.create_table(
        "items",
        sa.Column("item_id", TEXT, primary_key=True, nullable=False),
        *(sa.Column(name, TEXT, nullable=False) for name in ("kind", "parent", "key")),
        *map(_number, ("version", "creation_time", "last_update_time")),
        sa.Column("body", TEXT, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("items_by_key", "items", ["kind", "key", "parent", "version"], unique=True)
    op.create_index("items_by_parent", "items", ["kind", "parent", "creation_time", "item_id"])
    op.create_table(
        "item_experiments",
        sa.Column("item_id", TEXT, primary_key=True, nullable=False),
        _number("experiment_id", primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_index("item_experiments_by_experiment", "item_experiments", ["experiment_id", "item_id"])


def downgrade() -> None:
    op.drop_table("item_experiments")
    op.drop_table("items")
