"""Accounts: users, groups, grants, tokens, sessions. Frozen: a change is a new migration."""

import sqlalchemy as sa
from alembic import op

from runstone.store.dialects import TEXT

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TABLES = (
    ("account_clock", ("id",), ("version", "next_id"), ()),
    ("users", ("user_id",), ("username:t", "is_admin", "password_hash:t", "subject:t", "creation_time"), ()),
    ("user_groups", ("group_id",), ("name:t", "description:t"), ()),
    ("group_members", ("group_id", "user_id"), (), ()),
    ("grants", ("grant_id",), ("holder_id", "resource_type:t", "resource:t", "permission:t"), ()),
    (
        "tokens",
        ("token_id",),
        ("user_id", "name:t", "scope:t", "creation_time", "expires", "last_used", "digest:t"),
        ("expires", "last_used"),
    ),
    ("sessions", ("digest:t",), ("user_id", "creation_time", "expires"), ()),
    ("login_failures", ("failed:t", "time", "nonce:t"), (), ()),
)
INDEXES = (
    ("users_by_name", "users", ["username"], True),
    ("users_by_subject", "users", ["subject"], False),
    ("user_groups_by_name", "user_groups", ["name"], True),
    ("group_members_by_user", "group_members", ["user_id"], False),
    ("grants_by_holder", "grants", ["holder_id", "resource_type", "resource"], True),
    ("grants_by_resource", "grants", ["resource_type", "resource"], False),
    ("tokens_by_digest", "tokens", ["digest"], True),
    ("tokens_by_user", "tokens", ["user_id"], False),
    ("sessions_by_user", "sessions", ["user_id"], False),
)


def _column(given: str, key: bool, nullable: bool) -> sa.Column[object]:
    name, _, kind = given.partition(":")
    return sa.Column(name, TEXT if kind else sa.BigInteger(), primary_key=key, nullable=nullable, autoincrement=False)


def upgrade() -> None:
    for name, key, columns, nullable in TABLES:
        made = [_column(one, True, False) for one in key] + [_column(one, False, one in nullable) for one in columns]
        op.create_table(name, *made, sqlite_with_rowid=False)
    for index, table, names, unique in INDEXES:
        op.create_index(index, table, names, unique=unique)
    op.execute("INSERT INTO account_clock VALUES (0, 1, 1)")


def downgrade() -> None:
    for name, *_ in reversed(TABLES):
        op.drop_table(name)
