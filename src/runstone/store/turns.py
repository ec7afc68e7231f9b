"""Transactions that write: one connection, one at a time in a process."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from runstone.forks import no_fork

from .dialects import LOCK_WAIT, WRITER, Claims, Dialect, lost
from .series import REMEMBERED, Memory

T = TypeVar("T")

#: How often a transaction that the database undid (two that wait for each other, say) is done again.
_ATTEMPTS = 5


class Turns:
    """Threads take turns; other processes take theirs at the database's locks."""

    def __init__(self, engine: Engine, dialect: Dialect) -> None:
        self._engine, self._dialect = engine, dialect
        self._turn = threading.RLock()
        self._connection: Connection | None = None
        self._memory = Memory(REMEMBERED)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """No other thread of this process writes meanwhile."""
        with no_fork, self._turn:
            yield

    def transaction(self, work: Callable[[Connection], T], claims: Claims = None) -> T:
        """Do ``work``, all or nothing, alone with what is claimed. Troubles of the database come as our errors."""
        with self.alone():
            for attempt in range(_ATTEMPTS):
                try:
                    with self._begun() as connection:
                        self._dialect.claim(connection, claims)
                        return work(connection)
                except BaseException as cause:
                    self._memory.clear()
                    if not isinstance(cause, DBAPIError | PoolTimeout) or self._dialect.unfit(cause):
                        raise
                    self._drop()
                    if not self._dialect.again(cause) or attempt + 1 == _ATTEMPTS:
                        raise self._dialect.error(cause) from cause
            raise AssertionError("the last attempt ended in neither a result nor an error")

    @contextmanager
    def _begun(self) -> Iterator[Connection]:
        """A transaction, committed at the end. A connection that was lost before it began is replaced."""
        try:
            transaction = self._connected().begin()
        except DBAPIError as cause:
            if not lost(cause):
                raise
            self._drop()
            transaction = self._connected().begin()
        with transaction:
            yield transaction.connection

    def _connected(self) -> Connection:
        if self._connection is None:
            self._connection = self._engine.connect().execution_options(**{WRITER: True})
        return self._connection

    def close(self) -> None:
        """Give the connection back when the transaction under way has ended; the next transaction takes a new one.

        SQLite's connection, closed while another thread works on it, ends the process. So one that is still at work after
        the time that a lock is waited for is left open.
        """
        if self._turn.acquire(timeout=LOCK_WAIT):
            try:
                self._drop()
            finally:
                self._turn.release()

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.invalidate()
            connection.close()
