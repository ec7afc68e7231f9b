"""The store in a database: SQLAlchemy Core over SQLite."""

from runstone._lazy import lazy

__getattr__, __dir__ = lazy(__name__, {"SqlStore": "runstone.store.sql:SqlStore", "migrate": "runstone.store.migrate"})
