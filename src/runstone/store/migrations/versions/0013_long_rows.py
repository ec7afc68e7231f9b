"""Keys of chunks in a B-tree of their own, on SQLite: it reads whole rows to compare the keys of a table without rowid, and a
chunk is up to two megabytes. Frozen: a change is a new migration."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _move(with_rowid=True)


def downgrade() -> None:
    _move(with_rowid=False)


def _move(with_rowid: bool) -> None:
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        return
    op.rename_table("chunks", "chunks_before")
    op.create_table(
        "chunks",
        sa.Column("run_id", sa.Text(), primary_key=True),
        sa.Column("key", sa.Text(), primary_key=True),
        sa.Column("sequence", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("min_step", sa.BigInteger(), nullable=False),
        sa.Column("max_step", sa.BigInteger(), nullable=False),
        sa.Column("outline", sa.LargeBinary(), nullable=True),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sqlite_with_rowid=with_rowid,
    )
    # run by run: pages that one run leaves are the next one's, so that the file does not double
    runs = connection.execute(sa.text("SELECT DISTINCT run_id FROM chunks_before ORDER BY run_id")).fetchall()
    for (run_id,) in runs:
        told = {"run_id": run_id}
        move = 'INSERT INTO chunks SELECT * FROM chunks_before WHERE run_id = :run_id ORDER BY "key", sequence'
        connection.execute(sa.text(move), told)
        connection.execute(sa.text("DELETE FROM chunks_before WHERE run_id = :run_id"), told)
    op.drop_table("chunks_before")
