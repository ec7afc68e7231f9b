"""Registered models, their versions, tags and aliases. Frozen: a change is a new migration."""

import sqlalchemy as sa
from alembic import op

from runstone.store.dialects import TEXT

revision = "0002"
down_revision = "0001"
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
        "registered_models",
        _text("model_key", primary_key=True),
        _text("name"),
        _text("description", nullable=True),
        _text("user_id"),
        _number("creation_time"),
        _number("last_update_time"),
        _number("next_version"),
    )
    op.create_index("registered_models_by_name", "registered_models", ["name"], unique=True)
    _table("registered_model_tags", _text("model_key", True), _text("key", True), _text("value"))
    _table("registered_model_aliases", _text("model_key", True), _text("alias", True), _number("version"))
    _table(
        "model_versions",
        _text("version_key", primary_key=True),
        _text("model_key"),
        _number("version"),
        _number("creation_time"),
        _number("last_update_time"),
        _text("stage"),
        _text("description", nullable=True),
        _text("user_id"),
        _text("source"),
        _text("location"),
        _text("source_run", nullable=True),
        _text("model_id", nullable=True),
        _text("run_link", nullable=True),
        _text("status"),
        _text("status_message", nullable=True),
    )
    op.create_index("model_versions_by_number", "model_versions", ["model_key", "version"], unique=True)
    op.create_index("model_versions_by_run", "model_versions", ["source_run"])
    op.create_index("model_versions_by_logged_model", "model_versions", ["model_id"])
    _table("model_version_tags", _text("version_key", True), _text("key", True), _text("value"))


def downgrade() -> None:
    tables = ("model_version_tags", "model_versions", "registered_model_aliases", "registered_model_tags", "registered_models")
    for table in tables:
        op.drop_table(table)
