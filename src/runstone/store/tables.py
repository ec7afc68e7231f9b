"""The tables. Every change here needs a migration in ``migrations/versions`` (a test compares the two).

Every table that grows with runs has a primary key that begins with ``run_id``, so that the schema shards by run.
Keys and ids are text; times are milliseconds since 1970 UTC. A metric value column holds NULL for NaN: SQLite knows no
NaN, and a value that is not there at all has no row. ``changed`` is a number that rises over the whole store, given to
each run and experiment that a transaction touches: the cursor of ``Store.changes``.

``place`` in params, tags and series repeats where the run is (:func:`place`), so that search indexes begin with it and
hold exactly the rows of one experiment and life-cycle stage. Every insert gives it; whatever moves, deletes or restores
a run sets it again in all three tables (``key_counts.move_runs``).
"""

from __future__ import annotations

from sqlalchemy import DDL, BigInteger, Column, Double, Index, LargeBinary, MetaData, Table, desc, event

from .dialects import TEXT

metadata = MetaData()

#: How many characters of a param or tag value are in its index: its column ``head``. A query that may mean a longer value
#: compares ``head`` *and* ``value``.
INDEXED_CHARACTERS = 40


def place(experiment_id: int, deleted: bool) -> int:
    """The experiment's number for an active run, its complement (-1 - number) for a deleted one."""
    return ~experiment_id if deleted else experiment_id


def _table(name: str, *items: Column[object] | Index, long_rows: bool = False) -> Table:
    # without rowid: one B-tree per table, rows of one run side by side. SQLite reads whole rows to compare keys in it, so that
    # long ones have their keys in a B-tree of their own.
    return Table(name, metadata, *items, sqlite_with_rowid=long_rows)


def _text(name: str, primary_key: bool = False, nullable: bool = False) -> Column[object]:
    return Column(name, TEXT, primary_key=primary_key, nullable=nullable)


def _number(name: str, primary_key: bool = False, nullable: bool = False) -> Column[object]:
    return Column(name, BigInteger, primary_key=primary_key, nullable=nullable, autoincrement=False)


def _value(name: str) -> Column[object]:
    return Column(name, Double, nullable=True)


def _compressed(table: Table, *columns: str) -> None:
    """PostgreSQL would try in vain to compress what is in these columns, which takes longer than to store it."""
    for column in columns:
        told: DDL = DDL(f"ALTER TABLE {table.name} ALTER COLUMN {column} SET STORAGE EXTERNAL")  # type: ignore[no-untyped-call]
        event.listen(table, "after_create", told.execute_if(dialect="postgresql"))


meta = _table("meta", _text("key", primary_key=True), _text("value"))

#: One row (``id`` 0): the last ``changed`` number given, and the number of the next experiment.
clock = _table("clock", _number("id", primary_key=True), _number("changed"), _number("next_experiment"))

experiments = _table(
    "experiments",
    _number("experiment_id", primary_key=True),
    _text("name"),
    _text("artifact_location"),  # a URI or path; else a place below the store's artifact root
    _text("lifecycle_stage"),
    _number("creation_time"),
    _number("last_update_time"),
    _number("deleted_time", nullable=True),  # runs deleted at this very time were deleted with it, and come back with it
    _number("next_ordinal"),
    _number("changed"),
    Index("experiments_by_name", "name", unique=True),
    Index("experiments_by_changed", "changed"),
)

experiment_tags = _table(
    "experiment_tags", _number("experiment_id", primary_key=True), _text("key", primary_key=True), _text("value")
)

runs = _table(
    "runs",
    _text("run_id", primary_key=True),
    _number("experiment_id"),
    _number("ordinal"),  # the run's number in the experiment it was made in, from 0
    _text("name"),
    _text("user_id"),
    _text("status"),
    _number("start_time", nullable=True),
    _number("end_time", nullable=True),
    _text("lifecycle_stage"),
    _number("deleted_time", nullable=True),
    _text("artifact_uri"),  # likewise; empty: <location of the experiment>/<run_id>/artifacts
    _text("parent_run_id", nullable=True),
    _text("cause", nullable=True),
    _number("changed"),
)
Index("runs_by_start", runs.c.experiment_id, runs.c.lifecycle_stage, desc(runs.c.start_time), runs.c.run_id)
Index("runs_by_status", runs.c.experiment_id, runs.c.lifecycle_stage, runs.c.status, runs.c.run_id)
Index("runs_by_name", runs.c.experiment_id, runs.c.lifecycle_stage, runs.c.name, runs.c.run_id)
_by_end = Index("runs_by_end", *(runs.c[name] for name in ("experiment_id", "lifecycle_stage", "end_time", "run_id")))
#: Indexes of those rows alone for which something holds. Whoever makes them tells SQLAlchemy so in the database's language:
#: said here, in each language, it would load them all.
PARTIAL = {_by_end: runs.c.end_time.is_not(None)}
Index("runs_by_parent", runs.c.parent_run_id)
Index("runs_by_changed", runs.c.changed)

params = _table(
    "params",
    _text("run_id", primary_key=True),
    _text("key", primary_key=True),
    _text("value"),
    _text("head"),  # value[:INDEXED_CHARACTERS]
    _number("place"),
)
Index("params_by_value", params.c.place, params.c.key, params.c.head, params.c.run_id)

tags = _table(
    "tags",
    _text("run_id", primary_key=True),
    _text("key", primary_key=True),
    _text("value"),
    _text("head"),  # value[:INDEXED_CHARACTERS]
    _number("place"),
)
Index("tags_by_value", tags.c.place, tags.c.key, tags.c.head, tags.c.run_id)

#: One row per series: its summary. The only point of a series of one needs no row elsewhere.
series = _table(
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
    _number("min_step", nullable=True),  # NULL: every value is NaN
    _value("max"),
    _number("max_step", nullable=True),
    _number("hot"),  # how many of the points are in ``points``
    Column("tail", LargeBinary, nullable=False),  # sizes (u32) of the last chunks that may still be merged
    _number("place"),
    _value("mean"),  # NULL: every value is NaN, or there are both infinities
)
# the others ride along: the entry is written anew with each new last value anyway, and searching them needs no row then
Index("series_by_last", *(series.c[name] for name in ("place", "key", "last", "run_id", "min", "max", "mean")))

#: How many runs of a place have a key; ``kind`` is ``metrics``, ``params``, ``tags``, or ``status``, whose keys are statuses.
#: Kept by ``key_counts`` and ``work``.
key_counts = _table(
    "key_counts",
    _number("place", primary_key=True),
    _text("kind", primary_key=True),
    _text("key", primary_key=True),
    _number("runs"),
    Index("key_counts_by_runs", "place", "kind", desc("runs"), "key"),
)

#: Hot rows: the points of one arrival as they came, uncompressed. ``sequence`` is the number of its first point.
points = _table(
    "points",
    _text("run_id", primary_key=True),
    _text("key", primary_key=True),
    _number("sequence", primary_key=True),
    _number("count"),
    Column("data", LargeBinary, nullable=False),  # docs/formats/chunk.md
)

#: Many points of one series, compressed. ``outline`` is a small chunk of its first, last and extreme points.
chunks = _table(
    "chunks",
    _text("run_id", primary_key=True),
    _text("key", primary_key=True),
    _number("sequence", primary_key=True),
    _number("count"),
    _number("min_step"),
    _number("max_step"),
    Column("outline", LargeBinary, nullable=True),
    Column("data", LargeBinary, nullable=False),
    long_rows=True,
)
_compressed(chunks, "outline", "data")

metric_links = _table(
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
    Index("metric_links_by_model", "model_id", "key"),
)

#: Shared between runs, so its key is its content: a digest of all other columns.
datasets = _table(
    "datasets",
    _text("dataset_id", primary_key=True),
    _text("name"),
    _text("digest"),
    _text("source_type"),
    _text("source"),
    _text("schema", nullable=True),
    _text("profile", nullable=True),
)

#: Datasets a run used. ``context`` repeats the tag ``mlflow.data.context``; ``tags`` is a JSON object.
inputs = _table(
    "inputs",
    _text("run_id", primary_key=True),
    _text("dataset_id", primary_key=True),
    _text("context", primary_key=True),
    _number("sequence"),
    _text("name"),
    _text("digest"),
    _text("tags"),
)
Index("inputs_by_name", inputs.c.name, inputs.c.digest, inputs.c.run_id)

#: Logged models a run read (``direction`` "in") or wrote ("out").
models = _table(
    "models",
    _text("run_id", primary_key=True),
    _text("direction", primary_key=True),
    _text("model_id", primary_key=True),
    _number("sequence"),
    _number("step"),
)

console = _table(
    "console",
    _text("run_id", primary_key=True),
    _number("sequence", primary_key=True),
    _text("stream"),
    _number("time"),
    _text("text"),
)

documents = _table(
    "documents",
    _text("run_id", primary_key=True),
    _text("name", primary_key=True),
    _text("media_type"),
    _number("size"),  # bytes of the text in UTF-8
    Column("data", LargeBinary, nullable=False),  # the same, as a zstd frame
)
_compressed(documents, "data")

artifact_files = _table(
    "artifact_files",
    _text("run_id", primary_key=True),
    _text("path", primary_key=True),
    _number("size"),
    _text("digest"),
    _number("time"),
)

#: Only of runs that work now: a lease that is given back, and those of a run that ended, leave the table.
leases = _table(
    "leases",
    _text("run_id", primary_key=True),
    _text("holder", primary_key=True),
    _text("host"),
    _number("pid"),
    _number("pid_start"),
    _number("until"),
)

journals = _table("journals", _text("journal_id", primary_key=True), _number("acknowledged"))

#: Records of journals that could not be applied, kept as they were (msgpack).
refused = _table(
    "refused",
    _text("run_id", primary_key=True),
    _number("sequence", primary_key=True),
    _text("journal_id"),
    _number("time"),
    _text("error_code"),
    _text("reason"),
    Column("record", LargeBinary, nullable=False),
)

#: Points that are acknowledged and not yet in their series, as they came (msgpack): see ``inbox.py``.
inbox = _table(
    "inbox",
    _text("writer", primary_key=True),
    _number("number", primary_key=True),
    Column("data", LargeBinary, nullable=False),
    long_rows=True,
)
_compressed(inbox, "data")

#: ``artifact_location`` as in ``experiments``.
logged_models = _table(
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
    Index("logged_models_by_experiment", "experiment_id", "lifecycle_stage", "model_id"),
    Index("logged_models_by_run", "source_run"),
)

logged_model_params = _table(
    "logged_model_params", _text("model_id", primary_key=True), _text("key", primary_key=True), _text("value")
)

logged_model_tags = _table(
    "logged_model_tags", _text("model_id", primary_key=True), _text("key", primary_key=True), _text("value")
)

#: Heads of traces; their spans are artifacts. ``artifact_location`` as in ``experiments``.
traces = _table(
    "traces",
    _text("trace_id", primary_key=True),
    _number("experiment_id"),
    _number("request_time"),
    _number("duration", nullable=True),
    _text("state"),
    _text("artifact_location"),
    _text("details"),
    Index("traces_by_experiment", "experiment_id", "request_time", "trace_id"),
)

trace_metadata = _table("trace_metadata", _text("trace_id", primary_key=True), _text("key", primary_key=True), _text("value"))

trace_tags = _table("trace_tags", _text("trace_id", primary_key=True), _text("key", primary_key=True), _text("value"))

#: What searches may ask of spans; a trace with the metadata ``runstone.found.read`` has all of its spans here.
spans = _table(
    "spans",
    _text("trace_id", primary_key=True),
    _text("span_id", primary_key=True),
    _text("name"),
    _text("type"),
    _text("status"),
    _text("content"),
    long_rows=True,
)

#: Registered models. Versions and tags hang on ``model_key``, so that a new name is one row.
registered_models = _table(
    "registered_models",
    _text("model_key", primary_key=True),
    _text("name"),
    _text("description", nullable=True),
    _text("user_id"),
    _number("creation_time"),
    _number("last_update_time"),
    _number("next_version"),
    Index("registered_models_by_name", "name", unique=True),
)

registered_model_tags = _table(
    "registered_model_tags", _text("model_key", primary_key=True), _text("key", primary_key=True), _text("value")
)

registered_model_aliases = _table(
    "registered_model_aliases", _text("model_key", primary_key=True), _text("alias", primary_key=True), _number("version")
)

#: ``source`` is what was registered, ``location`` where its files are: another one only for a copy of a version.
model_versions = _table(
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
    Index("model_versions_by_number", "model_key", "version", unique=True),
    Index("model_versions_by_run", "source_run"),
    Index("model_versions_by_logged_model", "model_id"),
)

model_version_tags = _table(
    "model_version_tags", _text("version_key", primary_key=True), _text("key", primary_key=True), _text("value")
)

#: What was done to registered models; only ever added to. Rows of a model that is gone stay.
registry_events = _table(
    "registry_events",
    _number("number", primary_key=True),
    _number("time"),
    _text("user_id"),
    _text("event"),
    _text("model_key"),
    _text("name"),
    _number("version", nullable=True),
    _text("key", nullable=True),
    _text("old", nullable=True),
    _text("new", nullable=True),
    _text("reason"),
    Index("registry_events_by_model", "model_key", "number"),
    Index("registry_events_by_name", "name", "number"),
)

#: Requests to move a stage or an alias (the other is empty), and what became of them.
transition_requests = _table(
    "transition_requests",
    _text("request_id", primary_key=True),
    _text("model_key"),
    _number("version"),
    _text("stage"),
    _text("alias"),
    _text("before"),
    _text("user_id"),
    _text("comment"),
    _text("state"),
    _text("decided_by"),
    _text("decision_comment"),
    _number("creation_time"),
    _number("last_update_time"),
    Index("transition_requests_by_model", "model_key", "creation_time"),
)

version_comments = _table(
    "version_comments",
    _text("comment_id", primary_key=True),
    _text("model_key"),
    _number("version"),
    _text("user_id"),
    _text("comment"),
    _number("creation_time"),
    _number("last_update_time"),
    Index("version_comments_by_version", "model_key", "version", "creation_time"),
)

#: ``told``: number of the last event of the log that there are messages of.
webhooks = _table(
    "webhooks",
    _text("webhook_id", primary_key=True),
    _text("name"),
    _text("url"),
    _text("events"),
    _text("description"),
    _text("status"),
    _text("sealed"),
    _number("creation_time"),
    _number("last_update_time"),
    _number("told"),
)

webhook_deliveries = _table(
    "webhook_deliveries",
    _text("webhook_id", primary_key=True),
    _number("number", primary_key=True),
    _text("delivery_id"),
    _text("event"),
    _text("body"),
    _number("time"),
    _text("state"),
    _number("attempts"),
    _number("due"),
    _number("response_status", nullable=True),
    _text("error"),
    _number("finished", nullable=True),
    Index("webhook_deliveries_by_due", "state", "due"),
)

#: What is kept beside the traces (:mod:`runstone.entities.items`), whatever its kind.
items = _table(
    "items",
    _text("item_id", primary_key=True),
    _text("kind"),
    _text("parent"),
    _text("key"),
    _number("version"),
    _number("creation_time"),
    _number("last_update_time"),
    _text("body"),
    Index("items_by_key", "kind", "key", "parent", "version", unique=True),
    Index("items_by_parent", "kind", "parent", "creation_time", "item_id"),
)

#: Experiments of an item that several may share.
item_experiments = _table(
    "item_experiments",
    _text("item_id", primary_key=True),
    _number("experiment_id", primary_key=True),
    Index("item_experiments_by_experiment", "experiment_id", "item_id"),
)

#: One row (``id`` 0): what caches of accounts compare, and the next number of users, groups, grants and tokens.
account_clock = _table("account_clock", _number("id", primary_key=True), _number("version"), _number("next_id"))

users = _table(
    "users",
    _number("user_id", primary_key=True),
    _text("username"),
    _number("is_admin"),
    _text("password_hash"),
    _text("subject"),
    _number("creation_time"),
    Index("users_by_name", "username", unique=True),
    Index("users_by_subject", "subject"),
)

user_groups = _table(
    "user_groups",
    _number("group_id", primary_key=True),
    _text("name"),
    _text("description"),
    Index("user_groups_by_name", "name", unique=True),
)

group_members = _table(
    "group_members",
    _number("group_id", primary_key=True),
    _number("user_id", primary_key=True),
    Index("group_members_by_user", "user_id"),
)

#: ``resource`` is an experiment's id or a registered model's key, so that renaming keeps them and a new model of an old
#: name has none. ``*`` means all.
grants = _table(
    "grants",
    _number("grant_id", primary_key=True),
    _number("holder_id"),
    _text("resource_type"),
    _text("resource"),
    _text("permission"),
    Index("grants_by_holder", "holder_id", "resource_type", "resource", unique=True),
    Index("grants_by_resource", "resource_type", "resource"),
)

tokens = _table(
    "tokens",
    _number("token_id", primary_key=True),
    _number("user_id"),
    _text("name"),
    _text("scope"),
    _number("creation_time"),
    _number("expires", nullable=True),
    _number("last_used", nullable=True),
    _text("digest"),
    Index("tokens_by_digest", "digest", unique=True),
    Index("tokens_by_user", "user_id"),
)

sessions = _table(
    "sessions",
    _text("digest", primary_key=True),
    _number("user_id"),
    _number("creation_time"),
    _number("expires"),
    Index("sessions_by_user", "user_id"),
)

#: Passwords that were wrong, as long as they count.
login_failures = _table(
    "login_failures", _text("failed", primary_key=True), _number("time", primary_key=True), _text("nonce", primary_key=True)
)
