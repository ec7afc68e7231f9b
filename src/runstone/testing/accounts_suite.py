"""What every store that keeps accounts must do with them; see :mod:`.store_suite` for its use."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from runstone.contracts import Accounts, Batch, Store, WithAccounts
from runstone.entities.accounts import EXPERIMENT, REGISTERED_MODEL, Session, User
from runstone.errors import AlreadyExists, InvalidValue, NotFound, WrongState
from runstone.records import ExperimentCreated, RegisteredModelChanged, RegisteredModelCreated, RunStarted

from .fresh_store import FreshStore


class AccountsSuite(FreshStore):
    """Each test gets the accounts of an empty store, with two administrators, ``root`` and ``ада``."""

    @pytest.fixture
    def accounts(self, store: Store) -> Accounts:
        assert isinstance(store, WithAccounts)
        store.accounts.add_user("root", "hash", is_admin=True)
        store.accounts.add_user("ада", "hash", is_admin=True)
        return store.accounts

    def user(self, accounts: Accounts, name: str) -> User:
        found = accounts.find_user(name)
        assert found is not None
        return found

    # --- users --------------------------------------------------------------------------------------------------------

    def test_users_are_found_by_name_id_and_subject(self, accounts: Accounts) -> None:
        made = accounts.add_user("bob", subject="https://example.org 42")
        assert (made.username, made.is_admin, made.password_hash) == ("bob", False, "")
        assert accounts.find_user("bob") == accounts.find_user(user_id=made.user_id) == made
        assert accounts.find_user(subject="https://example.org 42") == made
        assert accounts.find_user("Bob") is accounts.find_user(subject="42") is accounts.find_user() is None
        assert {one.username for one in accounts.users()} == {"root", "ада", "bob"}

    def test_names_are_taken_once(self, accounts: Accounts) -> None:
        with pytest.raises(AlreadyExists):
            accounts.add_user("ада")
        accounts.add_group("g")
        with pytest.raises(AlreadyExists):
            accounts.add_group("g")
        other = accounts.add_group("other")
        with pytest.raises(AlreadyExists):
            accounts.change_group(other.group_id, "g")

    def test_changes_of_a_user_leave_the_rest(self, accounts: Accounts) -> None:
        made = accounts.add_user("bob", "hash")
        accounts.change_user(made.user_id, subject="s")
        accounts.change_user(made.user_id, is_admin=True)
        found = self.user(accounts, "bob")
        assert (found.subject, found.is_admin, found.password_hash) == ("s", True, "hash")

    def test_a_new_password_ends_sessions_but_no_tokens(self, accounts: Accounts) -> None:
        made = accounts.add_user("bob", "hash")
        accounts.add_session(Session("d", made.user_id, 1, 2**50))
        accounts.add_token(made.user_id, "t", "read", None, "td")
        accounts.change_user(made.user_id, is_admin=True)
        assert accounts.find_session("d") is not None
        accounts.change_user(made.user_id, password_hash="new")
        assert accounts.find_session("d") is None
        assert accounts.find_token("td") is not None

    def test_an_administrator_is_left(self, accounts: Accounts) -> None:
        root, ada = self.user(accounts, "root"), self.user(accounts, "ада")
        accounts.change_user(ada.user_id, is_admin=False)
        with pytest.raises(WrongState):
            accounts.change_user(root.user_id, is_admin=False)
        with pytest.raises(WrongState):
            accounts.delete_user(root.user_id)
        assert self.user(accounts, "root").is_admin
        accounts.delete_user(ada.user_id)

    def test_of_administrators_that_demote_each_other_at_once_one_stays(self, accounts: Accounts) -> None:
        root, ada = (self.user(accounts, name).user_id for name in ("root", "ада"))
        works: list[Callable[[], object]] = [
            lambda: accounts.change_user(root, is_admin=False),
            lambda: accounts.change_user(ada, is_admin=False),
        ]
        assert self.at_once(works, WrongState) == 1
        assert sum(one.is_admin for one in accounts.users()) == 1

    def test_of_those_who_take_a_name_at_once_one_gets_it(self, accounts: Accounts) -> None:
        refused = self.at_once([lambda: accounts.add_user("bob")] * 4, AlreadyExists)
        assert refused == 3
        assert len(accounts.users()) == 3

    def test_a_user_goes_with_all_that_is_theirs(self, accounts: Accounts) -> None:
        made, group = accounts.add_user("bob"), accounts.add_group("g")
        accounts.set_member(group.group_id, made.user_id, True)
        accounts.add_session(Session("d", made.user_id, 1, 2**50))
        accounts.add_token(made.user_id, "t", "read", None, "td")
        accounts.grant(made.user_id, EXPERIMENT, "0", "READ")
        accounts.delete_user(made.user_id)
        for found in (accounts.find_user("bob"), accounts.find_token("td"), accounts.find_session("d")):
            assert found is None
        assert not accounts.members(group.group_id)
        assert not accounts.grants()

    def test_texts_that_no_database_keeps(self, accounts: Accounts) -> None:
        with pytest.raises(InvalidValue):
            accounts.add_user("a\0b")
        with pytest.raises(InvalidValue):
            accounts.find_user("a\0b")

    # --- groups -------------------------------------------------------------------------------------------------------

    def test_members_come_and_go(self, accounts: Accounts) -> None:
        group, ada = accounts.add_group("g", "text"), self.user(accounts, "ада")
        for _ in range(2):  # twice is as once
            accounts.set_member(group.group_id, ada.user_id, True)
        assert [one.username for one in accounts.members(group.group_id)] == ["ада"]
        assert list(accounts.groups(ada.user_id)) == [group]
        accounts.change_group(group.group_id, description="other")
        assert [(one.name, one.description) for one in accounts.groups()] == [("g", "other")]
        accounts.set_member(group.group_id, ada.user_id, False)
        assert list(accounts.groups(ada.user_id)) == []

    def test_what_is_not_there(self, accounts: Accounts) -> None:
        group, ada = accounts.add_group("g"), self.user(accounts, "ада")
        works: list[Callable[[], object]] = [
            lambda: accounts.set_member(999, ada.user_id, True),
            lambda: accounts.set_member(group.group_id, 999, True),
            lambda: accounts.change_group(999, "x"),
            lambda: accounts.delete_group(999),
            lambda: accounts.revoke(999),
            lambda: accounts.delete_token(999),
            lambda: accounts.grant(ada.user_id, REGISTERED_MODEL, "none", "READ"),
        ]
        for work in works:
            with pytest.raises(NotFound):
                work()

    # --- grants -------------------------------------------------------------------------------------------------------

    def test_a_grant_is_changed_and_revoked(self, accounts: Accounts) -> None:
        ada, group = self.user(accounts, "ада"), accounts.add_group("g")
        first = accounts.grant(ada.user_id, EXPERIMENT, "1", "READ")
        assert accounts.grant(ada.user_id, EXPERIMENT, "1", "EDIT").grant_id == first.grant_id
        accounts.grant(group.group_id, EXPERIMENT, "*", "USE")
        assert [one.permission for one in accounts.grants([ada.user_id])] == ["EDIT"]
        assert [one.permission for one in accounts.grants(resource_type=EXPERIMENT, resource="*")] == ["USE"]
        assert len(accounts.grants([ada.user_id, group.group_id])) == len(accounts.grants()) == 2
        accounts.revoke(first.grant_id)
        accounts.delete_group(group.group_id)
        assert list(accounts.grants()) == []

    def test_a_grant_follows_its_registered_model(self, accounts: Accounts, store: Store) -> None:
        ada = self.user(accounts, "ада")
        store.write(Batch([RegisteredModelCreated("k1", "digits", 1)]))
        accounts.grant(ada.user_id, REGISTERED_MODEL, "digits", "MANAGE")
        store.write(Batch([RegisteredModelChanged("digits", 2, new_name="numbers"), RegisteredModelCreated("k2", "digits", 3)]))
        assert [one.resource for one in accounts.grants([ada.user_id])] == ["numbers"]
        assert list(accounts.grants(resource_type=REGISTERED_MODEL, resource="digits")) == []

    def test_experiments_of_runs(self, accounts: Accounts, store: Store) -> None:
        store.write(Batch([ExperimentCreated("iris", time=1), RunStarted("r1", "1", 1, "n")]))
        assert accounts.experiments_of("run", ["r1", "none"]) == {"r1": "1"}
        assert accounts.experiments_of("trace", []) == {}

    # --- tokens, sessions, failures -----------------------------------------------------------------------------------

    def test_tokens_are_found_by_digest(self, accounts: Accounts) -> None:
        ada = self.user(accounts, "ада")
        made = accounts.add_token(ada.user_id, "ключ", "write", 2**50, "d1")
        accounts.add_token(self.user(accounts, "root").user_id, "t", "read", None, "d2")
        assert accounts.find_token("d1") == made
        assert accounts.find_token("d") is None
        assert list(accounts.tokens(ada.user_id)) == [made]
        assert len(accounts.tokens()) == 2
        accounts.delete_token(made.token_id)
        assert accounts.find_token("d1") is None

    def test_sessions_end(self, accounts: Accounts) -> None:
        ada, root = self.user(accounts, "ада").user_id, self.user(accounts, "root").user_id
        accounts.add_session(Session("a", ada, 1, 10))
        accounts.add_session(Session("b", root, 2, 100))
        accounts.add_session(Session("c", ada, 50, 100))  # what is over by now is forgotten
        assert accounts.find_session("a") is None
        accounts.delete_sessions(digest="b")
        assert accounts.find_session("b") is None
        assert accounts.find_session("c") == Session("c", ada, 50, 100)
        accounts.delete_sessions(user_id=ada, until=49)
        assert accounts.find_session("c") is not None
        accounts.delete_sessions(user_id=ada, until=50)
        assert accounts.find_session("c") is None
        accounts.add_session(Session("d", ada, 60, 100))
        accounts.delete_sessions(user_id=ada)
        assert accounts.find_session("d") is None

    def test_failures_are_counted_since_a_moment(self, accounts: Accounts) -> None:
        for moment in (1000, 1000, 2000):
            accounts.add_failure("127.0.0.1 x", moment)
        assert [accounts.failures("127.0.0.1 x", since) for since in (0, 1000, 2000)] == [3, 1, 0]
        assert accounts.failures("127.0.0.1", 0) == 0

    def test_the_version_rises_with_what_takes_away(self, accounts: Accounts) -> None:
        ada, group = self.user(accounts, "ада"), accounts.add_group("g")
        grant = accounts.grant(ada.user_id, EXPERIMENT, "1", "READ")
        token = accounts.add_token(ada.user_id, "t", "read", None, "d")
        before = accounts.version()
        works: list[Callable[[], object]] = [
            lambda: accounts.change_user(ada.user_id, is_admin=False),
            lambda: accounts.change_user(ada.user_id, password_hash="x"),
            lambda: accounts.set_member(group.group_id, ada.user_id, False),
            lambda: accounts.delete_token(token.token_id),
            lambda: accounts.delete_sessions(user_id=ada.user_id),
            lambda: accounts.revoke(grant.grant_id),
            lambda: accounts.delete_group(group.group_id),
            lambda: accounts.delete_user(ada.user_id),
        ]
        for work in works:
            work()
            now = accounts.version()
            assert now > before
            before = now

    def at_once(self, works: list[Callable[[], object]], expected: type[Exception]) -> int:
        """Do all of them in threads of their own; how many raised ``expected``."""
        barrier, refused = threading.Barrier(len(works)), list[Exception]()

        def run(work: Callable[[], object]) -> None:
            barrier.wait()
            try:
                work()
            except Exception as cause:
                refused.append(cause)

        threads = [threading.Thread(target=run, args=(work,)) for work in works]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        assert all(isinstance(one, expected) for one in refused), refused
        return len(refused)
