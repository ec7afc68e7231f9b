"""The first tables. Frozen: a change is a new migration."""

import sqlalchemy as sa
from alembic import op

from runstone.store.dialects import TEXT

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _table(name: str, *columns: sa.Column[object]) -> None:
    op.create_table(name, *columns, sqlite_with_rowid=False)


def _text(name: str, primary_key: bool = False, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, TEXT, primary_key=primary_key, nullable=nullable)


def _number(name: str, primary_key: bool = False, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.BigInteger, primary_key=primary_key, nullable=nullable, autoincrement=False)


def _value(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Double, nullable=True)


def _bytes(name: str, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.LargeBinary, nullable=nullable)


def upgrade() -> None:
    _table("meta", _text("key", primary_key=True), _text("value"))
    _table("clock", _number("id", primary_key=True), _number("changed"), _number("next_experiment"))
    _table(
        "experiments",
        _number("experiment_id", primary_key=True),
        _text("name"),
        _text("artifact_location"),
        _text("lifecycle_stage"),
        _number("creation_time"),
        _number("last_update_time"),
        _number("deleted_time", nullable=True),
        _number("next_ordinal"),
        _number("changed"),
    )
    op.create_index("experiments_by_changed", "experiments", ["changed"])
    op.create_index("experiments_by_name", "experiments", ["name"], unique=True)
    _table("experiment_tags", _number("experiment_id", primary_key=True), _text("key", primary_key=True), _text("value"))
    _table(
        "runs",
        _text("run_id", primary_key=True),
        _number("experiment_id"),
        _number("ordinal"),
        _text("name"),
        _text("user_id"),
        _text("status"),
        _number("start_time", nullable=True),
        _number("end_time", nullable=True),
        _text("lifecycle_stage"),
        _number("deleted_time", nullable=True),
        _text("artifact_uri"),
        _text("parent_run_id", nullable=True),
        _text("cause", nullable=True),
        _number("changed"),
    )
    op.create_index("runs_by_changed", "runs", ["changed"])
    op.create_index("runs_by_parent", "runs", ["parent_run_id"])
    op.create_index("runs_by_name", "runs", ["experiment_id", "lifecycle_stage", "name", "run_id"])
    op.create_index("runs_by_status", "runs", ["experiment_id", "lifecycle_stage", "status", "run_id"])
    op.create_index("runs_by_start", "runs", ["experiment_id", "lifecycle_stage", sa.text("start_time DESC"), "run_id"])
    _table(
        "params",
        _text("run_id", primary_key=True),
        _text("key", primary_key=True),
        _text("value"),
        _text("head"),
        _number("place"),
    )
    op.create_index("params_by_value", "params", ["place", "key", "head", "run_id"])
    _table(
        "tags",
        _text("run_id", primary_key=True),
        _text("key", primary_key=True),
        _text("value"),
        _text("head"),
        _number("place"),
    )
    op.create_index("tags_by_value", "tags", ["place", "key", "head", "run_id"])
    _table(
        "series",
        _text("run_id", primary_key=True),
        _text("key", primary_key=True),
        _number("count"),
        _number("nans"),
        _value("first"),
        _number("first_step"),
        _number("first_timestamp"),
        _value("last"),
        _number("last_step"),
        _number("last_timestamp"),
        _value("min"),
        _number("min_step", nullable=True),
        _value("max"),
        _number("max_step", nullable=True),
        _number("hot"),
        _bytes("tail"),
        _number("place"),
    )
    op.create_index("series_by_last", "series", ["place", "key", "last", "run_id", "min", "max"])
    _table(
        "key_counts",
        _number("place", primary_key=True),
        _text("kind", primary_key=True),
        _text("key", primary_key=True),
        _number("runs"),
    )
    op.create_index("key_counts_by_runs", "key_counts", ["place", "kind", sa.text("runs DESC"), "key"])
    _table(
        "points",
        _text("run_id", primary_key=True),
        _text("key", primary_key=True),
        _number("sequence", primary_key=True),
        _number("count"),
        _bytes("data"),
    )
    _table(
        "chunks",
        _text("run_id", primary_key=True),
        _text("key", primary_key=True),
        _number("sequence", primary_key=True),
        _number("count"),
        _number("min_step"),
        _number("max_step"),
        _bytes("outline", nullable=True),
        _bytes("data"),
    )
    _table(
        "metric_links",
        _text("run_id", primary_key=True),
        _text("key", primary_key=True),
        _number("sequence", primary_key=True),
        _number("step"),
        _number("timestamp"),
        _value("value"),
        _text("model_id", nullable=True),
        _text("dataset_name", nullable=True),
        _text("dataset_digest", nullable=True),
    )
    _table(
        "datasets",
        _text("dataset_id", primary_key=True),
        _text("name"),
        _text("digest"),
        _text("source_type"),
        _text("source"),
        _text("schema", nullable=True),
        _text("profile", nullable=True),
    )
    _table(
        "inputs",
        _text("run_id", primary_key=True),
        _text("dataset_id", primary_key=True),
        _text("context", primary_key=True),
        _number("sequence"),
        _text("name"),
        _text("digest"),
        _text("tags"),
    )
    op.create_index("inputs_by_name", "inputs", ["name", "digest", "run_id"])
    _table(
        "models",
        _text("run_id", primary_key=True),
        _text("direction", primary_key=True),
        _text("model_id", primary_key=True),
        _number("sequence"),
        _number("step"),
    )
    _table(
        "console",
        _text("run_id", primary_key=True),
        _number("sequence", primary_key=True),
        _text("stream"),
        _number("time"),
        _text("text"),
    )
    _table(
        "documents",
        _text("run_id", primary_key=True),
        _text("name", primary_key=True),
        _text("media_type"),
        _number("size"),
        _bytes("data"),
    )
    _table(
        "artifact_files",
        _text("run_id", primary_key=True),
        _text("path", primary_key=True),
        _number("size"),
        _text("digest"),
        _number("time"),
    )
    _table(
        "leases",
        _text("run_id", primary_key=True),
        _text("holder", primary_key=True),
        _text("host"),
        _number("pid"),
        _number("pid_start"),
        _number("until"),
    )
    _table("journals", _text("journal_id", primary_key=True), _number("acknowledged"))
    _table(
        "refused",
        _text("run_id", primary_key=True),
        _number("sequence", primary_key=True),
        _text("journal_id"),
        _number("time"),
        _text("error_code"),
        _text("reason"),
        _bytes("record"),
    )
