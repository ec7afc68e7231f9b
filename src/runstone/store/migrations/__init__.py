"""Alembic's folder, inside the package: no ``alembic.ini``. See :mod:`runstone.store.schema`."""
