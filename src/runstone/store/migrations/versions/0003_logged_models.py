"""Logged models, their params and tags; points found by the model they measure. Frozen: a change is a new migration."""

import sqlalchemy as sa
from alembic import op

from runstone.store.dialects import TEXT

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def _table(name: str, *columns: sa.Column[object]) -> None:
    op.create_table(name, *columns, sqlite_with_rowid=False)


def _text(name: str, primary_key: bool = False, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, TEXT, primary_key=primary_key, nullable=nullable)


def _number(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.BigInteger, nullable=False)


def upgrade() -> None:
    _table(
        "logged_models",
        _text("model_id", primary_key=True),
        _number("experiment_id"),
        _text("name"),
        _text("artifact_location"),
        _number("creation_time"),
        _number("last_update_time"),
        _text("model_type"),
        _text("source_run", nullable=True),
        _text("status"),
        _text("status_message", nullable=True),
        _text("lifecycle_stage"),
    )
    op.create_index("logged_models_by_experiment", "logged_models", ["experiment_id", "lifecycle_stage", "model_id"])
    op.create_index("logged_models_by_run", "logged_models", ["source_run"])
    _table("logged_model_params", _text("model_id", True), _text("key", True), _text("value"))
    _table("logged_model_tags", _text("model_id", True), _text("key", True), _text("value"))
    op.create_index("metric_links_by_model", "metric_links", ["model_id", "key"])


def downgrade() -> None:
    op.drop_index("metric_links_by_model", "metric_links")
    for table in ("logged_model_tags", "logged_model_params", "logged_models"):
        op.drop_table(table)
