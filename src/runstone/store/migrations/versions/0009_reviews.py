"""Comments on versions, and requests to move stages and aliases. Frozen: a change is a new migration."""

import sqlalchemy as sa
from alembic import op

from runstone.store.dialects import TEXT

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def _texts(*names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, TEXT, nullable=False) for name in names]


def _numbers(*names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.BigInteger(), nullable=False, autoincrement=False) for name in names]


def upgrade() -> None:
    op.create_table(
        "transition_requests",
        sa.Column("request_id", TEXT, primary_key=True, nullable=False),
        *_texts("model_key"),
        *_numbers("version"),
        *_texts("stage", "alias", "before", "user_id", "comment", "state", "decided_by", "decision_comment"),
        *_numbers("creation_time", "last_update_time"),
        sqlite_with_rowid=False,
    )
    op.create_index("transition_requests_by_model", "transition_requests", ["model_key", "creation_time"])
    op.create_table(
        "version_comments",
        sa.Column("comment_id", TEXT, primary_key=True, nullable=False),
        *_texts("model_key"),
        *_numbers("version"),
        *_texts("user_id", "comment"),
        *_numbers("creation_time", "last_update_time"),
        sqlite_with_rowid=False,
    )
    op.create_index("version_comments_by_version", "version_comments", ["model_key", "version", "creation_time"])


def downgrade() -> None:
    op.drop_table("version_comments")
    op.drop_table("transition_requests")
