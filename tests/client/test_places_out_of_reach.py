"""Places that MLflow's users name and that cannot be reached from here: what was given and what works, at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import runstone
from runstone.cli.main import cli
from runstone.errors import InvalidValue

#: Schemes, with one slash, two or three, that MLflow knows and this does not.
ELSEWHERE = [
    "dbfs:/mlflow/runs", "dbfs:///mlflow", "hdfs://namenode:8020/x", "viewfs://x/y", "ftp://host/x", "sftp://ada@host/x",
    "r2://bucket@account/x", "oss://bucket/x", "b2://bucket/x", "foo:bar",
]  # fmt: skip
DATABRICKS = ["databricks", "databricks://profile", "databricks-uc", "databricks-uc://profile", "uc:catalog.schema"]
#: Object stores and databases: artifacts can be in the first, runs in neither.
NO_STORE = ["s3://bucket/x", "gs://bucket/x", "wasbs://c@a.blob.core.windows.net/x", "mysql://h/db", "mssql+pymssql://h/db"]


@pytest.mark.parametrize("uri", [*ELSEWHERE, *DATABRICKS, *NO_STORE])
@pytest.mark.parametrize("choose", [runstone.set_tracking_uri, runstone.set_registry_uri])
def test_no_store_is_there(choose: Callable[[str], None], uri: str) -> None:
    called = "Tracking" if choose is runstone.set_tracking_uri else "Registry"
    with pytest.raises(InvalidValue) as refusal:
        choose(uri)
    assert refusal.value.message.startswith(f"{called} URI {uri!r} cannot be used: ")
    assert "postgresql://" in refusal.value.message
    assert "http://host:5000" in refusal.value.message
    assert not any(Path().iterdir())  # no folder named "databricks" or "dbfs:"


def test_a_registry_of_the_environment_is_called_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_REGISTRY_URI", "mysql://h/db")
    client = runstone.MlflowClient()
    assert client.search_experiments()  # who asks for no model is not disturbed
    for call in (client.search_registered_models, lambda: runstone.artifacts.list_artifacts("models:/wine/1")):
        with pytest.raises(InvalidValue, match="^Registry URI 'mysql://h/db' cannot be used"):
            call()


def test_a_folder_may_be_called_databricks() -> None:
    runstone.set_tracking_uri("./databricks")
    assert runstone.create_experiment("x")
    assert Path("databricks", "runstone.db").exists()


@pytest.mark.parametrize("uri", [*ELSEWHERE, *DATABRICKS[1:2], "mysql://h/db"])
def test_no_artifacts_are_there(uri: str) -> None:
    for call in (
        lambda: runstone.create_experiment("x", artifact_location=uri),
        lambda: runstone.artifacts.download_artifacts(uri),
        lambda: runstone.artifacts.list_artifacts(uri),
        lambda: runstone.register_model(uri, "m"),
    ):
        with pytest.raises(InvalidValue) as refusal:
            call()
        assert refusal.value.message.startswith(f"Artifact URI {uri!r} cannot be used: ")
        assert "'s3://'" in refusal.value.message
    assert [one.name for one in runstone.search_experiments()] == ["Default"]


def test_object_stores_and_paths_are_kept_as_an_experiments_place() -> None:
    for given, kept in [
        ("s3://bucket/x", "s3://bucket/x"),
        ("wasbs://c@a.blob.core.windows.net/x", "wasbs://c@a.blob.core.windows.net/x"),
        ("mine", str(Path("mine").absolute())),
        (Path("theirs"), str(Path("theirs").absolute())),
    ]:
        made = runstone.create_experiment(f"in {given}", artifact_location=given)
        assert runstone.get_experiment(made).artifact_location == kept


def test_no_password_is_repeated() -> None:
    with pytest.raises(InvalidValue) as refusal:
        runstone.set_tracking_uri("mysql://ada:se/cr@et@host/db")
    assert "mysql://ada:***@host/db" in refusal.value.message
    with pytest.raises(InvalidValue) as refusal:
        runstone.create_experiment("x", artifact_location="ftp://ada:secret@host/x")
    assert "ftp://ada:***@host/x" in refusal.value.message


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["server", "--default-artifact-root", "dbfs:/x"], "Artifact URI 'dbfs:/x'"),
        (["server", "--artifacts-destination", "hdfs://h/x"], "Artifact URI 'hdfs://h/x'"),
        (["server", "--artifacts-destination", "ftp://h/x"], "Artifact URI 'ftp://h/x'"),
        (["server", "--backend-store-uri", "databricks"], "Tracking URI 'databricks'"),
        (["ui", "--backend-store-uri", "dbfs:/x"], "Tracking URI 'dbfs:/x'"),
        (["experiments", "create", "-n", "x", "-l", "dbfs:/x"], "Artifact URI 'dbfs:/x'"),
        (["runs", "list", "--backend-store-uri", "databricks-uc"], "Tracking URI 'databricks-uc'"),
    ],
)
def test_commands_say_it_too(words: list[str], said: str) -> None:
    found: Any = CliRunner().invoke(cli, words)
    assert found.exit_code == 1, found.output
    assert found.stderr.startswith(f"Error: {said} cannot be used: ")
    assert not any(Path().iterdir())
