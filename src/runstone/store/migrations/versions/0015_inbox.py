"""Where points of many requests wait to be stored together. Frozen: a change is a new migration."""

import sqlalchemy as sa
from alembic import op

from runstone.store.dialects import TEXT

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "inbox",
        sa.Column("writer", TEXT, primary_key=True, nullable=False),
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=True,
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE inbox ALTER COLUMN data SET STORAGE EXTERNAL")


def downgrade() -> None:
    if op.get_bind().exec_driver_sql("SELECT 1 FROM inbox LIMIT 1").scalar():
        raise RuntimeError("Points wait to be put into their series. Read any run once with the newer version, then go back.")
    op.drop_table("inbox")
