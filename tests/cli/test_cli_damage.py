"""What ``runstone db check`` and ``doctor`` say of a damaged store: the truth, and without making it worse."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from runstone.contracts import Batch, Store
from runstone.errors import StoreCorrupt
from runstone.records import Document, Params
from runstone.testing.store_suite import metrics

Call = Callable[..., Result]
Damage = Callable[[sqlite3.Connection], object]


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def flip(table: str, column: str, at: int) -> Damage:
    def damage(plain: sqlite3.Connection) -> None:
        (data,) = plain.execute(f'SELECT "{column}" FROM {table} WHERE "{column}" IS NOT NULL').fetchone()
        plain.execute(f'UPDATE {table} SET "{column}" = ?', (flipped(data, at),))

    return damage


def run(text: str) -> Damage:
    return lambda plain: plain.execute(text)


DAMAGES: dict[str, tuple[Damage, str]] = {
    "a chunk's points": (flip("chunks", "data", -9), "checksum"),
    "a chunk's outline": (flip("chunks", "outline", -9), "checksum"),
    "a document": (flip("documents", "data", -7), "'notes'"),
    "few points, cut off": (run("UPDATE points SET data = substr(data, 1, 24)"), "fewer or more"),
    "a chunk that is gone": (run("DELETE FROM chunks"), "0 of 40,000 points"),
    "a chunk of another place": (run("UPDATE chunks SET min_step = 7"), "not those that their row tells of"),
    "a text that is none": (run("UPDATE params SET value = CAST(x'ff41' AS TEXT)"), "UTF-8"),
    "a number that is a text": (run("UPDATE runs SET start_time = 'long ago'"), "never written"),
    "an index that is gone": (run("DROP INDEX series_by_last"), "series_by_last"),
    "a table that is gone": (run("DROP TABLE console"), "console"),
}


@pytest.fixture
def filled(store: Store, make_run: Callable[..., str], uri: str) -> Path:
    """A store's file with some of all that has bytes of its own."""
    run_id = make_run("r")
    long = [(step, 1.0 / (step + 1), step) for step in range(40_000)]
    store.write(Batch([metrics(run_id, long=long, short=[(step, 0.5, 1) for step in range(3)]), Params(run_id, {"a": "text"})]))
    store.write(Batch([Document(run_id, "notes", "text/plain", "a long text " * 9)]))
    store.close()
    with sqlite3.connect(Path(uri) / "runstone.db") as plain:
        plain.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    plain.close()
    return Path(uri) / "runstone.db"


@pytest.mark.parametrize("what", DAMAGES)
def test_damage_is_told(call: Call, uri: str, filled: Path, what: str) -> None:
    assert json.loads(call("db", "check", "--json", uri).stdout)["sound"]
    damage, sign = DAMAGES[what]
    with sqlite3.connect(filled) as plain:
        damage(plain)
    plain.close()
    found = json.loads(call("db", "check", "--json", uri, code=1).stdout)
    assert not found["sound"]
    assert sign in found["problems"][0]
    told = json.loads(call("doctor", "--json", code=1).stdout)
    assert any(one["state"] == "bad" and sign in one["text"] for one in told["findings"])
    call("db", "check", "--schema-only", uri)


def test_a_text_that_is_none_is_damage_for_whoever_reads_it(call: Call, store: Store, filled: Path, uri: str) -> None:
    with sqlite3.connect(filled) as plain:
        plain.execute("UPDATE params SET value = CAST(x'ff41' AS TEXT)")
        (run_id,) = plain.execute("SELECT run_id FROM params").fetchone()
    plain.close()
    from runstone import connect

    with pytest.raises(StoreCorrupt, match="UTF-8"):
        connect.opened_here(uri).get_run(run_id)


@pytest.mark.parametrize("left", [0, 4096, 20_000])
def test_a_file_that_was_cut_off(call: Call, filled: Path, uri: str, left: int) -> None:
    os.truncate(filled, left)
    assert not json.loads(call("doctor", "--json", code=1).stdout)["sound"]
    call("db", "check", uri, code=1)
    assert filled.stat().st_size == left


def logged(uri: str, folder: Path, store: Store, make_run: Callable[..., str]) -> Path:
    """A copy of a store in use, whose last five commits are in its log alone."""
    run_id = make_run("r")
    for number in range(5):
        store.write(Batch([Params(run_id, {f"p{number}": "x"})]))
    shutil.copytree(uri, folder)
    return folder


def test_commits_behind_a_damaged_place_of_the_log_are_told_before_they_are_gone(
    call: Call, store: Store, make_run: Callable[..., str], uri: str, tmp_path: Path
) -> None:
    copy = logged(uri, tmp_path / "copy", store, make_run)
    log = copy / "runstone.db-wal"
    assert json.loads(call("db", "check", "--json", str(logged(uri, tmp_path / "whole", store, make_run))).stdout)["sound"]
    data = log.read_bytes()
    for at in (20, len(data) // 3):  # its head, and a frame
        log.write_bytes(flipped(data, at))
        for command in (("db", "check", "--json", str(copy)), ("doctor", "--json", "--store", str(copy))):
            for _ in range(2):  # looking changes nothing
                found = json.loads(call(*command, code=1).stdout)
                assert "lost" in json.dumps(found), found
    assert log.read_bytes() == flipped(data, at)


def test_a_commit_that_was_under_way_is_no_damage(
    call: Call, store: Store, make_run: Callable[..., str], uri: str, tmp_path: Path
) -> None:
    copy = logged(uri, tmp_path / "copy", store, make_run)
    log = copy / "runstone.db-wal"
    log.write_bytes(flipped(log.read_bytes(), -9))
    assert json.loads(call("db", "check", "--json", str(copy)).stdout)["sound"]
