"""Texts of spans, for searches. Frozen: a change is a new migration.

Traces that are there keep their spans among the artifacts only, and are looked through there.
"""

import sqlalchemy as sa
from alembic import op

from runstone.store.dialects import TEXT

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def _text(name: str, primary_key: bool = False) -> sa.Column[object]:
    return sa.Column(name, TEXT, primary_key=primary_key, nullable=False)


def upgrade() -> None:
    op.create_table(
        "spans",
        _text("trace_id", primary_key=True),
        _text("span_id", primary_key=True),
        _text("name"),
        _text("type"),
        _text("status"),
        _text("content"),
        sqlite_with_rowid=True,
    )


def downgrade() -> None:
    op.drop_table("spans")
    # or a newer version would take the spans that come meanwhile for all there are
    op.execute("DELETE FROM trace_metadata WHERE \"key\" = 'runstone.found.read'")
