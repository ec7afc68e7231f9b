"""When runs end, by experiment; how many runs have each status. Frozen: a change is a new migration."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

# place: the experiment's number for an active run, its complement for a deleted one
_COUNT = """INSERT INTO key_counts (place, kind, key, runs) SELECT place, 'status', status, COUNT(*) FROM (
SELECT CASE WHEN lifecycle_stage = 'active' THEN experiment_id ELSE -1 - experiment_id END AS place, status FROM runs
) AS placed GROUP BY place, status"""


def upgrade() -> None:
    ended = sa.text("end_time IS NOT NULL")
    op.create_index(
        "runs_by_end",
        "runs",
        ["experiment_id", "lifecycle_stage", "end_time", "run_id"],
        sqlite_where=ended,
        postgresql_where=ended,
    )
    op.execute(_COUNT)


def downgrade() -> None:
    op.execute("DELETE FROM key_counts WHERE kind = 'status'")
    op.drop_index("runs_by_end", "runs")
