"""Run by Alembic: migrate over the connection that :func:`runstone.store.schema.migrate` hands in."""

from alembic import context

from runstone.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
context.run_migrations()
