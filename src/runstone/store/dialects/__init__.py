"""What differs between databases, and nothing else: one file each. ``postgresql`` is imported by whoever wants it."""

from .base import LOCK_WAIT, SAME_ORDER, TEXT, WRITER, Claims, Dialect, lost, of
from .sqlite import Sqlite
from .sqlite_damage import lost_in_log

__all__ = ["LOCK_WAIT", "SAME_ORDER", "TEXT", "WRITER", "Claims", "Dialect", "Sqlite", "lost", "lost_in_log", "of"]
