"""The mean of every series, from its points. Frozen: a change is a new migration."""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

from runstone.errors import StoreCorrupt
from runstone.query.summary import mean_of, mean_of_both
from runstone.store.chunks import decode, unpack

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_INDEX = ["place", "key", "last", "run_id", "min", "max"]


def upgrade() -> None:
    # first, or each mean would be written there as well
    op.drop_index("series_by_last", "series")
    op.add_column("series", sa.Column("mean", sa.Double(), nullable=True))
    connection = op.get_bind()
    connection.execute(sa.text('UPDATE series SET mean = "min" WHERE "min" = "max"'))
    varied = 'SELECT DISTINCT run_id FROM series WHERE "min" < "max"'
    for (run_id,) in connection.execute(sa.text(varied)).fetchall():
        means = [{"run_id": run_id, "key": key, "mean": mean} for key, mean in _means(connection, run_id)]
        connection.execute(sa.text('UPDATE series SET mean = :mean WHERE run_id = :run_id AND "key" = :key'), means)
    op.create_index("series_by_last", "series", [*_INDEX, "mean"])


def _means(connection: sa.Connection, run_id: str) -> Iterator[tuple[str, float | None]]:
    """Of the run's series that do not have the same value all along."""
    varied = sa.text('SELECT "key" FROM series WHERE run_id = :run_id AND "min" < "max"')
    parts: dict[str, tuple[int, float | None]] = {key: (0, None) for (key,) in connection.execute(varied, {"run_id": run_id})}
    damaged = set()
    for table, read in (("chunks", decode), ("points", unpack)):
        rows = connection.execute(
            sa.text(f'SELECT "key", data FROM {table} WHERE run_id = :run_id ORDER BY "key", sequence'), {"run_id": run_id}
        )
        for key, data in rows:
            if key not in parts:
                continue
            try:
                values = read(data).values
            except StoreCorrupt:  # the doctor tells of it; a store with a mean less is better than one that does not open
                damaged.add(key)
                continue
            values = values[values == values]
            parts[key] = parts[key][0] + len(values), mean_of_both(*parts[key], len(values), mean_of(values))
    for key, (_, mean) in parts.items():
        yield key, None if key in damaged else mean


def downgrade() -> None:
    op.drop_index("series_by_last", "series")
    op.drop_column("series", "mean")
    op.create_index("series_by_last", "series", _INDEX)
