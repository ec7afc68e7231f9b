"""A source is data from somewhere else: torn, wrong, or made to lead somewhere."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest
from real_mlflow import everything_below

from runstone import connect
from runstone.contracts import READ_ONLY
from runstone.errors import InvalidValue, NotFound
from runstone.importers.report import Report

RUN = "a" * 32


@pytest.fixture
def mlruns(tmp_path: Path) -> Path:
    """A folder as MLflow 1 wrote it: one experiment, one run."""
    folder = tmp_path / "mlruns"
    meta(folder / "1", "experiment_id: '1'\nname: old\nartifact_location: ./mlruns/1\nlifecycle_stage: active\n")
    make_run(folder, RUN)
    return folder


def meta(folder: Path, text: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "meta.yaml").write_text(text, "utf-8")


def make_run(mlruns: Path, run_id: str, uri: str = "", more: str = "status: 3\nend_time: 20\n") -> Path:
    folder = mlruns / "1" / run_id
    uri = uri or f"./mlruns/1/{run_id}/artifacts"
    meta(folder, f"run_uuid: {run_id}\nexperiment_id: 1\nname: ''\nstart_time: 10\nuser_id: me\nartifact_uri: {uri}\n{more}")
    for name in ("metrics", "params", "tags", "artifacts"):
        (folder / name).mkdir(exist_ok=True)
    (folder / "artifacts" / "a.txt").write_text("a")
    return folder


def read(mlruns: Path) -> Report:
    return connect.read_in(str(mlruns))


def run(mlruns: Path, run_id: str = RUN):  # type: ignore[no-untyped-def]
    return connect.open_store(mlruns).get_run(run_id)


def test_lines_that_are_torn_or_wrong(mlruns: Path) -> None:
    folder = make_run(mlruns, RUN, more="status: 1\nend_time: null\n")
    (folder / "metrics" / "loss").write_bytes(b"1 0.5 0\n2 nope 1\n3 0.25\n\n4 inf 3\n9999999999999999999999 1 1\n5 0.12")
    report = read(mlruns)
    assert [what.rsplit("/", 1)[1] for what, _ in report.problems] == ["loss:2", "loss:6"]
    assert connect.open_store(mlruns).history(RUN, "loss").values.tolist() == [0.5, 0.25, float("inf")]
    with open(folder / "metrics" / "loss", "ab") as file:
        file.write(b"5 4\n6 0.0625 5\n")
    assert read(mlruns).points == 2
    assert connect.open_store(mlruns).history(RUN, "loss").values.tolist()[-2:] == [0.125, 0.0625]


def test_the_last_line_of_a_run_that_ended_counts_without_its_end(mlruns: Path) -> None:
    (mlruns / "1" / RUN / "metrics" / "loss").write_bytes(b"1 0.5 0\n2 0.25 1")
    assert read(mlruns).points == 2


def test_points_that_are_equal_in_a_file_are_all_carried_and_once_only(mlruns: Path) -> None:
    file = mlruns / "1" / RUN / "metrics" / "loss"
    file.write_bytes(b"1 0.5 0\n" * 3)
    read(mlruns)
    file.write_bytes(b"1 0.5 0\n" * 5)
    assert read(mlruns).points == 2
    assert len(connect.open_store(mlruns).history(RUN, "loss").values) == 5


def test_long_series_go_in_pieces(mlruns: Path) -> None:
    count = 450_000
    text = "".join(f"{i} {i / 8} {i}\n" for i in range(count))
    (mlruns / "1" / RUN / "metrics" / "loss").write_text(text)
    assert read(mlruns).points == count
    assert connect.open_store(mlruns).history(RUN, "loss", start=count - 1).values.tolist() == [(count - 1) / 8]


def test_what_cannot_be_read_is_told_and_the_rest_is_carried(mlruns: Path) -> None:
    broken = make_run(mlruns, "b" * 32)
    (broken / "meta.yaml").write_text("{unclosed: [")
    (mlruns / "1" / RUN / "params" / "bin").write_bytes(b"\xff\xfe")
    os.mkfifo(mlruns / "1" / RUN / "params" / "pipe")
    Path(os.fsdecode(os.fsencode(mlruns / "1" / RUN / "tags") + b"/\xff")).write_text("x")
    (mlruns / "1" / ("c" * 32) / "metrics").mkdir(parents=True)
    meta(mlruns / "2", "just a text")
    meta(mlruns / "3", "experiment_id: '3'\nname: 3\nartifact_location: x\nlifecycle_stage: active\n")
    report = read(mlruns)
    assert report.carried == {"experiment": 2, "run": 1}
    assert {why.split(":")[0] for _, why in report.problems} >= {"is no YAML", "its name is no UTF-8", "holds no object"}
    assert run(mlruns).data.params == {"bin": "��"}


def test_links_in_a_source_are_not_followed(mlruns: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "key").write_text("hidden")
    folder = mlruns / "1" / RUN
    (folder / "params" / "stolen").symlink_to(secret / "key")
    (folder / "tags" / "folder").symlink_to(secret)
    (mlruns / "1" / ("d" * 32)).symlink_to(secret)
    read(mlruns)
    found = run(mlruns)
    assert (found.data.params, set(found.data.tags)) == ({}, set())


@pytest.mark.parametrize("shape", ["outside", "file-uri", "climbs", "link", "web", "bucket", "proxied"])
def test_artifacts_that_lie_elsewhere_are_left_out_and_said_so(mlruns: Path, tmp_path: Path, shape: str) -> None:
    secret = tmp_path / "secret" / RUN / "artifacts"
    secret.mkdir(parents=True)
    (secret / "key").write_text("hidden")
    uri = {
        "outside": str(secret),
        "file-uri": secret.as_uri(),
        "climbs": f"{mlruns}/../secret/{RUN}/artifacts",
        "link": f"{mlruns}/1/{RUN}/link",
        "web": "http://example.org/x",
        "bucket": "s3://bucket/x",
        "proxied": f"mlflow-artifacts:/../secret/{RUN}/artifacts",
    }[shape]
    folder = make_run(mlruns, RUN, uri)
    (folder / "artifacts" / "a.txt").unlink()
    (folder / "artifacts").rmdir()
    (folder / "link").symlink_to(secret)
    report = read(mlruns)
    assert bool(report.problems) == (shape != "proxied"), "that one just is not there"
    place = run(mlruns).info.artifact_uri
    assert not place.startswith(READ_ONLY)
    assert connect.open_artifacts(place).list() == []


def test_a_place_that_is_named_may_be_read(mlruns: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside" / RUN / "artifacts"
    outside.mkdir(parents=True)
    (outside / "b.txt").write_text("b")
    make_run(mlruns, RUN, str(outside))
    report = connect.read_in(str(mlruns), artifacts_from=[str(tmp_path / "outside")])
    assert report.problems == []
    assert [one.path for one in connect.open_artifacts(run(mlruns).info.artifact_uri).list()] == ["b.txt"]


def test_a_folder_that_becomes_a_link_later_is_not_followed(mlruns: Path, tmp_path: Path) -> None:
    read(mlruns)
    artifacts = mlruns / "1" / RUN / "artifacts"
    opened = connect.open_artifacts(run(mlruns).info.artifact_uri)
    assert [one.path for one in opened.list()] == ["a.txt"]
    (tmp_path / "secret").mkdir()
    artifacts.rename(tmp_path / "aside")
    artifacts.symlink_to(tmp_path / "secret")
    with pytest.raises(NotFound, match="leads elsewhere") as refused:
        opened.list()
    assert str(mlruns) not in str(refused.value)


def test_a_folder_that_was_moved_shows_its_artifacts(mlruns: Path, tmp_path: Path) -> None:
    make_run(mlruns, RUN, "file:///home/somebody/mlruns/1/" + RUN + "/artifacts")
    moved = mlruns.rename(tmp_path / "moved")
    assert read(moved).problems == []
    assert [one.path for one in connect.open_artifacts(run(moved).info.artifact_uri).list()] == ["a.txt"]


def test_only_files_and_object_stores_are_opened_for_reading_alone() -> None:
    for uri in ("http://example.org/x", "mlflow-artifacts:/x", "read-only+file:///x", "/plain"):
        with pytest.raises(InvalidValue):
            connect.open_artifacts(READ_ONLY + uri)


def test_a_file_with_a_write_ahead_log_gets_nothing_beside_it(tmp_path: Path) -> None:
    folder = tmp_path / "there"
    folder.mkdir()
    file = folder / "mlflow.db"
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.executescript(
        "CREATE TABLE experiments (experiment_id INTEGER, name TEXT, artifact_location TEXT, lifecycle_stage TEXT);"
        "CREATE TABLE runs (run_uuid TEXT, name TEXT, status TEXT, start_time INTEGER, end_time INTEGER, user_id TEXT,"
        "  lifecycle_stage TEXT, artifact_uri TEXT, experiment_id INTEGER);"
        "CREATE TABLE metrics (run_uuid TEXT, key TEXT, value FLOAT, timestamp INTEGER);"
        f"INSERT INTO experiments VALUES (0, 'Default', 'x', 'active'); INSERT INTO runs VALUES ('{RUN}', 'r', 'FINISHED', 1,"
        f" 2, 'me', 'active', '', 0); INSERT INTO metrics VALUES ('{RUN}', 'm', 1.5, 7);"
    )
    connection.close()
    before = everything_below(folder)
    report = connect.read_in(f"sqlite:///{file}", str(tmp_path / "into"))
    assert (report.problems, report.carried["run"], report.points) == ([], 1, 1), "the tables of MLflow's first version do"
    assert everything_below(folder) == before


def test_other_things_are_no_source(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InvalidValue, match="cannot be read in. What can"):
        connect.read_in(str(tmp_path / "empty"))
    with pytest.raises(NotFound, match="nothing at"):
        connect.read_in(str(tmp_path / "nowhere"))
    with pytest.raises(InvalidValue):
        connect.read_in("https://example.org/mlflow")


def test_our_own_store_is_not_taken_for_mlflows(tmp_path: Path) -> None:
    connect.open_store(tmp_path / "store")
    connect.open_store(f"sqlite:///{tmp_path / 'runs.db'}")
    assert not connect.is_foreign(tmp_path / "store")
    assert not connect.is_foreign(f"sqlite:///{tmp_path / 'runs.db'}")


def test_a_store_that_was_made_anew_is_read_into_from_the_start(mlruns: Path, tmp_path: Path) -> None:
    into = f"sqlite:///{tmp_path / 'x.db'}"
    assert connect.read_in(str(mlruns), into).carried["run"] == 1
    connect.close_all()
    for file in tmp_path.glob("x.db*"):
        file.unlink()
    assert connect.read_in(str(mlruns), into).carried["run"] == 1
