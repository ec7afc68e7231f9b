"""Which store a URI means, and where its folders are."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from runstone import connect
from runstone.contracts import Batch
from runstone.errors import InvalidValue, StoreUnavailable
from runstone.records import RunStarted


def test_a_folder_has_many_names(tmp_path: Path) -> None:
    os.chdir(tmp_path)
    place = str(tmp_path / "runs")
    for uri in ("runs", "./runs/", place, f"file://{place}", Path("runs"), f"sqlite:///{place}/runstone.db", "sub/../runs"):
        assert connect.canonical(uri) == place
    assert connect.canonical("") == str(tmp_path / ".runstone")
    assert connect.canonical("file:///a%20b/ü") == "/a b/ü"
    assert connect.canonical("C:/runs").endswith("C:/runs")
    assert connect.canonical(place) == connect.canonical(connect.canonical(place))


def test_a_file_has_many_names(tmp_path: Path) -> None:
    os.chdir(tmp_path)
    for uri in ("sqlite:///x.db", f"sqlite:///{tmp_path}/x.db", "sqlite:///sub/../x.db"):
        assert connect.canonical(uri) == f"sqlite:///{tmp_path}/x.db"


@pytest.mark.parametrize("uri", ["databricks://x", "sqlite://", "sqlite:///:memory:"])
def test_a_uri_that_leads_nowhere_names_those_that_work(uri: str) -> None:
    with pytest.raises(InvalidValue, match=r"sqlite:///runs\.db"):
        connect.canonical(uri)


def test_file_of_another_machine() -> None:
    with pytest.raises(InvalidValue, match="another machine"):
        connect.canonical("file://server/runs")


def test_one_store_for_one_place(tmp_path: Path) -> None:
    store = connect.open_store(tmp_path / "s")
    assert connect.open_store(f"file://{tmp_path}/s") is store
    assert connect.open_store(tmp_path / "t") is not store
    connect.close_all()
    assert connect.open_store(tmp_path / "s") is not store


def test_folders_lie_in_or_beside_the_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert connect.journal_root(tmp_path) == tmp_path / "journal"
    assert connect.artifact_root(tmp_path) == tmp_path / "artifacts"
    assert connect.journal_root(f"sqlite:///{tmp_path}/x.db") == tmp_path / "x-journal"
    assert connect.database(f"sqlite:///{tmp_path}/x.db") == tmp_path / "x.db"
    monkeypatch.setenv("RUNSTONE_JOURNAL_DIR", str(tmp_path / "elsewhere"))
    assert connect.journal_root(tmp_path).parent == tmp_path / "elsewhere"
    assert connect.journal_root(tmp_path) != connect.journal_root(tmp_path / "another")  # never mixed


def test_a_store_can_be_moved(tmp_path: Path) -> None:
    store = connect.open_store(tmp_path / "old")
    store.write(Batch([RunStarted("r", "0", 1, "x")]))
    assert store.get_run("r").info.artifact_uri == f"file://{tmp_path}/old/artifacts/0/r/artifacts"
    connect.close_all()
    (tmp_path / "old").rename(tmp_path / "new place")
    store = connect.open_store(tmp_path / "new place")
    assert store.get_run("r").info.artifact_uri == f"file://{tmp_path}/new%20place/artifacts/0/r/artifacts"
    assert store.get_experiment("0").artifact_location == f"file://{tmp_path}/new%20place/artifacts/0"


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreUnavailable, match="cannot be made"):
        connect.open_store(tmp_path / "file" / "below")


def test_artifacts_by_path_and_uri(tmp_path: Path) -> None:
    for uri in (str(tmp_path), tmp_path.as_uri()):
        assert connect.open_artifacts(uri).uri == tmp_path.as_uri()
    with pytest.raises(InvalidValue, match=r"'gopher'.*'file:' URI"):
        connect.open_artifacts("gopher://bucket/x")


def test_nothing_heavy_is_loaded_to_name_a_store() -> None:
    source = (
        "import sys; from runstone import connect; connect.canonical('x'); connect.journal_root('x');"
        "print({'sqlalchemy', 'numpy', 'alembic'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("set()\n", "")
