"""PostgreSQL as the store: several processes, a server that dies and comes back, and what is said when it cannot be reached."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from test_processes import WRITER

from runstone import connect
from runstone.contracts import Batch, Origin
from runstone.errors import DiskFull, InvalidValue, StoreReadOnly, StoreUnavailable
from runstone.records import Params, RunStarted, Tags
from runstone.testing.postgres_server import PostgresServer, serving_postgres
from runstone.testing.store_suite import metrics, rows


@pytest.fixture
def own_server(postgres: PostgresServer) -> Iterator[PostgresServer]:
    """A server that may be killed; asked for behind the shared one, so that a missing PostgreSQL skips."""
    with serving_postgres() as server:
        yield server


def test_the_spelling_of_the_uri_does_not_matter() -> None:
    for scheme in ("postgres", "postgresql", "postgresql+psycopg", "postgresql+psycopg2"):
        assert connect.canonical(f"{scheme}://u:p@h:5/d?sslmode=require") == "postgresql://u:p@h:5/d?sslmode=require"
    assert connect.shown("postgres://u:secret@h/d?password=more") == "postgresql://u@h/d"
    assert connect.journal_root("postgres://u:old@h/d") == connect.journal_root("postgresql://u:new@h/d")
    for uri in ("postgresql:", "postgresql://host", "postgresql://u:secret@h:port/d"):
        with pytest.raises(InvalidValue) as told:
            connect.canonical(uri)
        assert "secret" not in str(told.value)


def test_processes_write_to_one_run_at_once(new_postgres: Callable[[], str]) -> None:
    uri = new_postgres()
    children = [
        subprocess.Popen([sys.executable, "-c", textwrap.dedent(WRITER), uri, name, "350"], stdout=subprocess.DEVNULL)
        for name in ("1", "2", "3")
    ]
    store, cursor, seen = connect.open_store(uri), 0, []
    while any(child.poll() is None for child in children):  # numbers become visible in their order, without a gap
        cursor = store.changes(cursor).cursor
        seen.append(cursor)
        time.sleep(0.01)
    assert [child.wait() for child in children] == [0, 0, 0]
    assert seen == sorted(seen)
    for name in ("1", "2", "3"):
        assert rows(store.history("shared", f"only{name}")) == [(step, 1.0, int(name)) for step in range(350)]
    assert rows(store.history("shared", "both")) == [(step, 1.0, clock) for step in range(350) for clock in (1, 2, 3)]
    assert not store.health(deep=True).problems


def test_a_server_killed_in_mid_load_loses_nothing_that_was_acknowledged(own_server: PostgresServer) -> None:
    store = connect.open_store(own_server.new_database())
    store.write(Batch([RunStarted("r", "0", 1, "x")]))
    troubles: list[str] = []
    done = threading.Event()

    def load() -> None:
        position = 0
        while not done.is_set() or position < 100:
            try:
                piece = Batch([metrics("r", m=[(position, 1.0, 1)])], Origin("j", position, position + 1))
                position = store.write_all([piece])[0].acknowledged
                assert store.get_run("r").data.summaries["m"].count >= position
            except StoreUnavailable as trouble:
                troubles.append(str(trouble))
                time.sleep(0.02)

    loading = threading.Thread(target=load)
    loading.start()
    for _ in range(3):
        time.sleep(0.3)
        own_server.kill()
        time.sleep(0.1)
        own_server.start()
    done.set()
    loading.join()
    assert troubles
    reached = store.acknowledged("j")
    assert reached >= 100
    assert [step for step, _, _ in rows(store.history("r", "m"))] == list(range(reached))
    connect.close_all()


def test_each_trouble_is_one_message_without_the_password(postgres: PostgresServer) -> None:
    good = postgres.new_store()
    parts = urlsplit(good)
    address = f"{parts.hostname}:{parts.port}"
    cases = {
        f"postgresql://runstone:wrong-secret@{address}/postgres": "User or password is wrong",
        f"postgresql://{parts.username}:{parts.password}@{address}/nowhere": "Make it with `createdb`",
        f"postgresql://runstone:wrong-secret@no-such-host.invalid/{parts.path[1:]}": "check the host",
        "postgresql://runstone:wrong-secret@127.0.0.1:1/d": "is PostgreSQL running",
    }
    for uri, words in cases.items():
        with pytest.raises(StoreUnavailable, match=words) as told:
            connect.open_store(uri)
        assert "secret" not in str(told.value)
        assert "%20" not in str(told.value)
        assert "postgresql:" not in told.value.outside  # what a server tells its clients names no place of its own
        for part in ("127.0.0.1", "runstone", "nowhere", "invalid"):
            assert part not in told.value.outside
    postgres.give_back(good)


def test_a_full_disk_of_the_database_is_told_as_one(postgres: PostgresServer) -> None:
    """With the state that PostgreSQL gives when a file cannot grow (SQLSTATE 53100, disk_full)."""
    uri = postgres.new_database()
    store = connect.open_store(uri)
    store.write(Batch([RunStarted("r", "0", 1, "x")]))
    for statement in (
        "CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION "
        "'could not extend file \"base/1/2\": No space left on device' USING ERRCODE = '53100'; END $$",
        "CREATE TRIGGER no_room BEFORE INSERT ON tags EXECUTE FUNCTION no_room()",
    ):
        postgres.run(statement, urlsplit(uri).path[1:])
    with pytest.raises(DiskFull, match="Free some space on its disk; what was logged waits in the journal") as told:
        store.write(Batch([Tags("r", {"a": "1"})]))
    assert told.value.get_http_status_code() == 507
    assert "journal" not in told.value.outside
    assert store.get_run("r").info.run_name == "x"
    connect.close_all()


def test_a_user_who_may_only_read_reads(own_server: PostgresServer) -> None:
    uri = own_server.new_database("shared")
    connect.open_store(uri).write(Batch([RunStarted("r", "0", 1, "x")]))
    own_server.run("CREATE ROLE reader LOGIN PASSWORD 'read'")
    own_server.run("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader", "shared")
    store = connect.open_store(own_server.uri("shared", "reader", "read"))
    assert store.get_run("r").info.run_name == "x"
    assert list(store.sweep(10**15)) == []
    with pytest.raises(StoreReadOnly, match="GRANT") as refused:
        store.write(Batch([Tags("r", {"a": "1"})]))
    assert refused.value.get_http_status_code() == 424  # at 503 clients send it again, for minutes
    connect.close_all()


def test_another_programs_database_is_left_alone(own_server: PostgresServer) -> None:
    uri = own_server.new_database("songs")
    own_server.run("CREATE TABLE songs (a int)", "songs")
    with pytest.raises(InvalidValue, match="another program"):
        connect.open_store(uri)
    assert own_server.run("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'", "songs") == [(1,)]


def test_any_text_comes_back_and_half_characters_are_refused(new_postgres: Callable[[], str]) -> None:
    store = connect.open_store(new_postgres())
    texts = {"nul": "a\x00b", "one": "\x01\x02", "both": "\x01\x00\x01", "emoji": "🦀", "back": "\\%_"}
    store.write(Batch([RunStarted("r", "0", 1, "x"), Params("r", texts)]))
    assert store.get_run("r").data.params == texts
    many = {f"{name} {number}": text for number in range(8) for name, text in texts.items()}  # so many take another way
    store.write(Batch([RunStarted("many", "0", 1, "x"), Params("many", many)]))
    assert store.get_run("many").data.params == many
    with pytest.raises(InvalidValue, match="cannot be stored"):
        store.write(Batch([Params("r", {"bad": "\ud800"})]))
    with pytest.raises(InvalidValue, match="cannot be stored"):
        store.write(Batch([Params("r", {f"{number}": "\ud800" for number in range(40)})]))


def test_commands_over_postgresql(postgres: PostgresServer) -> None:
    uri = postgres.new_database()

    def told(*words: str) -> tuple[int, str]:
        done = subprocess.run([sys.executable, "-m", "runstone.cli.main", *words], capture_output=True, text=True, check=False)
        assert "secret" not in done.stdout + done.stderr
        return done.returncode, done.stdout + done.stderr

    assert told("db", "check", uri)[0] == 1
    assert told("db", "upgrade", uri)[0] == 0
    assert told("db", "check", uri)[0] == 0
    assert "nothing to do" in told("db", "upgrade", uri)[1]
    code, text = told("doctor", "--store", uri)
    assert code == 0, text
    assert told("gc", "--yes", "--store", uri)[0] == 0
