"""Accounts in the store's database, see :class:`runstone.contracts.Accounts`.

Every change first touches the one row of ``account_clock``: so changes come one after the other on every database, and
caches in other processes learn of them.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Sequence
from typing import Any, Literal, Protocol, TypeVar

from sqlalchemy import Connection, Table

from runstone.entities.accounts import REGISTERED_MODEL, Grant, Group, Session, Token, User
from runstone.errors import AlreadyExists, InvalidValue, NotFound, WrongState

from .statements import Rows, find, names
from .tables import grants, group_members, login_failures, sessions, tokens, user_groups, users

T = TypeVar("T")

_OWNERS = {"run": ("runs", "run_id"), "model": ("logged_models", "model_id"), "trace": ("traces", "trace_id")}
#: A grant on a registered model is kept by the model's key, and known by its name.
_ALWAYS = (1 << 63) - 1
_GRANTS = (
    "SELECT g.grant_id, g.holder_id, g.resource_type, COALESCE(m.name, g.resource), g.permission FROM grants g "
    f"LEFT JOIN registered_models m ON g.resource_type = '{REGISTERED_MODEL}' AND m.model_key = g.resource "
    f"WHERE (g.resource_type <> '{REGISTERED_MODEL}' OR g.resource = '*' OR m.model_key IS NOT NULL)"
)


class Does(Protocol):
    """Runs work on a connection, inside a transaction."""

    def __call__(self, work: Callable[[Connection], T], /) -> T: ...


class SqlAccounts:
    """Args:
    read: does work in a transaction that reads.
    change: the same for one that writes.
    sign: the database's sign for a parameter.
    """

    def __init__(self, read: Does, change: Does, sign: str) -> None:
        self._read, self._change, self._sign = read, change, sign

    def version(self) -> int:
        return int(self._one("SELECT version FROM account_clock WHERE id = 0")[0])

    # --- users --------------------------------------------------------------------------------------------------------

    def users(self) -> Sequence[User]:
        return [_user(row) for row in self._all(f"SELECT {names(users)} FROM users ORDER BY username")]

    def find_user(self, username: str = "", user_id: int = 0, subject: str = "") -> User | None:
        column, value = next(
            (pair for pair in (("username", username), ("user_id", user_id), ("subject", subject)) if pair[1]), ("user_id", 0)
        )
        found = self._all(f"SELECT {names(users)} FROM users WHERE {column} = ?", value)
        return _user(found[0]) if found else None

    def add_user(self, username: str, password_hash: str = "", is_admin: bool = False, subject: str = "") -> User:
        def add(connection: Connection) -> User:
            number = self._touch(connection, 1)
            self._require_free(connection, users, "username", username, f"User (username={username}) already exists.")
            row = (number, username, int(is_admin), password_hash, subject, _now())
            Rows(users).insert(connection, row, self._sign)
            return _user(row)

        return self._change(add)

    def change_user(
        self, user_id: int, password_hash: str | None = None, is_admin: bool | None = None, subject: str | None = None
    ) -> None:
        def change(connection: Connection) -> None:
            self._touch(connection)
            if password_hash is not None:
                self._do(connection, "UPDATE users SET password_hash = ? WHERE user_id = ?", password_hash, user_id)
                self._do(connection, "DELETE FROM sessions WHERE user_id = ?", user_id)
            if is_admin is not None:
                self._do(connection, "UPDATE users SET is_admin = ? WHERE user_id = ?", int(is_admin), user_id)
            if subject is not None:
                self._do(connection, "UPDATE users SET subject = ? WHERE user_id = ?", subject, user_id)
            self._require_admin(connection, is_admin is False)

        self._change(change)

    def delete_user(self, user_id: int) -> None:
        def delete(connection: Connection) -> None:
            self._touch(connection)
            admin = self._do(connection, "SELECT is_admin FROM users WHERE user_id = ?", user_id).fetchall()
            for table in ("sessions", "tokens", "group_members", "users"):
                self._do(connection, f"DELETE FROM {table} WHERE user_id = ?", user_id)
            self._do(connection, "DELETE FROM grants WHERE holder_id = ?", user_id)
            self._require_admin(connection, bool(admin and admin[0][0]))

        self._change(delete)

    # --- groups -------------------------------------------------------------------------------------------------------

    def groups(self, user_id: int = 0) -> Sequence[Group]:
        select = f"SELECT {', '.join('g.' + one for one in ('group_id', 'name', 'description'))} FROM user_groups g"
        if user_id:
            member = " JOIN group_members m ON m.group_id = g.group_id WHERE m.user_id = ?"
            return [Group(*row) for row in self._all(select + member + " ORDER BY g.name", user_id)]
        return [Group(*row) for row in self._all(select + " ORDER BY g.name")]

    def add_group(self, name: str, description: str = "") -> Group:
        def add(connection: Connection) -> Group:
            number = self._touch(connection, 1)
            self._require_free(connection, user_groups, "name", name, f"There is already a group named {name!r}.")
            Rows(user_groups).insert(connection, (number, name, description), self._sign)
            return Group(number, name, description)

        return self._change(add)

    def change_group(self, group_id: int, name: str | None = None, description: str | None = None) -> Group:
        def change(connection: Connection) -> Group:
            self._touch(connection)
            if name is not None:
                taken = self._do(connection, "SELECT group_id FROM user_groups WHERE name = ?", name).fetchall()
                if taken and taken[0][0] != group_id:
                    raise AlreadyExists(f"There is already a group named {name!r}.")
                self._do(connection, "UPDATE user_groups SET name = ? WHERE group_id = ?", name, group_id)
            if description is not None:
                self._do(connection, "UPDATE user_groups SET description = ? WHERE group_id = ?", description, group_id)
            select = "SELECT group_id, name, description FROM user_groups WHERE group_id = ?"
            found = self._do(connection, select, group_id).fetchall()
            if not found:
                raise NotFound(f"There is no group {group_id}.")
            return Group(*found[0])

        return self._change(change)

    def delete_group(self, group_id: int) -> None:
        def delete(connection: Connection) -> None:
            self._touch(connection)
            self._do(connection, "DELETE FROM group_members WHERE group_id = ?", group_id)
            self._do(connection, "DELETE FROM grants WHERE holder_id = ?", group_id)
            if not self._do(connection, "DELETE FROM user_groups WHERE group_id = ?", group_id).rowcount:
                raise NotFound(f"There is no group {group_id}.")

        self._change(delete)

    def members(self, group_id: int) -> Sequence[User]:
        columns = ", ".join("u." + column.name for column in users.columns)
        select = f"SELECT {columns} FROM users u JOIN group_members m ON m.user_id = u.user_id WHERE m.group_id = ?"
        return [_user(row) for row in self._all(select + " ORDER BY u.username", group_id)]

    def set_member(self, group_id: int, user_id: int, member: bool) -> None:
        def change(connection: Connection) -> None:
            self._touch(connection)
            for table, column, value in (("user_groups", "group_id", group_id), ("users", "user_id", user_id)):
                if not self._do(connection, f"SELECT 1 FROM {table} WHERE {column} = ?", value).fetchall():
                    raise NotFound(f"There is no {column.removesuffix('_id')} {value}.")
            if member:
                Rows(group_members, update=()).insert(connection, (group_id, user_id), self._sign)
            else:
                self._do(connection, "DELETE FROM group_members WHERE group_id = ? AND user_id = ?", group_id, user_id)

        self._change(change)

    # --- grants -------------------------------------------------------------------------------------------------------

    def grants(self, holder_ids: Sequence[int] = (), resource_type: str = "", resource: str = "") -> Sequence[Grant]:
        if not holder_ids:
            tests = " AND g.resource_type = ? AND COALESCE(m.name, g.resource) = ?" if resource_type else ""
            given = (resource_type, resource) if resource_type else ()
            return [Grant(*row) for row in self._all(_GRANTS + tests + " ORDER BY g.grant_id", *given)]

        def read(connection: Connection) -> list[Grant]:
            return [Grant(*row) for row in find(connection, _GRANTS + " AND g.holder_id IN", list(holder_ids), self._sign)]

        return [
            one
            for one in self._read(read)
            if not resource_type or (one.resource_type, one.resource) == (resource_type, resource)
        ]

    def grant(self, holder_id: int, resource_type: str, resource: str, permission: str) -> Grant:
        def give(connection: Connection) -> Grant:
            number, place = self._touch(connection, 1), resource
            if resource_type == REGISTERED_MODEL and resource != "*":
                select = "SELECT model_key FROM registered_models WHERE name = ?"
                found = self._do(connection, select, resource).fetchall()
                if not found:
                    raise NotFound(f"Registered Model with name={resource} not found")
                place = found[0][0]
            where = "holder_id = ? AND resource_type = ? AND resource = ?"
            there = self._do(
                connection, f"SELECT grant_id FROM grants WHERE {where}", holder_id, resource_type, place
            ).fetchall()
            if there:
                number = there[0][0]
                self._do(connection, "UPDATE grants SET permission = ? WHERE grant_id = ?", permission, number)
            else:
                Rows(grants).insert(connection, (number, holder_id, resource_type, place, permission), self._sign)
            return Grant(number, holder_id, resource_type, resource, permission)

        return self._change(give)

    def revoke(self, grant_id: int) -> None:
        self._removed("DELETE FROM grants WHERE grant_id = ?", grant_id, f"There is no grant {grant_id}.")

    # --- tokens, sessions, failures -----------------------------------------------------------------------------------

    def tokens(self, user_id: int = 0) -> Sequence[Token]:
        where, given = (" WHERE user_id = ?", (user_id,)) if user_id else ("", ())
        return [Token(*row) for row in self._all(f"SELECT {names(tokens)} FROM tokens{where} ORDER BY token_id", *given)]

    def find_token(self, digest: str) -> Token | None:
        found = self._all(f"SELECT {names(tokens)} FROM tokens WHERE digest = ?", digest)
        return Token(*found[0]) if found else None

    def add_token(self, user_id: int, name: str, scope: str, expires: int | None, digest: str) -> Token:
        def add(connection: Connection) -> Token:
            row = (self._touch(connection, 1), user_id, name, scope, _now(), expires, None, digest)
            Rows(tokens).insert(connection, row, self._sign)
            return Token(*row)

        return self._change(add)

    def delete_token(self, token_id: int) -> None:
        self._removed("DELETE FROM tokens WHERE token_id = ?", token_id, f"There is no token {token_id}.")

    def find_session(self, digest: str) -> Session | None:
        found = self._all(f"SELECT {names(sessions)} FROM sessions WHERE digest = ?", digest)
        return Session(*found[0]) if found else None

    def add_session(self, session: Session) -> None:
        def add(connection: Connection) -> None:
            self._do(connection, "DELETE FROM sessions WHERE expires < ?", session.creation_time)
            row = (session.digest, session.user_id, session.creation_time, session.expires)
            Rows(sessions).insert(connection, row, self._sign)

        self._change(add)

    def delete_sessions(self, digest: str = "", user_id: int = 0, until: int | None = None) -> None:
        def delete(connection: Connection) -> None:
            self._touch(connection)
            last = _ALWAYS if until is None else until
            where = "digest = ? OR (user_id = ? AND creation_time <= ?)"
            self._do(connection, f"DELETE FROM sessions WHERE {where}", digest, user_id, last)

        self._change(delete)

    def failures(self, key: str, since: int) -> int:
        return int(self._one("SELECT COUNT(*) FROM login_failures WHERE failed = ? AND time > ?", key, since)[0])

    def add_failure(self, key: str, now: int) -> None:
        def add(connection: Connection) -> None:
            self._do(connection, "DELETE FROM login_failures WHERE time < ?", now - 24 * 3_600_000)
            Rows(login_failures).insert(connection, (key, now, uuid.uuid4().hex), self._sign)

        self._change(add)

    def experiments_of(self, kind: Literal["run", "model", "trace"], ids: Sequence[str]) -> dict[str, str]:
        table, column = _OWNERS[kind]
        select = f"SELECT {column}, experiment_id FROM {table} WHERE {column} IN"

        def read(connection: Connection) -> dict[str, str]:
            return {str(key): str(number) for key, number in find(connection, select, list(ids), self._sign)}

        return self._read(read) if ids else {}

    # --- how ----------------------------------------------------------------------------------------------------------

    def _touch(self, connection: Connection, numbers: int = 0) -> int:
        """Be alone, let caches know; the first of so many new numbers."""
        self._do(connection, "UPDATE account_clock SET version = version + 1, next_id = next_id + ? WHERE id = 0", numbers)
        row = connection.exec_driver_sql("SELECT next_id FROM account_clock WHERE id = 0").fetchone()
        assert row is not None
        return int(row[0]) - numbers

    def _removed(self, statement: str, number: int, missing: str) -> None:
        def remove(connection: Connection) -> None:
            self._touch(connection)
            if not self._do(connection, statement, number).rowcount:
                raise NotFound(missing)

        self._change(remove)

    def _require_free(self, connection: Connection, table: Table, column: str, value: str, message: str) -> None:
        if self._do(connection, f"SELECT 1 FROM {table.name} WHERE {column} = ?", value).fetchall():
            raise AlreadyExists(message)

    def _require_admin(self, connection: Connection, lost: bool) -> None:
        if lost and not self._do(connection, "SELECT 1 FROM users WHERE is_admin = ?", 1).fetchall():
            raise WrongState("This is the last administrator; make somebody else one first.")

    def _do(self, connection: Connection, statement: str, *values: Any) -> Any:
        _check(values)
        return connection.exec_driver_sql(statement.replace("?", self._sign), values)

    def _all(self, statement: str, *values: Any) -> list[Any]:
        return self._read(lambda connection: list(self._do(connection, statement, *values).fetchall()))

    def _one(self, statement: str, *values: Any) -> Any:
        return self._all(statement, *values)[0]


def _user(row: Any) -> User:
    number, username, is_admin, password_hash, subject, created = row
    return User(number, username, bool(is_admin), password_hash, subject, created)


def _check(values: Sequence[Any]) -> None:
    """Raises InvalidValue for a text that PostgreSQL cannot keep."""
    if any(isinstance(one, str) and "\0" in one for one in values):
        raise InvalidValue("A name may not have NUL characters.")


def _now() -> int:
    return time.time_ns() // 1_000_000
