"""PostgreSQL need not try to compress what is compressed. Other databases do not try. Frozen: a change is a new migration."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_COLUMNS = (("chunks", "outline"), ("chunks", "data"), ("documents", "data"))


def upgrade() -> None:
    _set("EXTERNAL")


def downgrade() -> None:
    _set("EXTENDED")


def _set(storage: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        for table, column in _COLUMNS:
            op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET STORAGE {storage}")
