"""What the commands about accounts share: they work on the store itself, so whoever may open it is trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runstone.errors import InvalidValue, NotFound

if TYPE_CHECKING:
    from runstone.contracts import Accounts
    from runstone.entities.accounts import User


def open_accounts(store: str) -> Accounts:
    """Raises InvalidValue for a store that keeps none."""
    from runstone import connect
    from runstone.contracts import WithAccounts

    from .opening import store_uri

    opened = connect.open_store(store_uri(store))
    if not isinstance(opened, WithAccounts):
        raise InvalidValue(f"The store {opened.uri} keeps no accounts itself. Name the folder or database behind the server.")
    return opened.accounts


def find_user(accounts: Accounts, username: str) -> User:
    """Raises NotFound, naming who is there."""
    found = accounts.find_user(username) if username else None
    if found is None:
        names = ", ".join(one.username for one in accounts.users()[:10]) or "nobody"
        raise NotFound(f"There is no user {username!r}. There: {names}.")
    return found


def find_group(accounts: Accounts, name: str) -> int:
    """The group's number. Raises NotFound, naming what is there."""
    for one in accounts.groups():
        if one.name == name:
            return one.group_id
    names = ", ".join(one.name for one in accounts.groups()[:10]) or "none"
    raise NotFound(f"There is no group {name!r}. There are: {names}.")
