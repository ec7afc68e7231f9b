"""The store in a database: SQLAlchemy Core over SQLite."""
